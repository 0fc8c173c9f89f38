"""A peer that does not read: bounded memory, the newest board, an end in time, others unharmed."""

import asyncio
import socket
from typing import Any

import pytest

from api.outgoing import Outgoing
from api.wire import Parcel, Payload
from tests.edge.screen import BOARD, EVERY, Screen
from tests.edge.toy import WARDS, ToyHouse


def stuck_screen(port: int, user: int, query: str) -> Screen:
    """A screen that takes in next to nothing: its receive buffer is small and never read."""
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    narrow.connect(("127.0.0.1", port))
    screen = Screen(port, user=user, sock=narrow, max_queue=1, close_timeout=0)
    screen.watch(query=query)
    return screen


@pytest.mark.parametrize("query", [BOARD, EVERY], ids=["latest wins", "none is skipped"])
def test_a_stuck_screen_is_let_go_and_the_others_go_on(
    port: int, house: ToyHouse, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    monkeypatch.setattr("api.outgoing.STALLED_S", 0.3)
    house.padding = 400_000
    stuck = stuck_screen(port, 1, query)
    with Screen(port, user=2) as other:
        other.watch()
        other.receive()
        gone = False
        for number in range(400):
            house.occupy(WARDS[0], "01", str(number))
            assert other.board()["01"] == str(number)
            if not house.connected(1):
                gone = True
                break
        assert gone
    stuck.leave()


class Peer:
    """Takes one message at a time, when the test lets it."""

    def __init__(self) -> None:
        self.got: list[bytes] = []
        self.may_take = asyncio.Event()
        self.overflows = 0

    async def send(self, text: bytes) -> None:
        await self.may_take.wait()
        self.got.append(text)

    def overflowed(self) -> None:
        self.overflows += 1


def out_of(peer: Peer, wire: Any = None) -> Outgoing:
    return Outgoing(wire, peer.send, peer.overflowed)


def test_a_newer_board_takes_the_place_of_one_that_waits() -> None:
    async def scene() -> list[bytes]:
        peer = Peer()
        outgoing = out_of(peer)
        outgoing.put(Parcel(b"under way"))
        await asyncio.sleep(0)
        for number in range(500):
            outgoing.put(Parcel(b"board %d" % number), replaces="ward 1")
            outgoing.put(Parcel(b"plan %d" % number), replaces="plan 7")
        outgoing.put(Parcel(b"pong"))
        outgoing.forget("plan 7")
        peer.may_take.set()
        for _ in range(10):
            await asyncio.sleep(0)
        outgoing.end()
        assert peer.overflows == 0
        return peer.got

    assert asyncio.run(scene()) == [b"under way", b"board 499", b"pong"]


def test_the_queue_overflows_once_past_100_messages_or_1_mib() -> None:
    async def scene(messages: int, size: int) -> int:
        peer = Peer()
        outgoing = out_of(peer)
        for _ in range(messages):
            outgoing.put(Parcel(b"x" * size))
        return peer.overflows

    assert asyncio.run(scene(100, 10)) == 0
    assert asyncio.run(scene(101, 10)) == 1
    assert asyncio.run(scene(5000, 10)) == 1
    assert asyncio.run(scene(16, 65_536)) == 0
    assert asyncio.run(scene(17, 65_536)) == 1


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
def test_a_frame_is_what_rfc_6455_says(size: int) -> None:
    frame = Parcel(b"x" * size).frame
    length = frame[1] if frame[1] < 126 else int.from_bytes(
        frame[2 : 4 if frame[1] == 126 else 10], "big")  # fmt: skip
    assert (frame[0], length) == (0x81, size)
    assert frame.endswith(b"x" * size)
    assert len(frame) == size + (2 if size < 126 else 4 if size < 65_536 else 10)


def test_one_payload_serves_all_ids_and_equal_ids_share_a_frame() -> None:
    payload = Payload(b'{"data":{}}')
    assert payload.parcel("a").text == b'{"id":"a","type":"next","payload":{"data":{}}}'
    assert payload.parcel("a") is payload.parcel("a")
    assert payload.parcel('"').text.startswith(b'{"id":"\\""')
