"""Tiny horizons with a bit of everything, and the cheapest plan of each by trying all of them."""

from collections.abc import Iterator
from itertools import pairwise, product
from typing import Any

from hypothesis import strategies as st

from solvers.admission_problem import (
    AdmissionProblem,
    AdmissionWaiver,
    Patient,
    Room,
    TheatreDay,
    Ward,
)
from solvers.admission_ruleset import CAN_BIND, DEFAULT_WEIGHTS, AdmissionRules
from tests.admissions.checker import Plan, cost, faults

KEYS = ("a", "b", "c")


@st.composite
def problems(draw: st.DrawFn) -> AdmissionProblem:
    """Up to three patients, two rooms in one or two wards, up to three nights."""
    nights = draw(st.integers(1, 3))
    wards = [draw(_wards(key)) for key in ("w1", "w2")]
    rooms = [draw(_rooms(key)) for key in ("r1", "r2")]
    patients = [draw(_patients(key, nights)) for key in KEYS[: draw(st.integers(1, 3))]]
    theatres = draw(st.sampled_from([(), ((0, 60), (1, 60)), ((0, 120),)]))
    binding = draw(st.sampled_from([(), CAN_BIND]))
    leave = draw(st.lists(_waivers(), max_size=2))
    return AdmissionProblem(
        nights=nights,
        patients=tuple(patients),
        rooms=tuple(rooms),
        wards=tuple(wards),
        theatres=tuple(TheatreDay(specialty="S", night=n, minutes=m) for n, m in theatres),
        waivers=tuple(leave),
        rules=AdmissionRules(
            version="t", weights=tuple(DEFAULT_WEIGHTS.items()), binding=binding,
            unplanned_base=draw(st.sampled_from([300, 5_000])), priority_step=100,
        ),
    )  # fmt: skip


def _waivers() -> st.SearchStrategy[AdmissionWaiver]:
    """Of a room or its ward, for some of the nights."""
    mixed = st.builds(
        AdmissionWaiver, rule=st.just("MIXED_SEX"), key=st.sampled_from(["r1", "r2", "w1"]),
        nights=st.integers(0, 3),
    )  # fmt: skip
    crowded = st.builds(
        AdmissionWaiver, rule=st.just("STAFFED_CAPACITY"), key=st.sampled_from(["w1", "w2"]),
        nights=st.integers(0, 3), beds=st.integers(0, 1),
    )  # fmt: skip
    return mixed | crowded


def _wards(key: str) -> st.SearchStrategy[Ward]:
    return st.builds(
        Ward,
        key=st.just(key),
        min_age=st.sampled_from([None, None, 16]),
        specialties=st.sampled_from([(), (("S", 1), ("M", 2)), (("M", 1),)]),
        staffed=st.sampled_from([(), (2,), (1, 2)]),
        buffer=st.sampled_from([(), (1, 1)]),
    )


def _rooms(key: str) -> st.SearchStrategy[Room]:
    return st.builds(
        Room,
        key=st.just(key),
        ward=st.sampled_from(["w1", "w2"]),
        beds=st.integers(1, 2),
        kind=st.sampled_from(["BAY", "SIDE"]),
        sex_policy=st.sampled_from(["SAME", "SAME", "ANY", "FEMALE"]),
        properties=st.sampled_from([(), ("oxygen",)]),
        unusable=st.sampled_from([(), (0, 1)]),
    )


def _patients(key: str, nights: int) -> st.SearchStrategy[Patient]:
    def of(values: dict[str, Any]) -> Patient:
        earliest, latest = sorted(values.pop("window"))
        return Patient(key=key, earliest=earliest, latest=latest, **values)

    return st.fixed_dictionaries(
        {
            "sex": st.sampled_from(["F", "M", "M", "F", "U"]),
            "age_years": st.sampled_from([8, 40, None]),
            "care": st.sampled_from([(("S", 1),), (("S", 2),), (("M", 1), ("S", 1)), (("M", 4),)]),
            "window": st.tuples(st.integers(0, nights - 1), st.integers(0, nights - 1)),
            "required": st.sampled_from([(), (), ("oxygen",)]),
            "preferred": st.sampled_from([(), ("oxygen",)]),
            "preferred_size": st.sampled_from([None, 1]),
            "isolation": st.sampled_from(["NONE", "NONE", "CONTACT"]),
            "organism": st.sampled_from([None, "x"]),
            "theatre_minutes": st.sampled_from([0, 0, 60]),
            "priority": st.integers(0, 2),
            "told_night": st.sampled_from([None, 0]),
            "told_ward": st.sampled_from([None, "w1"]),
            "told_room": st.sampled_from([None, "r1"]),
        }
    ).map(of)


def cheapest(problem: AdmissionProblem) -> int:
    best = cheapest_with(problem, {})
    assert best is not None
    return best


def cheapest_with(problem: AdmissionProblem, fixed: dict[str, tuple[int, list[str]]]) -> int | None:
    """By trying every date and every pair of rooms of everybody who is not fixed; None: no plan."""
    ways = [
        [way for way in _ways(problem, each) if each.key not in fixed or way == fixed[each.key]]
        for each in problem.patients
    ]
    best = None
    for chosen in product(*ways):
        plan: Plan = {
            patient.key: way
            for patient, way in zip(problem.patients, chosen, strict=True)
            if way is not None
        }
        points = cost(problem, plan)
        if (best is None or points < best) and not faults(problem, plan):
            best = points
    return best


def _ways(problem: AdmissionProblem, patient: Patient) -> Iterator[tuple[int, list[str]] | None]:
    yield None
    for first in range(patient.earliest, min(patient.latest, problem.nights - 1) + 1):
        due = min(problem.nights - first, sum(nights for _, nights in patient.care))
        for rooms in product([room.key for room in problem.rooms], repeat=due):
            changes = sum(1 for one, other in pairwise(rooms) if one != other)
            if changes <= 1 and _allowed(problem, patient, rooms):
                yield first, list(rooms)


def _allowed(problem: AdmissionProblem, patient: Patient, rooms: tuple[str, ...]) -> bool:
    """Rules that bind and that one room decides, read off the price of that rule alone."""
    for code in set(problem.rules.binding) - {"MIXED_SEX"}:
        rules = AdmissionRules(version="one", weights=((code, 1),), binding=(), unplanned_base=0)
        alone = AdmissionProblem(
            nights=60, patients=(patient,), rooms=problem.rooms,
            wards=problem.wards, rules=rules,
        )  # fmt: skip
        if cost(alone, {patient.key: (patient.earliest, list(rooms))}):
            return False
    return True
