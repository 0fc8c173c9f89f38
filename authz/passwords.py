"""Passwords: argon2id on a small pool beside the event loop, and which ones are good enough."""

import asyncio
import os
import secrets
import threading
import unicodedata
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from authz.password_lists import Unwanted
from kit.errors import Invalid, Retry

T = TypeVar("T")

SHORTEST, SHORTEST_WITH_TOTP, LONGEST = 15, 8, 128  # characters after NFKC (NIST SP 800-63B-4)


@dataclass(frozen=True, slots=True)
class Cost:
    """argon2id's price. Defaults: OWASP Password Storage Cheat Sheet, 2025."""

    memory_kib: int = 19 * 1024
    passes: int = 2
    lanes: int = 1


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the password is right, and its new hash if the stored one is out of date."""

    right: bool
    rehashed: str | None = None


class Passwords:
    """One worker per core; more than `queue` waiting are sent away, so the rest stays alive."""

    def __init__(
        self, cost: Cost | None = None, *, workers: int | None = None, queue: int = 8
    ) -> None:
        cost = cost or Cost()
        self._hasher = PasswordHasher(
            time_cost=cost.passes, memory_cost=cost.memory_kib, parallelism=cost.lanes
        )
        self._nobody = self._hasher.hash(secrets.token_hex(16))
        workers = workers or os.cpu_count() or 1
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="argon2")
        self._free, self._lock = workers + queue, threading.Lock()

    async def verify(self, password: str, stored: str | None) -> Verdict:
        """Takes as long for an unknown user (`stored` None). Raises Retry when too many wait."""
        return await asyncio.wrap_future(self._submit(self.verify_here, password, stored))

    async def hash(self, password: str) -> str:
        return await asyncio.wrap_future(self._submit(self.hash_here, password))

    def verify_here(self, password: str, stored: str | None) -> Verdict:
        """The same in the calling thread."""
        plain = normal(password)[: LONGEST + 1]
        try:
            self._hasher.verify(stored or self._nobody, plain)
        except (VerificationError, InvalidHashError):
            return Verdict(False)
        if stored is None or len(plain) > LONGEST:
            return Verdict(False)
        stale = self._hasher.check_needs_rehash(stored)
        return Verdict(True, self._hasher.hash(plain) if stale else None)

    def hash_here(self, password: str) -> str:
        return self._hasher.hash(normal(password))

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    def _submit(self, work: Callable[..., T], *arguments: object) -> "Future[T]":
        with self._lock:
            if self._free == 0:
                raise Retry("many people are logging in; try again in a moment", reason="BUSY")
            self._free -= 1
        future = self._pool.submit(work, *arguments)
        future.add_done_callback(self._done)
        return future

    def _done(self, _future: "Future[Any]") -> None:
        with self._lock:
            self._free += 1


def normal(password: str) -> str:
    """NFKC: the same password from every keyboard."""
    return unicodedata.normalize("NFKC", password)


def require_good(
    password: str, *, login_name: str, totp: bool, unwanted: Unwanted | None = None
) -> None:
    """Length and not being guessable; no rules about kinds of characters. Raises Invalid."""
    plain, unwanted = normal(password), unwanted or Unwanted()
    shortest = SHORTEST_WITH_TOTP if totp else SHORTEST
    if not shortest <= len(plain) <= LONGEST:
        raise Invalid(f"a password has {shortest} to {LONGEST} characters; a sentence is good",
                      reason="PASSWORD_LENGTH", field="password")  # fmt: skip
    if unwanted.easy(plain, login_name):
        raise Invalid("this password is easy to guess; choose another",
                      reason="PASSWORD_COMMON", field="password")  # fmt: skip
    if unwanted.leaked(plain):
        raise Invalid("this password was published in a breach; choose another, and change it"
                      " wherever else it is used", reason="PASSWORD_BREACHED",
                      field="password")  # fmt: skip
