"""Carries approved prunings of the ledger out, so that a crash at any step is made good.

The order is what makes it safe: the approval stands in the signed log, the segment's files verify,
`pruning.begin` says that nothing holds them; only then, in the process that signs, entries go.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import Engine

from app.settings import Settings
from audit.checkpoint import Verifier
from audit.export_form import MANIFEST
from audit.pruning import approval_of, is_marked, left_in, prune
from audit.segment_form import NONE_BEFORE
from audit.segment_verify import verify_segments
from audit.segments import Range, make_segment, segment_folder
from audit.sequencer import Write
from domain.privacy.archive_model import LedgerSegment, Pruning, PruningState
from domain.privacy.pruning import BeginPruning, ConcludePruning, WithdrawPruning
from domain.privacy.segments import prunings_in, segment_before
from kit.clock import Clock
from kit.command import Command
from kit.db import reading
from kit.errors import Conflict

log = logging.getLogger("wardgrid.pruning")

LOOK_S = 1.0
BAD_SEGMENT = "a segment of the ledger does not verify: it is not pruned"


@dataclass(slots=True)
class Pruner:
    """`look` where commands are run, `sweep` where the log is signed; `run` and `run_sweep` in
    threads."""

    settings: Settings
    engine: Engine
    key: Verifier
    do: Callable[[Command[Any]], Any]
    write: Write
    alarm: Callable[[str], None]
    clock: Clock
    _bad: set[UUID] = field(default_factory=set)  # told once; the next start tries again
    _turn: threading.Lock = field(default_factory=threading.Lock)  # one sweep marks a range

    def look(self) -> None:
        """Begin what is approved, and conclude what is gone."""
        with reading(self.engine) as session:
            found = prunings_in(session, PruningState.APPROVED, PruningState.BEGUN)
        for pruning, segment in found:
            if pruning.state is PruningState.APPROVED:
                self._begin(pruning, segment)
            elif self._gone(pruning):
                self.do(ConcludePruning(pruning_id=pruning.id))

    def sweep(self) -> None:
        """Take out the entries of every pruning that has begun."""
        with self._turn:
            with reading(self.engine) as session:
                found = prunings_in(session, PruningState.BEGUN)
            for pruning, _ in found:
                while not prune(self.engine, self.write, *_range(pruning)):
                    pass  # a piece at a time, so that writers get their turn

    def run(self, stop: threading.Event) -> None:
        """Until told to stop. What fails is told, and tried again."""
        self._again(self.look, stop)

    def run_sweep(self, stop: threading.Event) -> None:
        """Likewise."""
        self._again(self.sweep, stop)

    def _again(self, step: Callable[[], None], stop: threading.Event) -> None:
        while not stop.wait(LOOK_S):
            try:
                step()
            except Exception as fault:  # the next look may succeed; the rows are the truth
                self.alarm(f"pruning failed: {type(fault).__name__}")

    def _begin(self, pruning: Pruning, segment: LedgerSegment) -> None:
        if pruning.id in self._bad:
            return
        with reading(self.engine) as session:
            if approval_of(session.connection(), *_range(pruning)) is None:
                return  # the log is not signed that far yet
        if not self._verified(segment):
            self._bad.add(pruning.id)
            self.alarm(BAD_SEGMENT)
            return
        begin = BeginPruning(pruning_id=pruning.id, keep_days=self.settings.ledger_keep_days)
        try:
            self.do(begin)
        except Conflict as why:
            if why.reason not in ("LEAVES_HELD", "STILL_KEPT"):
                raise
            self.do(WithdrawPruning(pruning_id=pruning.id))

    def _verified(self, segment: LedgerSegment) -> bool:
        """Files that were lost or damaged are written again while the entries are still there."""
        return self._sound(segment) or (self._remake(segment) and self._sound(segment))

    def _sound(self, segment: LedgerSegment) -> bool:
        place = segment_folder(self.settings.segments, segment.number)
        try:
            manifest = (place / MANIFEST).read_bytes()
        except OSError:
            return False
        same = sha256(manifest).hexdigest() == segment.manifest
        return same and not verify_segments([place], [self.key.text]).findings

    def _remake(self, segment: LedgerSegment) -> bool:
        with reading(self.engine) as session:
            before = segment_before(session, segment.number)
        previous = before.manifest if before else NONE_BEFORE
        this = Range(segment.number, segment.first_leaf, segment.last_leaf + 1, previous)
        make_segment(self.engine, self.settings.segments, self.key, this, self.clock())
        return True

    def _gone(self, pruning: Pruning) -> bool:
        with reading(self.engine) as session:
            connection = session.connection()
            marked = is_marked(connection, *_range(pruning))
            return marked and left_in(connection, *_range(pruning)) is None


def _range(pruning: Pruning) -> tuple[int, int]:
    """As the ledger counts: the end is the first leaf that stays."""
    return pruning.first_leaf, pruning.last_leaf + 1
