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
from solvers.roster_days import Told
from solvers.roster_judge import judge, row_of
from solvers.roster_problem import RosterProblem
from solvers.roster_rules import people_of, rules_for

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
    told = problem.published or ()
    moved = _moved(problem, told, moves)
    people = {key for duty, taker in moves for key in (str(duty.staff_id), str(taker))}
    broken = _broken(problem, moved, people) - _broken(problem, told, people)
    if broken:
        rules = sorted({rule for _, rule in broken})
        raise Conflict(f"this would break {', '.join(rules)}", reason="LABOUR_RULE_BROKEN",
                       field="swapId", allowed=tuple(rules))  # fmt: skip


def _moved(
    problem: RosterProblem, told: Sequence[parts.Duty], moves: Sequence[Move]
) -> list[parts.Duty]:
    first = problem.date_of(0)
    takers = {
        (str(duty.staff_id), (duty.day - first).days, str(duty.shift_id)): str(taker)
        for duty, taker in moves
    }
    return [
        replace(one, staff=takers.get((one.staff, one.day, one.shift), one.staff)) for one in told
    ]


def _broken(
    problem: RosterProblem, duties: Sequence[parts.Duty], people: set[str]
) -> set[tuple[str, str]]:
    """(person, hard rule) that does not hold."""
    told = Told.of(replace(problem, published=None, frozen=()))
    found = set()
    for person in people_of(problem):
        if person.staff.key in people:
            row, skills = row_of(person, [one for one in duties if one.staff == person.staff.key])
            judged = judge(person, rules_for(person), told, row, skills)
            found |= {(person.staff.key, rule) for rule in judged.broken}
    return found
