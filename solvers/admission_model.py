"""Some patients planned anew as one PuLP model, with everybody else where they are.

Bed-nights that cannot run short have no row. A room that takes the sex of whoever is in it is a
choice by night, women or men, where both may come; beside people who stay, the other sex pays.
"""

from collections import defaultdict
from typing import Any

import pulp

from solvers.admission_rows import Row, limit, row_name, rows_of
from solvers.admission_state import State
from solvers.admission_table import HARD, Option
from solvers.engine import Answer, Limits, Progress, Stop, minimise

Place = tuple[int, int]  # room, night
Terms = list[tuple[Any, int]]


class PartModel:
    """A model of the free patients' options. `state` has these patients lifted out of it.

    `may_mix`: empty rooms may become mixed at the rules' price, where those do not forbid it.
    """

    def __init__(
        self, state: State, options: dict[int, list[Option]], *, may_mix: bool = False
    ) -> None:
        self.state, self.table, self.options = state, state.table, options
        self.may_mix = may_mix
        self.lp = pulp.LpProblem("stays", pulp.LpMinimize)
        self._costs: Terms = []
        self._rows: dict[Row, Terms] = defaultdict(list)
        self._guests: dict[Place, list[tuple[Any, int]]] = defaultdict(list)  # variable, patient
        for patient in sorted(options):
            self._choose(patient)
        for row, terms in self._rows.items():
            self._limit(row, terms)
        for place, guests in self._guests.items():
            self._one_sex(place, guests)
            self._one_cohort(place, guests)
        self.lp.setObjective(pulp.LpAffineExpression(self._costs))

    def solve(
        self,
        limits: Limits,
        start: dict[int, Option] | None = None,
        progress: Progress | None = None,
        stop: Stop | None = None,
    ) -> Answer:
        """`start`: a plan of these patients to begin with."""
        given = None
        if start is not None:
            given = {
                f"x{patient}_{self.options[patient].index(option)}": 1
                for patient, option in start.items()
            }
        return minimise(self.lp, limits, progress, start=given, stop=stop)

    def chosen(self, answer: Answer) -> dict[int, Option]:
        return {
            patient: option
            for patient, mine in self.options.items()
            for position, option in enumerate(mine)
            if answer.values.get(f"x{patient}_{position}")
        }

    def _choose(self, patient: int) -> None:
        mine: Terms = []
        for position, option in enumerate(self.options[patient]):
            var = self.lp.add_variable(f"x{patient}_{position}", 0, 1, cat=pulp.LpInteger)
            mine.append((var, 1))
            self._costs.append((var, option.cost + self._beside_others(patient, option)))
            for row, amount in rows_of(self.table, patient, option):
                self._rows[row].append((var, amount))
            for room, nights in option.parts:
                self._comes(patient, var, room, nights)
        whole = pulp.LpAffineExpression(mine)
        one = pulp.LpConstraint(whole, pulp.LpConstraintEQ, f"p{patient}", rhs=1)
        self.lp.addConstraint(one)

    def _comes(self, patient: int, var: Any, room: int, nights: int) -> None:
        if self.state.mixing[room] or self.table.has_cohorts:
            for night in range(self.table.nights):
                if nights >> night & 1:
                    self._guests[room, night].append((var, patient))

    def _beside_others(self, patient: int, option: Option) -> int:
        """What those who stay in the rooms make the option cost."""
        less = self.state.less[self.table.sex[patient]]
        return sum(
            self.state.mixing[room] * (less[room] & nights & self.state.mixes[room]).bit_count()
            for room, nights in option.parts
        )

    def _limit(self, row: Row, terms: Terms) -> None:
        kind, place, night = row
        if kind == "bed":
            left = limit(self.table, row) - sum(sex[place][night] for sex in self.state.count)
        elif kind == "theatre":
            left = self.state.theatre_left[place]
        else:
            left = limit(self.table, row) - self.state.ward_load[place][night]
        if sum(amount for _, amount in terms) <= left:
            return
        if kind == "quiet":
            over = self.lp.add_variable(row_name(row), 0, None, cat=pulp.LpInteger)
            self._costs.append((over, self.table.rules.weight["BUFFER_USED"]))
            terms, left = [*terms, (over, -1)], max(0, left)
        self._most(terms, left, row_name(row))

    def _one_sex(self, place: Place, guests: list[tuple[Any, int]]) -> None:
        """Where nobody stays, women or men; where that does not bind, the fewer pay."""
        room, night = place
        weight = self.state.mixing[room] if self.state.mixes[room] >> night & 1 else 0
        if not weight or self._broken(place) or any(s[room][night] for s in self.state.count):
            return
        women = [(var, 1) for var, patient in guests if self.table.sex[patient] == 0]
        men = [(var, 1) for var, patient in guests if self.table.sex[patient] == 1]
        if not women or not men:
            return
        beds = self.state.beds[room][night]
        choice = self.lp.add_variable(f"g{room}_{night}", 0, 1, cat=pulp.LpInteger)
        most_women, most_men = min(beds, len(women)), min(beds, len(men))
        women.append((choice, -most_women))
        men.append((choice, most_men))
        if self.may_mix and weight < HARD:
            fewer = self.lp.add_variable(f"z{room}_{night}", 0, None, cat=pulp.LpInteger)
            self._costs.append((fewer, weight))
            women.append((fewer, -1))
            men.append((fewer, -1))
        self._most(women, 0, f"f{room}_{night}")
        self._most(men, most_men, f"m{room}_{night}")

    def _broken(self, place: Place) -> bool:
        return (self.table.rooms[place[0]].key, place[1]) in self.table.standing.conflicts

    def _one_cohort(self, place: Place, guests: list[tuple[Any, int]]) -> None:
        """Where one of several cohorts may come, only one does; nobody isolated is one too."""
        room, night = place
        cohorts: dict[str, Terms] = defaultdict(list)
        for var, patient in guests:
            cohorts[self.table.cohort[patient]].append((var, 1))
        if len(cohorts) < 2 or self._broken(place):
            return
        open_to: Terms = []
        for number, (_cohort, terms) in enumerate(sorted(cohorts.items())):
            choice = self.lp.add_variable(f"c{room}_{night}_{number}", 0, 1, cat=pulp.LpInteger)
            open_to.append((choice, 1))
            most = min(self.state.beds[room][night], len(terms))
            self._most([*terms, (choice, -most)], 0, f"k{room}_{night}_{number}")
        self._most(open_to, 1, f"o{room}_{night}")

    def _most(self, terms: Terms, most: int, name: str) -> None:
        total = pulp.LpAffineExpression(terms)
        self.lp.addConstraint(pulp.LpConstraint(total, pulp.LpConstraintLE, name, rhs=most))
