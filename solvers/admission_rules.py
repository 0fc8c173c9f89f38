"""Every rule of planning over a horizon that one patient and one room decide, one function each.

A rule answers how many times it is broken by a night of the patient in the room. Its weight, and
whether it binds, is data (`AdmissionRules`). What depends on company, ward load, theatre time or
dates is counted in `admission_judge`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from solvers.admission_problem import Patient, Room, RoomSexPolicy, Ward
from solvers.admission_ruleset import AdmissionRules
from solvers.bed_problem import Sex
from solvers.bed_ruleset import Isolation, RoomKind


@dataclass(frozen=True, slots=True)
class Night:
    """One night of a patient in a room, under the specialty that treats the patient then."""

    patient: Patient
    specialty: str
    room: Room
    ward: Ward
    rules: AdmissionRules


RoomRule = Callable[[Night], int]


def required_property(night: Night) -> int:
    """The room has each property the patient needs."""
    return sum(1 for each in night.patient.required if each not in night.room.properties)


def age_limits(night: Night) -> int:
    """The patient is of the ward's age; an unknown age breaks a limit."""
    lowest, highest, age = night.ward.min_age, night.ward.max_age, night.patient.age_years
    if lowest is None and highest is None:
        return 0
    if age is None:
        return 1
    too_young = lowest is not None and age < lowest
    too_old = highest is not None and age > highest
    return int(too_young) + int(too_old)


def room_sex(night: Night) -> int:
    """A women's or men's room takes no one else."""
    policy, sex = night.room.sex_policy, night.patient.sex
    if policy is RoomSexPolicy.FEMALE:
        return int(sex is not Sex.FEMALE)
    return int(policy is RoomSexPolicy.MALE and sex is not Sex.MALE)


def isolation_room(night: Night) -> int:
    """Isolation needs its kind of room, or, where a cohort may share one, a bay for the cohort."""
    need, kind = night.patient.isolation, night.room.kind
    if need is Isolation.NONE or kind in night.rules.rooms_for.get(need, ()):
        return 0
    return int(not (need in night.rules.cohort_isolations and kind is RoomKind.BAY))


def preferred_property(night: Night) -> int:
    """The room has each property that is wished for."""
    return sum(1 for each in night.patient.preferred if each not in night.room.properties)


def room_size(night: Night) -> int:
    """The room has no more beds than the patient wishes."""
    wished = night.patient.preferred_size
    return int(wished is not None and night.room.beds > wished)


def ward_specialty(night: Night) -> int:
    """The ward treats the patient's specialty."""
    return int(bool(night.ward.specialties) and night.specialty not in dict(night.ward.specialties))


def ward_second_specialty(night: Night) -> int:
    """The specialty is the ward's first: ranks behind it."""
    return max(0, dict(night.ward.specialties).get(night.specialty, 1) - 1)


def room_specialty(night: Night) -> int:
    """The room is equipped for the patient's specialty."""
    return int(bool(night.room.specialties) and night.specialty not in dict(night.room.specialties))


def room_second_specialty(night: Night) -> int:
    """The specialty is the room's first: ranks behind it."""
    return max(0, dict(night.room.specialties).get(night.specialty, 1) - 1)


def cohort_bay(night: Night) -> int:
    """Isolation in a bay takes its other beds; a room of the right kind is better."""
    isolated = night.patient.isolation is not Isolation.NONE
    fits = night.room.kind in night.rules.rooms_for.get(night.patient.isolation, ())
    return int(isolated and not fits and night.room.kind is RoomKind.BAY)


ROOM_RULES: dict[str, RoomRule] = {
    "REQUIRED_PROPERTY": required_property,
    "AGE_LIMITS": age_limits,
    "ROOM_SEX": room_sex,
    "ISOLATION_ROOM": isolation_room,
    "PREFERRED_PROPERTY": preferred_property,
    "ROOM_SIZE": room_size,
    "WARD_SPECIALTY": ward_specialty,
    "WARD_SECOND_SPECIALTY": ward_second_specialty,
    "ROOM_SPECIALTY": room_specialty,
    "ROOM_SECOND_SPECIALTY": room_second_specialty,
    "COHORT_BAY": cohort_bay,
}
