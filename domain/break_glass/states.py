"""The life of a grant: which state may follow which, and the one way to change it."""

from datetime import datetime

from domain.break_glass.model import BreakGlass, BreakGlassState, BreakGlassStep
from domain.places.times import store
from kit.errors import Conflict
from kit.work import Work

S = BreakGlassState

NEXT: dict[BreakGlassState, tuple[BreakGlassState, ...]] = {
    S.REQUESTED: (S.ACTIVE,),
    S.ACTIVE: (S.EXPIRED, S.REVOKED),
    S.EXPIRED: (S.REVIEW_DUE,),
    S.REVOKED: (S.REVIEW_DUE,),
    S.REVIEW_DUE: (S.JUSTIFIED, S.UNJUSTIFIED),
    S.JUSTIFIED: (),
    S.UNJUSTIFIED: (),
}


def turn(work: Work, grant: BreakGlass, state: BreakGlassState, at: datetime) -> None:
    """Go to `state` and write the step. Raises Conflict that names the allowed states."""
    require_next(grant, state)
    grant.state = state
    page(work, grant, at)


def require_next(grant: BreakGlass, state: BreakGlassState) -> None:
    """Raise Conflict unless the grant may go to `state` now."""
    allowed = NEXT[grant.state]
    if state not in allowed:
        raise Conflict(
            f"the grant is {grant.state} and cannot become {state}", reason="BREAK_GLASS_STATE",
            blocking=grant.id, allowed=tuple(str(one) for one in allowed),
        )  # fmt: skip


def page(work: Work, grant: BreakGlass, at: datetime) -> None:
    """Write the page of the history on which the grant is what it is now."""
    store(work, BreakGlassStep(grant_id=grant.id, state=grant.state, at=at, by=work.actor.id))
