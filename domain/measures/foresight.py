"""Measures of how well was foreseen: expected discharges, and plans that people accepted."""

from collections import Counter

import sqlalchemy as sa
from sqlmodel import col

from domain.measures.intervals import DAY_US, as_micros
from domain.measures.period import Period, Sums
from domain.measures.spells import columns, micros
from domain.patients.model import ExpectedDischarge
from domain.plans.model import Approval, Proposal, ProposalItem


def expected_discharge_accuracy(period: Period) -> Sums:
    """What was expected 24 hours before; who had no date then, or came later, does not count."""
    gone = period.departures().subquery()
    query = (
        sa.select(
            *(micros(period.session, one) for one in (
                gone.c.until, col(ExpectedDischarge.since), col(ExpectedDischarge.until),
                col(ExpectedDischarge.expected_at),
            ))
        )
        .select_from(gone)
        .join(ExpectedDischarge, col(ExpectedDischarge.encounter_id) == gone.c.encounter_id)
        .where(col(ExpectedDischarge.expected_at).is_not(None))
    )  # fmt: skip
    left, said, unsaid, expected = (as_micros(one) for one in columns(period.session, query))
    before = left - DAY_US
    standing = (said <= before) & (before < unsaid)
    right = abs(expected - left) <= DAY_US
    many = int(standing.sum())
    return Sums(int((standing & right).sum()), many, many)


def proposal_acceptance(period: Period) -> Sums:
    """An item that anybody rejected or placed elsewhere was not accepted; its reasons count."""
    place = period.place
    here = (
        col(Proposal.ward_id) == place.ward_id
        if place.ward_id is not None
        else place.has_hospital(Proposal)
    )
    query = (
        sa.select(
            col(Approval.item_id), col(Approval.approved), col(Approval.chosen_bed_id),
            col(Approval.override_reason),
        )
        .join(ProposalItem, col(ProposalItem.id) == col(Approval.item_id))
        .join(Proposal, col(Proposal.id) == col(ProposalItem.proposal_id))
        .where(here, period.inside(col(Approval.at)))
    )  # fmt: skip
    decided, otherwise, reasons = set(), set(), Counter[str]()
    for item, approved, chosen, reason in period.session.connection().execute(query):
        decided.add(item)
        if not approved or chosen is not None:
            otherwise.add(item)
            reasons[str(reason or "NONE")] += 1
    kept = len(decided) - len(otherwise)
    return Sums(kept, len(decided), len(decided), tuple(sorted(reasons.items())))
