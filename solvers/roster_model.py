"""A roster problem made ready to be solved: prices of duties, posts to fill, networks of rules."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from solvers.roster_days import Day, Told, day_forbidden, day_terms
from solvers.roster_network import NEVER, Ints, Layers, network
from solvers.roster_parts import Demand
from solvers.roster_problem import RosterProblem
from solvers.roster_rows import FREE, Person, Row
from solvers.roster_rules import PersonRules, people_of, rules_for

NO_POST = -1


@dataclass(frozen=True, slots=True)
class Post:
    """People who may count for the same demands of a shift on a day."""

    day: int
    duty: int
    cells: tuple[int, ...]  # demands, by number


@dataclass(frozen=True, slots=True)
class Group:
    """People under the same rules. `members`: their numbers; `layers.starts` in that order."""

    members: tuple[int, ...]
    layers: Layers


class RosterModel:
    """Everything the search needs; built once for a problem."""

    def __init__(self, problem: RosterProblem) -> None:
        self.problem = problem
        self.people: tuple[Person, ...] = people_of(problem)
        self.rules: tuple[PersonRules, ...] = tuple(map(rules_for, self.people))
        self.told = Told.of(problem)
        self.calendar = self.people[0].calendar if self.people else None
        self.cells = self._cells()
        self.days, self.duties = problem.days, len(problem.shifts) + 1
        shape = (len(self.people), self.days, self.duties)
        self.price = np.full(shape, NEVER, dtype=np.int64)
        self.post = np.full(shape, NO_POST, dtype=np.int64)
        self.posts: list[Post] = []
        self._price_duties()

    def _cells(self) -> tuple[Demand, ...]:
        """The demands, and one of nobody where a published duty has none."""
        cells = list(self.problem.demand)
        have = {(cell.day, cell.shift) for cell in cells}
        for duty in self.problem.published or ():
            if (duty.day, duty.shift) not in have:
                have.add((duty.day, duty.shift))
                cells.append(
                    Demand(day=duty.day, shift=duty.shift, skill="", minimum=0, preferred=0)
                )
        return tuple(sorted(cells))

    def _price_duties(self) -> None:
        numbers = {shift.key: index for index, shift in enumerate(self.problem.shifts, 1)}
        wanted: dict[tuple[int, int], list[int]] = defaultdict(list)
        for index, cell in enumerate(self.cells):
            wanted[cell.day, numbers[cell.shift]].append(index)
        posts: dict[Post, int] = {}
        for number, person in enumerate(self.people):
            for day in range(self.days):
                self._price_free(number, person, day)
                for duty in range(1, self.duties):
                    cells = self._allowed(number, person, day, duty, wanted[day, duty])
                    if cells:
                        post = Post(day, duty, cells)
                        self.post[number, day, duty] = posts.setdefault(post, len(posts))
        self.posts = list(posts)

    def _price_free(self, number: int, person: Person, day: int) -> None:
        free = Day(person, self.told, day, FREE)
        waived = self.rules[number].waived_codes
        if set(day_forbidden(free)) <= waived:
            self.price[number, day, FREE] = sum(day_terms(free).values())

    def _allowed(
        self, number: int, person: Person, day: int, duty: int, cells: list[int]
    ) -> tuple[int, ...]:
        """The demands for which the person may do the duty; its price is noted."""
        waived = self.rules[number].waived_codes
        allowed = []
        for cell in cells:
            choice = Day(person, self.told, day, duty, self.cells[cell].skill)
            if set(day_forbidden(choice)) <= waived:
                allowed.append(cell)
        if allowed:
            choice = Day(person, self.told, day, duty, self.cells[allowed[0]].skill)
            self.price[number, day, duty] = sum(day_terms(choice).values())
        return tuple(allowed)

    def force(self, number: int, day: int, duty: int) -> None:
        """From now on the person has this duty on the day, or none may be planned at all."""
        wanted = int(self.price[number, day, duty])
        self.price[number, day] = NEVER
        self.price[number, day, duty] = wanted

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """People by the shapes of their rules, each group with its network."""
        by_shape: dict[tuple[Any, ...], list[int]] = defaultdict(list)
        for number, rules in enumerate(self.rules):
            by_shape[tuple(rule.shape for rule in rules.enforced)].append(number)
        known: dict[Any, Layers] = {}
        return tuple(
            Group(
                tuple(members),
                network(
                    [self.rules[number].enforced for number in members],
                    self.days,
                    self.duties,
                    known,
                ),
            )
            for members in by_shape.values()
        )

    def row_points(self, number: int, row: Row) -> int:
        """What a row costs by its rules and its duties; NEVER or more where it is forbidden."""
        points = sum(int(self.price[number, day, duty]) for day, duty in enumerate(row))
        for rule in self.rules[number].enforced:
            state, times = rule.start, 0
            for day, duty in enumerate(row):
                state, broken = rule.step(state, day, duty)
                times += broken
            times += rule.close(state)
            points += (NEVER if rule.weight is None else rule.weight * times) if times else 0
        return points

    @cached_property
    def cell_points(self) -> Ints:
        """Per demand: points for a head below the minimum, below preferred, above preferred."""
        weight = self.problem.rules.weight
        names = ("UNCOVERED", "BELOW_PREFERRED", "ABOVE_PREFERRED")
        return np.array([[weight.get(name, 0) for name in names]] * len(self.cells)).reshape(-1, 3)
