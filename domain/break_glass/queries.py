"""Reads of break-glass grants, cut to the viewer's scopes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from domain.break_glass.ending import ExpireBreakGlass
from domain.break_glass.model import BreakGlass, BreakGlassState, BreakGlassStep
from domain.patients.model import Encounter
from domain.patients.states import LIVE
from domain.places.reach import within
from kit.command import Command
from kit.errors import NotFound
from kit.work import Scope

PAGE = 101
_TO_JUDGE = BreakGlassState.REVIEW_DUE


@dataclass(frozen=True, slots=True)
class Desk:
    """What waits for whoever judges: open now, to be judged, and late."""

    active: int
    due: int
    overdue: int
    newest: Sequence[BreakGlass]


def grants(
    session: Session, scopes: Sequence[Scope], *, states: Sequence[BreakGlassState] = (),
    after: UUID | None = None, limit: int = PAGE,
) -> Sequence[BreakGlass]:  # fmt: skip
    """Grants, the newest first."""
    asked = select(BreakGlass).where(within(scopes, BreakGlass.hospital_id, BreakGlass.ward_id))
    if states:
        asked = asked.where(col(BreakGlass.state).in_(states))
    if after is not None:
        asked = asked.where(col(BreakGlass.id) < after)
    return session.exec(asked.order_by(col(BreakGlass.id).desc()).limit(min(limit, PAGE))).all()


def own_grants(session: Session, account_id: UUID, limit: int = 20) -> Sequence[BreakGlass]:
    """Somebody's own, the newest first."""
    asked = select(BreakGlass).where(BreakGlass.account_id == account_id)
    return session.exec(asked.order_by(col(BreakGlass.id).desc()).limit(limit)).all()


def steps_of(
    session: Session, scopes: Sequence[Scope], grant_id: UUID
) -> tuple[BreakGlass, Sequence[BreakGlassStep]]:
    """A grant and its history. Raises NotFound for an unknown and for a foreign one alike."""
    grant = session.get(BreakGlass, grant_id)
    if grant is None or not any(scope.covers(grant.scope) for scope in scopes):
        raise NotFound.of("breakglass", grant_id)
    asked = select(BreakGlassStep).where(BreakGlassStep.grant_id == grant_id)
    return grant, session.exec(asked.order_by(col(BreakGlassStep.id))).all()


def desk(session: Session, scopes: Sequence[Scope], now: datetime) -> Desk:
    """Of everything in the scopes."""
    here = within(scopes, BreakGlass.hospital_id, BreakGlass.ward_id)
    counted = session.exec(
        select(BreakGlass.state, func.count()).where(here).group_by(col(BreakGlass.state))
    )
    by_state = dict(counted.all())
    late = select(func.count()).where(
        here, BreakGlass.state == _TO_JUDGE, col(BreakGlass.review_by) < now
    )
    return Desk(
        by_state.get(BreakGlassState.ACTIVE, 0), by_state.get(_TO_JUDGE, 0),
        session.exec(late).one(), grants(session, scopes, limit=5),
    )  # fmt: skip


def lying_in(session: Session, wards: Sequence[UUID]) -> frozenset[UUID]:
    """The subjects whose encounter is in one of the wards now."""
    asked = select(Encounter.subject).where(
        col(Encounter.ward_id).in_(wards), col(Encounter.status).in_(LIVE)
    )
    return frozenset(session.exec(asked)) if wards else frozenset()


def break_glass_over(session: Session, now: datetime) -> Sequence[Command[BreakGlass]]:
    """For the timer: grants whose time has passed."""
    over = select(BreakGlass.id).where(
        BreakGlass.state == BreakGlassState.ACTIVE, col(BreakGlass.until) <= now
    )
    return [ExpireBreakGlass(grant_id=grant) for grant in session.exec(over)]
