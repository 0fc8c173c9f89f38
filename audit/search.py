"""Reads of the ledger for people, cut to their scopes. What is shown comes from the body."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, false, or_, select, true
from sqlmodel import Session

from audit.tables import LEDGER_CHECKPOINT, LEDGER_ENTRY, LEDGER_LEAF, LEDGER_PERSON
from kit.work import Scope

_E, _P = LEDGER_ENTRY.c, LEDGER_PERSON.c


@dataclass(frozen=True, slots=True)
class Found:
    """One entry. `leaf` is its number in the log, None until the sequencer linked it."""

    id: int
    at: datetime
    actor_id: UUID
    action: str
    outcome: str
    scope: str
    body: bytes
    leaf: int | None

    @property
    def place(self) -> Scope:
        return Scope.parse(self.scope)


def search(
    session: Session,
    scopes: Sequence[Scope],
    *,
    before: int | None = None,
    actor: UUID | None = None,
    subjects: Collection[UUID] = (),
    action: str | None = None,
    outcome: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 100,
) -> list[Found]:
    """Entries by id, newest first. `subjects`: of any of these people.

    By a person only what the sequencer has linked is found: up to a moment ago.
    """
    wanted = [_within(scopes), *_time(before, since, until)]
    for people in filter(None, ((actor,) if actor else (), subjects)):
        wanted.append(_E.id.in_(select(_P.entry_id).where(_P.person.in_(people))))
    for column, value in ((_E.actor_id, actor), (_E.action, action), (_E.outcome, outcome)):
        if value is not None:
            wanted.append(column == value)
    columns: tuple[Any, ...] = (
        _E.id, _E.at, _E.actor_id, _E.action, _E.outcome, _E.scope, _E.body, LEDGER_LEAF.c.idx,
    )  # fmt: skip
    rows = session.execute(
        select(*columns)
        .outerjoin(LEDGER_LEAF, LEDGER_LEAF.c.entry_id == _E.id)
        .where(*wanted)
        .order_by(_E.id.desc())
        .limit(limit)
    )
    return [
        Found(key, at, who, what, how, where, bytes(body), leaf)
        for key, at, who, what, how, where, body, leaf in rows
    ]


def newest_note(session: Session) -> str | None:
    """The newest signed checkpoint."""
    note: str | None = session.execute(
        select(LEDGER_CHECKPOINT.c.note).order_by(LEDGER_CHECKPOINT.c.size.desc()).limit(1)
    ).scalar()
    return note


def _time(
    before: int | None, since: datetime | None, until: datetime | None
) -> Iterator[ColumnElement[bool]]:
    if before is not None:
        yield _E.id < before
    if since is not None:
        yield _E.at >= since
    if until is not None:
        yield _E.at < until


def _within(scopes: Sequence[Scope]) -> ColumnElement[bool]:
    if any(scope.hospital is None for scope in scopes):
        return true()
    return or_(*(_E.scope.startswith(scope.path) for scope in scopes), false())
