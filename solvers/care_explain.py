"""Why a patient got a doctor, what any other would cost, and why one may not be given at all."""

from dataclasses import dataclass

from solvers.care import CarePlan, allowed_pairs, solve
from solvers.care_problem import CareProblem, Doctor
from solvers.care_rules import judge_pair
from solvers.engine import Limits, Status


@dataclass(frozen=True, slots=True)
class CareAlternative:
    """Another doctor for a patient. `price`: how much more the whole plan costs with that one;
    when not `exact`, at most that much."""

    doctor: str
    price: int
    exact: bool
    terms: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class WhyNot:
    """`forbidden`: hard rules in the way; else `price`, None where no plan was found in time."""

    forbidden: tuple[str, ...]
    price: int | None
    exact: bool


def why_not(
    problem: CareProblem,
    plan: CarePlan,
    patient_key: str,
    doctor_key: str,
    limits: Limits | None = None,
) -> WhyNot:
    """Forbidden by which rule, or dearer by how much: solved again with the pair fixed.

    Raises ValueError for a patient or doctor who is not part of the problem.
    """
    patient = next((each for each in problem.patients if each.key == patient_key), None)
    doctor = _doctor(problem, doctor_key)
    if patient is None:
        raise ValueError(f"patient: {patient_key} is not part of the problem")
    forbidden = list(judge_pair(problem, doctor, patient).forbidden)
    if patient.acuity > doctor.load_limit:
        forbidden.append("LOAD_LIMIT")
    if doctor.max_patients < 1:
        forbidden.append("PATIENT_LIMIT")
    if forbidden:
        return WhyNot(tuple(forbidden), None, True)
    again = solve(problem, limits or Limits(time_limit_s=5.0), fixed={patient_key: doctor_key})
    if again.doctor_of.get(patient_key) != doctor_key:
        return WhyNot((), None, False)
    exact = Status.OPTIMAL == again.outcome.status == plan.outcome.status
    return WhyNot((), (again.outcome.objective or 0) - (plan.outcome.objective or 0), exact)


def alternatives(
    problem: CareProblem,
    plan: CarePlan,
    patient_key: str,
    top: int = 5,
    limits: Limits | None = None,
) -> tuple[CareAlternative, ...]:
    """The cheapest `top` other doctors for a patient, the nearest by their own points first."""
    pairs = allowed_pairs(problem)
    now = plan.doctor_of.get(patient_key)
    others = sorted(
        (judged.penalty, doctor)
        for (patient, doctor), judged in pairs.items()
        if patient == patient_key and doctor != now
    )
    found = []
    for _, doctor in others[: 2 * top]:
        answer = why_not(problem, plan, patient_key, doctor, limits)
        if answer.price is not None:
            terms = pairs[patient_key, doctor].terms
            found.append(CareAlternative(doctor, answer.price, answer.exact, terms))
    return tuple(sorted(found, key=lambda each: (each.price, each.doctor))[:top])


def _doctor(problem: CareProblem, key: str) -> Doctor:
    for doctor in problem.doctors:
        if doctor.key == key:
            return doctor
    raise ValueError(f"doctor: {key} is not part of the problem")
