"""The problem as numbers: what each stay costs in each room, and which stays never come about.

Rooms and patients are counted from 0 in the order of their keys. A set of nights is a whole
number, bit n for night n. Stays a binding rule forbids are left out before anything is searched.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from solvers.admission_leave import beds_beyond, mixed_nights
from solvers.admission_problem import AdmissionProblem, Patient, RoomSexPolicy
from solvers.admission_rules import ROOM_RULES, Night
from solvers.admission_standing import Standing, cohort_of
from solvers.bed_problem import Sex

FORBIDDEN = 10_000_000  # more than any plan costs; never summed into a plan
HARD = 1_000_000  # one mixed room-night, where mixing is forbidden
Costs = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Option:
    """One way to plan a patient: from `start`, night by night in rooms; no parts is no date."""

    cost: int
    start: int
    parts: tuple[tuple[int, int], ...]  # (room, set of nights), in order


class Table:
    """Costs of the problem, by patient, start and room."""

    def __init__(self, problem: AdmissionProblem) -> None:
        self.problem = problem
        self.nights = problem.nights
        self.rules = problem.rules
        self.patients, self.rooms = problem.patients, problem.rooms
        self.wards = {ward.key: ward for ward in problem.wards}
        self.room_index = {room.key: i for i, room in enumerate(self.rooms)}
        ward_order = {ward.key: i for i, ward in enumerate(problem.wards)}
        self.ward_of = [ward_order[room.ward] for room in self.rooms]
        self.sex = [0 if p.sex is Sex.FEMALE else 1 for p in self.patients]
        self.cohort = [cohort_of(p) for p in self.patients]
        self.standing = Standing(problem)
        self.has_cohorts = any(self.cohort)
        weight = self.rules.weight
        mixing_binds = "MIXED_SEX" in self.rules.binding
        self.mixing = [
            self._mixing(i, HARD if mixing_binds else weight.get("MIXED_SEX", 0))
            for i in range(len(self.rooms))
        ]
        # Nights of a room on which that price is to be paid; on the others a waiver holds.
        self.mixes = [~mixed_nights(problem, room) for room in self.rooms]
        self.transfer = weight.get("TRANSFER", 0)
        self.theatre = [day.minutes for day in problem.theatres]
        self._days = {(day.specialty, day.night): i for i, day in enumerate(problem.theatres)}
        self._rates = cache(self._rates_of)
        self.capacity = [self._beds(i) for i in range(len(self.rooms))]
        self.staffed = [self._staffed(i) for i in range(len(self.wards))]
        self.quiet = [self._quiet(i) for i in range(len(self.wards))]
        self.unplanned = [self._unplanned(p) for p in self.patients]
        self.starts = [self._starts(p) for p in self.patients]
        self.stays = [
            [self._whole_stay(i, start) for start in self.starts[i]]
            for i in range(len(self.patients))
        ]

    def end(self, patient: int, start: int) -> int:
        """The first night after the stay, or the end of the horizon."""
        return min(self.nights, start + self.patients[patient].nights)

    def mask(self, patient: int, start: int) -> int:
        return (1 << self.end(patient, start)) - (1 << start)

    def rates(self, patient: int, night_of_stay: int) -> Costs:
        """What this night of the stay costs in each room; FORBIDDEN where a binding rule says."""
        return self._rates(patient, self.patients[patient].specialty_at(night_of_stay))

    def arrival(self, patient: int, start: int) -> Costs:
        """What the date and the first room cost beside the nights, by room."""
        person, weight = self.patients[patient], self.rules.weight
        late = weight.get("DELAY", 0) * (start - person.earliest) * (1 + person.priority)
        if person.told_night is not None and person.told_night != start:
            late += weight.get("TOLD_DATE", 0)
        costs = np.full(len(self.rooms), late, dtype=np.int64)
        if person.told_ward is not None:
            elsewhere = [room.ward != person.told_ward for room in self.rooms]
            costs += weight.get("TOLD_WARD", 0) * np.array(elsewhere, dtype=np.int64)
        if person.told_room is not None:
            other = [room.key != person.told_room for room in self.rooms]
            costs += weight.get("TOLD_ROOM", 0) * np.array(other, dtype=np.int64)
        if person.current_room is not None:
            costs += self.transfer
            costs[self.room_index[person.current_room]] -= self.transfer
        return costs

    def option(self, patient: int, start: int, rooms: list[int]) -> Option:
        """The option of these rooms, one for each night of the stay inside the horizon."""
        cost = int(self.arrival(patient, start)[rooms[0]])
        parts: list[tuple[int, int]] = []
        for offset, room in enumerate(rooms):
            cost += int(self.rates(patient, offset)[room])
            bit = 1 << (start + offset)
            if parts and parts[-1][0] == room:
                parts[-1] = (room, parts[-1][1] | bit)
            else:
                parts.append((room, bit))
        return Option(cost + self.transfer * (len(parts) - 1), start, tuple(parts))

    def whole(self, patient: int, position: int, room: int) -> Option:
        """From the start of this position to the end in one room."""
        start = self.starts[patient][position]
        cost = self.stays[patient][position][room]
        return Option(cost, start, ((room, self.mask(patient, start)),))

    def waiting(self, patient: int) -> Option:
        """No date. Of somebody who is there already it is never part of a plan."""
        return Option(self.unplanned[patient], 0, ())

    def may_wait(self, patient: int) -> list[Option]:
        """The option of no date, for who has not come yet: nobody is turned out of a bed."""
        return [] if self.patients[patient].current_room is not None else [self.waiting(patient)]

    def _unplanned(self, patient: Patient) -> int:
        there = patient.current_room is not None
        return FORBIDDEN if there else self.rules.unplanned(patient.priority)

    def _whole_stay(self, patient: int, start: int) -> list[int]:
        """Cost by room of staying in it from the first night to the last."""
        costs = self.arrival(patient, start)
        for offset in range(self.end(patient, start) - start):
            costs = costs + self.rates(patient, offset)
        return [min(int(cost), FORBIDDEN) for cost in costs]

    def _starts(self, patient: Patient) -> list[int]:
        if patient.pinned or patient.current_room is not None:
            return [0]
        dates = range(patient.earliest, min(patient.latest, self.nights - 1) + 1)
        return [date for date in dates if self._operable(patient, date)]

    def _operable(self, patient: Patient, start: int) -> bool:
        """The theatre has enough minutes that day, were nobody else operated."""
        use = self._theatre_use(patient, start)
        return use is None or (use[0] >= 0 and use[1] <= self.theatre[use[0]])

    def theatre_use(self, patient: int, start: int) -> tuple[int, int] | None:
        """Which of the problem's theatre days loses how many minutes; None if none does."""
        return self._theatre_use(self.patients[patient], start)

    def _theatre_use(self, patient: Patient, start: int) -> tuple[int, int] | None:
        day, specialty = start + patient.theatre_night, patient.care[0][0]
        if not patient.theatre_minutes or patient.current_room is not None or day >= self.nights:
            return None
        if self.waived("THEATRE_TIME", patient.key, specialty):
            return None
        return self._days.get((specialty, day), -1), patient.theatre_minutes

    def _beds(self, room: int) -> list[int]:
        """Beds by night. Nobody is turned out of a bed; nobody comes where a rule is broken."""
        each = self.rooms[room]
        unusable = (*each.unusable, *([0] * self.nights))
        beds = []
        for night in range(self.nights):
            there = self.standing.count(each.key, night)
            broken = (each.key, night) in self.standing.conflicts
            usable = 0 if broken else max(0, each.beds - unusable[night])
            beds.append(max(there, usable))
        return beds

    def _staffed(self, ward: int) -> list[int] | None:
        """Most patients by night, never fewer than those who are there already; None: no limit."""
        each = self.problem.wards[ward]
        if not each.staffed:
            return None
        beyond = [beds_beyond(self.problem, each.key, night) for night in range(self.nights)]
        if all(more is None for more in beyond):
            return None
        rooms = [room.key for room in self.rooms if room.ward == each.key]
        staffed = self._by_night(each.staffed)
        everybody = len(self.patients)
        return [
            everybody if more is None
            else max(staffed[night] + more, sum(self.standing.count(room, night) for room in rooms))
            for night, more in enumerate(beyond)
        ]  # fmt: skip

    def _quiet(self, ward: int) -> list[int] | None:
        """Patients by night above which the ward lives on its buffer; None: no buffer."""
        each = self.problem.wards[ward]
        if not each.staffed or not any(each.buffer) or not self.rules.weight.get("BUFFER_USED"):
            return None
        staffed = self._by_night(each.staffed)
        buffer = (*each.buffer, *([0] * self.nights))
        return [max(0, staffed[night] - buffer[night]) for night in range(self.nights)]

    def _by_night(self, counts: tuple[int, ...]) -> list[int]:
        """Nights that are not named are like the last one that is."""
        return [counts[min(night, len(counts) - 1)] for night in range(self.nights)]

    def _mixing(self, room: int, weight: int) -> int:
        each = self.rooms[room]
        return weight if each.sex_policy is RoomSexPolicy.SAME and each.beds > 1 else 0

    def waived(self, rule: str, *keys: str) -> bool:
        return any(each.rule == rule and each.key in keys for each in self.problem.waivers)

    def _rates_of(self, patient: int, specialty: str) -> Costs:
        person, costs = self.patients[patient], []
        current = person.current_room
        for room in self.rooms:
            if person.pinned and room.key != current:
                costs.append(FORBIDDEN)
                continue
            night = Night(person, specialty, room, self.wards[room.ward], self.rules)
            costs.append(self._night(night, standing=room.key == current))
        return np.array(costs, dtype=np.int64)

    def _night(self, night: Night, *, standing: bool) -> int:
        """A patient stays where he lies now, whatever rule that breaks."""
        cost = 0
        for code, rule in ROOM_RULES.items():
            times = rule(night)
            if not times:
                continue
            keys = (night.patient.key, night.room.key, night.ward.key)
            if code in self.rules.binding and not standing and not self.waived(code, *keys):
                return FORBIDDEN
            cost += times * self.rules.weight.get(code, 0)
        return cost
