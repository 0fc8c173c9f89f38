"""Sends what was planned: claims a delivery, hands it to its channel, records the result.

Looks whenever something was committed and each second. The rows are the truth: what was in hand
when the program died is due again when its lease ends.
"""

import asyncio
import logging
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Protocol
from uuid import UUID

from app.circuits import Circuits, Outward
from app.jobs import PROGRAM
from app.wiring import App
from domain.notices.queries import Due, Paused, due_deliveries
from domain.notices.sending import ClaimDelivery, RecordDelivery
from domain.notices.words import Channel, Outcome, Parcel, Verdict, later, never
from gateways.notice_channels import senders_of
from kit.command import Command
from kit.db import reading
from kit.errors import Refusal

log = logging.getLogger("wardgrid.notices")

AT_ONCE = 8  # deliveries in hand
PERIOD_S = 1.0
GATHER_S = 0.02  # commits in a burst are one look
SEND_S = 60.0  # the longest attempt; the lease is twice as long
GRACE_S = 10.0  # for what is in hand when the program stops


class Sender(Protocol):
    async def send(self, parcel: Parcel) -> Outcome: ...


class NoticesOut:
    """A door that only lets out. One loop in one thread; commands run in a few others."""

    def __init__(
        self, app: App, senders: Mapping[Channel, Sender], *, circuits: Circuits | None = None
    ) -> None:
        self._app, self._senders = app, senders
        self._circuits = circuits or app.breakers.of[Outward.NOTICES]
        self._hands: dict[UUID, asyncio.Task[None]] = {}
        self._pool = ThreadPoolExecutor(AT_ONCE + 1, thread_name_prefix="notices")
        self._thread = threading.Thread(target=self._serve, name="notices", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake, self._ready = asyncio.Event(), threading.Event()
        self._stopping = False
        app.metrics.watch(
            "notices_paused", "Mail relays and targets not tried for a while",
            lambda: len(self._circuits.paused()),
        )  # fmt: skip
        app.metrics.watch("notices_in_hand", "Notices being sent", lambda: len(self._hands))

    def start(self) -> None:
        self._thread.start()
        self._ready.wait()
        self._app.on_commit.append(self.wake)

    def stop(self) -> None:
        """Let what is in hand finish, for a moment; the rest is sent after the next start."""
        self._stopping = True
        self.wake()
        if self._thread.is_alive():
            self._thread.join()
        self._pool.shutdown()

    def wake(self) -> None:
        """Look now. Called from any thread."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._wake.set)

    def _serve(self) -> None:
        asyncio.run(self._run())

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ready.set()
        while not self._stopping:
            try:
                await self.round()
            except Exception as fault:  # the runner outlives a database that is away
                log.error("notice round failed", extra={"fault": type(fault).__name__})
            await self._pause()
        if self._hands:
            _, late = await asyncio.wait(self._hands.values(), timeout=GRACE_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(PERIOD_S):
                await self._wake.wait()
        except TimeoutError:
            return
        await asyncio.sleep(GATHER_S)
        self._wake.clear()

    async def round(self) -> None:
        """Take in hand what is due, the worst first, as far as there are hands."""
        free = AT_ONCE - len(self._hands)
        if free <= 0:
            return
        for due in await self._in_thread(self._due, free):
            if self._circuits.begin(_key(due)):
                task = asyncio.create_task(self._deliver(due))
                self._hands[due.id] = task
                task.add_done_callback(partial(self._done, due.id))

    def _done(self, key: UUID, task: "asyncio.Task[None]") -> None:
        del self._hands[key]
        self._wake.set()  # a hand is free
        fault = None if task.cancelled() else task.exception()
        if fault is not None:  # not recorded: the lease ends, and it is tried again
            log.error("notice failed", extra={"id": key, "fault": type(fault).__name__})

    def _due(self, free: int) -> list[Due]:
        paused = self._circuits.paused()
        channels = tuple(one for one in Channel if one.value in paused)
        contacts = tuple(UUID(key) for key in paused if key not in Channel.__members__)
        with reading(self._app.engine) as session:
            return due_deliveries(
                session, self._app.clock(), limit=free, but=tuple(self._hands),
                paused=Paused(channels, contacts),
            )  # fmt: skip

    async def _deliver(self, due: Due) -> None:
        after = self._circuits.left
        try:
            parcel = await self._command(ClaimDelivery(delivery_id=due.id))
            if parcel is None:
                return
            outcome = await self._attempt(parcel)
            failed = outcome.verdict is Verdict.LATER
            after = self._circuits.failed if failed else self._circuits.arrived
            log.info("notice", extra={"id": due.id, "code": outcome.code, "count": parcel.attempt})
            await self._command(
                RecordDelivery(delivery_id=due.id, attempt=parcel.attempt, outcome=outcome)
            )
            self._app.metrics.notice(due.channel.value, outcome.verdict.value)
        finally:
            after(_key(due))

    async def _attempt(self, parcel: Parcel) -> Outcome:
        sender = self._senders.get(parcel.channel)
        if sender is None:
            return never("CHANNEL_OFF")
        try:
            async with asyncio.timeout(SEND_S):
                return await sender.send(parcel)
        except TimeoutError:
            return later("TIMED_OUT")
        except Exception as fault:  # a fault of ours must not keep others from being told
            log.error("sender failed", extra={"id": parcel.delivery_id,
                                              "fault": type(fault).__name__})  # fmt: skip
            return later("FAULT")

    async def _command(self, command: Command[Any]) -> Any:
        """Its result; None where it was refused: another process has the delivery by now."""
        try:
            done = await self._in_thread(self._app.pipeline.run, PROGRAM, command)
        except Refusal as refusal:
            log.info("notice refused", extra={"command": type(command).__name__,
                                              "reason": refusal.reason})  # fmt: skip
            return None
        return done.result

    async def _in_thread(self, work: Any, *given: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, *given)


def door(app: App) -> NoticesOut:
    """Always there: a channel that is off answers each delivery with that."""
    return NoticesOut(app, senders_of(app.settings, app.clock))


def _key(due: Due) -> str:
    """All mail goes through one relay; every other contact has a server of its own."""
    return due.channel.value if due.channel is Channel.EMAIL else str(due.contact_id)
