"""Why a duty is whose it is: what stands in the way of others, and what they would cost."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from time import perf_counter

from solvers.engine import Limits
from solvers.roster_conflicts import conflicts_of
from solvers.roster_hindrances import (
    NO_DEMAND,
    hindrances,
    judged_row,
    newly_broken,
    wanted_skill,
    with_duty,
)
from solvers.roster_judge import Judged, row_of
from solvers.roster_model import RosterModel
from solvers.roster_network import NEVER
from solvers.roster_parts import Duty
from solvers.roster_plan import Hindrance, RosterItem, RosterPlan
from solvers.roster_posting import gaps_points
from solvers.roster_problem import RosterProblem
from solvers.roster_repair import Change, changes_between
from solvers.roster_rows import FREE, Row
from solvers.rosters import solve_model

LEAST_S = 0.2  # with less time than this nothing is solved again


@dataclass(frozen=True, slots=True)
class DutyAlternative:
    """Another person for a duty. `price`: how much more the roster costs, at most that much where
    it is not `exact`. `terms`: of the person's row with the duty and nothing else changed; none
    where more has to."""

    staff: str
    price: int
    exact: bool
    terms: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class WhyNotDuty:
    """`forbidden`: hard rules that the person's row would break. Else the roster costs
    `price_from` to `price` more with the duty, proven where these agree (`exact`); `changes`: who
    would work otherwise. No `price`: no roster was found in time."""

    forbidden: tuple[str, ...]
    price_from: int | None
    price: int | None
    changes: tuple[Change, ...] = ()

    @property
    def exact(self) -> bool:
        return self.price_from == self.price


class Explainer:
    """A roster prepared for questions."""

    def __init__(
        self, problem: RosterProblem, plan: RosterPlan, model: RosterModel | None = None
    ) -> None:
        """`model`: the problem's, where it is at hand."""
        self.problem, self.plan = problem, plan
        self.model = model or RosterModel(problem)
        self._number = {person.staff.key: n for n, person in enumerate(self.model.people)}
        duties = plan.duties
        self._rows: list[Row] = [row_of(person, duties)[0] for person in self.model.people]

    def explain(self, staff: str) -> RosterItem:
        """A person's part of the plan: points by rule, rules kept, waived and broken.

        Raises ValueError for somebody who is not part of the problem.
        """
        self._person(staff)
        return next(item for item in self.plan.items if item.staff == staff)

    def why_not(
        self, staff: str, day: int, shift: str | None, limits: Limits | None = None
    ) -> WhyNotDuty:
        """Why a person has not this duty (None: a free day): forbidden by which rules as the
        rest of the row stands, or dearer by how much. With `limits` solved again with the day
        fixed; the price then counts what else would change."""
        number, duty = self._person(staff), self._duty(shift)
        told = with_duty(self._rows[number], day, duty)
        if limits is None:
            forbidden = self._forbidden(number, told, day)
            price = None if forbidden else self._price({number: told})
            return WhyNotDuty(forbidden, None, price)
        model = RosterModel(self.problem)
        model.force(number, day, duty)
        if model.price[number, day, duty] >= NEVER or conflicts_of(model):
            return WhyNotDuty(self._forbidden(number, told, day) or ("NO_ROW",), None, None)
        rows = tuple(told if n == number else row for n, row in enumerate(self._rows))
        allowed = all(model.row_points(n, row) < NEVER for n, row in enumerate(rows))
        again = solve_model(model, limits, first=rows if allowed else None)
        now, bound = self.plan.outcome.objective or 0, again.outcome.bound or 0
        changes = changes_between(self.plan.duties, again.duties)
        return WhyNotDuty((), bound - now, (again.outcome.objective or 0) - now, changes)

    def alternatives(
        self, duty: Duty, top: int = 5, limits: Limits | None = None
    ) -> tuple[DutyAlternative, ...]:
        """The cheapest `top` people who could take a duty over, its holder being free. With
        `limits` solved again for each of them while the time lasts: anything may then change,
        so that others who would need another line for it may come in.

        Raises ValueError where the duty is not in the plan.
        """
        if duty not in self.plan.duties:
            raise ValueError(f"duty: {duty.staff} has no such duty on day {duty.day}")
        found = self._takers(duty)[:top]
        if limits is not None:
            found = self._solved_again(duty, found, top, limits)
        return tuple(sorted(found, key=lambda each: (each.price, each.staff)))

    def _takers(self, duty: Duty) -> list[DutyAlternative]:
        """Everybody free who may do the duty as their row stands, cheapest first."""
        holder, number = self._person(duty.staff), self._duty(duty.shift)
        left = with_duty(self._rows[holder], duty.day, FREE)
        found = []
        for other, row in enumerate(self._rows):
            if other == holder or row[duty.day] != FREE:
                continue
            taken = with_duty(row, duty.day, number)
            if not self._forbidden(other, taken, duty.day):
                price = self._price({holder: left, other: taken})
                judged = self._judged(other, taken)
                key = self.model.people[other].staff.key
                found.append(DutyAlternative(key, price, False, judged.terms))
        return sorted(found, key=lambda each: (each.price, each.staff))

    def _solved_again(
        self, duty: Duty, takers: Sequence[DutyAlternative], top: int, limits: Limits
    ) -> list[DutyAlternative]:
        ends = perf_counter() + limits.time_limit_s
        simple = {each.staff: each for each in takers}
        asked = [*simple, *self._others(duty, simple)][:top]
        priced = []
        for place, staff in enumerate(asked):
            known = simple.get(staff)
            left = (ends - perf_counter()) / (len(asked) - place)
            if left >= LEAST_S:
                part = replace(limits, time_limit_s=left)
                again = self.why_not(staff, duty.day, duty.shift, part)
                if again.price is not None and (known is None or again.price <= known.price):
                    terms = known.terms if known else ()
                    known = DutyAlternative(staff, again.price, again.exact, terms)
            if known is not None:
                priced.append(known)
        return priced

    def _others(self, duty: Duty, takers: Collection[str]) -> list[str]:
        """Who may do the duty by itself, though not as their row stands."""
        number = self._duty(duty.shift)
        return [
            person.staff.key
            for other, person in enumerate(self.model.people)
            if person.staff.key not in takers
            and person.staff.key != duty.staff
            and self._rows[other][duty.day] != number
            and self.model.price[other, duty.day, number] < NEVER
        ]

    def hindrances(self, day: int, shift: str, skill: str) -> tuple[Hindrance, ...]:
        """For a demand that is not met: per rule, how many people it keeps from the duty."""
        return hindrances(self.model, self._rows, day, self._duty(shift), skill)

    def _person(self, staff: str) -> int:
        if staff not in self._number:
            raise ValueError(f"staff: {staff} is not part of the problem")
        return self._number[staff]

    def _duty(self, shift: str | None) -> int:
        if shift is None:
            return FREE
        for number, each in enumerate(self.problem.shifts, 1):
            if each.key == shift:
                return number
        raise ValueError(f"shift: {shift} is not part of the problem")

    def _forbidden(self, number: int, row: Row, day: int) -> tuple[str, ...]:
        skill = wanted_skill(self.model, number, day, row[day])
        if skill is None:
            return (NO_DEMAND,)
        return newly_broken(self.model, number, self._rows[number], row, {day: skill})

    def _judged(self, number: int, row: Row) -> Judged:
        return judged_row(self.model, number, row)

    def _price(self, changed: dict[int, Row]) -> int:
        """What the roster costs more with these rows."""
        rows: Sequence[Row] = [changed.get(n, row) for n, row in enumerate(self._rows)]
        before, after = gaps_points(self.model, self._rows), gaps_points(self.model, rows)
        return (after - before) + sum(
            self._judged(n, row).penalty - self._judged(n, self._rows[n]).penalty
            for n, row in changed.items()
        )
