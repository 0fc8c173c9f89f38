"""Transfers beside every possible plan of tiny cities, and laws that hold for any city."""

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import solvers.transfer_prices as prices
from bench.transfer_cities import KINDS
from bench.transfer_cities import city as made_up
from solvers.engine import Limits, Status
from solvers.transfer_alternatives import TransferAlternatives
from solvers.transfer_problem import Consent, Hospital, Patient, Site, TransferProblem, Travel, Unit
from solvers.transfer_table import table
from solvers.transfers import solve
from tests.solvers.transfer_checker import all_plans, cost, places_of

KEYS = ("east", "north")
SELDOM = st.sampled_from([True, False, False, False])
EXACT = Limits(time_limit_s=30.0)


@st.composite
def cities(draw: st.DrawFn) -> TransferProblem:
    patients = [_patient(draw, index) for index in range(draw(st.integers(1, 4)))]
    hospitals = [_hospital(draw, key, patients) for key in KEYS]
    minutes = st.sampled_from([5, 20, 35, 90])
    ways = [(o, h) for o in (*KEYS, "station") for h in KEYS if o != h and not draw(SELDOM)]
    return TransferProblem(
        hospitals=tuple(hospitals),
        patients=tuple(patients),
        points=(Site(key="station"),),
        travel=tuple(Travel(origin=o, hospital=h, minutes=draw(minutes)) for o, h in ways),
    )


def _patient(draw: st.DrawFn, index: int) -> Patient:
    lies = draw(st.booleans())
    key = st.one_of(st.none(), st.none(), st.sampled_from(KEYS))
    return Patient(
        key=f"p{index}",
        origin=draw(st.sampled_from(KEYS)) if lies else "station",
        level=draw(st.sampled_from(["WARD", "WARD", "ICU"])),
        specialty=draw(st.sampled_from([None, None, "heart"])),
        equipment=("mri",) if draw(SELDOM) else (),
        urgency=draw(st.integers(0, 3)),
        lies_in="WARD" if lies else None,
        may_stay=lies and draw(st.booleans()),
        consent=draw(st.sampled_from(list(Consent))),
        emergency_override=draw(SELDOM),
        latest_min=draw(st.sampled_from([None, None, 30])),
        continuity=draw(key),
        told=draw(key),
        declined=("east",) if draw(SELDOM) else (),
        family=draw(key),
    )


def _hospital(draw: st.DrawFn, key: str, patients: list[Patient]) -> Hospital:
    lying = sum(patient.origin == key for patient in patients)
    occupied = lying + draw(st.integers(0, 2))
    ward = Unit(
        level="WARD",
        staffed=occupied + draw(st.integers(0, 3)),
        occupied=occupied,
        need_p90=draw(st.sampled_from([0, 0, 1])),
    )
    units = [ward, Unit(level="ICU", staffed=draw(st.integers(0, 2)))]
    return Hospital(
        key=key,
        accepting=not draw(SELDOM),
        specialties=("heart",) if draw(st.booleans()) else (),
        equipment=("mri",) if draw(st.booleans()) else (),
        units=tuple(units[: draw(st.integers(1, 2))]),
    )


@settings(max_examples=40, deadline=None)
@given(cities())
def test_no_plan_of_a_tiny_city_is_cheaper(problem: TransferProblem) -> None:
    plan = solve(problem, EXACT)
    best = min(each for each in (cost(problem, p) for p in all_plans(problem)) if each is not None)
    assert plan.outcome.objective == best
    assert plan.outcome.status is Status.OPTIMAL
    assert cost(problem, places_of(plan)) == best
    assert sum(i.cost for i in plan.items) + sum(u.cost for u in plan.units) == best


@settings(max_examples=40, deadline=None)
@given(cities())
def test_every_alternative_costs_what_solving_again_would(problem: TransferProblem) -> None:
    plan = solve(problem, EXACT)
    asked = TransferAlternatives(table(problem), plan)
    priced: dict[tuple[str, Any], int] = {}
    for places in all_plans(problem):
        whole = cost(problem, places)
        for key, place in places.items():
            if whole is not None:
                priced[key, place] = min(whole, priced.get((key, place), whole))
    best = plan.outcome.objective or 0
    now = places_of(plan)
    for patient in now:
        found = {
            (patient, None if each.decision != "GOES" else (each.hospital, each.level)): each.price
            for each in asked.of(patient, top=10)
        }
        expected = {at: price - best for at, price in priced.items() if at[0] == patient}
        expected.pop((patient, now[patient]))
        assert found == expected


@settings(max_examples=15, deadline=None)
@given(cities(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(problem: TransferProblem, draw: Random) -> None:
    def mixed(rows: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(draw.sample(rows, len(rows)))

    turned = replace(
        problem,
        patients=mixed(problem.patients),
        hospitals=mixed(problem.hospitals),
        travel=mixed(problem.travel),
    )
    assert solve(turned, EXACT).items == solve(problem, EXACT).items


@settings(max_examples=15, deadline=None)
@given(cities())
def test_less_kept_free_never_costs_more(problem: TransferProblem) -> None:
    relaxed = replace(problem, rules=replace(problem.rules, buffer_pct=0))
    less = solve(relaxed, EXACT).outcome.objective
    assert less is not None
    assert less <= (solve(problem, EXACT).outcome.objective or 0)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_city_begun_from_a_sample_costs_what_it_costs_solved_whole(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Small enough to be begun with all its groups; then as if it were too large for that."""
    problem = made_up(5, hospitals=8, patients=160, kind=kind)
    whole = solve(problem, EXACT)
    assert whole.outcome.status is Status.OPTIMAL
    assert cost_is_true(problem, whole)
    monkeypatch.setattr(prices, "SAMPLE", 60)
    monkeypatch.setattr(prices, "NEAREST", 3)
    sampled = solve(problem, EXACT)
    assert sampled.outcome.status is Status.OPTIMAL
    assert sampled.outcome.objective == whole.outcome.objective
    assert cost_is_true(problem, sampled)
    near = solve(problem, Limits(time_limit_s=30.0, gap=0.02))
    assert near.outcome.bound is not None
    assert near.outcome.objective is not None
    assert near.outcome.bound <= (whole.outcome.objective or 0) <= near.outcome.objective
    assert cost_is_true(problem, near)
    assert solve(problem, Limits(time_limit_s=30.0, gap=0.02)).items == near.items


def test_without_time_the_plan_is_given_out_and_its_bound_is_true() -> None:
    problem = made_up(5, hospitals=8, patients=160, kind="usual")
    best = solve(problem, EXACT).outcome.objective or 0
    hasty = solve(problem, EXACT, stop=lambda: True)
    assert hasty.outcome.cut_short
    assert hasty.outcome.status is Status.FEASIBLE
    assert hasty.outcome.bound is not None
    assert hasty.outcome.objective is not None
    assert hasty.outcome.bound <= best <= hasty.outcome.objective
    assert cost_is_true(problem, hasty)


def cost_is_true(problem: TransferProblem, plan: Any) -> bool:
    parts = sum(item.cost for item in plan.items) + sum(unit.cost for unit in plan.units)
    return bool(parts == plan.outcome.objective)


def test_an_empty_city_needs_no_solver() -> None:
    plan = solve(TransferProblem(hospitals=(), patients=()))
    assert (plan.outcome.status, plan.outcome.objective) == (Status.OPTIMAL, 0)
    nobody = TransferProblem(
        hospitals=(), patients=(Patient(key="p", origin="s"),), points=(Site(key="s"),)
    )
    assert solve(nobody).items[0].decision == "WAITS"
