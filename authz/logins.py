"""Proves who logs in: throttle, password and one-time code, all off any transaction."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from authz.password_lists import Unwanted
from authz.passwords import Passwords, require_good
from authz.throttle import Failures, Throttle
from authz.totp import matching_step
from kit.clock import Clock
from kit.errors import Denied


@dataclass(frozen=True, slots=True)
class Known:
    """What is stored about the account of a login name; all None where there is none."""

    account_id: UUID | None = None
    credential: int = 0
    password_hash: str | None = field(default=None, repr=False)
    totp_secret: str | None = field(default=None, repr=False)  # only once confirmed
    failures: Failures | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """Password and code were right for the account as it stood at `credential`."""

    account_id: UUID
    credential: int
    name_key: bytes
    totp_step: int | None = None
    rehashed: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """They were not: how often by now under this name, and how long it has to wait."""

    name_key: bytes
    failures: int
    blocked_until: datetime | None


class Logins:
    """One for the process: its throttle is what holds many attempts at once together."""

    def __init__(
        self,
        passwords: Passwords,
        throttle: Throttle,
        secret: bytes,
        clock: Clock,
        unwanted: Unwanted | None = None,
    ) -> None:
        self.passwords, self._throttle, self._clock = passwords, throttle, clock
        self._unwanted = unwanted
        self._name_secret = hmac.digest(secret, b"login names", hashlib.sha256)

    def name_key(self, folded_name: str) -> bytes:
        """How a login name is counted and stored: a keyed hash, so that no list of names leaks."""
        return hmac.digest(self._name_secret, folded_name.encode(), hashlib.sha256)[:16]

    async def prove(
        self, name_key: bytes, known: Known, password: str, code: str | None, address: str
    ) -> Proof | Refused:
        """Raises Denied where too many were tried, Retry where too many wait.

        Takes as long for an unknown name, and looks at the code whatever the password was.
        """
        step: int | None = None
        with self._throttle.enter(name_key, address, known.failures) as attempt:
            verdict = await self.passwords.verify(password, known.password_hash)
            if known.totp_secret is not None:
                step = matching_step(known.totp_secret, code or "", self._clock())
            coded = known.totp_secret is None or step is not None
            if verdict.right and coded and known.account_id is not None:
                attempt.succeed()
        if not attempt.succeeded or known.account_id is None:
            failed = attempt.failures
            return Refused(name_key, failed.count, failed.blocked_until)
        return Proof(known.account_id, known.credential, name_key, step, verdict.rehashed)

    async def new_hash(self, password: str, *, login_name: str, totp: bool) -> str:
        """The hash of a password that is good enough. Raises Invalid."""
        require_good(password, login_name=login_name, totp=totp, unwanted=self._unwanted)
        return await self.passwords.hash(password)

    def code_step(self, secret: str, code: str) -> int:
        """The step of a code that confirms an enrolment. Raises Denied."""
        step = matching_step(secret, code, self._clock())
        if step is None:
            raise Denied("this code is not right; take the one shown now", reason="WRONG_CODE")
        return step


def logins(
    secret: bytes,
    clock: Clock,
    make: Callable[[], Passwords] = Passwords,
    unwanted: Unwanted | None = None,
) -> Logins:
    """With a fresh throttle and the real cost of a password."""
    return Logins(make(), Throttle(clock), secret, clock, unwanted)
