"""Log-in attempts, counted before the password is looked at, so that parallel ones do not help.

An account's name is throttled whether it exists or not; after five failures each further
one doubles the wait. Failures are also stored (command RefuseLogin) and given back to `enter`,
so that a restart or a second process forgives nothing.
"""

import threading
from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from kit.clock import Clock
from kit.errors import Denied

FREE_FAILURES = 5
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(minutes=15)
FORGET_AFTER = timedelta(hours=24)
PER_ADDRESS, WINDOW = 30, timedelta(minutes=1)
_REMEMBERED = 100_000  # names and addresses; the ones unused longest are dropped


@dataclass(slots=True)
class Failures:
    """What is known against a name."""

    count: int = 0
    last_at: datetime | None = None
    blocked_until: datetime | None = None


@dataclass(slots=True)
class _Name:
    failures: Failures
    trying: int = 0


class Attempt:
    """One admitted attempt. Failed unless `succeed` is called."""

    __slots__ = ("failures", "succeeded")

    def __init__(self) -> None:
        self.succeeded = False
        self.failures = Failures()  # after a failure: what to store

    def succeed(self) -> None:
        self.succeeded = True


def wait_after(failures: int) -> timedelta:
    """None for the first four, then 5 s doubling to 15 min."""
    if failures < FREE_FAILURES:
        return timedelta(0)
    doublings: int = min(failures - FREE_FAILURES, 10)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


class Throttle:
    """Admits attempts. Safe from any thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._names: OrderedDict[bytes, _Name] = OrderedDict()
        self._addresses: OrderedDict[str, deque[datetime]] = OrderedDict()

    @contextmanager
    def enter(
        self, name_key: bytes, address: str, stored: Failures | None = None
    ) -> Iterator[Attempt]:
        """Try a password inside; raises Denied before it where there have been too many.

        `name_key` is a keyed hash of the folded login name, so spellings count as one.
        """
        attempt = Attempt()
        with self._lock:
            now = self._clock()
            self._count_address(address, now)
            name = self._name(name_key, stored, now)
            self._require_turn(name, now)
            name.trying += 1
        judged = False
        try:
            yield attempt
            judged = True  # an attempt that was broken off told the sender nothing
        finally:
            with self._lock:
                name.trying -= 1
                if judged:
                    name.failures = self._after(name.failures, attempt.succeeded)
                attempt.failures = name.failures

    def _after(self, before: Failures, succeeded: bool) -> Failures:
        if succeeded:
            return Failures()
        now, count = self._clock(), before.count + 1
        wait = wait_after(count)
        return Failures(count, now, now + wait if wait else None)

    def _require_turn(self, name: _Name, now: datetime) -> None:
        failures = name.failures
        left = max(FREE_FAILURES - failures.count, 1) - name.trying
        if left < 1 or (failures.blocked_until and now < failures.blocked_until):
            raise Denied("too many attempts; wait a little, then try again",
                         reason="LOGIN_DELAYED")  # fmt: skip

    def _name(self, key: bytes, stored: Failures | None, now: datetime) -> _Name:
        name = self._names.setdefault(key, _Name(Failures()))
        self._names.move_to_end(key)
        if stored and stored.count > name.failures.count:
            name.failures = stored
        last = name.failures.last_at
        if last is not None and now - last >= FORGET_AFTER:
            name.failures = Failures()
        while len(self._names) > _REMEMBERED:
            self._names.popitem(last=False)
        return name

    def _count_address(self, address: str, now: datetime) -> None:
        times = self._addresses.setdefault(address, deque())
        self._addresses.move_to_end(address)
        while times and now - times[0] >= WINDOW:
            times.popleft()
        if len(times) >= PER_ADDRESS:
            raise Denied("too many attempts from here; wait a minute", reason="ADDRESS_DELAYED")
        times.append(now)
        while len(self._addresses) > _REMEMBERED:
            self._addresses.popitem(last=False)
