"""The frozen problem of care: which doctor looks after which patient today.

Keys are opaque strings; everything is sorted on construction, so that the order in which rows
came from a database changes neither the hash nor the plan.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from solvers.roster_checks import known, sorted_rows, unique, whole

MAX_DOCTORS = 500
MAX_PATIENTS = 5_000

HARD_CODES = ("SPECIALTY", "EXCLUDED", "PATIENT_LIMIT", "LOAD_LIMIT", "ON_DUTY")

# Points; a hospital replaces them by its own version.
DEFAULT_WEIGHTS: Mapping[str, int] = {
    "UNASSIGNED": 1_000,  # a patient without a doctor, and as much again per point of acuity
    "CONTINUITY_LOST": 20,  # another doctor than yesterday, though that one is on duty
    "SECOND_SPECIALTY": 5,  # per rank below the doctor's first specialty
    "WISH_MISSED": 3,  # a doctor the patient asked for is on duty and not given
    "SPREAD": 2,  # per point of load between the most and the least loaded beyond the limit
    "UNEVEN": 1,  # per such point within it
}


@dataclass(frozen=True, kw_only=True)
class CareRules:
    """One version of weights. `spread_limit`: points of load between two doctors that are fine."""

    version: str
    weights: tuple[tuple[str, int], ...] = tuple(sorted(DEFAULT_WEIGHTS.items()))
    spread_limit: int = 4

    def __post_init__(self) -> None:
        pairs = tuple(sorted((str(name), points) for name, points in self.weights))
        object.__setattr__(self, "weights", pairs)
        whole(self, "spread_limit")
        if any(isinstance(p, bool) or not isinstance(p, int) or p < 0 for _, p in pairs):
            raise ValueError("rules.weights: points are whole numbers from 0 up")

    @cached_property
    def weight(self) -> Mapping[str, int]:
        return dict(self.weights)


@dataclass(frozen=True, kw_only=True, slots=True)
class Doctor:
    """`specialties`: (name, rank), 1 is the doctor's own. `load_limit`: points of acuity."""

    key: str
    specialties: tuple[tuple[str, int], ...]
    max_patients: int
    load_limit: int
    on_duty: bool = True

    def __post_init__(self) -> None:
        pairs = sorted((str(name), int(rank)) for name, rank in self.specialties)
        object.__setattr__(self, "specialties", tuple(pairs))
        whole(self, "max_patients", "load_limit")
        if any(rank < 1 for _, rank in self.specialties):
            raise ValueError(f"doctors.specialties: ranks of {self.key} begin at 1")


@dataclass(frozen=True, kw_only=True, slots=True)
class CarePatient:
    """`acuity`: points of load, 1 or more. `yesterday`: who treated the patient last."""

    key: str
    specialty: str | None = None
    acuity: int = 1
    yesterday: str | None = None
    wished: str | None = None
    excluded: tuple[str, ...] = ()  # doctors who must not treat the patient

    def __post_init__(self) -> None:
        sorted_rows(self, "excluded")
        whole(self, "acuity", least=1)


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class CareWaiver:
    """A hard rule that a person allowed to be broken for one patient."""

    rule: str
    patient: str

    def __post_init__(self) -> None:
        if self.rule not in ("SPECIALTY", "EXCLUDED"):
            raise ValueError(f"waivers.rule: {self.rule!r} cannot be waived for a patient")


@dataclass(frozen=True, kw_only=True)
class CareProblem:
    """Everything the assignment may depend on. Raises ValueError that names the field at fault."""

    doctors: tuple[Doctor, ...]
    patients: tuple[CarePatient, ...]
    waivers: tuple[CareWaiver, ...] = ()
    rules: CareRules = field(default_factory=lambda: CareRules(version="care-1"))

    def __post_init__(self) -> None:
        for name in ("doctors", "patients"):
            rows = tuple(sorted(getattr(self, name), key=lambda row: row.key))
            object.__setattr__(self, name, rows)
            unique(name, (row.key for row in rows))
        sorted_rows(self, "waivers")
        if len(self.doctors) > MAX_DOCTORS or len(self.patients) > MAX_PATIENTS:
            raise ValueError(
                f"doctors, patients: beyond {MAX_DOCTORS} or {MAX_PATIENTS}; plan by department"
            )
        doctors = {doctor.key for doctor in self.doctors}
        patients = {patient.key for patient in self.patients}
        for patient in self.patients:
            for key in (patient.yesterday, patient.wished, *patient.excluded):
                if key is not None:
                    known("patients.yesterday, wished, excluded", key, doctors)
        for waiver in self.waivers:
            known("waivers.patient", waiver.patient, patients)
