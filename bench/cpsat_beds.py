"""Bed placement for CP-SAT: a yes or no for each request and bed that no rule keeps apart.

Beds are not put together as in our model: one variable for each bed by name, and for each shared
room the sexes and infections that may be in it. Waivers are not modelled; the bench has none.
"""

from collections import defaultdict
from typing import Any

from bench.cpsat_model import CpModel, Value
from solvers.bed_judge import judge
from solvers.bed_place import OTHERS_JUDGE, Hospital
from solvers.bed_problem import Bed, BedPlanProblem, Request, RoomSex

MIXED = "MIXED_BAY"  # depends on who else comes, so it is priced by room


def build(cp: Any, problem: BedPlanProblem) -> CpModel:
    if problem.waivers:
        raise ValueError("waivers: not in this model")
    model = CpModel(cp)
    _Placement(model, Hospital(problem)).build()
    return model


class _Placement:
    def __init__(self, to: CpModel, hospital: Hospital) -> None:
        self.to, self.hospital = to, hospital
        self.takes: dict[tuple[str, str], Any] = {}
        self.of_request: dict[str, list[Any]] = defaultdict(list)
        self.of_bed: dict[str, list[Any]] = defaultdict(list)
        self.of_ward: dict[str, list[Any]] = defaultdict(list)
        self.in_room: dict[str, list[tuple[str, Any]]] = defaultdict(list)

    def build(self) -> None:
        worth = 0
        beds = [bed for bed in self.hospital.problem.beds if self._may_be_had(bed)]
        for request in self.hospital.problem.requests:
            value = self.hospital.rules.placed_value(request.priority, request.waiting_min)
            worth += value
            for bed in beds:
                self._pair(request, bed, value)
        for takes in (*self.of_request.values(), *self.of_bed.values()):
            self.to.model.add_at_most_one(takes)
        for key, takes in self.of_ward.items():
            ward = self.hospital.wards[key]
            left = max(0, ward.staffed_beds - ward.census - ward.holds)
            self.to.model.add(self.to.sum(takes) <= left)
        for room in self.in_room:
            self._together(room)
        self.to.minimise(worth)
        self.to.read = self._read

    def _may_be_had(self, bed: Bed) -> bool:
        return not set(bed.blocked_by) - OTHERS_JUDGE or bed.key in self.hospital.held_beds

    def _pair(self, request: Request, bed: Bed, value: int) -> None:
        """As if nobody else came; the company that comes is judged by room."""
        hospital = self.hospital
        judged = judge(hospital, hospital.place(request, bed))
        if judged.forbidden:
            return
        points = sum(points for code, points in judged.terms if code != MIXED)
        take = self.takes[request.key, bed.key] = self.to.flag(points - value)
        self.of_request[request.key].append(take)
        self.of_bed[bed.key].append(take)
        if bed.ward not in hospital.counted_in[request.key]:
            self.of_ward[bed.ward].append(take)
        if hospital.shared(bed.room):
            self.in_room[bed.room].append((request.key, take))

    def _together(self, room: str) -> None:
        """One infection in a shared room; one sex, or points for each who comes to another."""
        persons = self.hospital.persons
        sexes, infections = self._classes(), self._classes()
        for key, take in self.in_room[room]:
            sexes[persons[key].sex_class].append(take)
            infections[persons[key].isolation_class].append(take)
        self.to.model.add_at_most_one(self._seen(infections).values())
        seen = self._seen(sexes)
        if self.hospital.rooms[room].sex_policy is RoomSex.MIXED:
            self._price_mixing(room, seen)
        else:
            self.to.model.add_at_most_one(seen.values())

    def _classes(self) -> dict[str, list[Any]]:
        return defaultdict(list)

    def _seen(self, takes_of: dict[str, list[Any]]) -> dict[str, Any]:
        """Whether somebody of the class comes."""
        seen = {}
        for name, takes in takes_of.items():
            seen[name] = self.to.flag()
            for take in takes:
                self.to.model.add_implication(take, seen[name])
        return seen

    def _price_mixing(self, room: str, seen: dict[str, Any]) -> None:
        weight = self.hospital.rules.weight.get(MIXED, 0)
        here = {each.sex_class for each in self.hospital.present.get(room, ())}
        for name in here:
            seen[name] = self.to.model.new_constant(1)
        mixed = self.to.flag()
        names = sorted(seen)
        for index, one in enumerate(names):
            for other in names[index + 1 :]:
                self.to.model.add(seen[one] + seen[other] <= 1 + mixed)
        for _, take in self.in_room[room]:
            self.to.model.add(take + mixed <= 1 + self.to.flag(weight))

    def _read(self, value: Value) -> dict[str, str]:
        """Request -> bed."""
        return {request: bed for (request, bed), take in self.takes.items() if value(take)}
