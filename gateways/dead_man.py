"""The dead-man signal: tells somebody outside that the program lives; they call when it stops.

An alarm that cannot leave the house cannot tell of itself. As long as the program would make a
change durable and audited, a signed service outside hears of it every period; silence is their
alarm. What the signal itself meets shows in the metrics.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from time import monotonic

from app.health import (
    LEDGER_LAG_LIMIT_S,
    WRITER_QUEUE_LIMIT,
    below,
    database_answers,
    readiness,
)
from app.wiring import App
from gateways.notice_channels import outside_of
from gateways.outside import Outside, Unreachable

log = logging.getLogger("wardgrid.notices")

NEVER = -1.0  # seconds: no signal has arrived yet


class DeadMan:
    """Signals from a thread of its own."""

    def __init__(
        self, url: str, outside: Outside, healthy: Callable[[], bool], period_s: float
    ) -> None:
        self._url, self._outside, self._healthy = url, outside, healthy
        self._period_s = period_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="dead-man", daemon=True)
        self._last: float | None = None
        self.failures = 0  # in a row

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def age_s(self) -> float:
        """Seconds since a signal arrived."""
        return NEVER if self._last is None else monotonic() - self._last

    def signal(self) -> bool:
        """Tell it once, if the program is well; whether it arrived."""
        code = self._tell() if self._healthy() else "NOT_HEALTHY"
        if code is None:
            self._last, self.failures = monotonic(), 0
            return True
        self.failures += 1
        log.error("dead-man signal not sent", extra={"code": code, "count": self.failures})
        return False

    def _tell(self) -> str | None:
        try:
            reply = asyncio.run(self._outside.post(self._url, b"", {}))
        except Unreachable as why:
            return why.code
        return None if 200 <= reply.status < 300 else f"HTTP_{reply.status}"

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.signal()
            except Exception as fault:  # silence must mean that the program is dead, not this
                self.failures += 1
                log.error("dead-man signal failed", extra={"fault": type(fault).__name__})
            self._stop.wait(self._period_s)


def door(app: App) -> DeadMan | None:
    """Only where the settings name an address outside."""
    url = app.settings.dead_man_url
    if url is None:
        return None
    probes = {
        "database": database_answers(app.engine),
        "writer": below(lambda: app.writer.waiting, WRITER_QUEUE_LIMIT),
        "ledger": below(app.ledger_lag_s, LEDGER_LAG_LIMIT_S),
        "room": lambda: not app.room.on,
    }
    made = DeadMan(
        url.get_secret_value(), outside_of(app.settings), lambda: readiness(probes).ready,
        app.settings.dead_man_period_s,
    )  # fmt: skip
    app.metrics.watch(
        "dead_man_age_seconds", "Since the last dead-man signal arrived; -1: none", made.age_s
    )
    app.metrics.watch(
        "dead_man_failures", "Dead-man signals not sent, in a row", lambda: made.failures
    )
    return made
