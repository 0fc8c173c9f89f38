"""The HL7 door on real sockets: answers after the commit, and everything that goes wrong."""

import logging
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text

from gateways.hl7_reading import MESSAGE_LIMIT
from kit.db import open_engine
from tests.gateways.messages import evn, message, pid, pv1
from tests.inbound.test_admissions import EIGHT, NINE, admit, say
from tests.inbound.world import World
from tests.mllp.wire import PEER, Closed, Doorway, opened


def test_an_admission_is_in_the_database_when_it_is_acknowledged(doorway: Doorway) -> None:
    doorway.world.ward("W1", ["B1"])
    with doorway.sender() as sender:
        answer = sender.send(admit())
    assert (answer.told, answer.control_id, answer.error) == (("AA", ""), "aV1", [])
    assert answer.segments[0][2:6] == ["WARDGRID", "GH", "HIS", "GH"]
    assert (answer.segments[0][8], answer.segments[0][10:12]) == ("ACK^A01^ACK", ["P", "2.5"])
    assert doorway.world.beds() == ["W1/B1"]
    (kept,) = doorway.world.messages()
    assert (kept.peer, kept.state, kept.settled_by) == ("his", "APPLIED", doorway.world.sender.id)
    assert doorway.metric("messages_total", peer="his", code="AA") == 1


def test_a_message_that_waits_is_safe_so_it_is_accepted_with_a_warning(doorway: Doorway) -> None:
    with doorway.sender() as sender:
        first, again = sender.send(admit()), sender.send(admit())
    assert first.told == again.told == ("AA", "WARD_UNKNOWN")
    assert first.error[2:5] == ["PV1^1^3", "204^WARD_UNKNOWN^HL70357", "W"]
    assert [(one.state, one.reason) for one in doorway.world.messages()] == [
        ("PARKED", "WARD_UNKNOWN"), ("DUPLICATE", None),
    ]  # fmt: skip


def test_a_peer_that_wants_to_know_hears_an_error_of_what_waits(
    world: World, tmp_path: Path
) -> None:
    with opened(world, tmp_path, 'parked = "AE"') as doorway, doorway.sender() as sender:
        first, again = sender.send(admit()), sender.send(admit())
        assert first.told == again.told == ("AE", "WARD_UNKNOWN")
        assert first.error[4] == "E"
        world.ward("W1", ["B1"])
        assert sender.send(admit(visit="V2", patient="P2")).told == ("AA", "")


def test_what_nobody_can_read_is_refused_and_kept(doorway: Doorway) -> None:
    with doorway.sender() as sender:
        assert sender.send("hello").told == ("AR", "NOT_HL7")
        torn = sender.send(b"MSH|^~\\&|HIS|GH|||20260301||ADT^A01|77|P|2.5\r" + b"PID|\xff")
        assert (torn.told, torn.control_id) == (("AR", "BAD_ENCODING"), "77")
        assert sender.send(b"").told == ("AR", "NOT_HL7")
        assert sender.send(admit()).code == "AA"  # the connection goes on
    assert [(one.state, one.reason) for one in doorway.world.messages()][:3] == [
        ("REJECTED", "NOT_HL7"), ("REJECTED", "BAD_ENCODING"), ("REJECTED", "NOT_HL7"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("sent", "reason", "condition"),
    [
        (message("SIU^S12", pid(), control="1"), "MESSAGE_NOT_AGREED", "200"),
        (message("ADT^A60", evn(), pid(), control="1"), "UNSUPPORTED_TRIGGER", "201"),
        (admit().replace("|2.5", "|3.0", 1), "UNSUPPORTED_VERSION", "203"),
    ],
)
def test_a_wrong_type_or_version_is_refused_and_noted(
    doorway: Doorway, sent: str, reason: str, condition: str
) -> None:
    with doorway.sender() as sender:
        first, again = sender.send(sent), sender.send(sent)
    assert first.told == again.told == ("AR", reason)
    assert first.error[3].startswith(condition)
    assert doorway.world.beds() == []
    assert [one.reason for one in doorway.world.messages()] == [reason, None]


def test_a_peer_keeps_to_its_own_name(world: World, tmp_path: Path) -> None:
    with opened(world, tmp_path, 'sources = ["HIS|GH"]') as doorway, doorway.sender() as sender:
        assert sender.send(admit().replace("|HIS|", "|LAB|", 1)).told == ("AR", "SOURCE_NOT_AGREED")
        assert sender.send(admit()).code == "AA"


def test_a_disabled_account_brings_nothing_more(doorway: Doorway) -> None:
    doorway.world.ward("W1", ["B1"])
    with doorway.sender() as sender:
        _disable(doorway.world)
        assert sender.send(admit()).told == ("AR", "ACCOUNT_UNUSABLE")
    assert (doorway.world.beds(), doorway.world.messages()) == ([], [])


def _disable(world: World) -> None:
    engine = open_engine(str(world.app.engine.url.render_as_string(hide_password=False)),
                         guarded=False)  # fmt: skip
    with engine.begin() as connection:
        connection.execute(text("UPDATE account SET disabled_at = made_at"))
    engine.dispose()


def test_accept_rules_of_the_header_are_kept(doorway: Doorway) -> None:
    def enhanced(accept: str, final: str, control: str) -> str:
        head = message("ADT^A01", evn(EIGHT), pid(), pv1(), control=control)
        return head.replace("|P|2.5", f"|P|2.5|||{accept}|{final}", 1)

    with doorway.sender() as sender:
        assert sender.send(enhanced("AL", "AL", "1")).code == "AA"
        assert sender.send(enhanced("AL", "NE", "2")).code == "CA"
        sender.raw(b"\x0b" + enhanced("NE", "NE", "3").encode() + b"\x1c\r")
        assert sender.send(enhanced("", "", "4")).control_id == "4"  # nothing came for 3
        assert sender.send("hello").code == "AR"
    assert len(doorway.world.messages()) == 5


def test_nobody_unknown_is_let_in(world: World, tmp_path: Path) -> None:
    strange = PEER.replace("127.0.0.0/8", "10.0.0.0/8")
    with opened(world, tmp_path, peers=strange) as doorway, doorway.sender() as sender:
        assert sender.ended()
        assert doorway.metric("connections_closed_total", peer="", why="unknown") == 1
    assert world.messages() == []


def test_a_peer_may_be_added_while_the_door_is_open(world: World, tmp_path: Path) -> None:
    strange = PEER.replace("127.0.0.0/8", "10.0.0.0/8")
    with opened(world, tmp_path, peers=strange) as doorway:
        file = tmp_path / "hl7_peers.toml"
        file.write_text(file.read_text().replace("10.0.0.0/8", "127.0.0.1"))
        with doorway.sender() as sender:
            assert sender.send(admit()).code == "AA"
        file.write_text("nonsense")
        with doorway.sender() as sender:
            assert sender.send(admit()).code == "AA"


def test_an_oversized_message_is_refused_and_the_connection_ended(doorway: Doorway) -> None:
    head = admit().encode()
    with doorway.sender() as sender:
        answer = sender.send(head + b"\rNTE|1||" + b"x" * MESSAGE_LIMIT)
        assert (answer.told, answer.control_id) == (("AR", "TOO_LARGE"), "aV1")
        assert sender.ended()
    (kept,) = doorway.world.messages()
    assert (kept.state, kept.reason, kept.body) == ("REJECTED", "TOO_LARGE", None)


def test_a_megabyte_is_taken(doorway: Doorway) -> None:
    head = admit().encode()
    with doorway.sender() as sender:
        assert (
            sender.send(head + b"\rNTE|1||" + b"x" * (MESSAGE_LIMIT - len(head) - 8)).code == "AA"
        )


def test_silence_and_half_frames_are_ended(world: World, tmp_path: Path) -> None:
    with opened(world, tmp_path, mllp_idle_s=0.3) as doorway:
        with doorway.sender() as silent, doorway.sender() as half:
            half.raw(b"\x0b" + admit().encode()[:40])
            assert silent.ended()
            assert half.ended()
        assert doorway.metric("connections_closed_total", peer="his", why="idle") == 1
        assert doorway.metric("connections_closed_total", peer="his", why="half_frame") == 1
    assert world.messages() == []


def test_a_frame_that_trickles_in_does_not_hold_its_connection_for_ever(
    world: World, tmp_path: Path
) -> None:
    with opened(world, tmp_path, mllp_idle_s=0.5) as doorway, doorway.sender() as sender:
        sender.socket.settimeout(0.05)
        sender.raw(b"\x0b")
        for _ in range(200):
            try:
                sender.raw(b"x")
                assert sender.socket.recv(1) == b""
                break
            except TimeoutError:
                continue
            except ConnectionError:
                break
        else:
            pytest.fail("the connection lived on")
        assert doorway.metric("connections_closed_total", peer="his", why="half_frame") == 1


def test_half_a_message_and_then_the_whole_has_one_effect(doorway: Doorway) -> None:
    doorway.world.ward("W1", ["B1"])
    with doorway.sender() as broken:
        broken.raw(b"\x0b" + admit().encode()[:60])
    with doorway.sender() as sender:
        sender.raw(b"noise" + b"\x0b" + admit().encode()[:60])
        assert sender.send(admit()).told == ("AA", "")
    assert (len(doorway.world.messages()), doorway.world.beds()) == (1, ["W1/B1"])


def test_one_peer_has_so_many_connections_and_no_more(world: World, tmp_path: Path) -> None:
    with opened(world, tmp_path, "connections = 2") as doorway:
        with doorway.sender() as one, doorway.sender() as two:
            assert (one.send(admit()).code, two.send(admit()).code) == ("AA", "AA")
            with doorway.sender() as three:
                assert three.ended()
        assert doorway.metric("connections_closed_total", peer="", why="too_many_of_peer") == 1


def test_all_peers_together_have_so_many_connections(world: World, tmp_path: Path) -> None:
    with opened(world, tmp_path, mllp_connections=1) as doorway, doorway.sender() as one:
        assert one.send(admit()).code == "AA"
        with doorway.sender() as two:
            assert two.ended()


def test_eight_senders_at_once_each_hear_of_their_own(world: World, tmp_path: Path) -> None:
    world.ward("W1", [f"B{n}" for n in range(8)])
    with opened(world, tmp_path, "connections = 16") as doorway:

        def all_of(number: int) -> list[tuple[str, str]]:
            bed, patient, visit = f"W1^R1^B{number}", f"P{number}", f"V{number}"
            with doorway.sender() as sender:
                sent = (
                    admit(bed=bed, patient=patient, visit=visit),
                    admit(bed=bed, patient=patient, visit=visit),
                    say("A03", NINE, bed, patient, visit),
                )
                return [(one.code, one.control_id) for one in map(sender.send, sent)]

        with ThreadPoolExecutor(8) as threads:
            told = list(threads.map(all_of, range(8)))
    assert told == [
        [("AA", f"aV{n}"), ("AA", f"aV{n}"), ("AA", f"A03{NINE}V{n}")] for n in range(8)
    ]
    assert Counter(one.state.value for one in world.messages()) == {"APPLIED": 16, "DUPLICATE": 8}
    assert (world.beds(), world.status()) == ([], ["DISCHARGED"] * 8)


def test_a_stuck_socket_holds_up_nobody(world: World, tmp_path: Path) -> None:
    world.ward("W1", ["B1"])
    with opened(world, tmp_path, "connections = 12") as doorway:
        stuck = [doorway.sender() for _ in range(10)]
        for one in stuck:
            one.raw(b"\x0b" + admit().encode()[:50])
        with doorway.sender() as sender:
            assert sender.send(admit()).told == ("AA", "")
        for one in stuck:
            one.socket.close()
    assert world.beds() == ["W1/B1"]


def test_a_fault_is_not_answered_so_the_sender_repeats(
    doorway: Doorway, monkeypatch: pytest.MonkeyPatch
) -> None:
    doorway.world.ward("W1", ["B1"])
    pipeline = doorway.world.app.pipeline
    with monkeypatch.context() as broken, doorway.sender() as sender:
        broken.setattr(type(pipeline), "run", _full_disk)
        with pytest.raises(Closed):
            sender.send(admit())
    assert doorway.metric("unanswered_total", peer="his") == 1
    with doorway.sender() as sender:
        assert sender.send(admit()).told == ("AA", "")
    assert (len(doorway.world.messages()), doorway.world.beds()) == (1, ["W1/B1"])


def _full_disk(*_: object, **__: object) -> None:
    raise OSError("no space left")


def test_a_sender_in_chinese_is_answered_in_its_own_characters(doorway: Doorway) -> None:
    doorway.world.ward("W1", ["B1"])
    sent = message("ADT^A01", evn(EIGHT), pid(name="李^娜"), pv1(), charset="GB 18030-2000")
    with doorway.sender() as sender:
        answer = sender.send(sent.encode("gb18030"))
    assert answer.told == ("AA", "")
    assert answer.segments[0][17] == "GB 18030-2000"


def test_no_log_line_says_whom_a_message_is_about(
    doorway: Doorway, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = pid("ZYXWV1", "ZYXWV^NAME")
    with caplog.at_level(logging.DEBUG):
        with doorway.sender() as sender:
            sender.send(message("ADT^A01", evn(EIGHT), named, pv1(), control="1"))
            sender.send(message("ADT^A01", evn("soon"), named, pv1(), control="2"))
            sender.send(message("SIU^S12", named, control="3"))
            sender.send(b"ZYXWV" + message("ADT^A01", named).encode())
        with monkeypatch.context() as broken, doorway.sender() as sender:
            broken.setattr(type(doorway.world.app.pipeline), "run", _full_disk)
            with pytest.raises(Closed):
                sender.send(message("ADT^A01", evn(EIGHT), named, pv1(), control="4"))
    assert "HL7 message not stored" in caplog.text
    assert "ZYXWV" not in caplog.text + "".join(str(vars(one)) for one in caplog.records)
