"""Whether labour law and contracts still hold when duties change hands."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from domain.places.model import Ward
from domain.rosters.frame import frame_of
from domain.rosters.freezing import roster_problem, unfit
from domain.staff.roster_model import Duty
from kit.errors import Conflict
from kit.work import Work
from solvers import roster_parts as parts
from solvers.roster_problem import RosterProblem
from solvers.roster_repair import swap_allowed

AROUND = timedelta(days=14)  # days on either side that rules may look at
Move = tuple[Duty, UUID]  # a duty, and who does it from now on


def require_lawful(work: Work, moves: Sequence[Move]) -> None:
    """Raise Conflict that names the rules which the moves would break anew.

    What is broken already, by leave or from before, does not stand in the way.
    """
    ward_keys = sorted({duty.ward_id for duty, _ in moves})
    wards = [work.get(Ward, key) for key in ward_keys]
    first = min(duty.day for duty, _ in moves) - AROUND
    until = max(duty.day for duty, _ in moves) + AROUND + timedelta(days=1)
    frame = frame_of(work.session, wards[0].hospital_id, wards, first, until, work.now)
    with unfit():
        problem = roster_problem(frame)
    given = [_as_told(problem, duty) for duty, _ in moves]
    taken = [replace(one, staff=str(taker)) for one, (_, taker) in zip(given, moves, strict=True)]
    try:
        verdict = swap_allowed(problem, problem.published or (), given, taken)
    except ValueError as unlike:  # two duties on one day: rules over days cannot tell them apart
        raise Conflict("one of the two is on duty that day already", reason="DUTY_OVERLAP",
                       field="swapId") from unlike  # fmt: skip
    if not verdict.allowed:
        rules = sorted({rule for _, rule in verdict.broken})
        raise Conflict(f"this would break {', '.join(rules)}", reason="LABOUR_RULE_BROKEN",
                       field="swapId", allowed=tuple(rules))  # fmt: skip


def _as_told(problem: RosterProblem, duty: Duty) -> parts.Duty:
    return parts.Duty(staff=str(duty.staff_id), day=(duty.day - problem.date_of(0)).days,
                      shift=str(duty.shift_id))  # fmt: skip
