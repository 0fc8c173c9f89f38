"""Sends what is planned for a peer, in order, until each message is answered.

Without an answer the same message is sent again, ever more seldom; nothing passes it. What the
peer refuses is parked for a person, and the next one goes out.
"""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

from prometheus_client import Counter, Gauge

from app.circuits import Outward
from app.jobs import PROGRAM
from app.tail import Change
from app.wiring import App
from domain.outbound.model import OutboundState
from domain.outbound.queries import next_to_send
from domain.outbound.sending import OpenOutbound, SettleOutbound
from gateways.hl7_out_plan import OF_BEDS, TRIGGERS
from gateways.hl7_out_planner import Planner
from gateways.hl7_out_text import Receipt, letter_text, receipt
from gateways.hl7_out_turn import Turn
from gateways.intake import hospital_of
from gateways.mllp_client import MllpClient, NoAnswer, client_tls
from gateways.mllp_peers import Peer, Send
from kit.db import reading

log = logging.getLogger("wardgrid.hl7")

POLL_S = 1.0
AGAIN_S = 5.0  # after a fault, or while another process tells the peer
AT_FIRST_S, LOOK_S = 0.3, 0.1  # between tries; the pauses are those of the circuit
Task = Callable[[Peer, asyncio.Event], Awaitable[None]]
WAKE = frozenset({*OF_BEDS, *TRIGGERS, "OutboundPlanned", "OutboundSettled"})


class OutboundDoor:
    """One event loop in a thread of its own; two tasks for each peer."""

    def __init__(self, app: App, peers: Sequence[Peer]) -> None:
        self._app, self._peers = app, peers
        self._circuits = app.breakers.of[Outward.HL7]
        registry = app.metrics.registry
        self._sent = Counter("wardgrid_hl7_sent", "HL7 messages to peers, by their answer",
                             ("peer", "code"), registry=registry)  # fmt: skip
        self._silent = Gauge("wardgrid_hl7_peer_silent", "1 while a peer does not answer",
                             ("peer",), registry=registry)  # fmt: skip
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="hl7-out", daemon=True)
        self._changed: list[asyncio.Event] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._end_listening: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Begin to plan and to send."""
        self._thread.start()
        self._wait_for(self._begin())
        self._end_listening = self._app.feed.listen(self._heard)

    def stop(self) -> None:
        """End at once: what was not answered is sent again after the next start."""
        self._end_listening()
        self._wait_for(self._finish())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _wait_for(self, work: Any) -> None:
        done: Future[None] = asyncio.run_coroutine_threadsafe(work, self._loop)
        done.result()

    async def _begin(self) -> None:
        for peer in self._peers:
            for what in (self._plan, self._send):
                changed = asyncio.Event()
                self._changed.append(changed)
                self._tasks.append(asyncio.create_task(self._keep_on(peer, what, changed)))

    async def _finish(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._loop.shutdown_default_executor()  # a transaction under way ends first

    def _heard(self, changes: Sequence[Change]) -> None:
        if any(change.name in WAKE for change in changes):
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        for changed in self._changed:
            changed.set()

    async def _keep_on(self, peer: Peer, what: Task, changed: asyncio.Event) -> None:
        while True:
            try:
                await what(peer, changed)
            except Exception as fault:  # rows are the truth: begin again where they stand
                log.error("telling a peer failed",
                          extra={"peer": peer.name, "fault": type(fault).__name__})  # fmt: skip
            await asyncio.sleep(AGAIN_S)

    async def _plan(self, peer: Peer, changed: asyncio.Event) -> None:
        turn = Turn(self._app.engine, f"plan {peer.name}")
        hospital = await asyncio.to_thread(hospital_of, self._app, peer.hospital)
        planner = Planner(self._app, peer, hospital)
        try:
            while await asyncio.to_thread(turn.ours):
                while await asyncio.to_thread(planner.step):
                    continue
                await _until(changed)
        finally:
            turn.give_up()

    async def _send(self, peer: Peer, changed: asyncio.Event) -> None:
        if peer.send is None:
            raise AssertionError("only peers that are told something have a sender")
        send, turn = peer.send, Turn(self._app.engine, f"send {peer.name}")
        client = MllpClient(
            send.host, send.port, answer_s=send.answer_s,
            tls=client_tls(send.tls_ca, send.certificate, send.key),
        )  # fmt: skip
        try:
            while await asyncio.to_thread(turn.ours):
                if not await self._deliver(peer, send, client):
                    await _until(changed)
        finally:
            turn.give_up()
            await client.close()

    async def _deliver(self, peer: Peer, send: Send, client: MllpClient) -> bool:
        """Send the next message and settle it; False if none waits."""
        message_id = await asyncio.to_thread(self._next, peer.name)
        if message_id is None:
            return False
        letter = (await asyncio.to_thread(self._app.pipeline.run, PROGRAM,
                                          OpenOutbound(outbound_id=message_id))).result  # fmt: skip
        body = letter_text(letter, send, peer.hospital)
        told, attempts = await self._until_answered(peer, client, body, letter.control_id)
        state = OutboundState.DELIVERED if told.accepted else OutboundState.PARKED
        await asyncio.to_thread(self._app.pipeline.run, PROGRAM, SettleOutbound(
            outbound_id=message_id, state=state, attempts=attempts,
            reason=None if told.accepted else told.reason,
        ))  # fmt: skip
        self._sent.labels(peer.name, told.code).inc()
        return True

    async def _until_answered(
        self, peer: Peer, client: MllpClient, body: bytes, control_id: str
    ) -> tuple[Receipt, int]:
        attempt = 0
        while True:
            if not self._circuits.begin(peer.name):
                await asyncio.sleep(LOOK_S)
                continue
            attempt += 1
            self._silent.labels(peer.name).set(int(attempt > 1))
            try:
                told = receipt(await client.ask(body), control_id)
            except NoAnswer:
                told = None
            if told is not None:
                self._circuits.arrived(peer.name)
                self._silent.labels(peer.name).set(0)
                return told, attempt
            await client.close()  # it may answer something else: begin anew
            self._circuits.failed(peer.name)
            await asyncio.sleep(AT_FIRST_S)

    def _next(self, peer: str) -> Any:
        with reading(self._app.read_engine) as session:
            return next_to_send(session, peer)


async def _until(changed: asyncio.Event) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(POLL_S):
            await changed.wait()
    changed.clear()
