"""Log-in attempts: counted first, alike for unknown names, not helped by sending many at once."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from authz.throttle import LONGEST_WAIT, Attempt, Failures, Throttle, wait_after
from kit.errors import Denied

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
NAME, OTHER = b"mia", b"sam"


class Door:
    """A throttle with a clock to turn; each try comes from an address of its own unless told."""

    def __init__(self) -> None:
        self.now, self._addresses = NOON, 0
        self.throttle = Throttle(lambda: self.now)

    def attempt(
        self, name: bytes = NAME, *, right: bool = False, address: str = "",
        stored: Failures | None = None,
    ) -> str | Failures:  # fmt: skip
        self._addresses += 1
        attempt = Attempt()
        try:
            with self.throttle.enter(name, address or f"a{self._addresses}", stored) as attempt:
                if right:
                    attempt.succeed()
        except Denied as denied:
            return denied.reason
        return attempt.failures

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def test_waits_grow_from_the_fifth_failure_to_a_quarter_of_an_hour() -> None:
    assert [wait_after(n).total_seconds() for n in (1, 4, 5, 6, 7, 12, 13, 5000)] == [
        0, 0, 5, 10, 20, 640, 900, 900,
    ]  # fmt: skip


def test_the_sixth_attempt_waits_and_others_do_not() -> None:
    door = Door()
    failed = [door.attempt() for _ in range(5)]

    assert failed[-1] == Failures(5, NOON, NOON + timedelta(seconds=5))
    assert door.attempt(right=True) == "LOGIN_DELAYED"
    assert door.attempt(OTHER, right=True) == Failures()
    door.wait(5)
    assert door.attempt(right=True) == Failures()
    assert door.attempt() == Failures(1, door.now, None)


def test_failures_after_the_wait_wait_longer() -> None:
    door = Door()
    for _ in range(5):
        door.attempt()
    door.wait(5)
    sixth = door.attempt()

    assert sixth == Failures(6, door.now, door.now + timedelta(seconds=10))
    door.wait(9)
    assert door.attempt() == "LOGIN_DELAYED"


def test_a_hundred_at_once_are_five() -> None:
    door, inside, admitted = Door(), threading.Barrier(5 + 1), []

    def one(number: int) -> None:
        try:
            with door.throttle.enter(NAME, f"b{number}"):
                admitted.append(number)
                inside.wait()
        except Denied:
            refused.release()

    refused = threading.Semaphore(0)
    threads = [threading.Thread(target=one, args=(number,)) for number in range(100)]
    for thread in threads:
        thread.start()
    for _ in range(95):
        refused.acquire()
    inside.wait()
    for thread in threads:
        thread.join()

    assert len(admitted) == 5
    assert door.attempt(right=True) == "LOGIN_DELAYED"


def test_after_five_failures_only_one_tries_at_a_time() -> None:
    door = Door()
    for _ in range(5):
        door.attempt()
    door.wait(5)

    with door.throttle.enter(NAME, "c"):
        assert door.attempt(right=True) == "LOGIN_DELAYED"


def test_thirty_attempts_a_minute_from_one_address() -> None:
    door = Door()
    names = [f"n{number}".encode() for number in range(31)]
    outcomes = [door.attempt(name, right=True, address="10.0.0.1") for name in names]

    assert outcomes == [Failures()] * 30 + ["ADDRESS_DELAYED"]
    assert door.attempt(right=True, address="10.0.0.2") == Failures()
    door.wait(60)
    assert door.attempt(right=True, address="10.0.0.1") == Failures()


def test_stored_failures_count_after_a_restart() -> None:
    door = Door()
    stored = Failures(7, NOON, NOON + timedelta(seconds=20))

    assert door.attempt(right=True, stored=stored) == "LOGIN_DELAYED"
    door.wait(20)
    assert door.attempt(stored=stored) == Failures(8, door.now, door.now + timedelta(seconds=40))


def test_a_day_without_failures_forgets_them() -> None:
    door = Door()
    for _ in range(4):
        door.attempt()
    door.wait(24 * 3600)

    assert door.attempt() == Failures(1, door.now, None)
    assert timedelta(minutes=15) == LONGEST_WAIT


def test_a_flood_of_names_and_addresses_is_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("authz.throttle._REMEMBERED", 10)
    door = Door()
    for number in range(50):
        door.attempt(f"n{number}".encode(), address=f"b{number}")

    assert (len(door.throttle._names), len(door.throttle._addresses)) == (10, 10)


def test_an_attempt_that_breaks_off_is_not_a_failure() -> None:
    door = Door()
    for _ in range(10):
        with pytest.raises(OSError, match="away"), door.throttle.enter(NAME, f"c{_}"):
            raise OSError("away")

    assert door.attempt() == Failures(1, NOON, None)
