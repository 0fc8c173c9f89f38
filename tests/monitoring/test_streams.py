"""Live alarms and boards over real sockets: cut off again and again, and with a reader who stalls."""

import asyncio
import itertools
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from api.trusted import trusted_operations
from app.jobs import PROGRAM
from domain.alarms.commands import AcknowledgeAlarm, ResolveAlarm
from domain.alarms.lifecycle import Cause, open_alarm
from domain.alarms.model import AlarmKind, Severity
from domain.beds.commands import BlockBed, UnblockBed
from domain.beds.model import BlockReason
from kit.command import Command
from kit.work import Actor, Scope, Work
from tests.alarms.served_ward import LIVE, House, house
from tests.edge.screen import PROTOCOL, Screen

__all__ = ["house"]
BOARD = trusted_operations()["BedBoardChanged"]
READERS, OTHERS, SOCKETS_EACH = 3, 49, 5
ALARMS, AT_ONCE, PER_S = 100, 20, 500


@dataclass
class Reader:
    """A screen that is cut off before each look, and one change of its own for each."""

    house: House
    actor: Actor
    token: str
    query: str
    changes: Iterator[str]
    cursor: str | None = None
    looks: int = 0

    def go_on(self, times: int) -> None:
        """By turns the change comes while nobody listens, and while the screen subscribes."""
        for _ in range(times):
            if self.looks % 2:
                screen = self._subscribed()
                wanted = next(self.changes)
            else:
                wanted = next(self.changes)
                screen = self._subscribed()
            with screen:
                self._until_shown(screen, wanted)
            self.looks += 1

    def _subscribed(self) -> Screen:
        return self.house.watching(self.token, after=self.cursor, query=self.query)

    def _until_shown(self, screen: Screen, wanted: str) -> None:
        """A change that is missed is never shown: the screen then times out."""
        while True:
            message = screen.receive(timeout_s=30)
            assert message["type"] == "next", message
            ((_, event),) = message["payload"]["data"].items()
            self.cursor = event["cursor"]
            if wanted in _facts(event):
                return


def _facts(event: dict[str, Any]) -> set[str]:
    """What a payload says, so that each change makes a fact of its own."""
    if "board" in event:
        return {f"blocked {event['board']['blocked']}"}
    there = {f"{one['id']} {one['state']}" for one in event["alarms"]}
    return there | {f"without {key}" for key in _SEEN - {one["id"] for one in event["alarms"]}}


_SEEN: set[str] = set()  # every alarm that a reader has opened


def _alarms(house: House, actor: Actor) -> Iterator[str]:
    """Raise, acknowledge, resolve, for ever."""
    while True:
        alarm = house.raised()
        key = str(alarm.id)
        yield f"{key} OPEN"
        house.do(actor, AcknowledgeAlarm(alarm_id=alarm.id))
        yield f"{key} ACKED"
        _SEEN.add(key)
        house.do(actor, ResolveAlarm(alarm_id=alarm.id, reason="DONE"))
        yield f"without {key}"


def _blocks(house: House, bed: UUID) -> Iterator[str]:
    while True:
        until = house.app.clock() + timedelta(hours=1)
        house.here.run(BlockBed(bed_id=bed, reason=BlockReason.EQUIPMENT, expected_until=until))
        yield "blocked 1"
        house.here.run(UnblockBed(bed_id=bed))
        yield "blocked 0"


@pytest.mark.parametrize("looks", [102, pytest.param(1_000, marks=pytest.mark.nightly)])
def test_whoever_comes_back_with_a_cursor_has_missed_nothing(house: House, looks: int) -> None:
    readers = []
    for number in range(READERS):
        actor, token = house.somebody("charge-nurse")
        board = number == 0
        changes = _blocks(house, house.here.beds[1]) if board else _alarms(house, actor)
        readers.append(Reader(house, actor, token, BOARD if board else LIVE, changes))
    with ThreadPoolExecutor(READERS) as pool:
        for done in [pool.submit(one.go_on, looks // READERS) for one in readers]:
            done.result()
    assert sum(one.looks for one in readers) == looks // READERS * READERS
    assert all(one.cursor for one in readers)


@dataclass(frozen=True, kw_only=True)
class MeasureAnew(Command[int]):
    """New values under many alarms in one transaction, as a batch of readings brings them."""

    action = "alarm.raise"

    hospital_id: UUID
    causes: tuple[Cause, ...]

    def scope(self, _work: Work) -> Scope:
        return Scope(self.hospital_id)

    def apply(self, work: Work) -> int:
        return len([open_alarm(work, cause) for cause in self.causes])


@dataclass
class Others:
    """Many screens in one loop; each keeps what it got last, unread."""

    latest: dict[int, str | bytes] = field(default_factory=dict)
    got: int = 0
    ended: list[int] = field(default_factory=list)

    async def watch(self, port: int, tokens: list[str], ward: UUID, over: asyncio.Event) -> None:
        numbered = itertools.product(tokens, range(SOCKETS_EACH))
        async with asyncio.TaskGroup() as group:
            for number, (token, _) in zip(range(OTHERS), numbered, strict=False):
                group.create_task(self._one(number, port, token, ward, over))

    async def _one(
        self, number: int, port: int, token: str, ward: UUID, over: asyncio.Event
    ) -> None:
        address = f"ws://127.0.0.1:{port}/graphql"
        async with connect(
            address, subprotocols=[Subprotocol(PROTOCOL)], compression=None, max_size=None
        ) as peer:
            reading = asyncio.create_task(self._read(number, peer, token, ward))
            await over.wait()
            if reading.done():
                self.ended.append(number)
            reading.cancel()

    async def _read(self, number: int, peer: ClientConnection, token: str, ward: UUID) -> None:
        await peer.send(_message("connection_init", {"authorization": f"Bearer {token}"}))
        await peer.recv()
        payload = {"query": LIVE, "variables": {"ward": str(ward), "after": None}}
        await peer.send(_message("subscribe", payload, id="1"))
        async for text in peer:
            self.latest[number] = text
            self.got += 1

    def values(self) -> list[set[float]]:
        """What the screens show, each different view once."""
        views = [json.loads(text)["payload"]["data"]["alarms"] for text in {*self.latest.values()}]
        return [
            {one["value"] for one in view["alarms"] if one["placeCode"] == "02"} for view in views
        ]


def _message(kind: str, payload: dict[str, Any], **more: str) -> str:
    return json.dumps({"type": kind, "payload": payload, **more})


@pytest.mark.parametrize(
    "house", ["sqlite", pytest.param("postgresql", marks=pytest.mark.nightly)], indirect=True
)
def test_one_stuck_screen_among_fifty_is_let_go_and_the_others_get_every_alarm(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.outgoing.STALLED_S", 0.5)
    tokens = [house.somebody("charge-nurse")[1] for _ in range(-(-OTHERS // SOCKETS_EACH))]
    causes = _many(house)
    house.do(PROGRAM, MeasureAnew(hospital_id=house.here.hospital, causes=causes))
    stuck = _stuck(house)
    others, over = Others(), threading.Event()
    loop = threading.Thread(target=lambda: asyncio.run(_watched(house, others, tokens, over)))
    loop.start()
    try:
        _until(lambda: len(others.latest) == OTHERS)
        last = _change_until(house, causes, lambda: _gone(house, OTHERS))
        _until(lambda: all(shown == {last} for shown in others.values()))
    finally:
        over.set()
        loop.join()
        stuck.leave()
    assert others.ended == []


async def _watched(house: House, others: Others, tokens: list[str], over: threading.Event) -> None:
    ended = asyncio.Event()
    watching = asyncio.create_task(others.watch(house.here.port, tokens, house.here.ward.id, ended))
    await asyncio.to_thread(over.wait)
    ended.set()
    await watching


def _many(house: House) -> tuple[Cause, ...]:
    return tuple(
        Cause(
            kind=AlarmKind.THRESHOLD, severity=Severity.HIGH, hospital_id=house.here.hospital,
            ward_id=house.here.ward.id, entity=f"bed:{number}-of-many", text_zh="血氧低" * 66,
            text_en="SpO2 low" * 25, bed_id=house.here.beds[1], metric="spo2", value=50.0,
        )
        for number in range(ALARMS)
    )  # fmt: skip


def _change_until(house: House, causes: tuple[Cause, ...], over: Any) -> float:
    """500 changes a second, until the stuck one has gone; then every alarm shows the last value."""
    began, rounds = time.monotonic(), 0
    while not over():
        assert time.monotonic() < began + 60, "the stuck screen is kept"
        some = [causes[(rounds * AT_ONCE + n) % ALARMS] for n in range(AT_ONCE)]
        value = 50.0 + rounds % 40
        _measure(house, tuple(replace(one, value=value) for one in some))
        rounds += 1
        time.sleep(max(0.0, began + rounds * AT_ONCE / PER_S - time.monotonic()))
    _measure(house, tuple(replace(one, value=99.0) for one in causes))
    return 99.0


def _measure(house: House, causes: tuple[Cause, ...]) -> None:
    house.do(PROGRAM, MeasureAnew(hospital_id=house.here.hospital, causes=causes))


def _stuck(house: House) -> Screen:
    """It takes in next to nothing: its receive buffer is small and never read."""
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    narrow.connect(("127.0.0.1", house.here.port))
    screen = Screen(house.here.port, user=None, sock=narrow, max_queue=1, close_timeout=0)
    _, token = house.somebody("charge-nurse")
    screen.send(type="connection_init", payload={"authorization": f"Bearer {token}"})
    variables = {"ward": str(house.here.ward.id), "after": None}
    screen.send(type="subscribe", id="1", payload={"query": LIVE, "variables": variables})
    return screen


def _gone(house: House, sockets: int) -> bool:
    opened = house.app.metrics.registry.get_sample_value("wardgrid_sockets")
    return opened == sockets


def _until(true: Any) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)
