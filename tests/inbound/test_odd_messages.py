"""Messages that come twice in other words, name no visit, or say less than they should."""

import pytest

from domain.inbound.handling import CorrectInbound, KeepParked, NameInboundSpot, OpenInbound
from domain.inbound.model import Door, InboundState
from domain.inbound.queries import counts, messages, spots
from domain.inbound.queries import message as one_message
from domain.inbound.receipts import Obstacle
from gateways.hl7_adt import take_hl7
from gateways.hl7_reading import MESSAGE_LIMIT
from kit.db import reading
from kit.errors import Conflict, Invalid
from kit.ids import new_id
from kit.work import Scope
from tests.gateways.messages import evn, message, pid, pv1
from tests.inbound.test_admissions import EIGHT, NINE, TEN, admit, say
from tests.inbound.world import World


def nameless(trigger: str, at: str, bed: str = "", admitted: str = "") -> str:
    """A message without a visit number, perhaps with the time of the admission (PV1-44)."""
    visit = pv1(bed, visit="") + "|" * 25 + admitted
    return message(f"ADT^{trigger}", evn(at), pid(), visit, control=f"n{trigger}{at}")


def test_without_a_visit_number_the_only_live_visit_is_meant(world: World) -> None:
    world.ward("W1", ["B1", "B2"])
    world.send(nameless("A01", EIGHT, "W1^R1^B1"))
    (taken,) = world.send(nameless("A02", NINE, "W1^R1^B2"))
    assert (taken.effects, world.beds()) == (["MovePatient"], ["W1/B2"])
    assert world.outcome(nameless("A03", TEN)) == ("APPLIED", None)
    assert world.outcome(nameless("A03", "20260301110000")) == ("PARKED", "VISIT_UNKNOWN")


def test_without_a_visit_number_the_time_of_admission_tells_visits_apart(world: World) -> None:
    world.ward("W1", ["B1"])
    world.send(nameless("A01", EIGHT, "W1^R1^B1", EIGHT))
    assert world.outcome(nameless("A03", NINE, admitted=TEN)) == ("PARKED", "VISIT_UNKNOWN")
    assert world.outcome(nameless("A03", TEN, admitted=EIGHT)) == ("APPLIED", None)


def test_a_departure_of_nobody_known_waits(world: World) -> None:
    assert world.outcome(nameless("A03", NINE)) == ("PARKED", "VISIT_UNKNOWN")


def test_a_planned_patient_may_come_to_the_ward_first(world: World) -> None:
    world.ward("W1", ["B1"])
    world.send(say("A14", EIGHT, "W1"))
    (taken,) = world.send(say("A04", NINE, "W1"))
    assert (taken.effects, world.status()) == (["ArrivePatient"], ["ARRIVED"])
    (again,) = world.send(say("A04", TEN, "W1"))
    assert (again.effects, again.remarks) == ([], ["ALREADY_THERE"])


def test_a_second_admission_to_another_bed_waits(world: World) -> None:
    world.ward("W1", ["B1", "B2"])
    world.ward("W2", ["B1"])
    world.send(admit())
    other = message("ADT^A01", evn(NINE), pid(), pv1("W1^R1^B2"), control="other")
    assert world.outcome(other) == ("PARKED", "ALREADY_ADMITTED")
    elsewhere = message("ADT^A01", evn(NINE), pid(), pv1("W2"), control="ward")
    assert world.outcome(elsewhere) == ("PARKED", "NO_BED_NAMED")
    assert world.beds() == ["W1/B1"]


def test_an_admission_under_the_visit_of_another_patient_waits(world: World) -> None:
    world.ward("W1", ["B1", "B2"])
    world.send(admit())
    assert world.outcome(admit(NINE, "W1^R1^B2", patient="P2")) == ("PARKED", "VISIT_OF_ANOTHER")


def test_a_new_class_is_taken_over(world: World) -> None:
    world.ward("W1", ["B1"])
    world.send(admit())
    outpatient = message("ADT^A07", evn(NINE), pid(), pv1("W1^R1^B1", kind="O"), control="7")
    assert world.send(outpatient)[0].effects == ["UpdateEncounter"]
    recurring = message("ADT^A08", evn(TEN), pid(), pv1(kind="R"), control="8")
    assert world.send(recurring)[0].effects == ["UpdatePatient", "UpdateEncounter"]


def test_a_new_number_of_a_known_patient_is_remembered(world: World) -> None:
    world.ward("W1", ["B1"])
    world.send(admit())
    both = "PID|1||P1^^^GH^MR~X9^^^OTHER^PI||LI^NA"
    (taken,) = world.send(message("ADT^A08", evn(NINE), both, pv1(), control="b"))
    assert taken.effects == ["AddIdentifier", "UpdatePatient"]


def test_what_is_pending_already_is_only_remarked(world: World) -> None:
    world.ward("W1", ["B1"])
    world.send(admit(), say("A16", NINE))
    (again,) = world.send(say("A16", TEN))
    assert (again.effects, again.remarks) == ([], ["PENDING_ALREADY"])
    (nothing,) = world.send(say("A26", TEN))
    assert nothing.remarks == ["NOTHING_PENDING"]


def test_a_return_that_names_no_bed_is_to_the_own_one(world: World) -> None:
    world.ward("W1", ["B1"])
    world.send(admit(), say("A21", NINE))
    assert world.send(say("A22", TEN))[0].effects == ["EndLeave"]
    assert world.send(say("A22", "20260301110000"))[0].remarks == ["ALREADY_THERE"]
    assert world.outcome(say("A10", "20260301120000", "W1")) == ("PARKED", "NO_BED_NAMED")


def test_a_swap_of_somebody_without_a_bed_waits(world: World) -> None:
    world.ward("W1", ["B1", "B2"])
    world.send(admit(), say("A04", EIGHT, "W1", patient="P2", visit="V2"))
    swap = message("ADT^A17", evn(NINE), pid("P1"), pv1("W1^R1^B2"), pid("P2"),
                   pv1("W1^R1^B1", visit="V2"))  # fmt: skip
    assert world.outcome(swap) == ("PARKED", "NOT_IN_BED")


def test_a_future_event_waits(world: World) -> None:
    world.ward("W1", ["B1"])
    assert world.outcome(admit("20270101000000")) == ("PARKED", "FUTURE")


def test_an_update_with_an_unknown_place_says_so(world: World) -> None:
    world.ward("W1", ["B1"])
    world.send(admit())
    assert world.send(say("A08", NINE, "W9^R1^B1"))[0].remarks == ["LOCATION_DIFFERS"]


def test_of_an_oversized_message_only_the_receipt_is_kept(world: World) -> None:
    huge = message("ADT^A01", pid()).encode().ljust(MESSAGE_LIMIT + 1, b"x")
    taken = take_hl7(world.intake(), world.hospital, huge)
    assert (taken.state, taken.reason, taken.body) == ("REJECTED", "TOO_LARGE", None)
    with pytest.raises(Conflict, match="not kept"):
        world.do(OpenInbound(message_id=taken.id))


def test_a_correction_is_neither_empty_nor_of_another_version(world: World) -> None:
    (taken,) = world.send(admit())
    with pytest.raises(Invalid):
        world.do(CorrectInbound(message_id=taken.id, body=""))
    with pytest.raises(Conflict):
        world.do(CorrectInbound(message_id=taken.id, body="x", version=taken.version + 1))
    assert world.again(taken) == taken


def test_a_named_place_is_whole_and_in_its_ward(world: World) -> None:
    one, two = world.ward("W1", ["B1"]), world.ward("W2", ["B1"])
    world.do(NameInboundSpot(ward_id=one.id, ward_code="X"))
    again = world.do(NameInboundSpot(ward_id=two.id, ward_code="X"))
    for wrong in (
        NameInboundSpot(ward_id=one.id, ward_code=""),
        NameInboundSpot(ward_id=one.id, ward_code="X" * 41),
        NameInboundSpot(ward_id=one.id, ward_code="X", bed_code="1"),
    ):
        with pytest.raises(Invalid):
            world.do(wrong)
    with reading(world.app.engine) as session:
        found = spots(session, [Scope()], world.hospital.id)
        assert [(spot.id, spot.ward_id) for spot in found] == [(again.id, two.id)]


def test_messages_are_seen_only_within_the_viewers_scopes(world: World) -> None:
    (taken,) = world.send(admit())
    own, foreign = [world.hospital.scope], [Scope(new_id())]
    with reading(world.app.engine) as session:
        assert one_message(session, own, taken.id) is not None
        assert one_message(session, foreign, taken.id) is None
        assert messages(session, foreign) == []
        assert counts(session, foreign, world.hospital.id) == {}
        assert counts(session, own, world.hospital.id) == {(Door.HL7, InboundState.PARKED): 1}


def test_only_a_waiting_message_is_kept_waiting(world: World) -> None:
    world.ward("W1", ["B1"])
    (taken,) = world.send(admit())
    with pytest.raises(Conflict, match="APPLIED"):
        world.do(KeepParked(message_id=taken.id, obstacle=Obstacle(reason="X", text="x")))
    with pytest.raises(Conflict, match="APPLIED"):
        world.intake().retry(taken.id)
