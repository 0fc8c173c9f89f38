"""The frozen bed-placement problem: who waits, which beds there are, who lies where.

Keys are opaque strings. Everything is sorted on construction, so that the order in which rows
came from a database changes neither the hash nor the plan.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from solvers.bed_ruleset import (
    COMPANY_CODES,
    DEFAULT_RULES,
    HARD_CODES,
    Isolation,
    RoomKind,
    RuleSet,
)
from solvers.problem_fields import coerce, known, not_negative, sort_names, unique

MAX_REQUESTS = 2_000
MAX_BEDS = 20_000
MAX_PAIRS = 4_000_000  # the rules of so many take about half a minute


class Sex(StrEnum):
    """Sex for placement; UNKNOWN shares a room with nobody."""

    FEMALE = "F"
    MALE = "M"
    UNKNOWN = "U"


class SideRoom(StrEnum):
    NONE = "NONE"
    PREFERRED = "PREFERRED"
    REQUIRED = "REQUIRED"
    FORBIDDEN = "FORBIDDEN"


class RoomWish(StrEnum):
    """What a patient would rather have; a need is a `SideRoom`."""

    NONE = "NONE"
    SINGLE = "SINGLE"
    SHARED = "SHARED"


class RoomSex(StrEnum):
    FIXED_FEMALE = "FIXED_F"
    FIXED_MALE = "FIXED_M"
    DYNAMIC = "DYNAMIC"  # whoever is in it decides
    MIXED = "MIXED"


class WardSex(StrEnum):
    FEMALE = "FEMALE"
    MALE = "MALE"
    MIXED = "MIXED"
    PER_ROOM = "PER_ROOM"


class Scope(StrEnum):
    """What a waiver is given for."""

    REQUEST = "REQUEST"
    BED = "BED"
    ROOM = "ROOM"
    WARD = "WARD"


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """A patient who needs a bed, with what the placement must know about the patient."""

    key: str
    encounter: str
    sex: Sex
    age_years: int | None = None
    priority: int = 0  # points, higher first
    waiting_min: int = 0
    isolation: Isolation = Isolation.NONE
    organism: str | None = None  # group; None never makes a cohort
    side_room: SideRoom = SideRoom.NONE
    care_level: str = "WARD"
    specialty: str | None = None
    required_equipment: tuple[str, ...] = ()
    preferred_equipment: tuple[str, ...] = ()
    needs_supervision: bool = False
    falls_risk: bool = False
    immunosuppressed: bool = False
    end_of_life: bool = False
    infection: bool = False  # infected, isolation not ordered
    moves_so_far: int = 0
    current_bed: str | None = None  # a placed patient who is to be moved
    held_bed: str | None = None  # the request's own hold
    target_ward: str | None = None
    prefers_room: RoomWish = RoomWish.NONE
    prefers_languages: tuple[str, ...] = ()  # codes; one that the ward speaks is enough
    prefers_nurse_sex: str | None = None  # F or M
    family_district: str | None = None  # code of where the family travels from
    family_minutes: int | None = None  # at most so long on the way

    def __post_init__(self) -> None:
        coerce(self, sex=Sex, isolation=Isolation, side_room=SideRoom, prefers_room=RoomWish)
        sort_names(self, "required_equipment", "preferred_equipment", "prefers_languages")
        not_negative(self, "age_years", "priority", "waiting_min", "moves_so_far", "family_minutes")
        if self.prefers_nurse_sex not in (None, "F", "M"):
            raise ValueError(f"prefers_nurse_sex: {self.prefers_nurse_sex!r} is none of F, M")
        if (self.family_district is None) != (self.family_minutes is None):
            raise ValueError("family_minutes: give a district and minutes, or neither")


@dataclass(frozen=True, kw_only=True, slots=True)
class Bed:
    """A bed; `blocked_by` is empty when it is READY_NOW, else the codes that say why not.

    CO_BLOCKED and NO_STAFFED_HEADROOM are ignored: the rules judge both again, per request.
    """

    key: str
    ward: str
    room: str
    equipment: tuple[str, ...] = ()
    visible: bool = True  # staff can see it
    blocked_by: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        sort_names(self, "equipment", "blocked_by")


@dataclass(frozen=True, kw_only=True, slots=True)
class Room:
    key: str
    ward: str
    kind: RoomKind = RoomKind.BAY
    sex_policy: RoomSex = RoomSex.DYNAMIC
    equipment: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        coerce(self, kind=RoomKind, sex_policy=RoomSex)
        sort_names(self, "equipment")


@dataclass(frozen=True, kw_only=True, slots=True)
class Ward:
    key: str
    care_level: str = "WARD"
    specialties: tuple[tuple[str, int], ...] = ()  # (specialty, rank); 1 is the ward's own
    sex_policy: WardSex = WardSex.PER_ROOM
    min_age: int | None = None
    max_age: int | None = None
    staffed_beds: int = 0
    census: int = 0  # present stays
    holds: int = 0  # active holds, the requests' own included
    languages: tuple[str, ...] = ()  # spoken at all times
    nurse_sexes: tuple[str, ...] = ()  # F, M: on duty at all times
    travel_min: tuple[tuple[str, int], ...] = ()  # (district, minutes)

    def __post_init__(self) -> None:
        coerce(self, sex_policy=WardSex)
        sort_names(self, "languages", "nurse_sexes")
        travel = sorted((str(name), int(minutes)) for name, minutes in self.travel_min)
        object.__setattr__(self, "travel_min", tuple(travel))
        pairs = sorted((str(name), int(rank)) for name, rank in self.specialties)
        object.__setattr__(self, "specialties", tuple(pairs))
        not_negative(self, "min_age", "max_age", "staffed_beds", "census", "holds")


@dataclass(frozen=True, kw_only=True, slots=True)
class Occupant:
    """A present stay or an active hold. `request` names the request it belongs to, if any."""

    key: str
    room: str
    sex: Sex
    isolation: Isolation = Isolation.NONE
    organism: str | None = None
    request: str | None = None

    def __post_init__(self) -> None:
        coerce(self, sex=Sex, isolation=Isolation)


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Waiver:
    """A hard rule that may be broken for one request, bed, room or ward."""

    rule: str
    scope: Scope
    key: str

    def __post_init__(self) -> None:
        coerce(self, scope=Scope)
        if self.rule not in HARD_CODES:
            raise ValueError(f"waivers.rule: {self.rule} is no hard rule")
        if self.scope is Scope.BED and self.rule in COMPANY_CODES:
            raise ValueError(f"waivers.scope: {self.rule} concerns a room or ward, not one bed")


@dataclass(frozen=True, kw_only=True)
class BedPlanProblem:
    """Everything a plan may depend on. Raises ValueError that names the field at fault.

    All beds of a room must be present, ready or not: their number decides whether it is shared.
    """

    requests: tuple[Request, ...]
    beds: tuple[Bed, ...]
    rooms: tuple[Room, ...]
    wards: tuple[Ward, ...]
    occupants: tuple[Occupant, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    rules: RuleSet = field(default=DEFAULT_RULES)

    def __post_init__(self) -> None:
        for name in ("requests", "beds", "rooms", "wards", "occupants"):
            rows = tuple(sorted(getattr(self, name), key=lambda row: row.key))
            object.__setattr__(self, name, rows)
            unique(name, (row.key for row in rows))
        object.__setattr__(self, "waivers", tuple(sorted(set(self.waivers))))
        _check_sizes(self)
        _check_places(self)
        _check_requests(self)


def _check_sizes(problem: BedPlanProblem) -> None:
    requests, beds = len(problem.requests), len(problem.beds)
    if requests > MAX_REQUESTS or beds > MAX_BEDS or requests * beds > MAX_PAIRS:
        raise ValueError(
            f"requests, beds: {requests} × {beds} is beyond {MAX_REQUESTS}, {MAX_BEDS} or "
            f"{MAX_PAIRS} pairs; plan ward by ward"
        )


def _check_places(problem: BedPlanProblem) -> None:
    wards = {ward.key for ward in problem.wards}
    rooms = {room.key: room.ward for room in problem.rooms}
    for room in problem.rooms:
        known("rooms.ward", room.ward, wards)
    for bed in problem.beds:
        known("beds.room", bed.room, rooms)
        if rooms[bed.room] != bed.ward:
            raise ValueError(f"beds.ward: {bed.key} is not in its room's ward")
    for person in problem.occupants:
        known("occupants.room", person.room, rooms)


def _check_requests(problem: BedPlanProblem) -> None:
    beds = {bed.key for bed in problem.beds}
    wards = {ward.key for ward in problem.wards}
    unique("requests.encounter", (request.encounter for request in problem.requests))
    unique("requests.held_bed", (r.held_bed for r in problem.requests if r.held_bed))
    for request in problem.requests:
        if request.held_bed is not None:
            known("requests.held_bed", request.held_bed, beds)
        if request.target_ward is not None:
            known("requests.target_ward", request.target_ward, wards)
        if request.care_level not in dict(problem.rules.care_ranks):
            raise ValueError(f"requests.care_level: the rules do not rank {request.care_level}")
    for ward in problem.wards:
        if ward.care_level not in dict(problem.rules.care_ranks):
            raise ValueError(f"wards.care_level: the rules do not rank {ward.care_level}")
