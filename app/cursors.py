"""Where a subscriber stands in the feed, as text that tells an outsider nothing.

A bare row number would let one hospital count another's changes, so it is enciphered with the
hospital as associated data: it opens for that hospital only, and equal places look equal.
"""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from audit.keys import KeyKind, Keys
from kit.errors import Invalid

KEY_BYTES = 32
_WIDTH = 8


class Position(NamedTuple):
    """A place in the order of commits: on SQLite the transaction is always 0."""

    transaction: int
    row: int


START = Position(0, 0)


class Cursors:
    """Turns positions into cursors and back. The key must outlive a restart."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"a cursor key has {KEY_BYTES} bytes")
        self._cipher = AESSIV(key)

    def cursor(self, position: Position, hospital: UUID | None) -> str:
        """The position as a subscriber in this hospital may keep it."""
        plain = b"".join(number.to_bytes(_WIDTH, "big") for number in position)
        sealed = self._cipher.encrypt(plain, [_bound(hospital)])
        return urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def position(self, cursor: str, hospital: UUID | None) -> Position:
        """The inverse. Raises Invalid for any text that we did not hand out for this hospital."""
        try:
            sealed = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
            plain = self._cipher.decrypt(sealed, [_bound(hospital)])
        except (InvalidTag, ValueError, UnicodeEncodeError, binascii.Error):
            message = "this cursor is not one of ours; leave it out to start anew"
            raise Invalid(message, reason="CURSOR_UNKNOWN", field="after") from None
        return Position(
            int.from_bytes(plain[:_WIDTH], "big"), int.from_bytes(plain[_WIDTH:], "big")
        )


def _bound(hospital: UUID | None) -> bytes:
    return hospital.bytes if hospital else b"network"


def cursors_of(keys: Keys) -> Cursors:
    """The same in every process of the house."""
    derived = HKDF(SHA256(), KEY_BYTES, None, b"feed cursors")
    return Cursors(derived.derive(keys.secret(KeyKind.ANSWER)))
