"""Cosignatures of witnesses: C2SP tlog-cosignature, Ed25519 with the time of the look.

— name base64(key hash ‖ time ‖ signature of "cosignature/v1\\ntime T\\n" and the checkpoint)
"""

import base64
import binascii
import struct
from dataclasses import dataclass
from hashlib import sha256

from audit.checkpoint import BadNote, require_name, signature_lines
from audit.ed25519 import signature_holds

_COSIGNATURE = b"\x04"
TIME = struct.Struct(">Q")


@dataclass(frozen=True, slots=True)
class WitnessKey:
    """A witness's public key under its name; its text is `name+hash+base64(0x04 ‖ key)`."""

    name: str
    key: bytes

    @property
    def hash(self) -> bytes:
        return sha256(self.name.encode() + b"\n" + _COSIGNATURE + self.key).digest()[:4]

    @property
    def text(self) -> str:
        key = base64.b64encode(_COSIGNATURE + self.key).decode()
        return f"{self.name}+{self.hash.hex()}+{key}"

    @classmethod
    def parse(cls, text: str) -> "WitnessKey":
        """Raises BadNote for any other text."""
        parts = text.split("+", 2)
        try:
            blob = base64.b64decode(parts[2], validate=True)
        except (IndexError, binascii.Error, ValueError):
            raise BadNote("a witness's key is name+hash+base64") from None
        found = cls(require_name(parts[0]), blob[1:])
        if blob[:1] != _COSIGNATURE or len(found.key) != 32 or found.text != text:
            raise BadNote("not the key of a witness in its one form")
        return found

    def seen_at(self, note: str) -> int | None:
        """When this witness cosigned the note, in seconds since 1970; None if it did not.

        Raises BadNote for a cosignature in its name that does not hold.
        """
        text, lines = signature_lines(note)
        for name, blob in lines:
            if (name, blob[:4]) == (self.name, self.hash):
                if len(blob) != 4 + TIME.size + 64:
                    raise BadNote(f"the cosignature of {self.name} is of another length")
                at: int = TIME.unpack(blob[4:12])[0]
                if not signature_holds(self.key, signed_bytes(text, at), blob[12:]):
                    raise BadNote(f"the cosignature of {self.name} does not hold")
                return at
        return None


def witnessed_by(note: str, witnesses: list[WitnessKey]) -> list[str]:
    """Names of the witnesses whose cosignature the note carries. Raises BadNote."""
    return [witness.name for witness in witnesses if witness.seen_at(note) is not None]


def signed_bytes(text: str, at: int) -> bytes:
    """What a witness signs that saw this text at this time, in seconds since 1970."""
    return f"cosignature/v1\ntime {at}\n{text}".encode()
