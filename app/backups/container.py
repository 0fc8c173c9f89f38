"""The file of a backup: a line that says what it is, then sealed frames of a compressed tar.

    {"at":…,"format":"wardgrid-backup/1","key":N,"leaves":N,"proof":HEX,"salt":HEX}⏎
    length (4 bytes) ‖ AES-256-GCM(1 MiB or less) …, the last one marked as the last

Each frame is bound to the line and to its number, so that none can be changed, dropped, moved or
taken from another backup. `proof` tells a wrong key before anything is read.
"""

import gzip
import hmac
import os
import secrets
import struct
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from audit.keys import KeyKind, Keys, KeyTrouble
from kit.canonical import canonical_json, parse_canonical

FORMAT = "wardgrid-backup/1"
FRAME = 1 << 20
_LENGTH = struct.Struct(">I")
_TAG = 16
MAX_LINE = 1024
_MEMBERS = {"at", "format", "key", "leaves", "proof", "salt"}


class BackupRefused(RuntimeError):
    """The backup cannot be used; the message says why. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Header:
    """The first line: when it was made, how long the ledger was, and with which version of the
    backup key."""

    at: str
    leaves: int
    key: int
    salt: bytes
    proof: bytes

    def line(self) -> bytes:
        members = {"at": self.at, "format": FORMAT, "key": self.key, "leaves": self.leaves,
                   "proof": self.proof.hex(), "salt": self.salt.hex()}  # fmt: skip
        return canonical_json(members) + b"\n"


def read_header(file: BinaryIO) -> Header:
    """Raises BackupRefused for what is no backup of this format."""
    line = file.readline(MAX_LINE)
    try:
        members = parse_canonical(line.removesuffix(b"\n"))
        if set(members) != _MEMBERS or members["format"] != FORMAT or line[-1:] != b"\n":
            raise ValueError("another format")
        salt, proof = bytes.fromhex(members["salt"]), bytes.fromhex(members["proof"])
        header = Header(
            str(members["at"]), int(members["leaves"]), int(members["key"]), salt, proof
        )
        if header.line() != line:
            raise ValueError("not in its one form")
    except (ValueError, TypeError, KeyError, RecursionError):
        raise BackupRefused("this is no backup, or its first line was changed") from None
    return header


@contextmanager
def writing(path: Path, keys: Keys, at: str, leaves: int) -> Iterator[tarfile.TarFile]:
    """A tar to put parts in; the file stands whole, flushed and readable by its owner alone."""
    version, salt = keys.newest(KeyKind.BACKUP), secrets.token_bytes(16)
    key, proof = _derived(keys.secret(KeyKind.BACKUP, version), salt)
    header = Header(at, leaves, version, salt, proof)
    mine = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(mine, "wb") as file:
        file.write(header.line())
        frames = _FrameWriter(file, AESGCM(key), header)
        with (
            gzip.GzipFile(
                fileobj=cast(BinaryIO, frames), mode="wb", compresslevel=1, mtime=0
            ) as gz,
            tarfile.open(fileobj=gz, mode="w|", format=tarfile.PAX_FORMAT) as tar,
        ):
            yield tar
        frames.finish()
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def opened(path: Path, keys: Keys) -> Iterator[tarfile.TarFile]:
    """The parts of a backup, one after the other. Raises BackupRefused as soon as a byte is not
    what was written; a part that was read before that is as it was."""
    try:
        with path.open("rb") as file:
            header = read_header(file)
            frames = _FrameReader(file, _cipher(header, keys), header)
            try:
                with (
                    gzip.GzipFile(fileobj=cast(BinaryIO, frames), mode="rb") as gz,
                    tarfile.open(fileobj=cast(IO[bytes], gz), mode="r|") as tar,
                ):
                    yield tar
                    _drain(gz)
            except (tarfile.TarError, EOFError, gzip.BadGzipFile) as odd:
                raise BackupRefused("the backup is damaged: it does not unpack") from odd
            frames.require_end()
    except OSError as failure:
        raise BackupRefused(f"{path.name} cannot be read ({failure.strerror})") from None


def require_key(path: Path, keys: Keys) -> Header:
    """Prove that the key opens this backup, before anything else is done with it."""
    try:
        with path.open("rb") as file:
            header = read_header(file)
    except OSError as failure:
        raise BackupRefused(f"{path.name} cannot be read ({failure.strerror})") from None
    _cipher(header, keys)
    return header


def _cipher(header: Header, keys: Keys) -> AESGCM:
    try:
        secret = keys.secret(KeyKind.BACKUP, header.key)
    except KeyTrouble:
        raise BackupRefused(
            f"the key backup-{header.key} that made this backup is not here; bring it back"
        ) from None
    key, proof = _derived(secret, header.salt)
    if not hmac.compare_digest(proof, header.proof):
        raise BackupRefused(f"backup-{header.key} is not the key that made this backup")
    return AESGCM(key)


def _derived(secret: bytes, salt: bytes) -> tuple[bytes, bytes]:
    both = HKDF(algorithm=SHA256(), length=48, salt=salt, info=b"wardgrid backup 1").derive(secret)
    return both[:32], both[32:]


class _Frames:
    def __init__(self, file: BinaryIO, cipher: AESGCM, header: Header) -> None:
        self._file = file
        self._cipher = cipher
        self._bound = sha256(header.line()).digest()
        self._number = 0

    def _next(self, last: bool) -> tuple[bytes, bytes]:
        """Nonce and what the frame is bound to; a salt makes the key this file's own."""
        nonce = self._number.to_bytes(12, "big")
        self._number += 1
        return nonce, self._bound + (b"\x01" if last else b"\x00")


class _FrameWriter(_Frames):
    """As much of a file as gzip asks for."""

    def __init__(self, file: BinaryIO, cipher: AESGCM, header: Header) -> None:
        super().__init__(file, cipher, header)
        self._buffer = bytearray()

    def write(self, content: Any) -> int:
        self._buffer += content
        while len(self._buffer) > FRAME:
            self._seal(bytes(self._buffer[:FRAME]), last=False)
            del self._buffer[:FRAME]
        return len(content)

    def flush(self) -> None:
        """Frames are sealed when they are full."""

    def finish(self) -> None:
        self._seal(bytes(self._buffer), last=True)

    def _seal(self, content: bytes, last: bool) -> None:
        nonce, bound = self._next(last)
        sealed = self._cipher.encrypt(nonce, content, bound)
        self._file.write(_LENGTH.pack(len(sealed)) + sealed)


class _FrameReader(_Frames):
    """As much of a file as gzip asks for."""

    _left = b""
    _over = False

    def read(self, size: int = -1) -> bytes:
        while not self._over and (size < 0 or len(self._left) < size):
            self._left += self._open()
        content = self._left if size < 0 else self._left[:size]
        self._left = self._left[len(content) :]
        return content

    def require_end(self) -> None:
        self.read()
        if self._file.read(1):
            raise BackupRefused("there is something behind the end of the backup")

    def _open(self) -> bytes:
        place = self._file.tell()
        head = self._file.read(_LENGTH.size)
        length = _LENGTH.unpack(head)[0] if len(head) == _LENGTH.size else 0
        if not _TAG <= length <= FRAME + _TAG:
            raise BackupRefused(f"the backup ends too early, at byte {place}")
        sealed = self._file.read(length)
        if len(sealed) < length:
            raise BackupRefused(f"the backup ends too early, at byte {place}")
        number = self._number
        for last in (False, True):
            self._number = number
            nonce, bound = self._next(last)
            try:
                content = self._cipher.decrypt(nonce, sealed, bound)
            except InvalidTag:
                continue
            self._over = last
            return content
        raise BackupRefused(f"the backup was changed at or behind byte {place}")


def _drain(stream: BinaryIO | gzip.GzipFile) -> None:
    while stream.read(FRAME):
        pass
