"""Who wraps the keys of subjects: a provider of key-encryption keys. This one holds them itself.

A provider never gives a KEK away. It wraps and unwraps data keys by the KEK's version, bound to
the row that they stand in, and moves them under its newest version without showing them.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kit.errors import Retry

NONCE = 12  # bytes


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A data key under one version of the KEK; `bound` names the row that it belongs to."""

    version: int
    blob: bytes
    bound: bytes


class KekAway(Retry):
    """The key service does not answer; keys that are in memory still open their fields."""

    def __init__(self) -> None:
        super().__init__("the key service does not answer; try again", reason="KEYS_AWAY")


class KekProvider(Protocol):
    """Wraps data keys. Raises KekAway where it cannot be asked."""

    name: str

    def newest(self) -> int:
        """The version that wraps now."""

    def wrap(self, secret: bytes, bound: bytes) -> Wrapped: ...

    def unwrap(self, some: Sequence[Wrapped]) -> list[bytes | None]:
        """The data keys, None for each that does not open; asks once for all of them."""

    def rewrap(self, one: Wrapped) -> Wrapped | None:
        """The same data key under the newest version; None if it does not open."""

    def current(self, one: Wrapped, newest: int) -> bool:
        """False where it stands under an older version than `newest`, or another provider."""

    def answers(self) -> bool:
        """For the readiness probe: whether a key could be wrapped now."""


class HeldKek:
    """KEKs in this program's memory, from files or from a development secret."""

    name = "file"

    def __init__(self, newest: Callable[[], int], secret: Callable[[int], bytes]) -> None:
        self._newest, self._secret = newest, secret

    def newest(self) -> int:
        return self._newest()

    def wrap(self, secret: bytes, bound: bytes) -> Wrapped:
        version, nonce = self._newest(), os.urandom(NONCE)
        sealed = AESGCM(self._secret(version)).encrypt(nonce, secret, _with(bound, version))
        return Wrapped(version, nonce + sealed, bound)

    def unwrap(self, some: Sequence[Wrapped]) -> list[bytes | None]:
        return [self._open(one) for one in some]

    def rewrap(self, one: Wrapped) -> Wrapped | None:
        secret = self._open(one)
        return None if secret is None else self.wrap(secret, one.bound)

    def current(self, one: Wrapped, newest: int) -> bool:
        return one.version >= newest

    def answers(self) -> bool:
        return True

    def _open(self, one: Wrapped) -> bytes | None:
        kek = AESGCM(self._secret(one.version))
        bound = _with(one.bound, one.version)
        try:
            return kek.decrypt(one.blob[:NONCE], one.blob[NONCE:], bound)
        except (InvalidTag, ValueError):  # ValueError: shorter than a nonce
            return None


def _with(bound: bytes, version: int) -> bytes:
    return bound + version.to_bytes(2, "big")
