"""Signed tree heads: C2SP tlog-checkpoint in C2SP signed-note, Ed25519.

    origin
    size, decimal
    root, base64

    — name base64(key hash ‖ signature)

Every byte has one form: what is not exactly this is refused.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from audit.ed25519 import signature_holds

MAX_NOTE = 16_384  # bytes
ED25519 = b"\x01"
_NAME = re.compile(r"[A-Za-z0-9._~/:@-]{1,128}", re.ASCII)
_SIZE = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)
_SIGNATURE = re.compile(r"— ([^ +\n]{1,128}) ([A-Za-z0-9+/=]{8,512})")


class BadNote(ValueError):
    """A note, checkpoint or key that is not in its exact format, or not signed by a known key."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head; `extensions` are further signed lines that this version does not read."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def text(self) -> str:
        lines = (self.origin, str(self.size), b64(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key under its name; its text form is `name+hash+base64(0x01 ‖ key)`."""

    name: str
    key: bytes

    @property
    def hash(self) -> bytes:
        return _key_hash(self.name, self.key)

    @property
    def text(self) -> str:
        return f"{self.name}+{self.hash.hex()}+{b64(ED25519 + self.key)}"

    @classmethod
    def parse(cls, text: str) -> "Verifier":
        name, key = parse_key(text)
        verifier = cls(name, key)
        if verifier.text != text:
            raise BadNote("the key's hash does not belong to its name and bytes")
        return verifier

    def accepts(self, text: str, signature: bytes) -> bool:
        return signature_holds(self.key, text.encode(), signature)


def open_checkpoint(note: str, verifiers: Sequence[Verifier]) -> Checkpoint:
    """The checkpoint in a note signed under its own origin by a known key. Raises BadNote.

    Signatures of other names (witnesses) are ignored; one that claims a known key must hold.
    """
    text, lines = _split(note)
    checkpoint = _parse_text(text)
    signed = False
    for line in lines:
        name, key_hash, signature = _parse_signature(line)
        for verifier in verifiers:
            if (verifier.name, verifier.hash) == (name, key_hash):
                if not verifier.accepts(text, signature):
                    raise BadNote("a signature does not hold")
                signed = signed or name == checkpoint.origin
    if not signed:
        raise BadNote(f"no signature by a known key of {checkpoint.origin}")
    return checkpoint


def read_unchecked(note: str) -> Checkpoint:
    """What a note claims; nothing about its signatures. Raises BadNote."""
    return _parse_text(_split(note)[0])


def signature_lines(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """The signed text of a note, and under which name stands what. Raises BadNote."""
    text, lines = _split(note)
    parsed = [_parse_signature(line) for line in lines]
    return text, [(name, key_hash + signature) for name, key_hash, signature in parsed]


def require_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise BadNote("a log's name is 1 to 128 letters, digits or . _ ~ / : @ -")
    return name


def _split(note: str) -> tuple[str, list[str]]:
    if len(note) > MAX_NOTE:
        raise BadNote("the note is too long")
    if any(ord(char) < 32 and char != "\n" for char in note):
        raise BadNote("a note has no control characters")
    text, gap, signatures = note.rpartition("\n\n")
    if not gap or not signatures.endswith("\n"):
        raise BadNote("a note is a text, an empty line and signatures")
    return text + "\n", signatures[:-1].split("\n")


def _parse_text(text: str) -> Checkpoint:
    lines = text[:-1].split("\n")
    if len(lines) < 3:
        raise BadNote("a checkpoint has an origin, a size and a root")
    origin, size, root, *extensions = lines
    require_name(origin)
    if not _SIZE.fullmatch(size):
        raise BadNote("a checkpoint's size is a decimal number")
    if not all(extensions):
        raise BadNote("a checkpoint has no empty line")
    checkpoint = Checkpoint(origin, int(size), _unb64(root), tuple(extensions))
    if len(checkpoint.root) != 32:
        raise BadNote("a checkpoint's root has 32 bytes")
    return checkpoint


def _parse_signature(line: str) -> tuple[str, bytes, bytes]:
    parts = _SIGNATURE.fullmatch(line)
    if not parts:
        raise BadNote("a signature line is — name base64")
    blob = _unb64(parts[2])
    return parts[1], blob[:4], blob[4:]


def parse_key(text: str) -> tuple[str, bytes]:
    parts = text.split("+", 2)
    if len(parts) != 3:
        raise BadNote("a key is name+hash+base64")
    require_name(parts[0])
    blob = _unb64(parts[2])
    if len(blob) != 33 or blob[:1] != ED25519:
        raise BadNote("only Ed25519 keys of 32 bytes are known")
    return parts[0], blob[1:]


def _key_hash(name: str, key: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + ED25519 + key).digest()[:4]


def b64(blob: bytes) -> str:
    return base64.b64encode(blob).decode()


def _unb64(text: str) -> bytes:
    try:
        blob = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadNote("not base64") from None
    if b64(blob) != text:  # unused bits could say the same in other letters
        raise BadNote("not the one base64 form")
    return blob
