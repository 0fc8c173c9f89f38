"""The instances on which solvers are compared, and what any plan for them costs by our judges."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from bench import nrp_reader, pas_reader
from bench.bed_hospitals import Shape, hospital
from bench.transfer_cities import city
from solvers import admissions, beds, rosters, transfers
from solvers.admission_judge import Stay
from solvers.bed_problem import BedPlanProblem
from solvers.engine import solved_without_solver
from solvers.transfer_judge import broken
from solvers.transfer_table import table
from tests.rosters.inrc_checker import inrc_cost

BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"
SEED = 1


@dataclass(frozen=True)
class Case:
    """`judge` gives a plan's cost and raises AssertionError where it breaks a hard rule.

    `gap`: what the product asks of this solver; both sides may stop there. `note`: where the model
    of CP-SAT is not our whole problem.
    """

    kind: str  # of the model for CP-SAT
    load: Callable[[], Any]
    solve: Callable[..., Any]
    canonical: Callable[[Any], Any]
    judge: Callable[[Any, Any], int]
    gap: float = 0.0
    note: str = ""
    public: str = ""  # file below the public data


def cases() -> dict[str, Case]:
    return {
        "beds-50x300": _beds(50, 300),
        "beds-200x1000": _beds(200, 1_000),
        "transfers-20x2000": _transfers(20, 2_000),
        "pas01": _pas("pas/testdata01.txt"),
        "sprint01": _sprint("nrp/sprint01.xml"),
        "sprint_late01": _sprint("nrp/sprint_late01.xml"),
    }


def data(name: str) -> Path:
    """A public file, beside the project or where WARDGRID_PUBLIC_DATA says."""
    return Path(os.environ.get("WARDGRID_PUBLIC_DATA") or BESIDE) / name


def _beds(requests: int, count: int) -> Case:
    return Case(
        "beds",
        lambda: hospital(SEED, Shape(requests=requests, beds=count)),
        beds.solve,
        beds.to_canonical,
        bed_cost,
    )


def _transfers(hospitals: int, patients: int) -> Case:
    return Case(
        "transfers",
        lambda: city(SEED, hospitals, patients, "usual"),
        transfers.solve,
        transfers.to_canonical,
        transfer_cost,
        gap=transfers.CITY_LIMITS.gap,
    )


def _pas(name: str) -> Case:
    return Case(
        "pas",
        lambda: pas_reader.read(data(name)),
        admissions.solve,
        admissions.to_canonical,
        admission_cost,
        note="CP-SAT: one room for the whole stay, so its bound is not one of our problem",
        public=name,
    )


def _sprint(name: str) -> Case:
    return Case(
        "rosters",
        lambda: nrp_reader.read(data(name)).problem,
        rosters.solve,
        rosters.to_canonical,
        lambda _problem, plan: roster_cost(data(name), plan),
        public=name,
    )


def bed_cost(problem: BedPlanProblem, plan: dict[str, str]) -> int:
    assert len(set(plan.values())) == len(plan), "two patients in one bed"
    outcome = beds.plan_as_decided(problem, plan, None).outcome
    assert outcome.objective is not None
    return outcome.objective


def transfer_cost(problem: transfers.TransferProblem, plan: dict[str, list[str]]) -> int:
    known = table(problem)
    units = known.city.unit_of
    group_of = {key: number for number, group in enumerate(known.groups) for key in group.keys}
    flow = np.zeros((len(known.groups), len(units) + 1), dtype=np.int32)
    flow[:, -1] = known.size
    for patient, (where, level) in plan.items():
        flow[group_of[patient], units[where, level]] += 1
        flow[group_of[patient], -1] -= 1
    assert (flow >= 0).all(), "a patient goes twice"
    assert (flow[:, :-1].sum(axis=0) <= known.city.free).all(), "more come than beds are free"
    for code, against in broken(known.city, known.needs).items():
        assert not (against & (flow[:, :-1] > 0)).any(), f"a patient goes against {code}"
    told = transfers.plan_of(known, flow, solved_without_solver(0, perf_counter()))
    paid = sum(points for item in told.items for _, points in item.terms)
    return paid + sum(unit.cost for unit in told.units)


def admission_cost(problem: admissions.AdmissionProblem, plan: dict[str, str]) -> int:
    """Of a plan that gives each patient one room."""
    judge = admissions.Judge(problem)
    stays: dict[str, Stay] = {}
    for patient in problem.patients:
        nights = min(patient.nights, problem.nights - patient.earliest)
        stays[patient.key] = (patient.earliest, (plan[patient.key],) * nights)
    assert not judge.broken(stays), f"the plan breaks {judge.broken(stays)}"
    paid = sum(judge.stay(key, stay).points for key, stay in stays.items())
    return paid + sum(each.points for each in judge.shared(stays))


def roster_cost(path: Path, plan: list[tuple[str, int, str]]) -> int:
    wrong, cost = inrc_cost(path, {(person, day): shift for person, day, shift in plan})
    assert wrong == 0, f"{wrong} heads too many or too few"
    return cost
