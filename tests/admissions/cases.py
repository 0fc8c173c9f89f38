"""One hospital of two rooms, to be varied by a case at a time."""

from typing import Any

from solvers.admission_problem import AdmissionProblem, Patient, Room, Ward
from solvers.admission_ruleset import DEFAULT_WEIGHTS, AdmissionRules

WEIGHTS = dict(DEFAULT_WEIGHTS)


def patient(key: str = "p", **values: Any) -> Patient:
    return Patient(**{"key": key, "sex": "F", "age_years": 40, "care": (("S", 2),), **values})


def room(key: str = "r", **values: Any) -> Room:
    return Room(**{"key": key, "ward": "w", "beds": 2, **values})


def problem(*patients: Patient, rooms: tuple[Room, ...] = (), **values: Any) -> AdmissionProblem:
    """Four nights, one ward; `binding` and `unplanned` vary the rules."""
    rules = AdmissionRules(
        version="case",
        weights=tuple(DEFAULT_WEIGHTS.items()),
        binding=values.pop("binding", ()),
        unplanned_base=values.pop("unplanned", 5_000),
    )
    return AdmissionProblem(
        **{
            "nights": 4,
            "patients": patients,
            "rooms": rooms or (room(),),
            "wards": (Ward(key="w"),),
            "rules": rules,
            **values,
        }
    )
