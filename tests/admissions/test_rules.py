"""Each rule of a horizon: breaking it costs its weight, keeping it is free."""

from typing import Any

import pytest

from solvers.admission_problem import AdmissionProblem, AdmissionWaiver, TheatreDay, Ward
from solvers.admissions import AdmissionPlan, solve
from tests.admissions.cases import WEIGHTS, patient, problem, room


def points(case: AdmissionProblem) -> int:
    objective = solve(case).outcome.objective
    assert objective is not None
    return objective


def planned(plan: AdmissionPlan) -> dict[str, tuple[int, tuple[str, ...]]]:
    return {stay.patient: (stay.night, stay.rooms) for stay in plan.stays}


# Two nights in the only room there is: (rule, patient, broken room, kept room)
ROOM_CASES: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ("REQUIRED_PROPERTY", {"required": ("oxygen",)}, {}, {"properties": ("oxygen",)}),
    ("PREFERRED_PROPERTY", {"preferred": ("oxygen",)}, {}, {"properties": ("oxygen",)}),
    ("ROOM_SIZE", {"preferred_size": 1}, {"beds": 2}, {"beds": 1}),
    ("ROOM_SEX", {}, {"sex_policy": "MALE"}, {"sex_policy": "FEMALE"}),
    ("ISOLATION_ROOM", {"isolation": "AIRBORNE"}, {"kind": "SIDE"}, {"kind": "NEG_PRESSURE"}),
    ("COHORT_BAY", {"isolation": "CONTACT"}, {"kind": "BAY"}, {"kind": "SIDE"}),
    ("ROOM_SPECIALTY", {}, {"specialties": (("M", 1),)}, {"specialties": (("S", 1),)}),
    ("ROOM_SECOND_SPECIALTY", {}, {"specialties": (("S", 2),)}, {"specialties": (("S", 1),)}),
]
WARD_CASES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("AGE_LIMITS", {"min_age": 60}, {"min_age": 16}),
    ("WARD_SPECIALTY", {"specialties": (("M", 1),)}, {"specialties": (("S", 1),)}),
    ("WARD_SECOND_SPECIALTY", {"specialties": (("S", 2),)}, {"specialties": (("S", 1),)}),
]


@pytest.mark.parametrize(("rule", "person", "broken", "kept"), ROOM_CASES)
def test_a_room_that_breaks_a_rule_costs_its_weight_each_night(
    rule: str, person: dict[str, Any], broken: dict[str, Any], kept: dict[str, Any]
) -> None:
    plan = solve(problem(patient(**person), rooms=(room(**broken),)))
    assert [stay.terms for stay in plan.stays] == [((rule, 2 * WEIGHTS[rule]),)]
    assert plan.outcome.objective == 2 * WEIGHTS[rule]
    assert points(problem(patient(**person), rooms=(room(**kept),))) == 0


@pytest.mark.parametrize(("rule", "broken", "kept"), WARD_CASES)
def test_a_ward_that_breaks_a_rule_costs_its_weight_each_night(
    rule: str, broken: dict[str, Any], kept: dict[str, Any]
) -> None:
    plan = solve(problem(patient(), wards=(Ward(key="w", **broken),)))
    assert [stay.terms for stay in plan.stays] == [((rule, 2 * WEIGHTS[rule]),)]
    assert points(problem(patient(), wards=(Ward(key="w", **kept),))) == 0


def test_a_rule_that_binds_leaves_the_patient_without_a_date_unless_waived() -> None:
    case: dict[str, Any] = {"rooms": (room(),), "binding": ("REQUIRED_PROPERTY",)}
    plan = solve(problem(patient(required=("oxygen",)), **case))
    assert plan.stays == ()
    assert [(u.patient, u.cost, u.hindrances) for u in plan.unplanned] == [
        ("p", 5_000, (("REQUIRED_PROPERTY", 1),))
    ]
    leave = (AdmissionWaiver(rule="REQUIRED_PROPERTY", key="r"),)
    waived = solve(problem(patient(required=("oxygen",)), waivers=leave, **case))
    assert planned(waived) == {"p": (0, ("r", "r"))}
    assert waived.stays[0].waived == ("REQUIRED_PROPERTY",)


def test_women_and_men_in_one_room_cost_the_fewer_of_them_each_night() -> None:
    mixed = problem(patient("a"), patient("b", sex="M", care=(("S", 1),)))
    plan = solve(mixed)
    assert [(s.rule, s.place, s.night, s.points) for s in plan.shared] == [
        ("MIXED_SEX", "r", 0, WEIGHTS["MIXED_SEX"])
    ]
    assert points(problem(patient("a"), patient("b"))) == 0
    free = (room(sex_policy="ANY"),)
    assert points(problem(patient("a"), patient("b", sex="M"), rooms=free)) == 0


def test_mixing_that_is_forbidden_sends_the_second_to_another_night() -> None:
    plan = solve(problem(patient("a"), patient("b", sex="M", latest=3), binding=("MIXED_SEX",)))
    assert planned(plan) == {"a": (0, ("r", "r")), "b": (2, ("r", "r"))}
    assert plan.outcome.objective == 2 * WEIGHTS["DELAY"]


def test_an_isolated_patient_blocks_the_room_but_for_the_same_cohort() -> None:
    ill = {"isolation": "CONTACT", "organism": "MRSA"}
    apart = solve(problem(patient("a", **ill), patient("b")))
    assert len(apart.stays) == 1
    assert [each.hindrances for each in apart.unplanned] == [(("CO_BLOCKING", 1),)]
    together = solve(problem(patient("a", **ill), patient("b", **ill)))
    assert len(together.stays) == 2


def test_a_transfer_is_made_where_no_room_is_free_throughout() -> None:
    rooms = (room("one", beds=1, unusable=(0, 1)), room("two", beds=1, unusable=(1, 0)))
    plan = solve(problem(patient(), rooms=rooms))
    assert planned(plan) == {"p": (0, ("one", "two"))}
    assert plan.stays[0].terms == (("TRANSFER", WEIGHTS["TRANSFER"]),)


def test_a_patient_who_is_there_stays_unless_a_move_is_worth_it() -> None:
    rooms = (room("here", beds=1), room("there", beds=1, properties=("oxygen",)))
    wishes = patient(preferred=("oxygen",), current_room="here")
    assert planned(solve(problem(wishes, rooms=rooms))) == {"p": (0, ("here", "here"))}
    needs = patient(required=("oxygen",), current_room="here", care=(("S", 4),))
    assert planned(solve(problem(needs, rooms=rooms))) == {"p": (0, ("there",) * 4)}
    pinned = patient(required=("oxygen",), current_room="here", care=(("S", 4),), pinned=True)
    stays = solve(problem(pinned, rooms=rooms, binding=("REQUIRED_PROPERTY",)))
    assert planned(stays) == {"p": (0, ("here",) * 4)}
    assert stays.stays[0].standing == ("REQUIRED_PROPERTY",)


def test_waiting_costs_by_the_night_and_by_priority() -> None:
    one_bed = (room(beds=1),)
    plan = solve(problem(patient("a", latest=2), patient("b", latest=2, priority=1), rooms=one_bed))
    assert planned(plan) == {"a": (2, ("r", "r")), "b": (0, ("r", "r"))}
    assert plan.outcome.objective == 2 * WEIGHTS["DELAY"]


def test_what_was_told_is_kept_unless_that_costs_more() -> None:
    told = patient(told_night=1, latest=3)
    plan = solve(problem(told))
    assert planned(plan) == {"p": (1, ("r", "r"))}
    assert plan.stays[0].terms == (("DELAY", WEIGHTS["DELAY"]),)
    blocked = solve(problem(told, rooms=(room(beds=1, unusable=(0, 1)),)))
    assert planned(blocked) == {"p": (2, ("r", "r"))}
    assert dict(blocked.stays[0].terms)["TOLD_DATE"] == WEIGHTS["TOLD_DATE"]
    wards = (Ward(key="w"), Ward(key="v"))
    rooms = (room("r", ward="w"), room("s", ward="v"))
    kept = solve(problem(patient(told_ward="v"), rooms=rooms, wards=wards))
    assert planned(kept) == {"p": (0, ("s", "s"))}
    same = solve(problem(patient(told_room="s"), rooms=rooms, wards=wards))
    assert planned(same) == {"p": (0, ("s", "s"))}


def test_the_staffed_beds_are_not_passed_unless_waived() -> None:
    short: dict[str, Any] = {"wards": (Ward(key="w", staffed=(1,)),)}
    pair = (patient("a"), patient("b"))
    plan = solve(problem(*pair, **short))
    assert len(plan.stays) == 1
    assert plan.unplanned[0].hindrances == (("STAFFED_CAPACITY", 1),)
    leave = (AdmissionWaiver(rule="STAFFED_CAPACITY", key="w"),)
    assert len(solve(problem(*pair, waivers=leave, **short)).stays) == 2


def test_a_waiver_of_the_staffed_beds_holds_for_its_nights_and_beds_and_is_named() -> None:
    """One staffed bed, three patients; on the first two nights one more may come."""
    short: dict[str, Any] = {"wards": (Ward(key="w", staffed=(1,)),), "rooms": (room(beds=3),)}
    three = tuple(patient(key) for key in "abc")
    leave = AdmissionWaiver(rule="STAFFED_CAPACITY", key="w", nights=2, beds=1)
    plan = solve(problem(*three, waivers=(leave,), **short))
    assert [stay.waived for stay in plan.stays] == [("STAFFED_CAPACITY",)] * 2
    later = tuple(patient(key, earliest=1, latest=1) for key in "abc")
    assert len(solve(problem(*later, waivers=(leave,), **short)).stays) == 1
    assert solve(problem(*later, **short)).stays[0].waived == ()


def test_a_waiver_of_mixing_holds_for_its_room_and_nights_and_is_named() -> None:
    """A woman and a man for two nights; a day later the second night is not covered any more."""
    apart: dict[str, Any] = {"binding": ("MIXED_SEX",)}
    leave = AdmissionWaiver(rule="MIXED_SEX", key="r", nights=2)
    pair = (patient("a"), patient("b", sex="M"))
    plan = solve(problem(*pair, waivers=(leave,), **apart))
    assert [(stay.waived, stay.kept) for stay in plan.stays] == [(("MIXED_SEX",), ())] * 2
    assert len(solve(problem(*pair, **apart)).stays) == 1
    late = (patient("a", earliest=1, latest=1), patient("b", sex="M", earliest=1, latest=1))
    (alone,) = solve(problem(*late, waivers=(leave,), **apart)).stays
    assert (alone.waived, alone.kept) == ((), ("MIXED_SEX",))
    with pytest.raises(ValueError, match="all nights or for none"):
        AdmissionWaiver(rule="AGE_LIMITS", key="w", nights=2)


def test_the_buffer_for_emergencies_is_used_at_its_price() -> None:
    kept = (Ward(key="w", staffed=(2,), buffer=(1, 1)),)
    plan = solve(problem(patient("a"), patient("b"), wards=kept, buffer_source="f1"))
    assert [(s.rule, s.place, s.night) for s in plan.shared] == [
        ("BUFFER_USED", "w", 0),
        ("BUFFER_USED", "w", 1),
    ]
    assert plan.outcome.objective == 2 * WEIGHTS["BUFFER_USED"]
    assert plan.buffer_source == "f1"
    later = solve(problem(patient("a"), patient("b", latest=3), wards=kept))
    assert later.shared == ()


def test_the_theatre_s_minutes_of_a_day_are_not_passed() -> None:
    days = tuple(TheatreDay(specialty="S", night=n, minutes=100) for n in (0, 1))
    pair = (patient("a", theatre_minutes=60, latest=2), patient("b", theatre_minutes=60, latest=2))
    plan = solve(problem(*pair, theatres=days))
    assert sorted(stay.night for stay in plan.stays) == [0, 1]
    alone = solve(problem(patient(theatre_minutes=101, latest=2), theatres=days))
    assert alone.stays == ()
    assert alone.unplanned[0].hindrances == (("THEATRE_TIME", 1),)
    leave = (AdmissionWaiver(rule="THEATRE_TIME", key="p"),)
    assert (
        len(solve(problem(patient(theatre_minutes=101), theatres=days, waivers=leave)).stays) == 1
    )


def test_nobody_is_turned_out_of_a_bed_for_somebody_more_urgent() -> None:
    there = patient("there", current_room="r", pinned=True)
    urgent = patient("urgent", priority=9)
    plan = solve(problem(there, urgent, rooms=(room(beds=1),)))
    assert planned(plan) == {"there": (0, ("r", "r"))}
    assert [each.patient for each in plan.unplanned] == ["urgent"]


def test_an_isolated_patient_of_unknown_sex_shares_a_room_with_nobody() -> None:
    need = {"isolation": "CONTACT", "organism": "x"}
    plan = solve(problem(patient("a", **need), patient("b", sex="U", **need), binding=()))
    assert len(plan.stays) == 1
