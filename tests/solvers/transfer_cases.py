"""Small cities for readable cases: two hospitals ten and forty minutes from the station."""

from typing import Any

from solvers.engine import Limits
from solvers.transfer_plan import TransferItem, TransferPlan
from solvers.transfer_problem import Hospital, Patient, Site, TransferProblem, Travel, Unit
from solvers.transfers import solve

WAYS = {
    ("station", "near"): 10,
    ("station", "far"): 40,
    ("near", "far"): 30,
    ("far", "near"): 30,
}
EXACT = Limits(time_limit_s=30.0)


def hospital(key: str, **changed: Any) -> Hospital:
    beds = changed.pop("beds", 10)
    units = changed.pop("units", (Unit(level="WARD", staffed=beds),))
    return Hospital(key=key, units=units, **changed)


def city(*patients: Patient, **changed: Any) -> TransferProblem:
    parts: dict[str, Any] = {
        "hospitals": (hospital("near"), hospital("far")),
        "points": (Site(key="station"),),
        "travel": tuple(Travel(origin=o, hospital=h, minutes=m) for (o, h), m in WAYS.items()),
    }
    return TransferProblem(patients=patients, **{**parts, **changed})


def arriving(key: str = "p", **needs: Any) -> Patient:
    return Patient(key=key, origin="station", **{"consent": "GIVEN", **needs})


def lying(key: str = "p", **needs: Any) -> Patient:
    return Patient(
        key=key,
        origin="near",
        lies_in="WARD",
        **{"consent": "GIVEN", "may_stay": True, **needs},
    )


def plan(problem: TransferProblem) -> TransferPlan:
    return solve(problem, EXACT)


def item(problem: TransferProblem, key: str = "p") -> TransferItem:
    return next(each for each in plan(problem).items if each.patient == key)
