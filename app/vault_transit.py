"""KEKs that stay in HashiCorp Vault: its Transit engine wraps and unwraps the keys of subjects.

The key there must be of type `aes256-gcm96` and derived: the context binds a data key to its row,
so a wrapped key that was moved does not open. Unwrapped keys are kept in memory, so Vault is asked
once per person and hour, never per field, and what is in memory opens while Vault is away.
"""

import logging
import ssl
import threading
import time
from base64 import b64decode, b64encode
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from app.secret_file import secret_in
from audit.kek import HeldKek, KekAway, Wrapped
from audit.keys import KeyTrouble

log = logging.getLogger("wardgrid.keys")

MARK = b"vault:v"  # a held KEK begins its blob with a random nonce instead
PAUSE_S = 1.0  # after a failure: a Vault that is away must not hold the writer up again and again
PROBE_S = 5.0  # how old an answer may be to count as a sign of life
AT_ONCE = 250  # keys of one request
_PROBE = b"wardgrid readiness probe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where the Transit key is. The token is read from its file at each request."""

    url: str
    key: str
    token_file: Path
    mount: str = "transit"
    namespace: str | None = None
    ca: Path | None = None
    timeout_s: float = 2.0


@dataclass(slots=True, repr=False)
class VaultTransit:
    """A `KekProvider`. `held` opens what files wrapped before the house moved to Vault."""

    address: Address
    held: HeldKek | None = None
    keep_s: float = 3600.0
    most: int = 100_000
    ticks: Callable[[], float] = time.monotonic
    name: str = "vault"
    _kept: OrderedDict[bytes, tuple[bytes, float]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _trust: ssl.SSLContext | None = None
    _away_until: float = 0.0
    _answered: float | None = None

    def newest(self) -> int:
        return self.wrap(_PROBE, _PROBE).version

    def wrap(self, secret: bytes, bound: bytes) -> Wrapped:
        (made,) = self._batch("encrypt", [{"plaintext": _text(secret), "context": _text(bound)}])
        wrapped = _wrapped(made, bound)
        if wrapped is None:
            raise self._failed("NO_CIPHERTEXT")
        self._keep(wrapped, secret)
        return wrapped

    def unwrap(self, some: Sequence[Wrapped]) -> list[bytes | None]:
        found = [self._known(one) for one in some]
        asked = [at for at, one in enumerate(some) if found[at] is None and _ours(one)]
        for start in range(0, len(asked), AT_ONCE):
            part = asked[start : start + AT_ONCE]
            for at, answer in zip(part, self._batch("decrypt", [_item(some[at]) for at in part]),
                                  strict=True):  # fmt: skip
                if secret := _plain(answer):
                    found[at] = secret
                    self._keep(some[at], secret)
        return found

    def rewrap(self, one: Wrapped) -> Wrapped | None:
        if not _ours(one):
            secret = self._known(one)
            return None if secret is None else self.wrap(secret, one.bound)
        (answer,) = self._batch("rewrap", [_item(one)])
        return _wrapped(answer, one.bound)

    def current(self, one: Wrapped, newest: int) -> bool:
        return _ours(one) and one.version >= newest

    def answers(self) -> bool:
        now = self.ticks()
        if self._answered is None or now - self._answered >= PROBE_S or now < self._away_until:
            try:
                self.newest()
            except (KekAway, KeyTrouble):
                return False
        return True

    def _known(self, one: Wrapped) -> bytes | None:
        if not _ours(one):
            return None if self.held is None else self.held.unwrap([one])[0]
        known = self._kept.get(one.bound + one.blob)
        return None if known is None or self.ticks() >= known[1] else known[0]

    def _keep(self, one: Wrapped, secret: bytes) -> None:
        """Only for whoever still has the wrapped key: a destroyed one is found by nobody."""
        with self._lock:
            self._kept[one.bound + one.blob] = (secret, self.ticks() + self.keep_s)
            while len(self._kept) > self.most:
                self._kept.popitem(last=False)

    def _batch(self, act: str, items: list[dict[str, str]]) -> list[dict[str, Any]]:
        """One answer for each item; those that Vault refuses carry no result."""
        if self.ticks() < self._away_until:
            raise KekAway
        answer = self._post(act, {"batch_input": items})
        try:
            results = answer.json()["data"]["batch_results"]
        except (ValueError, KeyError, TypeError):
            raise self._failed(f"HTTP_{answer.status_code}") from None
        if not isinstance(results, list) or len(results) != len(items):
            raise self._failed("ODD_ANSWER")
        self._answered = self.ticks()
        return [one if isinstance(one, dict) else {} for one in results]

    def _post(self, act: str, body: dict[str, Any]) -> httpx.Response:
        place = self.address
        headers = {"X-Vault-Token": token_in(place.token_file), "X-Vault-Request": "true"}
        if place.namespace:
            headers["X-Vault-Namespace"] = place.namespace
        url = f"{place.url.rstrip('/')}/v1/{place.mount}/{act}/{place.key}"
        try:
            # trust_env: a proxy named in the environment would see the token
            with httpx.Client(
                timeout=place.timeout_s, verify=self._trusted(), trust_env=False
            ) as on:
                return on.post(url, json=body, headers=headers)
        except httpx.HTTPError as away:
            raise self._failed(type(away).__name__) from None  # its text may name the address

    def _failed(self, reason: str) -> KekAway:
        """Never what Vault wrote: it may repeat what it was sent."""
        self._away_until = self.ticks() + PAUSE_S
        log.warning("key service failed", extra={"reason": reason})
        return KekAway()

    def _trusted(self) -> ssl.SSLContext:
        if self._trust is None:
            self._trust = ssl.create_default_context(cafile=self.address.ca)
        return self._trust

    def __repr__(self) -> str:
        return "VaultTransit(***)"


def token_in(file: Path) -> str:
    """The token, from a file that nobody else may read. Raises KeyTrouble."""
    return secret_in(file, "vault_token_file")


def _item(one: Wrapped) -> dict[str, str]:
    return {"ciphertext": one.blob.decode("ascii", "replace"), "context": _text(one.bound)}


def _wrapped(answer: dict[str, Any], bound: bytes) -> Wrapped | None:
    text = answer.get("ciphertext")
    if not isinstance(text, str) or not text.startswith(MARK.decode()) or not text.isascii():
        return None
    number = text.removeprefix(MARK.decode()).partition(":")[0]
    return Wrapped(int(number), text.encode(), bound) if number.isdecimal() else None


def _plain(answer: dict[str, Any]) -> bytes | None:
    text = answer.get("plaintext")
    try:
        return b64decode(text, validate=True) if isinstance(text, str) else None
    except ValueError:
        return None


def _ours(one: Wrapped) -> bool:
    return one.blob.startswith(MARK)


def _text(secret: bytes) -> str:
    return b64encode(secret).decode()
