"""The elastic model: every patient who must be placed is, and what stands in the way is counted.

A step is one thing that a person could do: clean a bed, open one, waive a rule for a patient or a
room, staff one more bed. Only the patients who must be placed are in the model; the others may
wait. Beds that someone else has are out of reach of any step.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import pulp

from solvers.bed_place import NEVER_WAIVED, OTHERS_JUDGE, Hospital, Person, Place
from solvers.bed_problem import Bed, Request, RoomSex, Scope
from solvers.bed_rules import BED_RULES, ROOM_RULES, WARD_RULES, suits_fixed_sex
from solvers.engine import Answer, Limits, Status, minimise

_OF_PATIENT = {**WARD_RULES, **ROOM_RULES, **BED_RULES}


@dataclass(frozen=True, slots=True, order=True)
class Step:
    """`rule`: the hard rule it lifts, or BED_READY:<code>. `key`: the request, bed, room or ward
    that it is taken for. `nth`: the how-manieth more bed of a ward that is staffed, else 0."""

    rule: str
    key: str
    nth: int = 0

    @property
    def code(self) -> str:
        return self.rule.partition(":")[0]


class Elastic:
    """An integer programme over the patients who must be placed, `must` in key order."""

    def __init__(self, hospital: Hospital, must: Sequence[str]) -> None:
        self.hospital = hospital
        self.must = [hospital.requests[key] for key in sorted(must)]
        self.lp = pulp.LpProblem("elastic", pulp.LpMinimize)
        self.steps: dict[Step, pulp.LpVariable] = {}
        self.placed: dict[str, pulp.LpVariable] = {}
        self._takes: dict[tuple[str, str], pulp.LpVariable] = {}
        self._rows = 0
        self._blocked: dict[Step, list[pulp.LpVariable]] = defaultdict(list)
        beds = reachable(hospital, self.must)
        for request in self.must:
            self._offer(request, beds)
        self._one_patient_each()
        self._rooms(beds)
        self._wards(beds)

    def possible(self, limits: Limits) -> bool | None:
        """Whether everybody can be placed with the steps allowed; None if time ran out."""
        answer = self._minimise([], limits)
        if answer.outcome.status is Status.INFEASIBLE:
            return False
        return True if answer.values else None

    def fewest_steps(self, limits: Limits) -> tuple[Step, ...] | None:
        """The fewest that place everybody; None if there are none, or time ran out."""
        answer = self._minimise([(variable, 1) for variable in self.steps.values()], limits)
        if answer.outcome.status is not Status.OPTIMAL:
            return None
        return tuple(sorted(s for s, v in self.steps.items() if answer.values[v.name]))

    def _minimise(self, goal: list[tuple[pulp.LpVariable, int]], limits: Limits) -> Answer:
        self.lp.setObjective(pulp.LpAffineExpression(goal))
        return minimise(self.lp, limits)

    def allow(self, codes: Iterable[str]) -> None:
        """Only steps that lift these rules may be taken."""
        allowed = set(codes)
        for step, variable in self.steps.items():
            variable.upBound = int(step.code in allowed)

    def at_most(self, terms: list[tuple[pulp.LpVariable, int]], limit: int) -> None:
        self._row(terms, limit, pulp.LpConstraintLE)

    def new(self, name: str, low: int = 0, high: int = 1) -> pulp.LpVariable:
        return self.lp.add_variable(name, low, high, "Integer")

    def step(self, rule: str, key: str, nth: int = 0) -> pulp.LpVariable:
        found = Step(rule, key, nth)
        if found not in self.steps:
            self.steps[found] = self.new(f"s{len(self.steps):06d}")
        return self.steps[found]

    def _row(self, terms: list[tuple[pulp.LpVariable, int]], limit: int, sense: int) -> None:
        total = pulp.LpAffineExpression(terms)
        name = f"r{self._rows:06d}"
        self._rows += 1
        self.lp.addConstraint(pulp.LpConstraint(total, sense, name, rhs=limit))

    def _offer(self, request: Request, beds: list[Bed]) -> None:
        """A variable for each bed, bound to the steps without which it may not be had."""
        needs: dict[str, list[pulp.LpVariable]] = defaultdict(list)
        mine = [bed for bed in beds if may_have(request, bed)]
        for bed in mine:
            take = self.new(f"x{len(self._takes):06d}")
            self._takes[request.key, bed.key] = take
            place = self.hospital.place(request, bed)
            for code in self._broken(place):
                if code != "BED_READY":
                    needs[code].append(take)
            for rule in unready(self.hospital, request, bed):
                self._blocked[Step(rule, bed.key)].append(take)
        for code, takes in needs.items():
            self.at_most([*((t, 1) for t in takes), (self.step(code, request.key), -1)], 0)
        wanted = self.placed[request.key] = self.new(f"w{len(self.placed):06d}", 1, 1)
        takes = [(self._takes[request.key, bed.key], 1) for bed in mine]
        self._row([*takes, (wanted, -1)], 0, pulp.LpConstraintEQ)

    def _broken(self, place: Place) -> list[str]:
        return [
            code
            for code, rule in _OF_PATIENT.items()
            if rule(place) is False and not self.hospital.waived(code, place.request, place.bed)
        ]

    def _one_patient_each(self) -> None:
        by_bed: dict[str, list[pulp.LpVariable]] = defaultdict(list)
        for (_, bed), take in self._takes.items():
            by_bed[bed].append(take)
        for takes in by_bed.values():
            self.at_most([(take, 1) for take in takes], 1)
        for step, takes in self._blocked.items():
            self.at_most([*((t, 1) for t in takes), (self.step(step.rule, step.key), -1)], 0)

    def _rooms(self, beds: list[Bed]) -> None:
        by_room: dict[str, list[Bed]] = defaultdict(list)
        for bed in beds:
            by_room[bed.room].append(bed)
        for room in sorted(by_room):
            self._company("ROOM_SEX", room, by_room[room])
            self._company("CO_BLOCKING", room, by_room[room])

    def _company(self, rule: str, room: str, beds: list[Bed]) -> None:
        """People whom no waiver covers are of one class, or the rule is lifted for the room."""
        shared = self.hospital.shared(room) and not self._anybody(rule, room)
        here = [p for p in self.hospital.present.get(room, ()) if rule not in p.waived]
        asking = [r for r in self.must if not self.hospital.waived(rule, r, beds[0])]
        clashing, classes = [], defaultdict(list)
        for request in asking:
            person = self.hospital.persons[request.key]
            mine = _class(rule, person)
            others = (each for each in here if each.key != person.key)
            if self._unfit(rule, request, beds[0]) or (
                shared and any(_class(rule, each) != mine for each in others)
            ):
                clashing.append(request)
            if shared:
                classes[mine].append(request)
        if clashing:
            self._only_if(clashing, beds, [self.step(rule, room)])
        if len(classes) > 1:
            self._one_class(rule, room, beds, list(classes.values()))

    def _one_class(
        self, rule: str, room: str, beds: list[Bed], classes: list[list[Request]]
    ) -> None:
        used = [self.new(f"u{self._rows:06d}_{number:03d}") for number in range(len(classes))]
        for people, mine in zip(classes, used, strict=True):
            self._only_if(people, beds, [mine])
        lifted = self.step(rule, room)
        self.at_most([*((u, 1) for u in used), (lifted, 1 - len(used))], 1)

    def _only_if(
        self, people: list[Request], beds: list[Bed], allowed: list[pulp.LpVariable]
    ) -> None:
        """None of the people in a bed without what allows it. Bed by bed, where one at most can
        lie, the linear bound stays close."""
        for bed in beds:
            takes = [self._takes.get((request.key, bed.key)) for request in people]
            found = [(take, 1) for take in takes if take is not None]
            if found:
                self.at_most([*found, *((each, -1) for each in allowed)], 0)

    def _unfit(self, rule: str, request: Request, bed: Bed) -> bool:
        return rule == "ROOM_SEX" and not suits_fixed_sex(self.hospital.place(request, bed))

    def _anybody(self, rule: str, room: str) -> bool:
        return rule == "ROOM_SEX" and self.hospital.rooms[room].sex_policy is RoomSex.MIXED

    def _wards(self, beds: list[Bed]) -> None:
        """Each patient above the staffed beds needs one more; a ward that is over already needs
        those it lacks as well, as soon as anyone is put there."""
        wards: dict[str, list[pulp.LpVariable]] = defaultdict(list)
        for (key, bed_key), take in self._takes.items():
            request, bed = self.hospital.requests[key], self.hospital.beds[bed_key]
            counted = bed.ward in self.hospital.counted_in[key]
            if not counted and not self.hospital.waived("STAFFED_CAPACITY", request, bed):
                wards[bed.ward].append(take)
        for ward, takes in sorted(wards.items()):
            self._staff(ward, takes)

    def _staff(self, ward: str, takes: list[pulp.LpVariable]) -> None:
        row = self.hospital.wards[ward]
        room = row.staffed_beds - row.census - row.holds
        most = min(len(self.must), len(takes)) - room
        if most <= 0:
            return
        more = [self.step("STAFFED_CAPACITY", ward, nth) for nth in range(1, most + 1)]
        for earlier, later in pairwise(more):
            self.at_most([(later, 1), (earlier, -1)], 0)
        over = []
        if room < 0:
            anyone = self.new(f"v{self._rows:06d}")
            for take in takes:
                self.at_most([(take, 1), (anyone, -1)], 0)  # rare: the ward is over already
            over = [(anyone, -room)]
        self.at_most([*((t, 1) for t in takes), *over, *((m, -1) for m in more)], max(0, room))


def reachable(hospital: Hospital, must: Sequence[Request]) -> list[Bed]:
    """Beds that one of the patients could have. Of beds in one room that are the same to every
    rule no more than there are patients."""
    count: dict[tuple[object, ...], int] = defaultdict(int)
    found: list[Bed] = []
    for bed in hospital.problem.beds:
        if any(may_have(request, bed) for request in must):
            mine = bed.key if bed.key in hospital.held_beds else ""
            waived = hospital.waived_at(Scope.BED, bed.key)
            alike = (bed.room, bed.equipment, bed.blocked_by, mine, waived)
            count[alike] += 1
            if count[alike] <= len(must):
                found.append(bed)
    return found


def may_have(request: Request, bed: Bed) -> bool:
    """Nobody else has the bed."""
    taken = NEVER_WAIVED & set(bed.blocked_by)
    return not taken or (request.held_bed == bed.key and taken == {"HELD"})


def unready(hospital: Hospital, request: Request, bed: Bed) -> list[str]:
    """BED_READY:<code> for each code that no waiver covers."""
    if hospital.waived("BED_READY", request, bed):
        return []
    own = {"HELD"} if request.held_bed == bed.key else set()
    return [f"BED_READY:{code}" for code in bed.blocked_by if code not in OTHERS_JUDGE | own]


def _class(rule: str, person: Person) -> str:
    return person.sex_class if rule == "ROOM_SEX" else person.isolation_class
