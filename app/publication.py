"""Whether an entry is known outside the house: enough witnesses cosigned a checkpoint over it.

A checkpoint that only the house holds can be taken back with the house; one that others cosigned
cannot. Where `witness_wait_s` is set, privileged actions wait for that, so long at most.
"""

import time
from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import func, select

from app.witnessing import Witnessing
from audit.checkpoint import BadNote, read_unchecked
from audit.cosignature import witnessed_by
from audit.tables import LEDGER_LEAF
from kit.db import reading

LOOK_S = 0.05


@dataclass(slots=True)
class Publication:
    """`wait_s` 0: nobody waits, and everything counts as known."""

    witnessing: Witnessing
    log: str  # the origin of its checkpoints
    wait_s: float
    _read: tuple[int, int] = field(default=(0, 0))  # when the file was written, what it covers

    def wait_for(self, entry: int) -> bool:
        """False where the entry is not known outside when the time is over."""
        deadline = time.monotonic() + self.wait_s
        while not self.known([entry]):
            if time.monotonic() >= deadline:
                return False
            self.witnessing.wake()
            time.sleep(LOOK_S)
        return True

    def known(self, entries: Collection[int]) -> bool:
        """Whether a checkpoint over all of them was cosigned by enough."""
        if not self.wait_s:
            return True
        leaf = LEDGER_LEAF.c
        asked = select(func.count(), func.max(leaf.idx)).where(leaf.entry_id.in_(entries))
        with reading(self.witnessing.engine) as session:
            linked, last = session.connection().execute(asked).one()
        return linked >= len(set(entries)) and (last is None or last < self._covered())

    def _covered(self) -> int:
        """Leaves of the newest cosigned checkpoint, asked for by this process or another one."""
        return max(self.witnessing.cosigned, self._kept())

    def _kept(self) -> int:
        file = self.witnessing.file
        try:
            written = file.stat().st_mtime_ns
            if written != self._read[0]:
                self._read = written, self._judged(file.read_text("utf-8"))
        except (OSError, UnicodeDecodeError, BadNote):
            return 0
        return self._read[1]

    def _judged(self, note: str) -> int:
        """Raises BadNote."""
        keys = [one.key for one in self.witnessing.witnesses]
        checkpoint = read_unchecked(note)
        enough = len(witnessed_by(note, keys)) >= self.witnessing.quorum
        return checkpoint.size if enough and checkpoint.origin == self.log else 0
