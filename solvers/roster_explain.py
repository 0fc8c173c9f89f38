"""Why a duty is whose it is: what stands in the way of others, and what they would cost."""

from collections.abc import Sequence
from dataclasses import dataclass

from solvers.engine import Limits, Status
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
from solvers.roster_rows import FREE, Row
from solvers.rosters import solve_model


@dataclass(frozen=True, slots=True)
class DutyAlternative:
    """Another person for a duty. `price`: how much more the roster costs if only these two
    people's days change; the dearest a change can be, not always the cheapest."""

    staff: str
    price: int
    terms: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class WhyNotDuty:
    """`forbidden`: hard rules that the person's row would break; else `price`, None where no
    roster was found in time. `exact`: both rosters are proven cheapest."""

    forbidden: tuple[str, ...]
    price: int | None
    exact: bool


class Explainer:
    """A roster prepared for questions."""

    def __init__(self, problem: RosterProblem, plan: RosterPlan) -> None:
        self.problem, self.plan = problem, plan
        self.model = RosterModel(problem)
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
        if limits is None:
            row = with_duty(self._rows[number], day, duty)
            forbidden = self._forbidden(number, row, day)
            price = None if forbidden else self._price({number: row})
            return WhyNotDuty(forbidden, price, False)
        model = RosterModel(self.problem)
        model.force(number, day, duty)
        if model.price[number, day, duty] >= NEVER or conflicts_of(model):
            row = with_duty(self._rows[number], day, duty)
            return WhyNotDuty(self._forbidden(number, row, day) or ("NO_ROW",), None, True)
        again = solve_model(model, limits)
        exact = Status.OPTIMAL == again.outcome.status == self.plan.outcome.status
        price = (again.outcome.objective or 0) - (self.plan.outcome.objective or 0)
        return WhyNotDuty((), price, exact)

    def alternatives(self, duty: Duty, top: int = 5) -> tuple[DutyAlternative, ...]:
        """The cheapest `top` people who could take a duty over as it is, its holder being free.

        Raises ValueError where the duty is not in the plan.
        """
        if duty not in self.plan.duties:
            raise ValueError(f"duty: {duty.staff} has no such duty on day {duty.day}")
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
                found.append(DutyAlternative(key, price, judged.terms))
        return tuple(sorted(found, key=lambda each: (each.price, each.staff))[:top])

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
