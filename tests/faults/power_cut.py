"""A disk that keeps what was flushed and, in a power cut, any part of what was not.

The program runs on a real folder while every write, truncation, flush and deletion is recorded in
order, with the client's own journal between them. Afterwards the recording is cut at any point:
flushed writes are there; of the others each is there, lost, or torn at a sector.
"""

import random
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw

SECTOR = 512  # bytes that a disk writes whole or not at all


@dataclass(frozen=True, slots=True)
class Happened:
    """One step of the recording; `what` is write, truncate, flush, delete or acknowledged."""

    what: str
    name: str
    at: int = 0
    content: bytes = b""


@dataclass(slots=True)
class Recording:
    """What happened, in order, from the files as they were."""

    before: dict[str, bytes] = field(default_factory=dict)
    steps: list[Happened] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, step: Happened) -> None:
        with self._lock:
            self.steps.append(step)

    def acknowledged(self, name: str) -> None:
        """The client has been told that its change is made."""
        self.add(Happened("acknowledged", name))

    def cuts(self, count: int, seed: int) -> Iterator["AfterCut"]:
        """The disk after `count` power cuts at random points of the recording."""
        dice = random.Random(seed)
        points = sorted(dice.randrange(1, len(self.steps) + 1) for _ in range(count))
        disk, done = _Disk(self.before), 0
        acknowledged: set[str] = set()
        for point in points:
            for step in self.steps[done:point]:
                if step.what == "acknowledged":
                    acknowledged.add(step.name)
                else:
                    disk.take(step)
            done = point
            yield AfterCut(point, disk.after_cut(dice), frozenset(acknowledged))


@dataclass(frozen=True, slots=True)
class AfterCut:
    """What a machine finds when the power is back, and what its clients had been promised."""

    point: int
    files: dict[str, bytes]
    acknowledged: frozenset[str]

    def restore(self, folder: Path) -> None:
        for name, content in self.files.items():
            (folder / name).write_bytes(content)


class _Disk:
    def __init__(self, before: dict[str, bytes]) -> None:
        self._flushed = {name: bytearray(content) for name, content in before.items()}
        self._waiting: dict[str, list[Happened]] = {}

    def take(self, step: Happened) -> None:
        if step.what == "flush":
            content = self._flushed.setdefault(step.name, bytearray())
            for waiting in self._waiting.pop(step.name, ()):
                _apply(content, waiting)
        else:
            self._waiting.setdefault(step.name, []).append(step)

    def after_cut(self, dice: random.Random) -> dict[str, bytes]:
        found = {name: bytearray(content) for name, content in self._flushed.items()}
        for name, steps in self._waiting.items():
            # a disk's cache may have been written out, or not at all, or in any part and order
            luck = dice.choice((0.0, 0.5, 0.9, 1.0))
            for step in steps:
                for part in _torn(step, dice, luck):
                    _apply(found.setdefault(name, bytearray()), part)
        return {name: bytes(content) for name, content in found.items()}


def _torn(step: Happened, dice: random.Random, luck: float) -> Iterable[Happened]:
    """What of a step reached the disk."""
    if dice.random() < luck:
        return (step,)
    if step.what != "write" or dice.random() < 0.5:
        return ()
    bounds = range(step.at - step.at % SECTOR, step.at + len(step.content), SECTOR)
    pieces = ((max(at, step.at), min(at + SECTOR, step.at + len(step.content))) for at in bounds)
    return [
        Happened("write", step.name, start, step.content[start - step.at : end - step.at])
        for start, end in pieces
        if dice.random() < 0.5
    ]


def _apply(content: bytearray, step: Happened) -> None:
    if step.what == "write":
        content.extend(bytes(max(0, step.at - len(content))))
        content[step.at : step.at + len(step.content)] = step.content
    elif step.what == "truncate":
        del content[step.at :]
    else:
        content.clear()


class RecordingLayer(apsw.VFS):
    """SQLite's file layer with a recording; everything goes on to the real one."""

    def __init__(self, recording: Recording) -> None:
        self.name = f"recording-{id(recording)}"
        self._recording = recording
        super().__init__(self.name, "unix")

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        return _RecordedFile(self._recording, path, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        super().xDelete(filename, syncdir)
        self._recording.add(Happened("delete", Path(filename).name))


class _RecordedFile(apsw.VFSFile):
    def __init__(self, recording: Recording, path: str | None, name: Any, flags: list[int]) -> None:
        super().__init__("unix", name, flags)
        self._recording = recording
        self._name = Path(path).name if path else f"nameless-{id(self)}"

    def xWrite(self, data: bytes, offset: int) -> None:
        super().xWrite(data, offset)
        self._recording.add(Happened("write", self._name, offset, bytes(data)))

    def xTruncate(self, newsize: int) -> None:
        super().xTruncate(newsize)
        self._recording.add(Happened("truncate", self._name, newsize))

    def xSync(self, flags: int) -> None:
        super().xSync(flags)
        self._recording.add(Happened("flush", self._name))
