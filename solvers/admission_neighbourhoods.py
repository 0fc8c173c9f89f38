"""Which part of a plan to plan anew: rooms of a ward, some nights, or who stands in whose way."""

from collections.abc import Callable
from random import Random

from solvers.admission_bound import Bound
from solvers.admission_part import Plan, plan_again
from solvers.admission_start import Candidates
from solvers.admission_state import State
from solvers.engine import Limits
from solvers.neighbourhoods import Neighbourhood


class Parts:
    """The neighbourhoods of one problem; the state follows whatever plan they are asked about."""

    def __init__(self, state: State, near: Candidates, bound: Bound) -> None:
        self.state, self.near, self.bound = state, near, bound
        self.build_ms = 0
        self.size = 60  # patients freed at once; grows while parts are solved quickly

    def cost(self, plan: Plan) -> int:
        self.follow(plan)
        return self.state.cost

    def follow(self, plan: Plan) -> None:
        for patient, option in enumerate(plan):
            if self.state.option[patient] is not option:
                self.state.put(patient, option)

    def all(self) -> list[Neighbourhood[Plan]]:
        return [self.rooms_of_ward, self.nights, self.in_the_way]

    def rooms_of_ward(self, plan: Plan, draw: Random, limits: Limits) -> Plan | None:
        """All who lie in some rooms of a ward, among those rooms."""
        self.follow(plan)
        table = self.state.table
        ward = draw.randrange(len(table.wards))
        rooms = [room for room, its in enumerate(table.ward_of) if its == ward]
        draw.shuffle(rooms)
        free: set[int] = set()
        taken: set[int] = set()
        for room in rooms:
            if len(free) >= self.size:
                break
            taken.add(room)
            free.update(self.state.inside[room])
        return self._again(free, taken, limits)

    def nights(self, plan: Plan, draw: Random, limits: Limits) -> Plan | None:
        """Those whose stay touches one night and who lie in two wards, in all rooms of these."""
        self.follow(plan)
        table = self.state.table
        night = 1 << draw.randrange(table.nights)
        wards = set(draw.sample(range(len(table.wards)), min(2, len(table.wards))))
        rooms = {room for room, its in enumerate(table.ward_of) if its in wards}
        there = [
            patient
            for room in sorted(rooms)
            for patient in self.state.inside[room]
            if self.state.nights_in(patient, room) & night
        ]
        draw.shuffle(there)
        return self._again(set(there[: self.size]), rooms, limits)

    def in_the_way(self, plan: Plan, draw: Random, limits: Limits) -> Plan | None:
        """Patients far above their best stay, and those who keep them from it."""
        self.follow(plan)
        table = self.state.table
        regret = [
            option.cost - self.near[patient][0][0] if self.near[patient] else 0
            for patient, option in enumerate(plan)
        ]
        free: set[int] = set()
        rooms: set[int] = set()
        for _ in range(len(plan)):
            if len(free) >= self.size:
                break
            patient = draw.choices(range(len(plan)), [each + 1 for each in regret])[0]
            free.add(patient)
            wanted = [each[2] for each in self.near[patient][:4]]
            mine = table.mask(patient, plan[patient].start)
            for room in (*wanted, *(room for room, _ in plan[patient].parts)):
                rooms.add(room)
                free.update(p for p in self.state.inside[room] if self.state.nights_in(p, room) & mine)
        return self._again(free, rooms, limits)

    def _again(self, free: set[int], rooms: set[int] | None, limits: Limits) -> Plan | None:
        return plan_again(self.state, self.near, free, rooms, limits) if free else None
