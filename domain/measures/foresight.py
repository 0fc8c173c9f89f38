"""Measures of how well was foreseen: expected discharges, and plans that people accepted."""

from collections import Counter

import sqlalchemy as sa
from sqlmodel import col

from domain.measures.decisions import NOBODYS, decisions
from domain.measures.intervals import DAY_US, as_micros
from domain.measures.period import Period, Sums
from domain.measures.spells import columns, micros
from domain.patients.model import ExpectedDischarge
from domain.plans.model import Approval, Proposal


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
    decided, otherwise, reasons = set(), set(), Counter[str]()
    for one in decisions(period.session, here, period.inside(col(Approval.at))):
        decided.add(one.item_id)
        if one.otherwise:
            otherwise.add(one.item_id)
            reasons[one.reason or NOBODYS] += 1
    kept = len(decided) - len(otherwise)
    return Sums(kept, len(decided), len(decided), tuple(sorted(reasons.items())))
