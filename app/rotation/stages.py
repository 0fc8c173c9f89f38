"""What a rotation does, stage by stage: each walks a table by id and changes what is left to do.

A stage that must leave nothing behind is `clean`: it walks again until a pass changes nothing,
so what a writer did meanwhile is found. A kill loses at most the batch under way.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session, SQLModel, col, func, select

from app.rotation.fields import field_places
from audit.keys import Keys
from audit.seal import BoundVault, key_of
from audit.subjects import SubjectKey, make_subject_key, wrapped_key
from domain.keys.model import KeyRotation, RotationKind
from kit.sealed import SealBroken, Sealed, SealedColumn
from kit.work import Work

GRACE = timedelta(minutes=5)  # no request, transaction or memory of an old key lives longer


class Damaged(Exception):
    """The row does not open; it is counted and left as it is."""


@dataclass(frozen=True, slots=True)
class Turning:
    """One batch: the transaction, the keys, and the rotation that it belongs to."""

    work: Work
    vault: BoundVault
    keys: Keys
    rotation: KeyRotation
    seals: dict[UUID, UUID | None] = field(default_factory=dict)  # each person's newest key

    @property
    def session(self) -> Session:
        return self.work.session


@dataclass(frozen=True, slots=True)
class Stage:
    """`turn` answers how many things of the row it changed."""

    name: str
    table: type[SQLModel]
    turn: Callable[[Turning, Any], int]
    clean: bool = False
    wait: timedelta = timedelta(0)


def stages(kind: RotationKind) -> tuple[Stage, ...]:
    """The whole way of a kind."""
    if kind is RotationKind.KEK:
        return (Stage("rewrap", SubjectKey, _rewrap, clean=True),)
    tables = tuple(field_places())
    return (
        Stage("renew", SubjectKey, _renew),
        *(Stage(f"reseal {_name(table)}", table, _reseal) for table in tables),
        *(
            Stage(f"check {_name(table)}", table, _reseal, clean=True, wait=GRACE)
            for table in tables
        ),
        Stage("destroy", SubjectKey, _destroy),
    )


def _name(table: type[SQLModel]) -> str:
    return str(table.__tablename__)


def _rewrap(turning: Turning, row: SubjectKey) -> int:
    old = wrapped_key(row)
    if turning.keys.kek.current(old, turning.rotation.key_version or 0):
        return 0
    new = turning.keys.kek.rewrap(old)
    if new is None:
        raise Damaged
    # past the row's version and only if nobody was quicker: it is the same key as before
    return _replace(turning, SubjectKey, row.id, {"wrapped": (row.wrapped, new.blob)},
                    kek_version=new.version)  # fmt: skip


def _renew(turning: Turning, row: SubjectKey) -> int:
    if row.made_at >= _began(turning) or row.generation != _newest(turning, row.subject):
        return 0
    made = make_subject_key(turning.keys, row.subject, turning.work.now, row.generation + 1)
    turning.session.add(made)
    return 1


def _reseal(turning: Turning, row: Any) -> int:
    place_of = field_places()[type(row)]
    moved = 0
    for column in sealed_columns(type(row)):
        sealed: Sealed | None = getattr(row, column)
        if sealed is None:
            continue
        place = place_of(row, column)
        if _settled(turning, key_of(sealed), place.subject):
            continue
        try:
            anew = turning.vault.seal(turning.vault.open(sealed, place), place)
        except SealBroken:
            raise Damaged from None
        moved += _replace(turning, type(row), row.id, {column: (sealed, anew)})
    return moved


def _settled(turning: Turning, key: UUID, subject: UUID) -> bool:
    """Sealed by the newest key, or by one that was destroyed with the person's data."""
    if subject not in turning.seals:
        turning.seals[subject] = turning.vault.seals_with(subject)
    newest = turning.seals[subject]
    return newest in (key, None) or turning.session.get(SubjectKey, key) is None


def _destroy(turning: Turning, row: SubjectKey) -> int:
    if row.generation >= _newest(turning, row.subject) or row.made_at >= _began(turning):
        return 0
    if turning.rotation.damaged:
        return 0  # somebody may yet bring back what an older key opens
    turning.session.delete(row)
    turning.vault.forget(row.subject)
    return 1


def sealed_columns(table: type[SQLModel]) -> tuple[str, ...]:
    """The sealed columns of a table."""
    columns = table.__table__.columns  # type: ignore[attr-defined]  # of every mapped class
    return tuple(column.name for column in columns if isinstance(column.type, SealedColumn))


def _replace(
    turning: Turning, table: type[SQLModel], key: UUID, values: dict[str, tuple[Any, Any]],
    **also: Any,
) -> int:  # fmt: skip
    """Compare and set: a writer who came first wins, and the next pass looks at the row again."""
    stored = cast(Any, table).__table__
    unchanged = [stored.c[name] == old for name, (old, _) in values.items()]
    new = {name: value for name, (_, value) in values.items()} | also
    changed = update(stored).where(stored.c.id == key, *unchanged).values(new)
    return int(turning.session.connection().execute(changed).rowcount)


def _newest(turning: Turning, subject: UUID) -> int:
    asked = select(func.max(col(SubjectKey.generation))).where(SubjectKey.subject == subject)
    return turning.session.exec(asked).one() or 0


def _began(turning: Turning) -> Any:
    return turning.rotation.approved_at
