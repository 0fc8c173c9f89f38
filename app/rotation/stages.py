"""What a rotation does, stage by stage: each walks a table by id and changes what is left to do.

A stage that must leave nothing behind is `clean`: it walks again until a pass changes nothing,
so what a writer did meanwhile is found. A kill loses at most the batch under way.
"""

from typing import Any
from uuid import UUID

from sqlmodel import SQLModel, col, func, select

from app.rotation.fields import field_places
from app.rotation.indexing import blind_stages
from app.rotation.stage import Damaged, Stage, Turning, after_grace, name_of, replace
from audit.seal import key_of
from audit.subjects import SubjectKey, make_subject_key, wrapped_key
from domain.keys.model import RotationKind
from kit.sealed import SealBroken, Sealed, SealedColumn


def stages(kind: RotationKind) -> tuple[Stage, ...]:
    """The whole way of a kind."""
    if kind is RotationKind.KEK:
        return (Stage("rewrap", SubjectKey, _rewrap, clean=True),)
    if kind is RotationKind.BLIND:
        return blind_stages()
    tables = tuple(field_places())
    return (
        Stage("renew", SubjectKey, _renew),
        *(Stage(f"reseal {name_of(table)}", table, _reseal) for table in tables),
        *after_grace("check", tables, _reseal, decides=True),
        Stage("destroy", SubjectKey, _destroy),
    )


def _rewrap(turning: Turning, row: SubjectKey) -> int:
    old = wrapped_key(row)
    if turning.keys.kek.current(old, turning.rotation.key_version or 0):
        return 0
    new = turning.keys.kek.rewrap(old)
    if new is None:
        raise Damaged
    # past the row's version and only if nobody was quicker: it is the same key as before
    return replace(turning, SubjectKey, row.id, {"wrapped": (row.wrapped, new.blob)},
                    kek_version=new.version)  # fmt: skip


def _renew(turning: Turning, row: SubjectKey) -> int:
    if row.made_at >= _began(turning) or row.generation != _newest(turning, row.subject):
        return 0
    made = make_subject_key(turning.keys, row.subject, turning.work.now, row.generation + 1,
                            blind=turning.vault.blind_turn().newest)  # fmt: skip
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
        moved += replace(turning, type(row), row.id, {column: (sealed, anew)})
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


def _newest(turning: Turning, subject: UUID) -> int:
    asked = select(func.max(col(SubjectKey.generation))).where(SubjectKey.subject == subject)
    return turning.session.exec(asked).one() or 0


def _began(turning: Turning) -> Any:
    return turning.rotation.approved_at
