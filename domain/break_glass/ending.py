"""How a grant ends: by itself, by whoever holds it, or by somebody who takes it back."""

from dataclasses import dataclass
from uuid import UUID

from domain.accounts.endings import rights_changed
from domain.break_glass.model import BreakGlass, BreakGlassState
from domain.break_glass.states import require_next, turn
from kit.command import Command
from kit.errors import Conflict, NotFound
from kit.work import Scope, Work

STOPPED = "110138"  # DICOM CID 401: Emergency Override Stopped


@dataclass(frozen=True, kw_only=True)
class OfGrant:
    """Lands where the grant does."""

    grant_id: UUID

    def scope(self, work: Work) -> Scope:
        return work.get(BreakGlass, self.grant_id).scope


@dataclass(frozen=True, kw_only=True)
class EndBreakGlass(OfGrant, Command[BreakGlass]):
    """End one's own break-glass before its time."""

    action = "break_glass.stop"
    privileged = True

    def apply(self, work: Work) -> BreakGlass:
        grant = work.get(BreakGlass, self.grant_id)
        if grant.account_id != work.actor.id:
            raise NotFound.of("breakglass", self.grant_id)
        return _end(work, grant, BreakGlassState.REVOKED)


@dataclass(frozen=True, kw_only=True)
class RevokeBreakGlass(OfGrant, Command[BreakGlass]):
    """Take somebody's break-glass back at once, on open screens too."""

    action = "break_glass.revoke"
    privileged = True

    def apply(self, work: Work) -> BreakGlass:
        return _end(work, work.get(BreakGlass, self.grant_id), BreakGlassState.REVOKED)


@dataclass(frozen=True, kw_only=True)
class ExpireBreakGlass(OfGrant, Command[BreakGlass]):
    """Put on record that a grant's time has passed; what it opened was shut at that moment."""

    action = "break_glass.expire"
    privileged = True

    def apply(self, work: Work) -> BreakGlass:
        grant = work.get(BreakGlass, self.grant_id)
        require_next(grant, BreakGlassState.EXPIRED)
        if grant.until > work.now:
            raise Conflict(f"open until {grant.until.isoformat()}", reason="BREAK_GLASS_OPEN",
                           blocking=grant.id)  # fmt: skip
        return _end(work, grant, BreakGlassState.EXPIRED)


def _end(work: Work, grant: BreakGlass, state: BreakGlassState) -> BreakGlass:
    """Whoever comes too late to end it finds that it ran out."""
    ended = BreakGlassState.EXPIRED if grant.until <= work.now else state
    turn(work, grant, ended, work.now)
    grant.ended_at = min(work.now, grant.until)
    turn(work, grant, BreakGlassState.REVIEW_DUE, work.now)
    rights_changed(work)
    if grant.subject is not None:
        work.subjects.add(grant.subject)
    work.note(break_glass=str(grant.id), dcm=STOPPED, how=ended.value)
    work.emit("BreakGlassStopped", grant.scope, grant=grant.id, account=grant.account_id)
    return grant
