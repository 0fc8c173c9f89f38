"""Which part of a plan to plan anew: who stands in whose way, some rooms, a few nights."""

from functools import partial
from random import Random

from solvers.admission_part import Plan, plan_again
from solvers.admission_start import Candidates
from solvers.admission_state import State
from solvers.engine import Limits
from solvers.engine_run import Building
from solvers.neighbourhoods import Neighbourhood

SIZES = (40, 70, 110)  # patients freed at once; a model of so many is solved in about a second
WANTED = 4  # rooms a patient is let into the way of
SPELL = 5  # nights


class Parts:
    """The neighbourhoods of one problem; the state follows whatever plan they are asked about."""

    def __init__(self, state: State, near: Candidates, clock: Building) -> None:
        self.state, self.near, self.clock = state, near, clock

    def cost(self, plan: Plan) -> int:
        self._follow(plan)
        return self.state.cost

    def all(self) -> list[Neighbourhood[Plan]]:
        found: list[Neighbourhood[Plan]] = []
        for size in SIZES:
            found += [
                partial(self.in_the_way, size),
                partial(self.spell_in_rooms, size),
                partial(self.of_one_night, size),
            ]
        return found

    def in_the_way(self, size: int, plan: Plan, draw: Random, limits: Limits) -> Plan | None:
        """Patients above their best stay, and those who keep them from it."""
        self._follow(plan)
        table, inside = self.state.table, self.state.inside
        regret = [
            1 + max(0, option.cost - mine[0][0]) if mine else 1
            for option, mine in zip(plan, self.near, strict=True)
        ]
        free: set[int] = set()
        for patient in draw.choices(range(len(plan)), regret, k=size):
            free.add(patient)
            nights = table.mask(patient, plan[patient].start)
            for _cost, _position, room, _mask in self.near[patient][:WANTED]:
                free.update(p for p in inside[room] if self.state.nights_in(p, room) & nights)
            if len(free) >= size:
                break
        return plan_again(self.state, self.near, free, limits, self.clock)

    def spell_in_rooms(self, size: int, plan: Plan, draw: Random, limits: Limits) -> Plan | None:
        """Those who lie in some rooms during a few nights."""
        self._follow(plan)
        table, inside = self.state.table, self.state.inside
        nights = ((1 << SPELL) - 1) << draw.randrange(max(1, table.nights - SPELL + 1))
        free: set[int] = set()
        for room in draw.sample(range(len(table.rooms)), len(table.rooms)):
            free.update(p for p in inside[room] if self.state.nights_in(p, room) & nights)
            if len(free) >= size:
                break
        return plan_again(self.state, self.near, free, limits, self.clock)

    def of_one_night(self, size: int, plan: Plan, draw: Random, limits: Limits) -> Plan | None:
        """Those who are there in one night, in any ward, and those without a date."""
        self._follow(plan)
        night = 1 << draw.randrange(self.state.table.nights)
        there = [
            patient
            for patient, option in enumerate(plan)
            if not option.parts or any(nights & night for _, nights in option.parts)
        ]
        free = draw.sample(there, min(size, len(there)))
        return plan_again(self.state, self.near, free, limits, self.clock)

    def _follow(self, plan: Plan) -> None:
        for patient, option in enumerate(plan):
            if self.state.option[patient] is not option:
                self.state.put(patient, option)
