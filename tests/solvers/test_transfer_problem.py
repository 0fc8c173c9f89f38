"""The frozen transfer problem: what it refuses, and that its bytes are the same for the same."""

from dataclasses import replace
from typing import Any

import pytest

from kit.canonical import canonical_json, parse_canonical
from solvers.transfer_canonical import from_canonical, problem_hash, to_canonical
from solvers.transfer_problem import Hospital, Patient, Site, TransferProblem, Travel, Unit
from solvers.transfer_ruleset import DEFAULT_TRANSFER_RULES, TransferRuleSet


def _city(**changed: Any) -> TransferProblem:
    parts: dict[str, Any] = {
        "hospitals": (
            Hospital(
                key="north",
                lat_e6=31_300_000,
                lon_e6=121_500_000,
                specialties=("cardiology", "general"),
                equipment=("ecmo",),
                units=(Unit(level="WARD", staffed=40, occupied=31, need_p90=3),),
            ),
            Hospital(key="east", units=(Unit(level="ICU", staffed=8, occupied=5),)),
        ),
        "patients": (
            Patient(key="p2", origin="north", lies_in="WARD", may_stay=True, equipment=("ecmo",)),
            Patient(key="p1", origin="station", urgency=3, consent="GIVEN", declined=("east",)),  # type: ignore[arg-type]
        ),
        "points": (Site(key="station", lat_e6=31_250_000, lon_e6=121_450_000),),
        "travel": (Travel(origin="station", hospital="north", minutes=22),),
        "need_source": "forecast 2026-11-30",
    }
    return TransferProblem(**{**parts, **changed})


def test_the_problem_comes_back_from_its_bytes() -> None:
    problem = _city()
    body = canonical_json(to_canonical(problem))
    assert from_canonical(parse_canonical(body)) == problem
    assert problem_hash(from_canonical(parse_canonical(body))) == problem_hash(problem)


def test_the_order_of_rows_changes_nothing_and_a_figure_does() -> None:
    problem = _city()
    turned = _city(
        hospitals=tuple(reversed(problem.hospitals)), patients=tuple(reversed(problem.patients))
    )
    assert problem_hash(turned) == problem_hash(problem)
    later = tuple(replace(each, minutes=23) for each in problem.travel)
    assert problem_hash(_city(travel=later)) != problem_hash(problem)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"patients": (Patient(key="p", origin="moon"),)}, "patients.origin: moon"),
        ({"patients": (Patient(key="p", origin="east", told="moon"),)}, "patients.told: moon"),
        ({"patients": (Patient(key="p", origin="east", level="SPA"),)}, "do not rank SPA"),
        ({"patients": (Patient(key="p", origin="east", lies_in="WARD"),)}, "no unit WARD"),
        ({"points": (Site(key="east"), Site(key="station"))}, "east occurs twice"),
        ({"travel": (Travel(origin="east", hospital="station", minutes=1),)}, "travel.hospital"),
        (
            {"hospitals": (Hospital(key="north", units=(Unit(level="WARD", staffed=3),)),)},
            "1 patients lie in WARD of north, which counts 0",
        ),
    ],
)
def test_a_problem_that_does_not_fit_together_is_refused(
    changed: dict[str, Any], says: str
) -> None:
    if "hospitals" in changed:
        changed |= {"patients": (Patient(key="p", origin="north", lies_in="WARD"),)}
        changed |= {"travel": ()}
    with pytest.raises(ValueError, match=says):
        _city(**changed)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Patient(key="p", origin="east", urgency=10), "urgency: 10 is beyond 9"),
        (lambda: Patient(key="p", origin="east", urgency=-1), "urgency: -1 is not"),
        (lambda: Patient(key="p", origin="east", may_stay=True), "no bed to stay in"),
        (lambda: Patient(key="p", origin="east", consent="MAYBE"), "'MAYBE' is none of NONE"),  # type: ignore[arg-type]
        (lambda: Unit(level="WARD", staffed=-3), "staffed: -3"),
        (lambda: Site(key="s", lat_e6=91_000_000, lon_e6=0), "lat_e6: 91000000"),
        (lambda: Site(key="s", lat_e6=1), "one without the other"),
        (
            lambda: Hospital(key="h", units=(Unit(level="ICU", staffed=1),) * 2),
            "ICU occurs twice",
        ),
        (lambda: _rules(load_steps=((50, 4), (80, 2))), "points never fall"),
        (lambda: _rules(speed_kmh=0), "rules.speed_kmh: at least 1"),
        (lambda: _rules(detour_pct=90), "never shorter"),
        (lambda: _rules(weights=(("MOVE", -1),)), "whole numbers from 0 up"),
    ],
)
def test_a_field_out_of_range_is_named(make: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        make()


def _rules(**changed: Any) -> TransferRuleSet:
    return replace(DEFAULT_TRANSFER_RULES, **changed)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"format": "bed-plan-problem-1"}, "is not transfer-problem-1"),
        ({"patients": [{"key": "p", "origin": "east", "colour": "red"}]}, "colour"),
        ({"hospitals": [{"key": "east"}]}, "units"),
    ],
)
def test_bytes_of_another_shape_are_refused(change: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        from_canonical({**to_canonical(_city()), **change})


def test_waiting_and_an_unmet_need_have_a_price() -> None:
    rules = DEFAULT_TRANSFER_RULES
    assert rules.waits(urgency=0, waiting_min=0) == 1_000
    assert rules.waits(urgency=2, waiting_min=46) == 1_503
    assert rules.waits(urgency=0, waiting_min=100_000) == 1_096
    assert rules.unmet(urgency=3) == 600
