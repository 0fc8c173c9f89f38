"""What a peer is told of our changes, on a real socket: in order, once, until it answers."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlmodel import select

from domain.beds.commands import FinishCleaning, StartCleaning, SwapPatients
from domain.beds.model import Bed, CleaningTask
from domain.outbound.model import OutboundMessage, OutboundPeer
from domain.outbound.sending import DiscardOutbound, ResendOutbound
from gateways import hl7_out
from kit.db import reading
from tests.databases import Databases
from tests.faults.serving import free_port
from tests.inbound.test_admissions import NINE, admit, say
from tests.inbound.world import World, world_at
from tests.mllp.hearing import hearing
from tests.mllp.wire import opened

LISTENS = """
[[peer]]
name = "pas"
hospital = "GH"
[peer.send]
host = "127.0.0.1"
port = {port}
application = "PAS"
facility = "GH"
triggers = [{triggers}]
answer_s = 2
"""
ADT = ("A01", "A02", "A03")


@contextmanager
def telling(
    world: World, folder: Path, port: int, triggers: tuple[str, ...] = ADT
) -> Iterator[None]:
    file = folder / "hl7_peers.toml"
    named = ", ".join(f'"{one}"' for one in triggers)
    file.write_text(LISTENS.format(port=port, triggers=named))
    file.chmod(0o600)
    world.app.settings = world.app.settings.model_copy(update={"mllp_peers": file})
    world.app.metrics = type(world.app.metrics)()
    door = hl7_out.door(world.app)
    assert door is not None
    world.app.feed.start()
    door.start()
    try:
        yield
    finally:
        door.stop()
        world.app.feed.stop()


def told(world: World) -> list[tuple[str, str, str | None]]:
    rows = sorted(world.all(OutboundMessage), key=lambda row: row.number)
    return [(row.trigger, row.state.value, row.reason) for row in rows]


def bed(world: World, code: str) -> Bed:
    with reading(world.app.engine) as session:
        return session.exec(select(Bed).where(Bed.code == code)).one()


def settled(world: World, count: int) -> None:
    """Wait until so many messages wait no more."""
    for _ in range(600):
        if sum(state != "WAITING" for _, state, _ in told(world)) >= count:
            return
        time.sleep(0.05)
    raise AssertionError(told(world))


def test_a_peer_hears_of_an_admission_a_move_and_a_departure(world: World, tmp_path: Path) -> None:
    world.ward("W1", ["B1", "B2"])
    with hearing() as peer, telling(world, tmp_path, peer.port):
        settled(world, 0)
        peer_begun(world)
        world.send(admit(), say("A02", NINE, "W1^R1^B2"), say("A03", "20260301093000"))
        first, second, third = peer.wait_for(3)
        settled(world, 3)
    assert peer.kinds() == ["A01", "A02", "A03"]
    assert first["MSH"][2:6] == ["WARDGRID", "GH", "PAS", "GH"]
    assert first["EVN"][6] == "20260301000000.0000+0000"  # when it happened, in UTC
    assert first["PID"][3] == "P1^^^GH^PI"
    assert (first["PID"][5], first["PID"][7:9]) == ("LI^NA^^^^^L^A", ["19800102", "F"])
    assert (first["PV1"][2], first["PV1"][3], first["PV1"][19]) == ("I", "W1^R1^B1", "V1")
    assert (second["PV1"][3], second["PV1"][6]) == ("W1^R1^B2", "W1^R1^B1")
    assert (third["PV1"][3], third["EVN"][6]) == ("W1^R1^B2", "20260301013000.0000+0000")
    assert told(world) == [(one, "DELIVERED", None) for one in ADT]


def test_a_peer_hears_the_state_of_each_bed_once_and_then_what_changes(
    world: World, tmp_path: Path
) -> None:
    world.ward("W1", ["B1", "B2"])
    with hearing() as peer, telling(world, tmp_path, peer.port, (*ADT, "A20")):
        peer.wait_for(2)
        world.send(admit())
        peer.wait_for(3)
        world.send(say("A03", NINE))
        peer.wait_for(5)
        (task,) = [one for one in world.all(CleaningTask) if one.until is None]
        world.do(StartCleaning(task_id=task.id))
        world.do(FinishCleaning(task_id=task.id))
        heard = peer.wait_for(6)
        settled(world, 6)
    assert peer.kinds() == ["A20", "A20", "A01", "A03", "A20", "A20"]
    states = [one["NPU"][1:3] for one in heard if "NPU" in one]
    assert states == [["W1^R1^B1", "U"], ["W1^R1^B2", "U"], ["W1^R1^B1", "H"], ["W1^R1^B1", "U"]]


def test_a_peer_that_is_down_hears_everything_in_order_when_it_is_back(
    world: World, tmp_path: Path
) -> None:
    world.ward("W1", ["B1", "B2"])
    port = free_port()
    with telling(world, tmp_path, port):
        peer_begun(world)
        world.send(admit(), say("A02", NINE, "W1^R1^B2"))
        with hearing(port) as peer:
            peer.wait_for(2)
            settled(world, 2)
        world.send(say("A03", "20260301093000"))
        with hearing(port) as again:
            again.wait_for(1)
            settled(world, 3)
    assert (peer.kinds(), again.kinds()) == (["A01", "A02"], ["A03"])


def test_without_an_answer_the_very_same_message_is_sent_again(
    world: World, tmp_path: Path
) -> None:
    world.ward("W1", ["B1", "B2"])
    with hearing() as peer, telling(world, tmp_path, peer.port):
        peer_begun(world)
        peer.plan += ["SILENCE", "SILENCE"]
        world.send(admit(), say("A02", NINE, "W1^R1^B2"))
        heard = peer.wait_for(4)
        settled(world, 2)
    assert heard[0] == heard[1] == heard[2]
    assert peer.kinds() == ["A01", "A01", "A01", "A02"]
    assert [row.attempts for row in sorted(world.all(OutboundMessage), key=lambda r: r.number)] == [
        3, 1,
    ]  # fmt: skip


def test_what_the_peer_refuses_is_parked_and_sent_again_by_hand(
    world: World, tmp_path: Path
) -> None:
    world.ward("W1", ["B1", "B2"])
    with hearing() as peer, telling(world, tmp_path, peer.port):
        peer_begun(world)
        peer.plan += ["AE", "AR"]
        world.send(admit(), say("A02", NINE, "W1^R1^B2"), say("A03", "20260301093000"))
        settled(world, 3)
        assert told(world) == [
            ("A01", "PARKED", "AE_204"), ("A02", "PARKED", "AR_204"), ("A03", "DELIVERED", None),
        ]  # fmt: skip
        first, second, _ = sorted(world.all(OutboundMessage), key=lambda row: row.number)
        world.do(ResendOutbound(outbound_id=first.id))
        world.do(DiscardOutbound(outbound_id=second.id))
        heard = peer.wait_for(4)
        settled(world, 3)
    assert heard[3] == heard[0]
    assert [state for _, state, _ in told(world)] == ["DELIVERED", "DISCARDED", "DELIVERED"]


def test_a_peer_does_not_hear_its_own_words_again(world: World, tmp_path: Path) -> None:
    world.ward("W1", ["B1", "B2"])
    with hearing() as peer:
        more = f'[peer.send]\nhost = "127.0.0.1"\nport = {peer.port}\n'
        with opened(world, tmp_path, more) as doorway:
            outbound = hl7_out.door(world.app)
            assert outbound is not None
            outbound.start()
            try:
                peer.wait_for(2)  # both beds, once
                with doorway.sender() as his:
                    assert his.send(admit()).code == "AA"
                    assert his.send(say("A03", NINE)).code == "AA"
                world.send(admit(visit="V2", patient="P2", bed="W1^R1^B2", at="20260301100000"))
                peer.wait_for(3)
                settled(world, 3)
            finally:
                outbound.stop()
    assert peer.kinds() == ["A20", "A20", "A01"]
    assert peer.heard[2]["PV1"][3] == "W1^R1^B2"


def test_what_happens_while_nobody_tells_is_told_later_and_once(
    world: World, tmp_path: Path
) -> None:
    world.ward("W1", ["B1", "B2"])
    with hearing() as peer:
        with telling(world, tmp_path, peer.port):
            peer_begun(world)
            world.send(admit())
            settled(world, 1)
        world.send(say("A02", NINE, "W1^R1^B2"))
        with telling(world, tmp_path, peer.port):
            settled(world, 2)
            world.send(say("A03", "20260301093000"))
            settled(world, 3)
    assert peer.kinds() == ["A01", "A02", "A03"]


def test_another_wardgrid_understands_what_it_is_told(
    world: World, databases: Databases, tmp_path: Path
) -> None:
    (tmp_path / "theirs").mkdir()
    with databases.migrated("sqlite") as url, world_at(url, tmp_path / "theirs") as theirs:
        for one in (world, theirs):
            one.ward("W1", ["B1", "B2"])
        with (
            opened(theirs, tmp_path / "theirs") as doorway,
            telling(world, tmp_path, doorway.door.port, (*ADT, "A20")),
        ):
            settled(world, 2)
            world.send(admit(), say("A02", NINE, "W1^R1^B2"))
            settled(world, 5)
            assert (theirs.beds(), theirs.status()) == (["W1/B2"], ["ADMITTED"])
            world.send(say("A03", "20260301093000"))
            settled(world, 7)
        assert (theirs.beds(), theirs.status()) == ([], ["DISCHARGED"])
        assert {one.state.value for one in theirs.messages()} == {"APPLIED"}
    assert {state for _, state, _ in told(world)} == {"DELIVERED"}


def test_a_swap_is_one_message_about_two_patients(
    world: World, databases: Databases, tmp_path: Path
) -> None:
    (tmp_path / "theirs").mkdir()
    with databases.migrated("sqlite") as url, world_at(url, tmp_path / "theirs") as theirs:
        for one in (world, theirs):
            one.ward("W1", ["B1", "B2"])
        with (
            opened(theirs, tmp_path / "theirs") as doorway,
            telling(world, tmp_path, doorway.door.port, (*ADT, "A17")),
        ):
            peer_begun(world)
            world.send(admit(), admit(bed="W1^R1^B2", patient="P2", visit="V2"))
            settled(world, 2)
            here = world.in_bed()
            first, second = here["W1/B1"], here["W1/B2"]
            world.do(SwapPatients(encounter_id=first, other_id=second))
            settled(world, 3)
        assert theirs.messages()[-1].effects == ["SwapPatients"]
    assert world.in_bed() == {"W1/B1": second, "W1/B2": first}
    assert told(world) == [("A01", "DELIVERED", None)] * 2 + [("A17", "DELIVERED", None)]


def test_a_swap_is_two_moves_to_a_peer_that_knows_no_swap(world: World, tmp_path: Path) -> None:
    world.ward("W1", ["B1", "B2"])
    with hearing() as peer, telling(world, tmp_path, peer.port):
        peer_begun(world)
        world.send(admit(), admit(bed="W1^R1^B2", patient="P2", visit="V2"))
        here = world.in_bed()
        world.do(SwapPatients(encounter_id=here["W1/B1"], other_id=here["W1/B2"]))
        heard = peer.wait_for(4)
        settled(world, 4)
    assert peer.kinds() == ["A01", "A01", "A02", "A02"]
    assert [one["PV1"][3] for one in heard[2:]] == ["W1^R1^B2", "W1^R1^B1"]


def peer_begun(world: World) -> None:
    """Wait until the peer's place in the changes is kept: it hears of what comes after."""
    for _ in range(600):
        if world.all(OutboundPeer):
            return
        time.sleep(0.05)
    raise AssertionError("nobody began")
