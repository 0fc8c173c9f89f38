"""Judging a break-glass that is over. Nobody judges their own."""

from dataclasses import dataclass, field

from domain.break_glass.ending import OfGrant
from domain.break_glass.model import BreakGlass, BreakGlassState
from domain.break_glass.states import require_next, turn
from kit.command import Command
from kit.errors import Denied, Invalid
from kit.work import Work

SHORTEST, LONGEST = 3, 1000  # characters of a finding


@dataclass(frozen=True, kw_only=True)
class JudgeBreakGlass(OfGrant, Command[BreakGlass]):
    """Say whether a break-glass was justified, and what was found."""

    action = "break_glass.review"
    privileged = True

    justified: bool
    finding: str = field(repr=False)

    def apply(self, work: Work) -> BreakGlass:
        grant = work.get(BreakGlass, self.grant_id)
        if grant.account_id == work.actor.id:
            raise Denied("somebody else judges it", reason="OWN_BREAK_GLASS")
        verdict = BreakGlassState.JUSTIFIED if self.justified else BreakGlassState.UNJUSTIFIED
        require_next(grant, verdict)
        if not SHORTEST <= len(self.finding.strip()) <= LONGEST:
            raise Invalid(f"say what was found in {SHORTEST} to {LONGEST} characters",
                          field="finding", reason="BREAK_GLASS_REASON")  # fmt: skip
        grant.finding = work.seal(self.finding.strip(), grant.place("finding"))
        grant.reviewed_by, grant.reviewed_at = work.actor.id, work.now
        turn(work, grant, verdict, work.now)
        work.note(break_glass=str(grant.id))
        work.emit("BreakGlassJudged", grant.scope, grant=grant.id, account=grant.account_id)
        return grant
