"""The list of erasures outside the database: a restored backup knows nothing of those after it.

    the bodies of `privacy.shred` entries, one a line, in the order they were learned
    an empty line
    a signed note over them: origin `<log>/erasures`, how many, and the root over the lines

Bodies name people by surrogates only, so the file may lie wherever backups do. Append-only: what
is in it is never taken out, and files of one log are united.
"""

import fcntl
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from audit.checkpoint import BadNote, Checkpoint, Verifier, open_checkpoint
from audit.entry import parse_body
from audit.form import Malformed
from audit.guard import replace_file
from audit.signer import Signer
from audit.tree import leaf_hash, root_of

SHRED = "privacy.shred"
NAME = "ledger.erasures"
_SUFFIX = "/erasures"


class BadErasures(RuntimeError):
    """The file is damaged, of another log, or not signed by this log's key."""


def erasures_signer(log: str, seed: bytes) -> Signer:
    """Signs the list under a name of its own, so that no checkpoint can be mistaken for one."""
    return Signer(log + _SUFFIX, seed)


def remember(path: Path, signer: Signer, bodies: Iterable[bytes]) -> bool:
    """Put those into the file that are not in it, durably; whether there were any.

    Raises BadErasures where a file stands there that is none.
    """
    with _alone(path.parent):
        known = read_erasures(path, signer.verifier)
        fresh = [body for body in dict.fromkeys(bodies) if body not in set(known)]
        if fresh or not path.exists():
            lines = [*known, *fresh]
            note = signer.sign(_head(signer.name, lines))
            replace_file(path, b"".join(line + b"\n" for line in lines) + b"\n" + note.encode())
    return bool(fresh)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Two processes of one data folder must not each write what the other has not read."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def read_erasures(path: Path, verifier: Verifier) -> list[bytes]:
    """The bodies; none where there is no file. Raises BadErasures."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return []
    bodies, empty, note = (b"\n" + content).partition(b"\n\n")
    lines = bodies.split(b"\n")[1:] if bodies else []
    try:
        head = open_checkpoint(note.decode(), [verifier])
    except (BadNote, UnicodeDecodeError):
        raise BadErasures(f"{path.name} is damaged or not signed by this log's key") from None
    if not empty or head != _head(verifier.name, lines):
        raise BadErasures(f"{path.name} is damaged: its lines are not those that were signed")
    for line in lines:
        subjects_in(line, verifier.name)
    return lines


def subjects_in(body: bytes, name: str) -> tuple[UUID, ...]:
    """Who was erased by the entry. Raises BadErasures for another kind of entry."""
    try:
        entry = parse_body(body)
    except Malformed:
        raise BadErasures("a line is no entry of a ledger") from None
    told = (entry["action"], entry["outcome"], entry["log"] + _SUFFIX)
    if told != (SHRED, "done", name):
        raise BadErasures("a line is no erasure of this log")
    return tuple(UUID(subject) for subject in entry["subjects"])


def _head(name: str, lines: Sequence[bytes]) -> Checkpoint:
    return Checkpoint(name, len(lines), root_of([leaf_hash(line) for line in lines]))
