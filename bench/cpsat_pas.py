"""Patient Admission Scheduling for CP-SAT: a yes or no for each patient and room.

Narrower than our problem: each patient keeps one room for the whole stay, and everybody comes.
With a room for each night the public instances have ten times the variables. So its answer is a
plan of ours, but its bound holds for plans without transfers only.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from bench.cpsat_model import CpModel, Value
from solvers.admission_problem import AdmissionProblem, Patient, Room, RoomSexPolicy
from solvers.admission_rules import ROOM_RULES, Night
from solvers.bed_problem import Sex


def build(cp: Any, problem: AdmissionProblem) -> CpModel:
    _refuse_what_is_not_modelled(problem)
    model = CpModel(cp)
    _Stays(model, problem).build()
    return model


def _refuse_what_is_not_modelled(problem: AdmissionProblem) -> None:
    """Raises ValueError beyond the published problem."""
    if problem.rules.binding or problem.waivers or problem.theatres:
        raise ValueError("binding, waivers, theatres: not in this model")
    if any(ward.staffed or ward.buffer for ward in problem.wards):
        raise ValueError("wards.staffed, wards.buffer: not in this model")
    if any(p.earliest != p.latest or p.current_room or p.cohort for p in problem.patients):
        raise ValueError("patients: only those with one date, from outside, not isolated")


class _Stays:
    def __init__(self, to: CpModel, problem: AdmissionProblem) -> None:
        self.to, self.problem = to, problem
        self.wards = {ward.key: ward for ward in problem.wards}
        self.lies: dict[tuple[str, str], Any] = {}
        self.there: dict[tuple[str, int, bool], list[Any]] = defaultdict(list)

    def build(self) -> None:
        for patient in self.problem.patients:
            known: dict[Any, int] = {}  # points of rooms that are alike
            rooms = [self._lies(patient, room, known) for room in self.problem.rooms]
            self.to.model.add_exactly_one(rooms)
        for room in self.problem.rooms:
            for night in range(self.problem.nights):
                self._share(room, night)
        self.to.minimise()
        self.to.read = self._read

    def _lies(self, patient: Patient, room: Room, known: dict[Any, int]) -> Any:
        nights = range(self.problem.nights - patient.earliest)[: patient.nights]
        like = (room.ward, room.beds, room.sex_policy, room.properties, room.specialties, room.kind)
        if like not in known:
            known[like] = sum(self._points(patient, room, nights))
        lies = self.lies[patient.key, room.key] = self.to.flag(known[like])
        for night in nights:
            who = (room.key, patient.earliest + night, patient.sex is Sex.FEMALE)
            self.there[who].append(lies)
        return lies

    def _points(self, patient: Patient, room: Room, nights: range) -> Iterator[int]:
        """The rules are asked once for each specialty that treats the patient."""
        rules = self.problem.rules
        treating = [patient.specialty_at(night) for night in nights]
        for name in set(treating):
            night = Night(patient, name, room, self.wards[room.ward], rules)
            times = ((code, rule(night)) for code, rule in ROOM_RULES.items())
            points = sum(rules.weight.get(code, 0) * each for code, each in times if each)
            yield points * treating.count(name)

    def _share(self, room: Room, night: int) -> None:
        """No more than the beds; points for each of the fewer sex in a room for one sex."""
        women, men = (self.there[room.key, night, woman] for woman in (True, False))
        model, total = self.to.model, self.to.sum
        beds = room.beds - (room.unusable[night] if night < len(room.unusable) else 0)
        if women or men:
            model.add(total([*women, *men]) <= beds)
        weight = self.problem.rules.weight.get("MIXED_SEX", 0)
        if room.sex_policy is RoomSexPolicy.SAME and women and men and weight:
            fewer, for_women = self.to.count(beds // 2, weight), self.to.flag()
            model.add(total(men) <= fewer).only_enforce_if(for_women)
            model.add(total(women) <= fewer).only_enforce_if(for_women.negated())

    def _read(self, value: Value) -> dict[str, str]:
        """Patient -> room."""
        return {patient: room for (patient, room), lies in self.lies.items() if value(lies)}
