"""Whose keys are destroyed, or about to be: nothing of these people opens or is sealed again."""

import threading
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, select
from sqlmodel import col

from audit.subjects import ErasedSubject

OVERLAP = timedelta(minutes=5)  # a transaction may commit after one that began later


class ErasedPeople:
    """The erased people as this process knows them; `refresh` reads those that came since."""

    def __init__(self, on_erased: Callable[[UUID], None] = lambda _subject: None) -> None:
        self._on_erased = on_erased
        self._known: set[UUID] = set()
        self._newest: datetime | None = None
        self._lock = threading.Lock()

    def __contains__(self, subject: UUID) -> bool:
        return subject in self._known

    def add(self, subjects: Iterable[UUID]) -> None:
        """Refuse these from now on, and drop what is in memory of them."""
        for subject in set(subjects) - self._known:
            self._known.add(subject)
            self._on_erased(subject)

    def refresh(self, connection: Connection) -> None:
        """Read who was erased since the last look, by whichever process."""
        asked = select(col(ErasedSubject.subject), col(ErasedSubject.at))
        with self._lock:
            if self._newest is not None:
                asked = asked.where(col(ErasedSubject.at) >= self._newest - OVERLAP)
            rows = connection.execute(asked).all()
            self.add(subject for subject, _ in rows)
            self._newest = max([at for _, at in rows], default=self._newest)
