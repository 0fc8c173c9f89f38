"""The frozen problem of planning over a horizon of nights: who comes, who is there, what there is.

Keys are opaque strings; nights count from 0, the first night of the horizon. Everything is sorted
on construction, so that the order of database rows changes neither the hash nor the plan.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from solvers.admission_ruleset import (
    ALWAYS_BIND,
    BY_NIGHT,
    CAN_BIND,
    DEFAULT_ADMISSION_RULES,
    AdmissionRules,
)
from solvers.bed_problem import Sex
from solvers.bed_ruleset import Isolation, RoomKind

MAX_PATIENTS = 5_000
MAX_ROOMS = 5_000
MAX_NIGHTS = 60


class RoomSexPolicy(StrEnum):
    FEMALE = "FEMALE"
    MALE = "MALE"
    SAME = "SAME"  # whoever is in it decides
    ANY = "ANY"


@dataclass(frozen=True, kw_only=True, slots=True)
class Patient:
    """Somebody who stays `nights` nights, from a night between `earliest` and `latest`.

    `care`: specialties in order, with the nights of each. `current_room`: lies there now, so the
    stay begins at night 0. `pinned`: stays there. `told_night`, `told_ward`, `told_room`: what
    the patient was told; changing it costs. Nights beyond the horizon count nothing.
    """

    key: str
    sex: Sex
    age_years: int | None = None
    care: tuple[tuple[str, int], ...]
    earliest: int = 0
    latest: int = 0
    required: tuple[str, ...] = ()
    preferred: tuple[str, ...] = ()
    preferred_size: int | None = None  # most beds in the room
    isolation: Isolation = Isolation.NONE
    organism: str | None = None  # group; None never makes a cohort
    theatre_minutes: int = 0
    theatre_night: int = 0  # operated so many days after coming in
    priority: int = 0
    current_room: str | None = None
    pinned: bool = False
    told_night: int | None = None
    told_ward: str | None = None
    told_room: str | None = None

    def __post_init__(self) -> None:
        _coerce(self, sex=Sex, isolation=Isolation)
        _sort_names(self, "required", "preferred")
        _set(self, "preferred", tuple(p for p in self.preferred if p not in self.required))
        _set(self, "care", tuple((str(name), int(nights)) for name, nights in self.care))
        _whole(self, "age_years", "earliest", "latest", "theatre_minutes", "theatre_night")
        _whole(self, "preferred_size", "priority", "told_night")
        if self.nights < 1 or any(nights < 0 for _, nights in self.care):
            raise ValueError(f"patients.care: {self.key} stays at least one night")
        if self.latest < self.earliest:
            raise ValueError(f"patients.latest: {self.key} may come no later than before earliest")
        if self.current_room is not None and self.latest != 0:
            raise ValueError(f"patients.latest: {self.key} is there, so the stay begins at night 0")
        if self.pinned and self.current_room is None:
            raise ValueError(f"patients.pinned: {self.key} lies nowhere")

    @property
    def nights(self) -> int:
        return sum(nights for _, nights in self.care)

    def specialty_at(self, night_of_stay: int) -> str:
        for name, nights in self.care:
            if night_of_stay < nights:
                return name
            night_of_stay -= nights
        return self.care[-1][0]

    @property
    def cohort(self) -> str:
        """Isolated patients share a room within one cohort only; "" is not isolated."""
        if self.isolation is Isolation.NONE:
            return ""
        return f"{self.isolation}:{self.organism}" if self.organism else f"alone:{self.key}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Room:
    """A room. `unusable`: beds out of use, night by night; nights not named have none."""

    key: str
    ward: str
    beds: int
    kind: RoomKind = RoomKind.BAY
    sex_policy: RoomSexPolicy = RoomSexPolicy.SAME
    properties: tuple[str, ...] = ()
    specialties: tuple[tuple[str, int], ...] = ()  # (specialty, rank), 1 first; none: no matter
    unusable: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        _coerce(self, kind=RoomKind, sex_policy=RoomSexPolicy)
        _sort_names(self, "properties")
        _ranks(self)
        _whole(self, "beds")


@dataclass(frozen=True, kw_only=True, slots=True)
class Ward:
    """A ward. `staffed`: staffed beds night by night (empty: no limit). `buffer`: of those, kept
    for emergencies, the stated quantile of the forecast."""

    key: str
    min_age: int | None = None
    max_age: int | None = None
    specialties: tuple[tuple[str, int], ...] = ()  # (specialty, rank), 1 first; none: no matter
    staffed: tuple[int, ...] = ()
    buffer: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        _ranks(self)
        _whole(self, "min_age", "max_age")


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class TheatreDay:
    """Minutes of theatre a specialty has on the day before this night."""

    specialty: str
    night: int
    minutes: int


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class AdmissionWaiver:
    """A binding rule that may be broken: for a patient, a room or a ward (the key), or for a
    specialty's theatre time; on the first `nights` nights. Of STAFFED_CAPACITY it may name so
    many `beds` beyond the staffed ones; 0: as many as there are."""

    rule: str
    key: str
    nights: int = MAX_NIGHTS
    beds: int = 0

    def __post_init__(self) -> None:
        if self.rule not in (*CAN_BIND, *ALWAYS_BIND):
            raise ValueError(f"waivers.rule: {self.rule} is no binding rule")
        _whole(self, "nights", "beds")
        if self.nights < MAX_NIGHTS and self.rule not in BY_NIGHT:
            raise ValueError(f"waivers.nights: {self.rule} is waived for all nights or for none")
        if self.beds and self.rule != "STAFFED_CAPACITY":
            raise ValueError("waivers.beds: only of STAFFED_CAPACITY")


@dataclass(frozen=True, kw_only=True)
class AdmissionProblem:
    """Everything a plan may depend on. Raises ValueError that names the field at fault."""

    nights: int
    patients: tuple[Patient, ...]
    rooms: tuple[Room, ...]
    wards: tuple[Ward, ...]
    theatres: tuple[TheatreDay, ...] = ()
    waivers: tuple[AdmissionWaiver, ...] = ()
    buffer_source: str = "NONE"  # the forecast the buffers come from, as stated in the plan
    rules: AdmissionRules = field(default=DEFAULT_ADMISSION_RULES)

    def __post_init__(self) -> None:
        for name in ("patients", "rooms", "wards"):
            rows = tuple(sorted(getattr(self, name), key=lambda row: row.key))
            _set(self, name, rows)
            _unique(name, (row.key for row in rows))
        _set(self, "theatres", tuple(sorted(self.theatres)))
        _set(self, "waivers", tuple(sorted(set(self.waivers))))
        _unique("theatres", ((day.specialty, day.night) for day in self.theatres))
        _check_sizes(self)
        _check_places(self)


def _check_sizes(problem: AdmissionProblem) -> None:
    if not 1 <= problem.nights <= MAX_NIGHTS:
        raise ValueError(f"nights: {problem.nights} is not between 1 and {MAX_NIGHTS}")
    if len(problem.patients) > MAX_PATIENTS or len(problem.rooms) > MAX_ROOMS:
        raise ValueError(f"patients, rooms: at most {MAX_PATIENTS} and {MAX_ROOMS}")


def _check_places(problem: AdmissionProblem) -> None:
    wards = {ward.key for ward in problem.wards}
    rooms = {room.key for room in problem.rooms}
    for room in problem.rooms:
        _known("rooms.ward", room.ward, wards)
    for patient in problem.patients:
        if patient.current_room is not None:
            _known("patients.current_room", patient.current_room, rooms)
    places: tuple[Room | Ward, ...] = (*problem.rooms, *problem.wards)
    for row in places:
        for name in ("unusable", "staffed", "buffer"):
            counts = getattr(row, name, ())
            if any(not isinstance(count, int) or count < 0 for count in counts):
                raise ValueError(f"{name}: {row.key} has what is no number of beds")


def _known(name: str, key: str, keys: Iterable[str]) -> None:
    if key not in keys:
        raise ValueError(f"{name}: {key} is not part of the problem")


def _unique(name: str, keys: Iterable[Any]) -> None:
    doubled = [key for key, times in Counter(keys).items() if times > 1]
    if doubled:
        raise ValueError(f"{name}: {min(doubled)} occurs twice")


def _set(row: object, name: str, value: object) -> None:
    object.__setattr__(row, name, value)


def _coerce(row: object, **kinds: type[StrEnum]) -> None:
    for name, kind in kinds.items():
        try:
            _set(row, name, kind(getattr(row, name)))
        except ValueError:
            allowed = ", ".join(kind)
            raise ValueError(f"{name}: {getattr(row, name)!r} is none of {allowed}") from None


def _sort_names(row: object, *names: str) -> None:
    for name in names:
        _set(row, name, tuple(sorted(set(getattr(row, name)))))


def _ranks(row: object) -> None:
    pairs = sorted((str(name), int(rank)) for name, rank in row.specialties)  # type: ignore[attr-defined]  # a room or a ward
    _set(row, "specialties", tuple(pairs))


def _whole(row: object, *names: str) -> None:
    for name in names:
        value = getattr(row, name)
        if value is not None and (not isinstance(value, int) or value < 0):
            raise ValueError(f"{name}: {value!r} is not a whole number from 0 up")
