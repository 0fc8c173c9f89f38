"""What waits: seen, opened, corrected, named, retried, discarded; and what is a duplicate."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text

from gateways import parked
from gateways.hl7_adt import import_hl7
from kit.errors import Conflict, Denied, NotFound
from kit.ids import new_id
from tests.gateways.messages import evn, message, pid, pv1
from tests.inbound.test_admissions import EIGHT, NINE, admit, say
from tests.inbound.world import World, counted

CANARY = "Zyxwvutsrqponm"


def test_a_message_sent_twice_has_one_effect(world: World) -> None:
    world.ward("W1", ["B1"])
    (first,) = world.send(admit())
    before = world.facts()
    resent = admit().replace("20260301080000+0800", "20260301080500+0800", 1)  # MSH-7
    for again in (admit(), resent, admit().replace("\r", "\r\n") + "\r"):
        (taken,) = world.send(again)
        assert (taken.state, taken.duplicate_of, taken.body) == ("DUPLICATE", first.id, None)
    assert world.facts() == before


def test_a_parked_message_sent_again_stays_one(world: World) -> None:
    (first,) = world.send(admit())
    (second,) = world.send(admit())
    assert (first.state, second.state, second.duplicate_of) == ("PARKED", "DUPLICATE", first.id)


def test_another_message_under_a_used_number_is_not_lost(world: World) -> None:
    world.ward("W1", ["B1", "B2"])
    same = {"control": "C1"}
    one = message("ADT^A01", evn(EIGHT), pid(), pv1(), **same)
    two = message("ADT^A02", evn(NINE), pid(), pv1("W1^R1^B2"), **same)
    first, second = world.send(one, two)
    assert (first.remarks, second.remarks) == ([], ["CONTROL_ID_REUSED"])
    assert (second.state, world.beds()) == ("APPLIED", ["W1/B2"])


def test_numbers_of_two_senders_do_not_meet(world: World) -> None:
    world.ward("W1", ["B1", "B2"])
    one = message("ADT^A01", evn(EIGHT), pid(), pv1(), control="C1")
    two = one.replace("|HIS|", "|LAB|", 1)
    first, second = world.send(one, two)
    assert (first.state, second.state, second.remarks) == ("APPLIED", "APPLIED", ["ALREADY_THERE"])


def test_what_nobody_can_read_is_rejected_and_kept(world: World) -> None:
    (taken,) = world.send("hello")
    assert (taken.state, taken.reason) == ("REJECTED", "NOT_HL7")
    assert parked.read_parked(world.app, taken.id, actor=world.manager) == "hello"
    assert world.outcome(message("ADT^A01", evn(), pid(), pv1(), control="")) == (
        "PARKED", "NO_CONTROL_ID",
    )  # fmt: skip


def test_waiting_messages_are_listed_without_their_texts(world: World) -> None:
    world.send(admit(), message("ORU^R01", pid(), control="o"))
    listed = parked.list_parked(world.app, "GH", actor=world.manager)
    assert [(one.kind, one.reason, one.spot) for one in listed] == [
        ("ADT^A01", "WARD_UNKNOWN", "W1/R1/B1"),
        ("ORU^R01", "UNSUPPORTED_MESSAGE", None),
    ]
    only = parked.list_parked(world.app, "GH", actor=world.manager, reason="WARD_UNKNOWN")
    assert [one.kind for one in only] == ["ADT^A01"]
    with pytest.raises(Denied):
        parked.list_parked(world.app, "GH", actor=world.sender)
    with pytest.raises(NotFound):
        parked.list_parked(world.app, "XX", actor=world.manager)


def test_naming_a_place_lets_messages_through_in_the_order_of_events(world: World) -> None:
    world.ward("W1", ["B1"])
    theirs = "ICU-EAST^7^A"
    world.send(say("A03", NINE, theirs), admit(bed=theirs))
    parked.name_spot(world.app, "GH", ("ICU-EAST", "7", "A"), ("W1", "B1"), actor=world.manager)
    parked.name_spot(world.app, "GH", ("ICU-EAST",), ("W1",), actor=world.manager)
    summary = parked.retry(world.app, "GH", actor=world.manager)
    assert counted(summary) == {"applied": 2}
    assert (world.beds(), world.status()) == ([], ["DISCHARGED"])
    with pytest.raises(NotFound):
        parked.name_spot(world.app, "GH", ("X",), ("W9",), actor=world.manager)
    with pytest.raises(NotFound):
        parked.name_spot(world.app, "GH", ("X", "", "Y"), ("W1", "B9"), actor=world.manager)


def test_a_corrected_text_is_applied_and_the_original_kept(world: World) -> None:
    world.ward("W1", ["B1"])
    (taken,) = world.send(admit(bed="W1^R1^B7"))
    wrong = parked.read_parked(world.app, taken.id, actor=world.manager)
    parked.correct(world.app, taken.id, wrong.replace("^B7", "^B1"), actor=world.manager)
    assert counted(parked.retry(world.app, "GH", [taken.id], actor=world.manager)) == {"applied": 1}
    kept = world.again(taken)
    assert (kept.state, kept.attempts, kept.original is not None) == ("APPLIED", 2, True)
    assert world.beds() == ["W1/B1"]
    assert world.outcome(admit(bed="W1^R1^B7"))[0] == "DUPLICATE"


def test_a_retry_that_fails_keeps_the_newest_reason(world: World) -> None:
    (taken,) = world.send(admit())
    assert taken.reason == "WARD_UNKNOWN"
    world.ward("W1", ["B9"])
    summary = parked.retry(world.app, "GH", actor=world.manager)
    assert dict(summary.reasons) == {"BED_UNKNOWN": 1}
    kept = world.again(taken)
    assert (kept.state, kept.reason, kept.attempts) == ("PARKED", "BED_UNKNOWN", 2)


def test_a_discarded_message_never_has_an_effect(world: World) -> None:
    (taken,) = world.send(admit())
    parked.discard(world.app, taken.id, actor=world.manager)
    kept = world.again(taken)
    assert (kept.state, kept.reason) == ("DISCARDED", None)
    world.ward("W1", ["B1"])
    with pytest.raises(Conflict, match="DISCARDED"):
        parked.retry(world.app, "GH", [taken.id], actor=world.manager)
    assert (world.beds(), world.outcome(admit())[0]) == ([], "DUPLICATE")


def test_the_sender_may_not_correct_or_discard(world: World) -> None:
    (taken,) = world.send(admit())
    with pytest.raises(Denied):
        parked.correct(world.app, taken.id, "x", actor=world.sender)
    with pytest.raises(Denied):
        parked.discard(world.app, taken.id, actor=world.sender)
    assert world.again(taken) == taken


def test_an_unknown_message_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        parked.retry(world.app, "GH", [new_id()], actor=world.manager)


def test_a_text_belongs_to_the_patient_once_the_patient_is_known(world: World) -> None:
    (taken,) = world.send(admit())
    world.ward("W1", ["B1"])
    parked.retry(world.app, "GH", actor=world.manager)
    applied = world.again(taken)
    assert applied.subject != taken.subject
    assert parked.read_parked(world.app, taken.id, actor=world.manager) == admit()


def test_no_message_leaves_a_name_readable_in_the_database(world: World) -> None:
    world.ward("W1", ["B1"])
    named = pid(CANARY + "1", f"{CANARY}^{CANARY}", CANARY + "3")
    for control, bed in (("1", "W1^R1^B1"), ("2", "W7^R1^B1")):
        world.send(
            message("ADT^A01", evn(EIGHT), named, pv1(bed, visit=CANARY + "2"), control=control)
        )
    world.send(message("ORU^R01", named, control="3"), CANARY)
    with world.app.engine.connect().execution_options(readonly=True) as connection:
        for table in ("inbound_message", "patient", "patient_identifier", "encounter",
                      "outbox", "ledger_entry"):  # fmt: skip
            for row in connection.execute(text(f"SELECT * FROM {table}")):
                assert CANARY.encode() not in b"".join(_bytes(value) for value in row), table
        connection.rollback()


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def test_a_folder_is_imported_with_its_places(world: World, tmp_path: Path) -> None:
    (tmp_path / "a.hl7").write_text("\r".join((admit(), say("A02", NINE, "W2^R1^B1"))))
    (tmp_path / "b.hl7").write_text(say("A03", "20260301093000"))
    seen: list[int] = []
    summary = import_hl7(world.app, [tmp_path], "GH", actor=world.manager, create_places=True,
                         infer_cleaning=True, progress=lambda so_far: seen.append(so_far.total))  # fmt: skip
    assert counted(summary) == {"applied": 3}
    assert (world.status(), seen) == (["DISCHARGED"], [])
    assert counted(import_hl7(world.app, [tmp_path], "GH", actor=world.manager)) == {"duplicate": 3}


def test_the_same_message_at_the_same_time_has_one_effect(world: World) -> None:
    world.ward("W1", ["B1"])
    with ThreadPoolExecutor(4) as threads:
        taken = [one for (one,) in threads.map(lambda _: world.send(admit()), range(8))]
    assert Counter(one.state.value for one in taken) == {"APPLIED": 1, "DUPLICATE": 7}
    assert len(world.beds()) == 1
