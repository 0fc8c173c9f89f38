"""What people decided about the items of plans, read once for all measures of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlmodel import Session, col

from domain.plans.model import Approval, Proposal, ProposalItem

NOBODYS = "NONE"  # no reason was given


@dataclass(frozen=True, slots=True)
class Decision:
    """One person's decision about one item. What the policy approved by itself is nobody's."""

    item_id: UUID
    account_id: UUID
    at: datetime
    approved: bool
    changed: bool
    reason: str | None
    encounter_id: UUID | None

    @property
    def otherwise(self) -> bool:
        """The person decided otherwise than the solver."""
        return not self.approved or self.changed


def decisions(session: Session, *where: ColumnElement[bool]) -> list[Decision]:
    """In the order of deciding. Conditions may use Approval, ProposalItem and Proposal."""
    query = (
        sa.select(
            col(Approval.item_id), col(Approval.account_id), col(Approval.at),
            col(Approval.approved), col(Approval.chosen_bed_id), col(Approval.chosen),
            col(Approval.override_reason), col(ProposalItem.encounter_id),
        )
        .join(ProposalItem, col(ProposalItem.id) == col(Approval.item_id))
        .join(Proposal, col(Proposal.id) == col(ProposalItem.proposal_id))
        .where(*by_people(), *where)
        .order_by(col(Approval.at), col(Approval.id))
    )  # fmt: skip
    return [_decision(*row) for row in session.connection().execute(query)]


def by_people() -> Sequence[ColumnElement[bool]]:
    """A scenario is never decided; what the program approved by policy is not a person's."""
    return (col(Approval.policy).is_(None),)


def _decision(
    item: UUID, account: UUID, at: datetime, approved: bool, bed: UUID | None, chosen: Any,
    reason: str | None, encounter: UUID | None,
) -> Decision:  # fmt: skip
    changed = approved and (bed is not None or chosen is not None)
    return Decision(item, account, at, approved, changed, reason, encounter)
