"""The guard file: what the sequencer remembers outside the database, so that a rollback shows."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from audit.chains import Chains
from audit.tree import Frontier
from kit.canonical import canonical_json, parse_canonical


class LedgerRefused(RuntimeError):
    """The database is not the one that the guard file remembers. Nothing was written."""


class GuardMissing(LedgerRefused):
    """There are leaves, and no guard file to compare them with."""


class RolledBack(LedgerRefused):
    """The database is older than the last checkpoint, or another one."""


@dataclass(slots=True)
class State:
    """The end of the log: tree, streams, and the last row taken (transaction, id)."""

    chains: Chains
    frontier: Frontier = field(default_factory=Frontier)
    position: tuple[int, int] = (0, 0)
    last: bytes = b""  # the last leaf's hash
    note: str = ""

    def copy(self) -> "State":
        return State(self.chains.copy(), self.frontier.copy(), self.position, self.last, self.note)


def save_guard(path: Path, log: str, state: State) -> None:
    """Remember where the log stands."""
    content = canonical_json(
        {
            "v": 1,
            "log": log,
            "note": state.note,
            "edge": [subtree.hex() for subtree in state.frontier.edge],
            "size": state.frontier.size,
            "position": list(state.position),
            "last": state.last.hex(),
            "heads": [[stream, *place] for stream, place in state.chains.heads.items()],
        }
    )
    replace_file(path, content)


def replace_file(path: Path, content: bytes) -> None:
    """Replace a file as a whole: after a power cut it is the old one or the new one. It is its
    owner's alone."""
    partial = path.with_name(path.name + ".partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    os.replace(partial, path)
    flush_folder(path.parent)


def load_guard(path: Path, log: str, chains: Chains) -> State | None:
    """None if there is no file. Raises LedgerRefused for one that is not this log's."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        return _state(parse_canonical(content), log, chains)
    except (ValueError, KeyError, TypeError):
        raise LedgerRefused(f"the guard file {path.name} is damaged or of another log") from None


@contextmanager
def held_alone(path: Path) -> Iterator[None]:
    """One holder on this machine, whatever becomes of its process. Raises BlockingIOError."""
    lock = path.with_name(path.name + ".lock")
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def flush_folder(folder: Path) -> None:
    """Make names of files in the folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _state(kept: dict[str, Any], log: str, chains: Chains) -> State:
    if kept["v"] != 1 or kept["log"] != log:
        raise ValueError("another log")
    for stream, sseq, digest in kept["heads"]:
        chains.put(stream, (sseq, digest))
    xid, entry_id = kept["position"]
    edge = [bytes.fromhex(subtree) for subtree in kept["edge"]]
    frontier = Frontier(kept["size"], edge)
    return State(chains, frontier, (xid, entry_id), bytes.fromhex(kept["last"]), kept["note"])
