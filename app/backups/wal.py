"""The WAL of a PostgreSQL cluster: its segments, sealed, as the server hands and asks for them.

This runs once for every segment of 16 MiB, so it imports little: no settings, no database.
"""

import fcntl
import os
import re
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import IO

from app.backups.container import BackupRefused, opened, writing
from audit.guard import flush_folder
from audit.keys import Keys

FOLDER = "wal"  # below the folder of backups
SUFFIX = ".wgw"
_NAME = re.compile(r"[0-9A-F]{24}(\.partial|\.[0-9A-F]{8}\.backup)?|[0-9A-F]{8}\.history")
_SEGMENT = re.compile(r"[0-9A-F]{24}")
_BLOCK = 1 << 16


class NoSuchWal(BackupRefused):
    """The archive does not have it, nor anything behind it: here it ends."""


def archive(file: Path, shelf: Path, keys: Keys, at: datetime) -> Path:
    """Seal what the server hands over; when this returns, it survives a power cut.

    The server hands a segment over again when it does not know how the last time ended: the same
    content is fine then. Raises BackupRefused for other content of a name that stands there,
    KeyTrouble, OSError.
    """
    target = _place(shelf, file.name)
    shelf.mkdir(mode=0o700, parents=True, exist_ok=True)
    with alone(shelf):
        if target.exists():
            _require_same(file, target, keys)
            flush_folder(shelf)
            return target
        partial = target.with_name(f".{target.name}.partial")
        partial.unlink(missing_ok=True)  # of a machine that stopped
        try:
            with writing(partial, keys, at.strftime("%Y%m%dT%H%M%S.%fZ"), 0) as tar:
                tar.add(file, file.name)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
        os.replace(partial, target)
        flush_folder(shelf)
    return target


def fetch(name: str, shelf: Path, keys: Keys, into: Path) -> None:
    """What the server asks for, as it was handed over. Raises NoSuchWal where the archive ends,
    BackupRefused where it is damaged or has a gap: then the server must not go on."""
    sealed = _place(shelf, name)
    if not sealed.exists():
        require_no_gap(name, segments(shelf))
        raise NoSuchWal(f"{name} is not in the archive")
    partial = into.with_name(f"{into.name}.partial")
    partial.unlink(missing_ok=True)
    try:
        with _content(sealed, name, keys) as content, partial.open("xb") as file:
            partial.chmod(0o600)
            _copy_sparse(content, file)
        os.replace(partial, into)
    finally:
        partial.unlink(missing_ok=True)


def segments(shelf: Path) -> list[str]:
    """Names of the whole segments that stand there, in their order."""
    return [name for name in standing(shelf) if _SEGMENT.fullmatch(name)]


def standing(shelf: Path) -> list[str]:
    """Names of everything that the server handed over."""
    if not shelf.is_dir():
        return []
    found = (path.name.removesuffix(SUFFIX) for path in shelf.glob(f"*{SUFFIX}"))
    return sorted(name for name in found if _NAME.fullmatch(name))


def name_of(file_name: str) -> str | None:
    """What is sealed in a file of this name; None for another file's."""
    name = file_name.removesuffix(SUFFIX)
    return name if file_name.endswith(SUFFIX) and _NAME.fullmatch(name) else None


def place(name: str) -> str:
    """Where a segment begins, whatever its timeline: comparable with others of its cluster."""
    return name[8:24]


def too_old(names: Sequence[str], first: str) -> list[str]:
    """What no base backup that begins with the segment `first` will ever ask for. Histories of
    timelines stay: they are small, and each restore reads them all."""
    return [name for name in names if _SEGMENT.match(name) and place(name) < place(first)]


def require_no_gap(missing: str, names: Sequence[str]) -> None:
    """Raises BackupRefused where the archive goes on behind a segment that it does not have."""
    if not _SEGMENT.fullmatch(missing):
        return
    line = missing[:8]
    if later := [name for name in names if name.startswith(line) and name > missing]:
        raise BackupRefused(f"the WAL segment {missing} is missing, {later[0]} behind it is there")


def _place(shelf: Path, name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise BackupRefused(f"{name} is no name of a WAL segment")
    return shelf / f"{name}{SUFFIX}"


@contextmanager
def _content(sealed: Path, name: str, keys: Keys) -> Iterator[IO[bytes]]:
    """Of a sealed segment, which must be the one of its file's name."""
    try:
        with opened(sealed, keys) as tar:
            member = tar.next()
            content = tar.extractfile(member) if member and member.name == name else None
            if content is None:
                raise BackupRefused(f"it is not {name}")
            yield content
            _require_last(tar)
    except BackupRefused as refused:
        raise BackupRefused(f"the WAL segment {name}: {refused}") from None


def _require_last(tar: tarfile.TarFile) -> None:
    if tar.next() is not None:
        raise BackupRefused("it holds more than one segment")


def _require_same(file: Path, sealed: Path, keys: Keys) -> None:
    with _content(sealed, file.name, keys) as there, file.open("rb") as here:
        same = _digest(there) == _digest(here)
    if not same:
        raise BackupRefused(
            f"another {file.name} is in the archive: two clusters must not share one, give each a"
            " folder of its own"
        )


def _digest(content: IO[bytes]) -> bytes:
    digest = sha256()
    while block := content.read(_BLOCK):
        digest.update(block)
    return digest.digest()


def _copy_sparse(content: IO[bytes], file: IO[bytes]) -> None:
    """A segment that was handed over early is zeros for the most part: they take no room."""
    size = 0
    while block := content.read(_BLOCK):
        if block.strip(b"\0"):
            file.seek(size)
            file.write(block)
        size += len(block)
    file.truncate(size)


@contextmanager
def alone(shelf: Path) -> Iterator[None]:
    """Two servers on one folder by mistake must not come between look and write."""
    descriptor = os.open(shelf / ".lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
