"""Reads of a hospital's approval policy."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from domain.plans.approval_model import ApprovalRule, RuleState
from domain.plans.approval_policy import Rule, shipped
from kit.errors import NotFound
from kit.work import Scope

MOST = 80  # rules of one hospital that are shown


def hospital_rules(
    session: Session, scopes: Sequence[Scope], hospital_id: UUID
) -> tuple[Sequence[ApprovalRule], list[Rule]]:
    """The hospital's own rules by revision, and the shipped ones that still hold.

    Everybody who reads plans anywhere in the hospital may know them. Raises NotFound.
    """
    if all(scope.hospital not in (None, hospital_id) for scope in scopes):
        raise NotFound.of("hospital", hospital_id)
    own = session.exec(
        select(ApprovalRule)
        .where(ApprovalRule.hospital_id == hospital_id, ApprovalRule.state != RuleState.REPLACED)
        .order_by(col(ApprovalRule.revision))
        .limit(MOST)
    ).all()
    replaced = {(row.kind, row.mode, row.effect) for row in own if row.state is RuleState.IN_FORCE}
    return own, [rule for key, rule in shipped().items() if key not in replaced]
