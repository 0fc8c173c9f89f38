"""When people fall out: the smallest repair of a published roster, and what a swap would break."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from solvers.engine import Limits, Progress
from solvers.engine_run import Stop
from solvers.roster_checks import known, unique
from solvers.roster_judge import Judged, judge, row_of
from solvers.roster_model import RosterModel
from solvers.roster_parts import Duty
from solvers.roster_plan import RosterPlan
from solvers.roster_posting import gap_points
from solvers.roster_problem import RosterProblem
from solvers.rosters import solve

CHANGE = 10_000  # points of one changed day in a repair


@dataclass(frozen=True, slots=True)
class Absence:
    """A person who cannot come on these days of the horizon."""

    staff: str
    days: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One person's day that the repair changes; None: free."""

    staff: str
    day: int
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Repair:
    """`changes` beside the absences themselves: what people must be told. `proven`: nobody can
    repair it with fewer changes, nor with as many at less cost."""

    plan: RosterPlan
    changes: tuple[Change, ...]
    proven: bool


@dataclass(frozen=True, slots=True)
class SwapVerdict:
    """Whether people may exchange duties: hard rules newly broken, by person, and the price."""

    allowed: bool
    broken: tuple[tuple[str, str], ...]  # (staff, rule)
    price: int  # how many points the roster gets dearer; negative: better


def repair(
    problem: RosterProblem,
    roster: Iterable[Duty],
    absences: Iterable[Absence],
    limits: Limits | None = None,
    progress: Progress | None = None,
    *,
    today: int = 0,
    stop: Stop | None = None,
) -> Repair:
    """The roster with these absences, changed as little as possible: heads below the minimum
    first, then the fewest changed days, then the points of all other rules.

    Days before `today` stay. Raises ValueError for an absence of somebody who is not part of the
    problem. One changed day outweighs ten thousand points of other rules.
    """
    told = tuple(sorted(roster))
    away = _days_away(problem, absences)
    asked = repair_problem(problem, told, away, today=today)
    plan = solve(asked, limits or Limits(time_limit_s=20.0), progress, stop=stop)
    proven = plan.outcome.objective == plan.outcome.bound
    return Repair(plan, changes_between(told, plan.duties, away), proven)


def repair_problem(
    problem: RosterProblem,
    told: tuple[Duty, ...],
    away: Mapping[str, frozenset[int]] | None = None,
    *,
    today: int = 0,
) -> RosterProblem:
    """What a repair solves: absences added, and its ranking as weights."""
    days = away or {}
    staff = tuple(
        replace(person, absent=(*person.absent, *days.get(person.key, ())))
        for person in problem.staff
    )
    ranked = dict(problem.rules.weights) | {
        "CHANGED_DUTY": CHANGE,
        "UNCOVERED": CHANGE * problem.days * max(1, len(staff)),
    }
    return replace(
        problem,
        staff=staff,
        published=told,
        frozen=tuple(range(min(today, problem.days))),
        rules=replace(problem.rules, weights=tuple(ranked.items())),
    )


def changes_between(
    before: Iterable[Duty], after: Iterable[Duty], away: Mapping[str, frozenset[int]] | None = None
) -> tuple[Change, ...]:
    """The days on which two rosters differ, without those on which a person is away."""
    old = {(duty.staff, duty.day): duty.shift for duty in before}
    new = {(duty.staff, duty.day): duty.shift for duty in after}
    absent = away or {}
    return tuple(
        Change(staff, day, old.get((staff, day)), new.get((staff, day)))
        for staff, day in sorted(old.keys() | new.keys())
        if old.get((staff, day)) != new.get((staff, day)) and day not in absent.get(staff, ())
    )


def swap_allowed(
    problem: RosterProblem, roster: Iterable[Duty], given: Iterable[Duty], taken: Iterable[Duty]
) -> SwapVerdict:
    """Whether duties may change hands: `given` leave the roster, `taken` come in their place.

    Only hard rules that hold before and not afterwards forbid it: a swap need not repair what a
    roster had broken. Raises ValueError where a duty given is not in the roster, or a person
    would have two duties on a day.
    """
    before = tuple(sorted(roster))
    leaves, comes = set(given), tuple(taken)
    if missing := leaves - set(before):
        raise ValueError(f"given: {min(missing)} is not in the roster")
    after = (*(duty for duty in before if duty not in leaves), *comes)
    unique("taken", ((duty.staff, duty.day) for duty in after))
    model = RosterModel(replace(problem, published=None, frozen=()))
    concerned = {duty.staff for duty in (*leaves, *comes)}
    broken: list[tuple[str, str]] = []
    price = _gaps(model, after) - _gaps(model, before)
    for number, person in enumerate(model.people):
        if person.staff.key in concerned:
            was, now = (_judged(model, number, duties) for duties in (before, after))
            broken += [(person.staff.key, rule) for rule in now.broken if rule not in was.broken]
            price += now.penalty - was.penalty
    return SwapVerdict(not broken, tuple(broken), price)


def _judged(model: RosterModel, number: int, duties: Sequence[Duty]) -> Judged:
    person = model.people[number]
    row, skills = row_of(person, duties)
    return judge(person, model.rules[number], model.told, row, skills)


def _gaps(model: RosterModel, duties: Sequence[Duty]) -> int:
    heads = Counter((duty.day, duty.shift, duty.skill) for duty in duties)
    return sum(
        gap_points(model, number, heads[cell.day, cell.shift, cell.skill])
        for number, cell in enumerate(model.cells)
    )


def _days_away(problem: RosterProblem, absences: Iterable[Absence]) -> dict[str, frozenset[int]]:
    people = {person.key for person in problem.staff}
    away: dict[str, frozenset[int]] = {}
    for absence in absences:
        known("absences.staff", absence.staff, people)
        away[absence.staff] = away.get(absence.staff, frozenset()) | frozenset(absence.days)
    return away
