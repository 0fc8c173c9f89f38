"""Every rule of one doctor for one patient, one function each.

A hard rule answers whether it is kept; a soft one how often it is broken.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from solvers.care_problem import CarePatient, CareProblem, Doctor


@dataclass(frozen=True, slots=True)
class Pair:
    doctor: Doctor
    patient: CarePatient
    on_duty: frozenset[str]  # keys of the doctors on duty

    @property
    def rank(self) -> int | None:
        """The doctor's rank for the patient's specialty; 1 where none is asked for."""
        if self.patient.specialty is None:
            return 1
        return dict(self.doctor.specialties).get(self.patient.specialty)


def on_duty(pair: Pair) -> bool:
    """The doctor is there today."""
    return pair.doctor.on_duty


def specialty(pair: Pair) -> bool:
    """The doctor has the patient's specialty."""
    return pair.rank is not None


def excluded(pair: Pair) -> bool:
    """The doctor is not among those who must not treat the patient."""
    return pair.doctor.key not in pair.patient.excluded


def continuity_lost(pair: Pair) -> int:
    """Yesterday's doctor is on duty and the patient gets another."""
    before = pair.patient.yesterday
    return int(before is not None and before in pair.on_duty and before != pair.doctor.key)


def second_specialty(pair: Pair) -> int:
    """Once for each rank below the doctor's own specialty."""
    return 0 if pair.rank is None else pair.rank - 1


def wish_missed(pair: Pair) -> int:
    """The doctor that the patient wished for is on duty and not given."""
    wished = pair.patient.wished
    return int(wished is not None and wished in pair.on_duty and wished != pair.doctor.key)


HARD_RULES: Mapping[str, Callable[[Pair], bool]] = {
    "ON_DUTY": on_duty,
    "SPECIALTY": specialty,
    "EXCLUDED": excluded,
}
SOFT_RULES: Mapping[str, Callable[[Pair], int]] = {
    "CONTINUITY_LOST": continuity_lost,
    "SECOND_SPECIALTY": second_specialty,
    "WISH_MISSED": wish_missed,
}


@dataclass(frozen=True, slots=True)
class JudgedPair:
    terms: tuple[tuple[str, int], ...]
    kept: tuple[str, ...]
    waived: tuple[str, ...]
    forbidden: tuple[str, ...]

    @property
    def penalty(self) -> int:
        return sum(points for _, points in self.terms)


def judge_pair(problem: CareProblem, doctor: Doctor, patient: CarePatient) -> JudgedPair:
    """What it costs to give a doctor to a patient, and what stands in the way."""
    present = frozenset(each.key for each in problem.doctors if each.on_duty)
    pair = Pair(doctor, patient, present)
    broken = [code for code, rule in HARD_RULES.items() if not rule(pair)]
    allowed = {waiver.rule for waiver in problem.waivers if waiver.patient == patient.key}
    weight = problem.rules.weight
    points = ((code, rule(pair) * weight.get(code, 0)) for code, rule in SOFT_RULES.items())
    return JudgedPair(
        tuple((code, each) for code, each in points if each),
        tuple(code for code in HARD_RULES if code not in broken),
        tuple(code for code in broken if code in allowed),
        tuple(code for code in broken if code not in allowed),
    )


def unassigned_cost(problem: CareProblem, patient: CarePatient) -> int:
    """What leaving a patient without a doctor counts."""
    return problem.rules.weight.get("UNASSIGNED", 0) * (1 + patient.acuity)
