"""Reads of alarm rules. Whoever sees a ward also sees the rules of its hospital."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, or_, select

from domain.alarms.rule_model import AlarmRule, RuleStage
from domain.places.reach import by_keyset, within
from kit.errors import NotFound
from kit.work import Scope

PAGE = 101  # one more than a page, to know whether there is another


def rules(
    session: Session, scopes: Sequence[Scope], hospital_id: UUID, *,
    state: RuleStage | None = None, after: UUID | None = None, limit: int = PAGE,
) -> Sequence[AlarmRule]:  # fmt: skip
    """The versions of a hospital's rules by id, which is the order of drafting."""
    asked = select(AlarmRule).where(
        AlarmRule.hospital_id == hospital_id, _seen(scopes), by_keyset(AlarmRule.id, after)
    )
    if state is not None:
        asked = asked.where(AlarmRule.state == state)
    return session.exec(asked.order_by(col(AlarmRule.id)).limit(min(limit, PAGE))).all()


def rule_in_reach(session: Session, scopes: Sequence[Scope], rule_id: UUID) -> AlarmRule:
    """One version. Raises NotFound for an unknown and for a foreign one alike."""
    asked = select(AlarmRule).where(AlarmRule.id == rule_id, _seen(scopes))
    found = session.exec(asked).one_or_none()
    if found is None:
        raise NotFound.of("alarm rule", rule_id)
    return found


def seen_from(rule: AlarmRule, scopes: Sequence[Scope]) -> Scope:
    """The place in which a viewer of these scopes sees the rule: theirs, for one of the house."""
    if any(scope.covers(rule.scope) for scope in scopes):
        return rule.scope
    return next((scope for scope in scopes if scope.hospital == rule.hospital_id), rule.scope)


def _seen(scopes: Sequence[Scope]) -> Any:
    of_house = [scope.hospital for scope in scopes if scope.hospital is not None]
    return or_(
        within(scopes, col(AlarmRule.hospital_id), col(AlarmRule.ward_id)),
        sa.and_(col(AlarmRule.ward_id).is_(None), col(AlarmRule.hospital_id).in_(of_house)),
    )
