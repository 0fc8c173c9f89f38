"""Looks through the signed record for reads that somebody has to review.

A timer: it reads the leaves after the cursor, on a snapshot, and asks for a command only where
something was flagged, so that looking does not itself fill the record. No reader waits for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlmodel import Session

from app.drafts import BREAK_GLASS
from audit.seal import FieldVault
from audit.tables import LEDGER_ENTRY, LEDGER_LEAF
from domain.reviews.commands import FlagReads, IndexStaffNames
from domain.reviews.flags import Read, flags_of
from domain.reviews.queries import looked_through, names_to_index
from kit.command import Command

EVERY_S = 1.0
AT_ONCE = 500  # leaves
BEHIND = 5000  # leaves without a flag, after which the cursor is moved all the same
QUIET = frozenset({"access_log.read", "review.read", "subject.resolve", "break_glass.read",
                   "view.stop"})  # fmt: skip


@dataclass(slots=True)
class ReviewTimer:
    vault: FieldVault
    seen: int = -1  # the last leaf looked at by this process
    looked: datetime | None = None

    def __call__(self, session: Session, now: datetime) -> Sequence[Command[Any]]:
        if self.looked is not None and 0 <= (now - self.looked).total_seconds() < EVERY_S:
            return ()
        self.looked = now
        due: list[Command[Any]] = [IndexStaffNames()] if names_to_index(session) else []
        return [*due, *self._flags(session)]

    def _flags(self, session: Session) -> list[Command[Any]]:
        done = looked_through(session)
        self.seen = max(self.seen, done)
        vault = self.vault.bind(session)
        while leaves := _after(session, self.seen):
            reads = [read for leaf in leaves if (read := read_of(*leaf)) is not None]
            flagged = tuple(one for one in reads if next(flags_of(session, vault, one), None))
            upto = leaves[-1][0]
            if flagged or upto - done > BEHIND:  # seen again if the command does not land
                return [FlagReads(reads=flagged, after=done, upto=upto)]
            self.seen = upto
            if len(leaves) < AT_ONCE:
                break
        return []


def read_of(leaf: int, at: datetime, body: bytes) -> Read | None:
    """The disclosure that an entry tells of; None for anything else."""
    if b'"fields":[]' in body or b'"subjects":[]' in body:
        return None
    told: dict[str, Any] = orjson.loads(body)
    notes = dict(told["notes"])
    if told["outcome"] != "done" or told["action"] in QUIET or "command" in notes:
        return None
    grants = str(notes.get(BREAK_GLASS, ""))
    return Read(
        leaf, at, UUID(told["actor"]["id"]), told["actor"]["role"],
        tuple(UUID(one) for one in told["subjects"]),
        tuple(UUID(one) for one in grants.split(",") if one),
    )  # fmt: skip


def _after(session: Session, leaf: int) -> list[tuple[int, datetime, bytes]]:
    asked = (
        select(LEDGER_LEAF.c.idx, LEDGER_ENTRY.c.at, LEDGER_ENTRY.c.body)
        .join_from(LEDGER_LEAF, LEDGER_ENTRY, LEDGER_ENTRY.c.id == LEDGER_LEAF.c.entry_id)
        .where(LEDGER_LEAF.c.idx > leaf, LEDGER_LEAF.c.evidence.is_(None))
        .order_by(LEDGER_LEAF.c.idx)
        .limit(AT_ONCE)
    )
    return [(idx, at, bytes(body)) for idx, at, body in session.execute(asked)]
