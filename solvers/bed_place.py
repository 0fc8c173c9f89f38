"""A request set against one bed: what every rule looks at.

`Hospital` indexes a problem once; `Hospital.place` puts one request in one bed, in the company of
whoever else is, or would be, in the room.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from solvers.bed_problem import (
    Bed,
    BedPlanProblem,
    Occupant,
    Request,
    Room,
    Scope,
    Sex,
    Ward,
)
from solvers.bed_ruleset import Isolation, RuleSet

OTHERS_JUDGE = frozenset({"CO_BLOCKED", "NO_STAFFED_HEADROOM"})  # rules of their own
NEVER_WAIVED = frozenset({"OCCUPIED", "HELD"})  # a bed holds one patient


@dataclass(frozen=True, slots=True)
class Person:
    """What room-mates must know of each other.

    Persons of one `sex_class` may share a room by sex, of one `isolation_class` by infection.
    Where nobody may share, the class is the person's own.
    """

    key: str  # the request's key where there is one, so that a patient matches their own stay
    sex_class: str
    isolation_class: str
    present: bool  # here now, not only by the plan
    waived: frozenset[str] = frozenset()  # rules waived on the person's own request


@dataclass(slots=True)
class Place:
    """One request in one bed.

    `company`: the others in the room. `ward_load`: how many patients the ward would then staff;
    0 if its census or holds count this one already.
    """

    request: Request
    person: Person
    bed: Bed
    room: Room
    ward: Ward
    rules: RuleSet
    shared: bool  # the room has several beds
    company: tuple[Person, ...]
    ward_load: int
    moves: bool = field(default=False)  # the patient already has a bed

    @property
    def own_room(self) -> bool:
        """A room for one person."""
        return not self.shared and self.room.kind != "BAY"


class Hospital:
    """A problem with its rows by key, and the classes and waivers of its people."""

    def __init__(self, problem: BedPlanProblem) -> None:
        self.problem = problem
        self.rules = problem.rules
        self.beds = {bed.key: bed for bed in problem.beds}
        self.rooms = {room.key: room for room in problem.rooms}
        self.wards = {ward.key: ward for ward in problem.wards}
        self.requests = {request.key: request for request in problem.requests}
        self._waivers = {(w.scope.value, w.key, w.rule) for w in problem.waivers}
        self._waived_rules = {waiver.rule for waiver in problem.waivers}
        self._waived_here = frozenset((w.scope.value, w.key) for w in problem.waivers)
        self.held_beds = {r.held_bed for r in problem.requests if r.held_bed is not None}
        self.persons = {r.key: self._asking(r) for r in problem.requests}

    @cached_property
    def room_beds(self) -> dict[str, list[Bed]]:
        beds: dict[str, list[Bed]] = defaultdict(list)
        for bed in self.problem.beds:
            beds[bed.room].append(bed)
        return dict(beds)

    @cached_property
    def present(self) -> dict[str, list[Person]]:
        people: dict[str, list[Person]] = defaultdict(list)
        for occupant in self.problem.occupants:
            people[occupant.room].append(self._lying(occupant))
        return dict(people)

    @cached_property
    def counted_in(self) -> dict[str, frozenset[str]]:
        """The wards whose census or holds already count a request."""
        return {
            request.key: frozenset(
                self.beds[bed].ward
                for bed in (request.current_bed, request.held_bed)
                if bed is not None and bed in self.beds
            )
            for request in self.problem.requests
        }

    def waives(self, rule: str) -> bool:
        """Some waiver concerns the rule."""
        return rule in self._waived_rules

    def shared(self, room: str) -> bool:
        return len(self.room_beds[room]) > 1

    def waived_for(self, request: str) -> frozenset[str]:
        """Rules waived on the request itself."""
        if (Scope.REQUEST.value, request) not in self._waived_here:
            return frozenset()
        return frozenset(
            rule for scope, key, rule in self._waivers if scope == "REQUEST" and key == request
        )

    def waived_at(self, scope: Scope, key: str) -> frozenset[str]:
        if (scope.value, key) not in self._waived_here:
            return frozenset()
        return frozenset(rule for s, k, rule in self._waivers if s == scope.value and k == key)

    def waived(self, rule: str, request: Request, bed: Bed) -> bool:
        """A bed that someone else has is not waived away."""
        if rule == "BED_READY" and NEVER_WAIVED & set(bed.blocked_by):
            return False
        if not self._waivers:
            return False
        scopes = (
            ("REQUEST", request.key),
            ("BED", bed.key),
            ("ROOM", bed.room),
            ("WARD", bed.ward),
        )
        return any((scope, key, rule) in self._waivers for scope, key in scopes)

    def place(
        self,
        request: Request,
        bed: Bed,
        placed: Iterable[Person] = (),
        added_load: int = 0,
    ) -> Place:
        """`placed`: whom the plan puts in the same room; `added_load`: patients it adds to the
        ward besides this one."""
        ward = self.wards[bed.ward]
        own = bed.ward not in self.counted_in[request.key]
        here = self.present.get(bed.room, ())
        return Place(
            request=request,
            person=self.persons[request.key],
            bed=bed,
            room=self.rooms[bed.room],
            ward=ward,
            rules=self.rules,
            shared=self.shared(bed.room),
            company=tuple(p for p in (*here, *placed) if p.key != request.key),
            ward_load=(ward.census + ward.holds + added_load + 1) if own else 0,
            moves=request.current_bed is not None,
        )

    def moved(self, place: Place, bed: Bed) -> Place:
        """The same place object, its request now in `bed` beside those who are there: a table of
        all pairs asks so often that a new object each time would show."""
        ward, here = self.wards[bed.ward], self.present.get(bed.room, ())
        request = place.request
        place.bed, place.room, place.ward = bed, self.rooms[bed.room], ward
        place.shared = self.shared(bed.room)
        place.company = tuple([p for p in here if p.key != request.key]) if here else ()
        own = bed.ward in self.counted_in[request.key]
        place.ward_load = 0 if own else ward.census + ward.holds + 1
        return place

    def _asking(self, request: Request) -> Person:
        return Person(
            request.key,
            sex_class(request.sex, request.key),
            self._isolation_class(request.isolation, request.organism, request.key),
            present=False,
            waived=self.waived_for(request.key),
        )

    def _lying(self, occupant: Occupant) -> Person:
        key = occupant.request or occupant.key
        return Person(
            key,
            sex_class(occupant.sex, key),
            self._isolation_class(occupant.isolation, occupant.organism, key),
            present=True,
            waived=self.waived_for(key),
        )

    def _isolation_class(self, isolation: Isolation, organism: str | None, key: str) -> str:
        if isolation is Isolation.NONE:
            return ""
        if organism is None or isolation not in self.rules.cohort_isolations:
            return f"{isolation.value}!{key}"
        return f"{isolation.value}:{organism}"


def sex_class(sex: Sex, key: str) -> str:
    return f"U!{key}" if sex is Sex.UNKNOWN else sex.value
