"""Messages by which patients come, move and leave."""

import pytest

from tests.gateways.messages import evn, message, pid, pv1
from tests.inbound.world import World

EIGHT, NINE, TEN = "20260301080000", "20260301090000", "20260301100000"


def admit(at: str = EIGHT, bed: str = "W1^R1^B1", patient: str = "P1", visit: str = "V1") -> str:
    return message("ADT^A01", evn(at), pid(patient), pv1(bed, visit=visit), control=f"a{visit}")


def say(trigger: str, at: str, bed: str = "", patient: str = "P1", visit: str = "V1") -> str:
    control = f"{trigger}{at}{visit}"
    return message(f"ADT^{trigger}", evn(at), pid(patient), pv1(bed, visit=visit), control=control)


def test_an_admission_puts_an_unknown_patient_into_the_bed(world: World) -> None:
    world.ward("W1", ["B1", "B2"])
    (taken,) = world.send(admit())
    assert (taken.state, taken.reason, taken.effects) == (
        "APPLIED", None, ["RegisterPatient", "RegisterEncounter", "AdmitPatient"],
    )  # fmt: skip
    assert world.in_bed() == {"W1/B1": taken.encounter_id}
    assert world.status() == ["ADMITTED"]


def test_an_admission_to_a_ward_without_a_bed_waits_for_one(world: World) -> None:
    world.ward("W1", ["B1"])
    (taken,) = world.send(admit(bed="W1"))
    assert taken.effects == ["RegisterPatient", "RegisterEncounter", "RequestBed"]
    assert (world.beds(), world.status()) == ([], ["ARRIVED"])


def test_a_move_leaves_the_old_bed(world: World) -> None:
    world.ward("W1", ["B1", "B2"])
    world.send(admit())
    (taken,) = world.send(say("A02", NINE, "W1^R1^B2"))
    assert (taken.state, taken.effects) == ("APPLIED", ["MovePatient"])
    assert world.beds() == ["W1/B2"]


def test_a_move_of_an_unknown_visit_admits(world: World) -> None:
    world.ward("W1", ["B1"])
    (taken,) = world.send(say("A02", NINE, "W1^R1^B1"))
    assert (taken.state, taken.remarks) == ("APPLIED", ["ADMITTED_BY_MOVE"])
    assert world.beds() == ["W1/B1"]


def test_a_late_admission_does_not_undo_the_move_that_came_first(world: World) -> None:
    world.ward("W1", ["B1", "B2"])
    world.send(say("A02", NINE, "W1^R1^B2"))
    before = world.facts()
    assert world.outcome(admit(EIGHT)) == ("PARKED", "LATER_PLACE_KNOWN")
    assert world.facts() == before


def test_a_departure_frees_the_bed_and_ends_the_visit(world: World) -> None:
    world.ward("W1", ["B1"])
    world.send(admit())
    (taken,) = world.send(say("A03", NINE))
    assert (taken.state, taken.effects) == ("APPLIED", ["DepartPatient"])
    assert (world.beds(), world.status()) == ([], ["DISCHARGED"])


def test_a_death_is_recorded_with_the_departure(world: World) -> None:
    world.ward("W1", ["B1"])
    world.send(admit())
    dead = message("ADT^A03", evn(NINE), pid(), pv1(visit="V1") + "|" * 17 + "20", control="d")
    (taken,) = world.send(dead)
    assert taken.effects == ["RecordDeath", "DepartPatient"]
    assert (world.beds(), world.status()) == ([], ["DIED"])


def test_a_departure_before_its_admission_waits_and_then_follows_it(world: World) -> None:
    world.ward("W1", ["B1"])
    (late,) = world.send(say("A03", NINE))
    assert (late.state, late.reason) == ("PARKED", "VISIT_UNKNOWN")
    intake = world.intake()
    world.send(admit())
    assert world.again(late).state == "APPLIED"
    assert (world.beds(), world.status()) == ([], ["DISCHARGED"])
    assert intake.summary.total == 0


def test_a_bed_that_nobody_cleaned_makes_the_next_admission_wait(world: World) -> None:
    world.ward("W1", ["B1"])
    world.send(admit(), say("A03", NINE))
    second = admit(TEN, patient="P2", visit="V2")
    (strict,) = world.send(second, infer_cleaning=False)
    assert (strict.state, strict.reason) == ("PARKED", "BED_NOT_CLEAN")
    assert world.intake().retry(strict.id).effects == [
        "RegisterPatient", "RegisterEncounter", "StartCleaning", "FinishCleaning", "AdmitPatient",
    ]  # fmt: skip
    assert world.again(strict).remarks == ["CLEANING_INFERRED"]
    assert world.beds() == ["W1/B1"]


def test_a_bed_that_is_taken_is_a_reason_to_wait(world: World) -> None:
    world.ward("W1", ["B1"])
    world.send(admit())
    before = world.facts()
    assert world.outcome(admit(NINE, patient="P2", visit="V2")) == ("PARKED", "BED_TAKEN")
    assert world.facts() == before


@pytest.mark.parametrize(
    ("bed", "reason"),
    [
        ("", "NO_LOCATION"),
        ("W9^R1^B1", "WARD_UNKNOWN"),
        ("W1^R1^B9", "BED_UNKNOWN"),
    ],
)
def test_a_place_that_is_not_here_is_a_reason_to_wait(world: World, bed: str, reason: str) -> None:
    world.ward("W1", ["B1"])
    before = world.facts()
    assert world.outcome(admit(bed=bed)) == ("PARKED", reason)
    assert world.facts() == before


def test_an_emergency_visit_may_have_no_bed(world: World) -> None:
    world.ward("ED", ["B1"])
    (taken,) = world.send(say("A04", EIGHT, "ED"))
    assert taken.effects == ["RegisterPatient", "RegisterEncounter"]
    assert world.status() == ["ARRIVED"]
    (taken,) = world.send(say("A06", NINE, "ED^R1^B1"))
    assert (taken.effects, world.beds()) == (["AdmitPatient"], ["ED/B1"])


def test_a_planned_visit_arrives_by_its_admission(world: World) -> None:
    world.ward("W1", ["B1"])
    (planned,) = world.send(say("A14", EIGHT, "W1^R1^B1"))
    assert planned.effects == ["RegisterPatient", "RegisterEncounter", "RequestBed"]
    assert world.status() == ["PLANNED"]
    (taken,) = world.send(admit(NINE))
    assert (taken.effects, world.status()) == (["AdmitPatient"], ["ADMITTED"])


def test_a_planned_visit_may_be_called_off(world: World) -> None:
    world.ward("W1", ["B1"])
    for trigger, cancel, visit in (("A05", "A38", "V1"), ("A14", "A27", "V2")):
        world.send(say(trigger, EIGHT, "W1", visit=visit))
        assert world.outcome(say(cancel, NINE, "W1", visit=visit)) == ("APPLIED", None)
    assert world.status() == ["ENTERED_IN_ERROR", "ENTERED_IN_ERROR"]
    world.send(admit(NINE, visit="V3"))
    assert world.outcome(say("A38", TEN, visit="V3")) == ("PARKED", "NOT_PLANNED")


def test_leave_keeps_the_bed(world: World) -> None:
    world.ward("W1", ["B1", "B2"])
    world.send(admit())
    for away, back in (("A21", "A22"), ("A09", "A10")):
        assert world.send(say(away, NINE))[0].effects == ["StartLeave"]
        assert (world.beds(), world.status()) == (["W1/B1"], ["ON_LEAVE"])
        assert world.send(say(back, TEN, "W1^R1^B1"))[0].effects == ["EndLeave"]
        assert (world.beds(), world.status()) == (["W1/B1"], ["ADMITTED"])
        break


def test_a_patient_may_come_back_to_another_bed(world: World) -> None:
    world.ward("W1", ["B1", "B2"])
    world.send(admit(), say("A09", NINE, "THEATRE"))
    (taken,) = world.send(say("A10", TEN, "W1^R1^B2"))
    assert taken.effects == ["EndLeave", "MovePatient"]
    assert (world.beds(), world.status()) == (["W1/B2"], ["ADMITTED"])


def test_a_pending_move_asks_for_a_bed_until_it_is_called_off(world: World) -> None:
    world.ward("W1", ["B1"])
    world.ward("W2", ["B1"])
    world.send(admit())
    (taken,) = world.send(say("A15", NINE, "W2"))
    assert taken.effects == ["RequestBed"]
    (taken,) = world.send(say("A26", TEN))
    assert taken.effects == ["CancelRequest"]
    assert world.beds() == ["W1/B1"]


def test_a_pending_departure_is_an_order_and_can_be_taken_back(world: World) -> None:
    world.ward("W1", ["B1"])
    world.send(admit())
    assert world.send(say("A16", NINE))[0].effects == ["OrderDischarge"]
    assert (world.beds(), world.status()) == (["W1/B1"], ["DISCHARGE_PENDING"])
    assert world.send(say("A25", TEN))[0].effects == ["CancelDischargeOrder"]
    assert world.status() == ["ADMITTED"]


def test_an_expected_departure_is_taken_over_once(world: World) -> None:
    world.ward("W1", ["B1"])
    expecting = "PV2||||||||" + "|20260310"
    first = message("ADT^A01", evn(EIGHT), pid(), pv1("W1^R1^B1"), expecting, control="1")
    again = message("ADT^A08", evn(NINE), pid(), pv1("W1^R1^B1"), expecting, control="2")
    one, two = world.send(first, again)
    assert one.effects[-1] == "SetExpectedDischarge"
    assert two.effects == ["UpdatePatient"]
