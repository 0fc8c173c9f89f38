"""One readable case for each rule of transfers."""

from dataclasses import replace
from typing import Any

import pytest

from solvers.transfer_plan import Decision
from solvers.transfer_problem import Patient, Site, Unit
from solvers.transfer_ruleset import DEFAULT_TRANSFER_RULES
from tests.solvers.transfer_cases import arriving, city, hospital, item, lying, plan


def test_without_anything_against_it_the_nearer_hospital_is_chosen() -> None:
    found = item(city(arriving(urgency=2)))
    assert (found.decision, found.hospital, found.level, found.minutes) == (
        Decision.GOES,
        "near",
        "WARD",
        10,
    )
    assert found.terms == (("TRAVEL", 6),)  # 2 points for each 10 minutes, times 1 + urgency
    assert found.kept == (
        "ACCEPTING",
        "LEVEL_OF_CARE",
        "CONSENT",
        "TRAVEL_KNOWN",
        "STAFFED_CAPACITY",
    )


@pytest.mark.parametrize(
    ("near", "needs"),
    [
        ({"accepting": False}, {}),
        ({"specialties": ("general",)}, {"specialty": "cardiology"}),
        ({"equipment": ("mri",)}, {"equipment": ("ecmo", "mri")}),
        ({"units": (Unit(level="WARD", staffed=10),)}, {"level": "ICU"}),
        ({"units": (Unit(level="WARD", staffed=10, occupied=10),)}, {}),
        ({"units": (Unit(level="WARD", staffed=10, occupied=7, need_p90=3),)}, {}),
        ({}, {"declined": ("near",)}),
    ],
    ids=["closed", "specialty", "equipment", "level", "full", "kept free", "declined"],
)
def test_a_hard_rule_sends_the_patient_farther(near: dict[str, Any], needs: dict[str, Any]) -> None:
    able = hospital(
        "far",
        specialties=("cardiology",),
        equipment=("ecmo", "mri"),
        units=(Unit(level="ICU", staffed=10), Unit(level="WARD", staffed=10)),
    )
    assert (
        item(city(arriving(**needs), hospitals=(hospital("near", **near), able))).hospital == "far"
    )
    only = city(arriving(**needs), hospitals=(hospital("near", **near), hospital("far", beds=0)))
    assert item(only).decision is Decision.WAITS


def test_one_bed_above_what_is_kept_free_is_given() -> None:
    unit = Unit(level="WARD", staffed=10, occupied=7, need_p90=2)
    answer = plan(
        city(
            arriving("a"),
            arriving("b"),
            hospitals=(hospital("near", units=(unit,)), hospital("far", beds=0)),
            need_source="forecast of the morning",
        )
    )
    near = answer.units[1]
    assert (near.hospital, near.buffer, near.free, near.arrivals, near.after) == (
        "near",
        2,
        1,
        1,
        8,
    )
    assert answer.need_source == "forecast of the morning"


def test_refused_consent_keeps_the_patient_and_an_override_is_waived_by_name() -> None:
    needs = {"specialty": "cardiology", "consent": "REFUSED"}
    hospitals = (
        hospital("near", units=(Unit(level="WARD", staffed=10, occupied=1),)),
        hospital("far", specialties=("cardiology",)),
    )
    assert item(city(lying(**needs), hospitals=hospitals)).decision is Decision.STAYS
    moved = item(city(lying(**needs, emergency_override=True), hospitals=hospitals))
    assert (moved.hospital, moved.waived) == ("far", ("CONSENT",))
    assert "CONSENT" not in moved.kept


def test_consent_is_not_needed_inside_the_patients_own_hospital() -> None:
    units = (Unit(level="ICU", staffed=2), Unit(level="WARD", staffed=10, occupied=1))
    patient = lying(level="ICU", consent="REFUSED")
    found = item(city(patient, hospitals=(hospital("near", units=units), hospital("far"))))
    assert (found.decision, found.hospital, found.level) == (Decision.GOES, "near", "ICU")
    assert found.terms == ()


def test_a_patient_whose_consent_was_not_asked_costs_the_asking() -> None:
    assert dict(item(city(arriving(consent="NONE"))).terms)["CONSENT_NOT_ASKED"] == 5


@pytest.mark.parametrize(("latest", "hospital_key"), [(25, "near"), (24, None)])
def test_handover_and_travel_must_end_by_the_latest_time(
    latest: int, hospital_key: str | None
) -> None:
    assert item(city(arriving(latest_min=latest))).hospital == hospital_key


def test_nobody_is_sent_on_a_way_of_unknown_length() -> None:
    problem = city(Patient(key="p", origin="moor"), points=(Site(key="moor"),), travel=())
    found = plan(problem)
    assert found.items[0].decision is Decision.WAITS
    assert [(each.rule, each.forbids, each.alone) for each in found.hindrances["p"]] == [
        ("TRAVEL_KNOWN", 2, 2)
    ]


def test_who_may_not_stay_leaves() -> None:
    hospitals = (
        hospital("near", units=(Unit(level="WARD", staffed=10, occupied=1),)),
        hospital("far"),
    )
    assert item(city(lying(), hospitals=hospitals)).decision is Decision.STAYS
    left = item(city(lying(may_stay=False), hospitals=hospitals))
    assert (left.hospital, dict(left.terms)) == ("far", {"TRAVEL": 6, "MOVE": 11})


def test_an_unmet_need_is_worth_the_way() -> None:
    hospitals = (
        hospital("near", units=(Unit(level="WARD", staffed=10, occupied=1),)),
        hospital("far", specialties=("cardiology",)),
    )
    assert item(city(lying(specialty="cardiology"), hospitals=hospitals)).hospital == "far"
    full = (hospitals[0], hospital("far", specialties=("cardiology",), beds=0))
    kept = item(city(lying(specialty="cardiology", urgency=1), hospitals=full))
    assert (kept.decision, kept.terms) == (Decision.STAYS, (("NEED_UNMET", 400),))


@pytest.mark.parametrize("wish", ["continuity", "told"])
def test_the_hospital_that_knows_the_patient_or_was_told_is_worth_a_detour(wish: str) -> None:
    found = item(city(arriving(**{wish: "far"})))
    assert (found.hospital, found.terms) == ("far", (("TRAVEL", 8),))
    code = {"continuity": "CONTINUITY", "told": "CHANGED_AFTER_TOLD"}[wish]
    one = city(arriving(**{wish: "far"}), hospitals=(hospital("near"), hospital("far", beds=0)))
    assert code in dict(item(one).terms)


def test_the_visitors_way_counts() -> None:
    assert item(city(arriving(family="far"))).terms == (("TRAVEL", 2), ("FAMILY_DISTANCE", 3))


def test_a_bed_with_more_care_than_needed_costs_each_level() -> None:
    units = (Unit(level="ICU", staffed=10),)
    found = item(
        city(arriving(), hospitals=(hospital("near", units=units), hospital("far", beds=0)))
    )
    assert dict(found.terms)["CARE_ABOVE_NEED"] == 30


def test_load_is_spread_and_the_spread_is_measured() -> None:
    patients = [arriving(f"p{i:02d}") for i in range(12)]
    fair = plan(city(*patients))
    assert [(unit.hospital, unit.after) for unit in fair.units] == [("far", 5), ("near", 7)]
    assert [(s.level, s.before, s.after) for s in fair.spreads] == [
        ("WARD", (0, 0, 0), (50, 70, 10))
    ]
    weights = tuple(
        (code, points) for code, points in DEFAULT_TRANSFER_RULES.weights if code != "LOAD"
    )
    careless = plan(city(*patients, rules=replace(DEFAULT_TRANSFER_RULES, weights=weights)))
    assert [(unit.hospital, unit.after) for unit in careless.units] == [("far", 2), ("near", 10)]
    assert careless.spreads[0].after == (20, 100, 40)


def test_the_more_urgent_patient_gets_the_last_bed() -> None:
    hospitals = (hospital("near", beds=1), hospital("far", beds=0))
    answer = plan(city(arriving("calm"), arriving("urgent", urgency=3), hospitals=hospitals))
    assert answer.hospital_of == {"calm": None, "urgent": "near"}
    assert answer.items[0].terms == (("WAITS", 1_000),)
    assert [(each.rule, each.forbids) for each in answer.hindrances["calm"]] == [
        ("GIVEN_TO_OTHERS", 1),
        ("STAFFED_CAPACITY", 1),
    ]


def test_the_way_is_estimated_from_where_places_lie() -> None:
    hospitals = (hospital("near", lat_e6=31_000_000, lon_e6=121_000_000),)
    points = (Site(key="station", lat_e6=31_000_000, lon_e6=121_100_000),)
    found = item(city(arriving(), hospitals=hospitals, points=points, travel=()))
    assert found.minutes == 19  # 9.53 km, a third longer by road, at 40 km/h
