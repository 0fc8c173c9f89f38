"""Messages on records: changed, merged, linked; two patients swapped; the state of a bed."""

import pytest

from domain.beds.model import BedBlock, BedHygiene
from domain.patients.model import Patient
from tests.gateways.messages import evn, message, pid, pv1
from tests.inbound.test_admissions import EIGHT, NINE, TEN, admit, say
from tests.inbound.world import World


def swap(at: str, first: str, second: str) -> str:
    return message("ADT^A17", evn(at), pid("P1"), pv1(first, visit="V1"), pid("P2"),
                   pv1(second, visit="V2"), control=f"s{at}")  # fmt: skip


def two_in_bed(world: World) -> None:
    world.ward("W1", ["B1", "B2", "B3"])
    world.send(admit(), admit(bed="W1^R1^B2", patient="P2", visit="V2"))


def test_a_swap_exchanges_both_beds_at_once(world: World) -> None:
    two_in_bed(world)
    before = world.in_bed()
    (taken,) = world.send(swap(NINE, "W1^R1^B2", "W1^R1^B1"))
    assert taken.effects == ["SwapPatients"]
    assert world.in_bed() == {"W1/B1": before["W1/B2"], "W1/B2": before["W1/B1"]}


def test_a_swap_that_names_other_beds_waits(world: World) -> None:
    two_in_bed(world)
    before = world.facts()
    assert world.outcome(swap(NINE, "W1^R1^B2", "W1^R1^B3")) == ("PARKED", "SWAP_DISAGREES")
    assert world.facts() == before


def test_a_swap_that_has_happened_changes_nothing(world: World) -> None:
    two_in_bed(world)
    (taken,) = world.send(swap(NINE, "W1^R1^B1", "W1^R1^B2"))
    assert (taken.effects, taken.remarks) == ([], ["ALREADY_THERE"])


def merge(stays: str, *goes: str, at: str = NINE) -> str:
    numbers = "~".join(f"{number}^^^GH^MR" for number in goes)
    return message("ADT^A40", evn(at), pid(stays), f"MRG|{numbers}", control=f"m{at}")


def test_merged_records_are_one_patient(world: World) -> None:
    world.ward("W1", ["B1"])
    world.send(admit(), say("A05", EIGHT, "W1", patient="P2", visit="V2"))
    (taken,) = world.send(merge("P1", "P2"))
    assert taken.effects == ["MergePatients"]
    merged = [one for one in world.all(Patient) if one.merged_into is not None]
    assert [one.merged_into for one in merged] == [taken.patient_id]
    (later,) = world.send(say("A08", TEN, patient="P2", visit="V2"))
    assert (later.state, later.patient_id) == ("APPLIED", taken.patient_id)


def test_an_unknown_merged_number_is_remembered(world: World) -> None:
    world.ward("W1", ["B1"])
    world.send(admit())
    (taken,) = world.send(merge("P1", "P7"))
    assert taken.effects == ["AddIdentifier"]
    (later,) = world.send(say("A08", TEN, patient="P7"))
    assert later.patient_id == taken.patient_id


def test_two_people_in_two_beds_are_not_merged(world: World) -> None:
    two_in_bed(world)
    before = world.facts()
    assert world.outcome(merge("P1", "P2")) == ("PARKED", "BOTH_IN_BED")
    assert world.facts() == before


def test_a_link_waits_for_a_person(world: World) -> None:
    two_in_bed(world)
    link = message("ADT^A24", evn(NINE), pid("P1"), pid("P2"))
    assert world.outcome(link) == ("PARKED", "LINK_NOT_KEPT")


def test_an_update_changes_the_person_and_moves_nobody(world: World) -> None:
    world.ward("W1", ["B1", "B2"])
    world.send(admit())
    (taken,) = world.send(say("A08", NINE, "W1^R1^B2"))
    assert (taken.effects, taken.remarks) == (["UpdatePatient"], ["LOCATION_DIFFERS"])
    assert world.beds() == ["W1/B1"]


def test_an_update_of_an_unknown_patient_registers_the_person(world: World) -> None:
    (taken,) = world.send(say("A08", NINE))
    assert (taken.effects, taken.remarks) == (["RegisterPatient"], ["VISIT_UNKNOWN"])


def test_numbers_of_two_patients_in_one_message_wait(world: World) -> None:
    two_in_bed(world)
    both = "PID|1||P1^^^GH^MR~P2^^^GH^MR||LI^NA"
    odd = message("ADT^A08", evn(NINE), both, pv1(), control="o")
    assert world.outcome(odd) == ("PARKED", "IDENTIFIERS_DISAGREE")


def test_a_visit_of_another_patient_waits(world: World) -> None:
    two_in_bed(world)
    assert world.outcome(say("A03", NINE, patient="P1", visit="V2")) == (
        "PARKED", "VISIT_OF_ANOTHER",
    )  # fmt: skip


def bed_is(state: str, at: str = NINE, bed: str = "W1^R1^B1") -> str:
    return message("ADT^A20", evn(at), f"NPU|{bed}|{state}", control=f"b{state}{at}{bed[-1]}")


@pytest.mark.parametrize(
    ("state", "effect"),
    [("C", "BlockBedForLong"), ("H", "MarkDirty"), ("K", "MarkContaminated"),
     ("I", "BlockBedForLong")],
)  # fmt: skip
def test_a_bed_report_takes_an_empty_bed_out_of_use(world: World, state: str, effect: str) -> None:
    world.ward("W1", ["B1"])
    one, two = world.send(bed_is(state), bed_is(state, TEN))
    assert (one.effects, two.effects, two.remarks) == ([effect], [], ["ALREADY_SO"])


def test_an_unoccupied_bed_is_clean_and_open_again(world: World) -> None:
    world.ward("W1", ["B1"])
    world.send(bed_is("H", EIGHT), bed_is("C", NINE))
    (taken,) = world.send(bed_is("U", TEN))
    assert taken.effects == ["StartCleaning", "FinishCleaning", "UnblockBed"]
    assert [one.hygiene for one in world.all(BedHygiene) if one.until is None] == ["CLEAN"]
    assert [one.until is None for one in world.all(BedBlock)] == [False]


def test_a_report_against_the_stays_waits(world: World) -> None:
    world.ward("W1", ["B1", "B2"])
    world.send(admit())
    before = world.facts()
    assert world.outcome(bed_is("U")) == ("PARKED", "BED_TAKEN")
    assert world.outcome(bed_is("O", bed="W1^R1^B2")) == ("PARKED", "OCCUPIED_BY_NOBODY")
    assert world.outcome(bed_is("X")) == ("PARKED", "BED_STATE_UNKNOWN")
    assert world.outcome(bed_is("H", TEN)) == ("PARKED", "BED_TAKEN")
    assert world.facts() == before
    assert world.send(bed_is("O"))[0].remarks == ["ALREADY_SO"]
