"""Puts the ledger away in segments, each once its month is over.

First the files stand, then the command that closes the segment says so on record. Files without a
record are of a program that was interrupted: they are written again.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Engine

from app.jobs import PROGRAM
from app.pipeline import Pipeline
from app.pruning import Pruner
from app.settings import Settings
from app.writer import Writer
from audit.checkpoint import Verifier
from audit.guard import held_alone
from audit.keys import KeyKind, Keys
from audit.segment_form import NONE_BEFORE, Segment
from audit.segments import MOST_ENTRIES, Range, end_of_segment, make_segment, manifest_hash
from audit.signer import Signer
from domain.privacy.segments import CloseSegment, last_segment
from kit.clock import Clock, parse_time
from kit.command import Command
from kit.db import reading

log = logging.getLogger("wardgrid.archiving")

LOOK_S = 60.0
Do = Callable[[Command[Any]], Any]


@dataclass(slots=True)
class Archiving:
    """`run` in a thread; `look` once, by hand."""

    settings: Settings
    engine: Engine
    key: Verifier
    do: Do
    alarm: Callable[[str], None]
    clock: Clock
    pruner: Pruner
    most: int = MOST_ENTRIES
    _one: threading.Lock = field(default_factory=threading.Lock)

    def look(self) -> None:
        """Close every segment that is due."""
        self.settings.segments.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            with self._one, held_alone(self.settings.segments / "segments"):
                while self._close():
                    pass
        except BlockingIOError:
            return  # another process of this machine is at it

    def run(self, stop: threading.Event) -> None:
        """Until told to stop. What fails is told, and tried again."""
        while True:
            try:
                self.look()
            except Exception as fault:  # the next look may succeed; the rows are the truth
                self.alarm(f"archiving failed: {type(fault).__name__}")
            if stop.wait(LOOK_S):
                return

    def begin(self, thread: Callable[..., None], *, signs: bool, jobs: bool) -> None:
        """A process that signs takes entries out; one that does the work decides which."""
        if signs:
            thread("sweeping", self.pruner.run_sweep)
        if jobs:
            thread("archiving", self.run)
            thread("pruning", self.pruner.run)

    def _close(self) -> bool:
        with reading(self.engine) as session:
            before = last_segment(session)
        first = before.last_leaf + 1 if before else 0
        end = end_of_segment(self.engine, first, self.clock(), self.most)
        if end is None:
            return False
        number = before.number + 1 if before else 1
        previous = before.manifest if before else NONE_BEFORE
        made = self._make(Range(number, first, end, previous), self.clock())
        self.do(CloseSegment(
            segment_number=number, first_leaf=first, last_leaf=end - 1,
            first_at=parse_time(made.since), last_at=parse_time(made.until),
            manifest=manifest_hash(made), keep_days=self.settings.ledger_keep_days,
        ))  # fmt: skip
        return True

    def _make(self, this: Range, at: datetime) -> Segment:
        return make_segment(self.engine, self.settings.segments, self.key, this, at)


def archiving_of(
    settings: Settings, keys: Keys, engine: Engine, pipeline: Pipeline, writer: Writer,
    alarm: Callable[[str], None], clock: Clock,
) -> Archiving:  # fmt: skip
    """Of this installation, in the program's own name."""

    def do(command: Command[Any]) -> Any:
        return pipeline.run(PROGRAM, command)

    key = Signer(settings.log_origin, keys.secret(KeyKind.LEDGER)).verifier
    pruner = Pruner(settings, engine, key, do, writer.raw, alarm, clock)
    return Archiving(settings, engine, key, do, alarm, clock, pruner)
