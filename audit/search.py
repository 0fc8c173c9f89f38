"""Reads of the ledger for people, cut to their scopes. What is shown comes from the body."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, false, func, or_, select, true
from sqlmodel import Session

from audit.form import OUTCOMES
from audit.tables import (
    LEDGER_CHECKPOINT,
    LEDGER_ENTRY,
    LEDGER_LEAF,
    LEDGER_PERSON,
    LEDGER_PURPOSE,
)
from kit.clock import time_text
from kit.errors import Invalid
from kit.work import Scope

_E, _P, _U = LEDGER_ENTRY.c, LEDGER_PERSON.c, LEDGER_PURPOSE.c
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,63}", re.ASCII)


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
    hash: bytes | None  # of the leaf

    @property
    def place(self) -> Scope:
        return Scope.parse(self.scope)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a search asks for; what is None or empty is not asked. `subjects`: any of them.

    `place` covers what lies inside it. By a person and by purpose only what the sequencer has
    linked is found: up to a moment ago.
    """

    actor: UUID | None = None
    subjects: Collection[UUID] = ()
    action: str | None = None
    outcome: str | None = None
    purpose: str | None = None
    place: Scope | None = None
    since: datetime | None = None
    until: datetime | None = None

    def __post_init__(self) -> None:
        """Raises Invalid: what is no code is found nowhere, and may not go on record."""
        for name, text in (("action", self.action), ("purpose", self.purpose)):
            if text is not None and not _CODE.fullmatch(text):
                raise Invalid("a code is letters, digits, _ and . only", field=name)
        if self.outcome is not None and self.outcome not in OUTCOMES:
            raise Invalid(f"one of {', '.join(OUTCOMES)}", field="outcome")

    def codes(self) -> str:
        """The question as the ledger keeps it: codes, ids and times."""
        times = (("since", self.since), ("until", self.until))
        named = {
            "actor": self.actor, "subjects": "+".join(sorted(str(one) for one in self.subjects)),
            "action": self.action, "outcome": self.outcome, "purpose": self.purpose,
            "place": self.place and self.place.path,
            **{name: at and time_text(at) for name, at in times},
        }  # fmt: skip
        return " ".join(f"{name}={value}" for name, value in named.items() if value)


ALL = Wanted()


def place_of(hospital_id: UUID | None, ward_id: UUID | None) -> Scope | None:
    """The place that is asked for; None for everywhere. Raises Invalid."""
    if hospital_id is None:
        if ward_id is not None:
            raise Invalid("name the ward's hospital too", field="hospitalId")
        return None
    return Scope(hospital_id, ward_id)


def search(
    session: Session,
    scopes: Sequence[Scope],
    wanted: Wanted = ALL,
    *,
    before: int | None = None,
    limit: int = 100,
) -> list[Found]:
    """Entries by id, newest first."""
    asked = statement(scopes, wanted).order_by(_E.id.desc()).limit(limit)
    return found(session, asked if before is None else asked.where(_E.id < before))


def statement(scopes: Sequence[Scope], wanted: Wanted) -> Select[Any]:
    """What `found` reads, in no order yet."""
    columns: tuple[Any, ...] = (
        _E.id, _E.at, _E.actor_id, _E.action, _E.outcome, _E.scope, _E.body, LEDGER_LEAF.c.idx,
        LEDGER_LEAF.c.hash,
    )  # fmt: skip
    return (
        select(*columns)
        .outerjoin(LEDGER_LEAF, LEDGER_LEAF.c.entry_id == _E.id)
        .where(_within(scopes), *_conditions(wanted))
    )


def found(session: Session, asked: Select[Any]) -> list[Found]:
    return [
        Found(key, at, who, what, how, where, bytes(body), leaf, digest and bytes(digest))
        for key, at, who, what, how, where, body, leaf, digest in session.execute(asked)
    ]


def signed(
    session: Session, scopes: Sequence[Scope], wanted: Wanted, *, size: int, after: int, limit: int
) -> list[Found]:
    """Entries among the first `size` leaves by id, the oldest first. A checkpoint covers them, so
    the same question finds the same for ever."""
    asked = _signed(statement(scopes, wanted), size).where(_E.id > after)
    return found(session, asked.order_by(_E.id).limit(limit))


def count_signed(
    session: Session, scopes: Sequence[Scope], wanted: Wanted, *, size: int, most: int
) -> int:
    """How many `signed` would find; `most` + 1 where there are more than `most`."""
    some = _signed(statement(scopes, wanted), size).with_only_columns(_E.id).limit(most + 1)
    count: int = session.execute(select(func.count()).select_from(some.subquery())).scalar_one()
    return count


def _signed(asked: Select[Any], size: int) -> Select[Any]:
    return asked.where(LEDGER_LEAF.c.idx < size, LEDGER_LEAF.c.evidence.is_(None))


def newest_size(session: Session) -> int:
    """How many leaves the newest checkpoint covers; 0 before the first."""
    size = session.execute(select(func.max(LEDGER_CHECKPOINT.c.size))).scalar()
    return int(size or 0)


def newest_note(session: Session) -> str | None:
    """The newest signed checkpoint."""
    note: str | None = session.execute(
        select(LEDGER_CHECKPOINT.c.note).order_by(LEDGER_CHECKPOINT.c.size.desc()).limit(1)
    ).scalar()
    return note


def _conditions(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    for people in filter(None, ((wanted.actor,) if wanted.actor else (), wanted.subjects)):
        yield _E.id.in_(select(_P.entry_id).where(_P.person.in_(people)))
    if wanted.purpose is not None:
        yield _E.id.in_(select(_U.entry_id).where(_U.purpose == wanted.purpose))
    if wanted.place is not None:
        yield _within([wanted.place])
    for column, value in (
        (_E.actor_id, wanted.actor), (_E.action, wanted.action), (_E.outcome, wanted.outcome),
    ):  # fmt: skip
        if value is not None:
            yield column == value
    yield from _time(wanted.since, wanted.until)


def _time(since: datetime | None, until: datetime | None) -> Iterator[ColumnElement[bool]]:
    """Clocks jump and transactions overtake each other, so a time is no range of ids; but the
    first and the last id of a time bound it, and they come from the index alone."""
    lower = [] if since is None else [_E.at >= since]
    within = lower + ([] if until is None else [_E.at < until])
    if within:
        yield _E.id >= select(func.min(_E.id)).where(*within).scalar_subquery()
        yield _E.id <= select(func.max(_E.id)).where(*within).scalar_subquery()
        yield from within


def _within(scopes: Sequence[Scope]) -> ColumnElement[bool]:
    if any(scope.hospital is None for scope in scopes):
        return true()
    return or_(*(_inside(scope) for scope in scopes), false())


def _inside(scope: Scope) -> ColumnElement[bool]:
    here = _E.scope == scope.path
    return here if scope.ward else or_(here, _E.scope.startswith(f"{scope.path}/"))
