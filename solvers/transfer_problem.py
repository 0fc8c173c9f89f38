"""The frozen problem of transfers: which hospitals there are, and who needs a place in one.

Keys are opaque strings. Everything is sorted on construction, so that the order in which rows
came from a database changes neither the hash nor the plan.
"""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from solvers.problem_fields import coerce, known, not_negative, sort_names, unique
from solvers.transfer_ruleset import DEFAULT_TRANSFER_RULES, TransferRuleSet

MAX_HOSPITALS = 500
MAX_PATIENTS = 50_000
MAX_URGENCY = 9


class Consent(StrEnum):
    """What the patient, or who decides for the patient, says to another hospital."""

    NONE = "NONE"  # not asked yet
    GIVEN = "GIVEN"
    REFUSED = "REFUSED"


@dataclass(frozen=True, kw_only=True, slots=True)
class Unit:
    """The beds of one level of care in one hospital."""

    level: str
    staffed: int  # beds that staff can look after now
    occupied: int = 0  # by stays and holds now, the problem's own patients included
    need_p90: int = 0  # beds the hospital's own arrivals will need: the forecast's 90 % quantile

    def __post_init__(self) -> None:
        not_negative(self, "staffed", "occupied", "need_p90")


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """Where a hospital or a point lies, in millionths of a degree; None where unknown."""

    key: str
    lat_e6: int | None = None
    lon_e6: int | None = None

    def __post_init__(self) -> None:
        if (self.lat_e6 is None) != (self.lon_e6 is None):
            raise ValueError(f"lat_e6, lon_e6: {self.key} has one without the other")
        if self.lat_e6 is not None and not -90_000_000 <= self.lat_e6 <= 90_000_000:
            raise ValueError(f"lat_e6: {self.lat_e6} is not within ±90 degrees")
        if self.lon_e6 is not None and not -180_000_000 <= self.lon_e6 <= 180_000_000:
            raise ValueError(f"lon_e6: {self.lon_e6} is not within ±180 degrees")


@dataclass(frozen=True, kw_only=True, slots=True)
class Hospital(Site):
    """What a hospital can do and how full it is."""

    accepting: bool = True  # False: closed to patients from outside
    specialties: tuple[str, ...] = ()
    equipment: tuple[str, ...] = ()
    units: tuple[Unit, ...] = ()

    def __post_init__(self) -> None:
        Site.__post_init__(self)
        sort_names(self, "specialties", "equipment")
        object.__setattr__(self, "units", tuple(sorted(self.units, key=lambda unit: unit.level)))
        unique(f"hospitals.units of {self.key}", (unit.level for unit in self.units))


@dataclass(frozen=True, kw_only=True, slots=True)
class Patient:
    """Someone who needs a place in a hospital, in another hospital, or who could move to one.

    `origin` is a hospital or a point. `lies_in` names the level of the unit of `origin` whose bed
    the patient has; that bed is free for others only once the patient has left, so not in this
    plan. `latest_min` counts from now.
    """

    key: str
    origin: str
    level: str = "WARD"
    specialty: str | None = None
    equipment: tuple[str, ...] = ()
    urgency: int = 0  # 0 to 9, higher first
    waiting_min: int = 0
    lies_in: str | None = None
    may_stay: bool = False  # with `lies_in` only
    consent: Consent = Consent.NONE
    emergency_override: bool = False  # a named person decided without consent
    latest_min: int | None = None  # to arrive within
    continuity: str | None = None  # hospital that knows the patient
    told: str | None = None  # hospital the patient was told of
    declined: tuple[str, ...] = ()  # hospitals that said no to this patient
    family: str | None = None  # point or hospital from where visitors come

    def __post_init__(self) -> None:
        coerce(self, consent=Consent)
        sort_names(self, "equipment", "declined")
        not_negative(self, "urgency", "waiting_min", "latest_min")
        if self.urgency > MAX_URGENCY:
            raise ValueError(f"urgency: {self.urgency} is beyond {MAX_URGENCY}")
        if self.may_stay and self.lies_in is None:
            raise ValueError(f"may_stay: {self.key} has no bed to stay in; name it in lies_in")


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Travel:
    """Measured minutes from a hospital or point to a hospital; instead of the estimate."""

    origin: str
    hospital: str
    minutes: int

    def __post_init__(self) -> None:
        not_negative(self, "minutes")


@dataclass(frozen=True, kw_only=True)
class TransferProblem:
    """Everything a plan may depend on. Raises ValueError that names the field at fault.

    `need_source` says which forecast the units' `need_p90` come from, for the plan to state.
    """

    hospitals: tuple[Hospital, ...]
    patients: tuple[Patient, ...]
    points: tuple[Site, ...] = ()
    travel: tuple[Travel, ...] = ()
    need_source: str | None = None
    rules: TransferRuleSet = field(default=DEFAULT_TRANSFER_RULES)

    def __post_init__(self) -> None:
        for name in ("hospitals", "patients", "points"):
            rows = tuple(sorted(getattr(self, name), key=lambda row: row.key))
            object.__setattr__(self, name, rows)
        object.__setattr__(self, "travel", tuple(sorted(self.travel)))
        if len(self.hospitals) > MAX_HOSPITALS or len(self.patients) > MAX_PATIENTS:
            raise ValueError(
                f"hospitals, patients: {len(self.hospitals)} × {len(self.patients)} is beyond "
                f"{MAX_HOSPITALS} × {MAX_PATIENTS}; plan part of the network"
            )
        unique("patients", (patient.key for patient in self.patients))
        unique("hospitals, points", (site.key for site in (*self.hospitals, *self.points)))
        unique("travel", (f"{each.origin} → {each.hospital}" for each in self.travel))
        _check_places(self)
        _check_patients(self)


def _check_places(problem: TransferProblem) -> None:
    hospitals = {hospital.key for hospital in problem.hospitals}
    sites = hospitals | {point.key for point in problem.points}
    for hospital in problem.hospitals:
        for unit in hospital.units:
            _ranked("hospitals.units.level", unit.level, problem.rules)
    for each in problem.travel:
        known("travel.origin", each.origin, sites)
        known("travel.hospital", each.hospital, hospitals)


def _check_patients(problem: TransferProblem) -> None:
    hospitals = {hospital.key for hospital in problem.hospitals}
    sites = hospitals | {point.key for point in problem.points}
    for patient in problem.patients:
        known("patients.origin", patient.origin, sites)
        _ranked("patients.level", patient.level, problem.rules)
        for name in ("continuity", "told"):
            if getattr(patient, name) is not None:
                known(f"patients.{name}", getattr(patient, name), hospitals)
        if patient.family is not None:
            known("patients.family", patient.family, sites)
    _check_beds(problem)


def _check_beds(problem: TransferProblem) -> None:
    """Whoever lies in a unit is one of those it counts as occupied."""
    occupied = {(h.key, unit.level): unit.occupied for h in problem.hospitals for unit in h.units}
    lying = Counter((p.origin, p.lies_in) for p in problem.patients if p.lies_in is not None)
    for (origin, level), patients in sorted(lying.items()):
        if (origin, level) not in occupied:
            raise ValueError(f"patients.lies_in: {origin} has no unit {level}")
        if patients > occupied[origin, str(level)]:
            raise ValueError(
                f"hospitals.units.occupied: {patients} patients lie in {level} of {origin}, "
                f"which counts {occupied[origin, str(level)]}"
            )


def _ranked(name: str, level: str, rules: TransferRuleSet) -> None:
    if level not in rules.care_rank:
        raise ValueError(f"{name}: the rules do not rank {level}")
