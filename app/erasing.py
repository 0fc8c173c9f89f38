"""Finishes erasures, and erases again whom a restored backup brought back.

The order is what makes it safe: the approval stands in the signed log, then in the list outside
the database, then the keys are destroyed, then no file of the database holds them any more. Each
step is found undone after a crash and done again.
"""

import logging
import sqlite3
import threading
from collections.abc import Callable, Collection
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, exists, select
from sqlmodel import Session, col

from app.settings import Settings
from audit.erasures import (
    NAME,
    SHRED,
    BadErasures,
    erasures_signer,
    read_erasures,
    remember,
    subjects_in,
)
from audit.keys import KeyKind, Keys
from audit.signer import Signer
from audit.subjects import ErasedSubject, SubjectKey
from audit.tables import LEDGER_ENTRY, LEDGER_PERSON
from audit.tree import leaf_hash
from domain.patients.model import Patient
from domain.privacy.erasing import ConcludeErasure, DestroyKeys, ReplayErasure
from domain.privacy.model import Erasure
from domain.privacy.queries import approved
from kit.command import Command
from kit.db import reading

log = logging.getLogger("wardgrid.erasing")

LOOK_S = 1.0
Do = Callable[[Command[Any]], Any]


@dataclass(slots=True)
class Erasing:
    """`replay` before anything is served, then `run` in a thread; `look` once, by hand."""

    settings: Settings
    engine: Engine
    signer: Signer
    do: Do
    alarm: Callable[[str], None]
    known: Callable[[Collection[int]], bool] = lambda _entries: True  # outside the house
    replayed: int = 0  # erasures that the start had to do again

    def replay(self) -> None:
        """Erase again whoever is on the list and still has a key here.

        Raises BadErasures: with a list that cannot be read nobody knows who must not come back.
        """
        listed = read_erasures(self.settings.erasures_file, self.signer.verifier)
        with reading(self.engine) as session:
            back = [
                (body, subjects)
                for body in listed
                if _alive(session, subjects := subjects_in(body, self.signer.name))
            ]
            own = _shreds(session, None)
        for body, subjects in back:
            self.do(ReplayErasure(subjects=subjects, leaf=leaf_hash(body).hex()))
        self._remember(list(own.values()))  # an empty list too: none at all means that it was lost
        if back:
            self._scrub()
        self.replayed += len(back)

    def look(self) -> None:
        """Take every approved erasure as far as it can be taken now."""
        with reading(self.engine) as session:
            found = [(one, _shreds(session, one)) for one in approved(session)]
        for erasure, shreds in found:
            if not shreds or not self.known(list(shreds)):
                continue  # the log is not signed that far yet, or not cosigned where it must be
            bodies = list(shreds.values())
            if erasure.destroyed_at is None:
                self._remember(bodies)
                self.do(DestroyKeys(erasure_id=erasure.id))
            if self._scrub():
                self.do(ConcludeErasure(erasure_id=erasure.id))

    def run(self, stop: threading.Event) -> None:
        """Until told to stop. What fails is told, and tried again."""
        while not stop.wait(LOOK_S):
            try:
                self.look()
            except Exception as fault:  # the next look may succeed; the rows are the truth
                self.alarm(f"erasing failed: {type(fault).__name__}")

    def _remember(self, bodies: Collection[bytes]) -> None:
        """In the list beside the guard file, and in the one beside the backups where there is
        such a folder."""
        remember(self.settings.erasures_file, self.signer, bodies)
        if self.settings.backups.is_dir():
            listed = read_erasures(self.settings.erasures_file, self.signer.verifier)
            try:
                remember(self.settings.backups / NAME, self.signer, listed)
            except (OSError, BadErasures) as problem:  # each backup tries again
                self.alarm(f"erasures beside the backups: {type(problem).__name__}")

    def _scrub(self) -> bool:
        """SQLite: deleted keys are zeros in the file (secure_delete); the write-ahead log may hold
        older pages, so it is emptied. False while somebody still reads an older moment."""
        if self.engine.dialect.name != "sqlite":
            return True  # docs/privacy.md says what PostgreSQL keeps
        path = str(self.engine.url.database)
        with closing(sqlite3.connect(path, timeout=2.0, isolation_level=None)) as connection:
            busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return bool(busy == 0)


def erasing_of(
    settings: Settings, keys: Keys, engine: Engine, do: Do, alarm: Callable[[str], None],
    known: Callable[[Collection[int]], bool],
) -> Erasing:  # fmt: skip
    """Of this installation; `do` runs a command in the program's own name."""
    signer = erasures_signer(settings.log_origin, keys.secret(KeyKind.LEDGER))
    return Erasing(settings, engine, signer, do, alarm, known)


def _alive(session: Session, subjects: Collection[UUID]) -> bool:
    """Whether a key of them, or a person who is not erased, is here; or nobody knows of it."""
    connection = session.connection()
    told = select(col(ErasedSubject.subject)).where(col(ErasedSubject.subject).in_(subjects))
    if len(connection.execute(told).all()) < len(subjects):
        return True
    pending = [one.patient_id for one in approved(session)]  # `look` sees to these
    keys = select(col(SubjectKey.subject)).where(
        col(SubjectKey.subject).in_(subjects),
        ~exists().where(
            col(Patient.subject) == col(SubjectKey.subject), col(Patient.id).in_(pending)
        ),
    )
    return bool(connection.execute(keys).first())


def _shreds(session: Session, erasure: Erasure | None) -> dict[int, bytes]:
    """Signed approvals by entry, of one erasure or of all: a person's entries are known once the
    sequencer has linked them."""
    asked = (
        select(LEDGER_ENTRY.c.id, LEDGER_ENTRY.c.body)
        .join(LEDGER_PERSON, LEDGER_PERSON.c.entry_id == LEDGER_ENTRY.c.id)
        .join(ErasedSubject, col(ErasedSubject.subject) == LEDGER_PERSON.c.person)
        .where(LEDGER_ENTRY.c.action == SHRED, LEDGER_ENTRY.c.outcome == "done")
        .distinct()
        .order_by(LEDGER_ENTRY.c.id)
    )
    if erasure is not None:
        asked = asked.join(Patient, col(Patient.subject) == LEDGER_PERSON.c.person).where(
            col(Patient.id) == erasure.patient_id
        )
    return {entry: bytes(body) for entry, body in session.connection().execute(asked)}
