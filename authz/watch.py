"""Notices within a second, in every process, that rights, sessions or tokens have changed."""

import threading
from collections.abc import Callable, Iterable
from typing import Protocol

from sqlalchemy import Connection, Engine

from authz.decision import Alarm, Decisions
from authz.policy import read_epoch
from authz.sessions import Gate
from kit.db import reading

EVERY_S = 0.5
TELLING = frozenset({
    "AccountDisabled", "AccountEnabled", "BreakGlassStarted", "BreakGlassStopped", "RoleGranted",
    "RoleRevoked", "ScreenTokenIssued", "TokenRevoked",
})  # fmt: skip


class Happened(Protocol):
    @property
    def name(self) -> str: ...


class Watch:
    """Polls one small row and the latest endings; a revoked right stops within two seconds."""

    def __init__(
        self,
        engine: Engine,
        decisions: Decisions,
        gate: Gate,
        alarm: Alarm = lambda _what: None,
        also: Callable[[Connection], None] = lambda _connection: None,
    ) -> None:
        """`also` is asked at each look: who was erased must be known as soon."""
        self._engine, self._decisions, self._gate, self._alarm = engine, decisions, gate, alarm
        self._also = also
        self._epoch: int | None = None

    def step(self) -> None:
        """Look once. A failed reload is tried again at the next look."""
        with reading(self._engine) as session:
            epoch = read_epoch(session.connection())
            self._gate.refresh(session.connection())
            self._also(session.connection())
        if epoch != self._epoch and self._decisions.reload():
            self._epoch = epoch

    def heard(self, changes: Iterable[Happened]) -> None:
        """The feed has news: rights that this process gave or took hold here at once."""
        if any(change.name in TELLING for change in changes):
            self.step()

    def run(self, stop: threading.Event) -> None:
        """Until told to stop. An unreachable database raises an alarm, not the thread."""
        while not stop.wait(EVERY_S):
            try:
                self.step()
            except Exception as failure:  # the next look may succeed
                self._alarm(f"watching rights failed: {type(failure).__name__}")
