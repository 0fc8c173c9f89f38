"""What a plan costs and which rules it breaks, told rule by rule from the problem alone.

Apart from the tables of the search: a slip in one shows against the other.
"""

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from solvers.admission_leave import beds_beyond, mixed_nights
from solvers.admission_plan import PlannedStay, Shared, Term
from solvers.admission_problem import AdmissionProblem, Patient, Room, RoomSexPolicy, Ward
from solvers.admission_rules import ROOM_RULES, Night
from solvers.admission_standing import cohort_of
from solvers.bed_problem import Sex

Stay = tuple[int, tuple[str, ...]]  # first night, room by night
There = dict[tuple[str, int], list[Patient]]  # (room or ward, night)


class Judge:
    """Judges plans of one problem."""

    def __init__(self, problem: AdmissionProblem) -> None:
        self.problem, self.rules = problem, problem.rules
        self.patients = {patient.key: patient for patient in problem.patients}
        self.rooms = {room.key: room for room in problem.rooms}
        self.wards = {ward.key: ward for ward in problem.wards}
        self._waivers = {(waiver.rule, waiver.key) for waiver in problem.waivers}

    def waived(self, rule: str, *keys: str) -> bool:
        return any((rule, key) in self._waivers for key in keys)

    def stay(self, key: str, stay: Stay) -> PlannedStay:
        """The stay's terms: its nights, its date and its transfers."""
        patient, (start, rooms) = self.patients[key], stay
        terms = Counter(dict(self._dates(patient, start, rooms[0])))
        path = rooms if patient.current_room is None else (patient.current_room, *rooms)
        moves = sum(1 for one, other in itertools.pairwise(path) if one != other)
        terms["TRANSFER"] = moves * self.rules.weight.get("TRANSFER", 0)
        waived: set[str] = set()
        standing: set[str] = set()
        for offset, room in enumerate(rooms):
            for code, times in self._night(patient, offset, room):
                terms[code] += times * self.rules.weight.get(code, 0)
                if code in self.rules.binding:
                    current = room == patient.current_room
                    (standing if current else waived).add(code)
        broken = waived | standing
        kept = tuple(code for code in self.rules.binding if code not in broken)
        return PlannedStay(
            key, start, rooms, tuple(sorted((c, p) for c, p in terms.items() if p)), kept,
            tuple(sorted(waived)), tuple(sorted(standing)),
        )  # fmt: skip

    def _night(self, patient: Patient, offset: int, room_key: str) -> Iterator[tuple[str, int]]:
        room = self.rooms[room_key]
        ward = self.wards[room.ward]
        night = Night(patient, patient.specialty_at(offset), room, ward, self.rules)
        for code, rule in ROOM_RULES.items():
            times = rule(night)
            if times:
                yield code, times

    def _dates(self, patient: Patient, start: int, room: str) -> Iterator[Term]:
        weight = self.rules.weight
        late = (start - patient.earliest) * (1 + patient.priority)
        yield "DELAY", late * weight.get("DELAY", 0)
        told = patient.told_night is not None and patient.told_night != start
        yield "TOLD_DATE", int(told) * weight.get("TOLD_DATE", 0)
        ward = self.rooms[room].ward
        moved = patient.told_ward is not None and patient.told_ward != ward
        yield "TOLD_WARD", int(moved) * weight.get("TOLD_WARD", 0)
        other = patient.told_room is not None and patient.told_room != room
        yield "TOLD_ROOM", int(other) * weight.get("TOLD_ROOM", 0)

    def cost(self, stays: Mapping[str, Stay]) -> int:
        """Points of the whole plan, those of patients without a date included."""
        points = sum(self.stay(key, stay).points for key, stay in stays.items())
        waiting = (each for key, each in self.patients.items() if key not in stays)
        points += sum(self.rules.unplanned(each.priority) for each in waiting)
        return points + sum(each.points for each in self.shared(stays))

    def shared(self, stays: Mapping[str, Stay]) -> tuple[Shared, ...]:
        """Mixed rooms and used buffers, night by night."""
        found = [*self._mixed(self._in_rooms(stays)), *self._buffers(self._in_wards(stays))]
        return tuple(sorted(found, key=lambda each: (each.rule, each.place, each.night)))

    def broken(self, stays: Mapping[str, Stay]) -> tuple[str, ...]:
        """Binding rules the plan breaks without leave; empty for every plan that may be used."""
        found: set[str] = set()
        for key, stay in stays.items():
            judged = self.stay(key, stay)
            patient, rooms = self.patients[key], stay[1]
            for code in judged.waived:
                places = {each for room in rooms for each in (room, self.rooms[room].ward)}
                if not self.waived(code, key, *places):
                    found.add(code)
            if not patient.earliest <= stay[0] <= patient.latest:
                found.add("DATES")
        found.update(self._crowded(stays))
        return tuple(sorted(found))

    def _in_rooms(self, stays: Mapping[str, Stay]) -> There:
        there: There = defaultdict(list)
        for key, (start, rooms) in sorted(stays.items()):
            for offset, room in enumerate(rooms):
                there[room, start + offset].append(self.patients[key])
        return there

    def _in_wards(self, stays: Mapping[str, Stay]) -> There:
        there: There = defaultdict(list)
        for (room, night), people in self._in_rooms(stays).items():
            there[self.rooms[room].ward, night] += people
        return there

    def _mixed(self, there: There) -> Iterator[Shared]:
        weight = self.rules.weight.get("MIXED_SEX", 0)
        for (room, night), people in there.items():
            if self.rooms[room].sex_policy is RoomSexPolicy.SAME:
                women = sum(1 for each in people if each.sex is Sex.FEMALE)
                times = min(women, len(people) - women)
                if times and weight and not self._may_mix(room, night):
                    yield Shared("MIXED_SEX", room, night, times * weight)

    def _buffers(self, there: There) -> Iterator[Shared]:
        weight = self.rules.weight.get("BUFFER_USED", 0)
        for (key, night), people in there.items():
            ward = self.wards[key]
            kept = ward.buffer[night] if night < len(ward.buffer) else 0
            if ward.staffed and any(ward.buffer) and weight:
                used = len(people) - max(0, self._staffed(ward, night) - kept)
                if used > 0:
                    yield Shared("BUFFER_USED", key, night, used * weight)

    def _staffed(self, ward: Ward, night: int) -> int:
        return ward.staffed[min(night, len(ward.staffed) - 1)]

    def _crowded(self, stays: Mapping[str, Stay]) -> Iterator[str]:
        """Rules about many: beds, cohorts, sexes where they bind, staff, theatre."""
        for (key, night), people in self._in_rooms(stays).items():
            room = self.rooms[key]
            coming = [each for each in people if each.current_room != key]
            if coming and len(people) > self._beds(room, night):
                yield "BEDS"
            if coming and len({cohort_of(each) for each in people}) > 1:
                yield "CO_BLOCKING"
            mixed = self._mixes(room, people) and not self._may_mix(key, night)
            if coming and "MIXED_SEX" in self.rules.binding and mixed:
                yield "MIXED_SEX"
        for (key, night), people in self._in_wards(stays).items():
            ward, beyond = self.wards[key], beds_beyond(self.problem, key, night)
            if ward.staffed and beyond is not None:
                most = self._staffed(ward, night) + beyond
                if len(people) > max(most, self._there(key, night)):
                    yield "STAFFED_CAPACITY"
        for (specialty, night), minutes in self._operated(stays).items():
            if minutes > self._minutes(specialty, night):
                yield "THEATRE_TIME"

    def leaning(self, stays: Mapping[str, Stay]) -> dict[str, frozenset[str]]:
        """Rules about many that each newcomer breaks with a person's leave."""
        found: dict[str, set[str]] = defaultdict(set)
        for (key, night), people in self._in_rooms(stays).items():
            if self._mixes(self.rooms[key], people) and self._may_mix(key, night):
                for each in people:
                    if each.current_room != key and "MIXED_SEX" in self.rules.binding:
                        found[each.key].add("MIXED_SEX")
        for (key, night), people in self._in_wards(stays).items():
            ward = self.wards[key]
            most = max(self._staffed(ward, night), self._there(key, night)) if ward.staffed else 0
            if ward.staffed and len(people) > most:
                for each in people:
                    if each.current_room is None or self.rooms[each.current_room].ward != key:
                        found[each.key].add("STAFFED_CAPACITY")
        return {key: frozenset(codes) for key, codes in found.items()}

    def _mixes(self, room: Room, people: list[Patient]) -> bool:
        return room.sex_policy is RoomSexPolicy.SAME and len({each.sex for each in people}) > 1

    def _may_mix(self, room: str, night: int) -> bool:
        return bool(mixed_nights(self.problem, self.rooms[room]) >> night & 1)

    def _beds(self, room: Room, night: int) -> int:
        return room.beds - (room.unusable[night] if night < len(room.unusable) else 0)

    def _there(self, ward: str, night: int) -> int:
        """Patients who lie in the ward now and are planned to that night."""
        return sum(
            1
            for each in self.problem.patients
            if each.current_room is not None
            and self.rooms[each.current_room].ward == ward
            and each.nights > night
        )

    def _operated(self, stays: Mapping[str, Stay]) -> Counter[tuple[str, int]]:
        minutes: Counter[tuple[str, int]] = Counter()
        for key, (start, _rooms) in stays.items():
            each, day = self.patients[key], start + self.patients[key].theatre_night
            leave = self.waived("THEATRE_TIME", key, each.care[0][0])
            if each.current_room is None and day < self.problem.nights and not leave:
                minutes[each.care[0][0], day] += each.theatre_minutes
        return minutes

    def _minutes(self, specialty: str, night: int) -> int:
        return sum(
            day.minutes
            for day in self.problem.theatres
            if (day.specialty, day.night) == (specialty, night)
        )
