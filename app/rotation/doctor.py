"""What `wardgrid keys doctor` looks at beyond the keys themselves: fields, backups, old keys.

A person's key that was destroyed on record (`privacy.shred`) leaves fields that nobody opens:
that is as it should be. One that is gone without a record, or back after it, is not.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, cast
from uuid import UUID

from sqlalchemy import select as rows_of
from sqlmodel import Session, col, select

from app.backups.container import BackupRefused, require_key
from app.backups.shelf import Kept
from app.rotation.blinds import blind_indexes
from app.rotation.fields import PlaceOf, field_places
from app.rotation.stages import sealed_columns
from audit.blind_turn import BlindTurn
from audit.doctor import Finding, Tally
from audit.keys import KeyKind, Keys, KeyTrouble
from audit.seal import BoundVault, FieldVault, key_of
from audit.subjects import SubjectKey
from audit.tables import LEDGER_ENTRY
from domain.keys.model import KeyRotation, RotationKind, RotationState
from kit.blind import Blinds, columns_of
from kit.canonical import parse_canonical
from kit.sealed import SealBroken

SAMPLE = 200  # rows of a table, the newest, where not all are looked at
SHRED = "privacy.shred"
_DAMAGED = "the field or its key was changed: restore the row from a backup"
_NO_BLIND = "bring back this key: without it nobody is found by name or number"
_WRONG_INDEX = "the index was changed: rotate BLIND, which makes all of them anew"
_GONE = "the person's key was deleted without a record: restore subject_key from a backup"


def examine_fields(keys: Keys, session: Session, *, full: bool) -> tuple[Finding, ...]:
    """Open sealed fields of every table, the newest or all. Raises KekAway."""
    tally, erased = Tally(), _erased(session)
    shared = FieldVault(keys)
    vault = shared.bind(session)
    for table, place_of in field_places().items():
        asked = select(table).order_by(col(cast(Any, table).id).desc())
        rows = session.exec(asked.execution_options(yield_per=500) if full else asked.limit(SAMPLE))
        for row in rows:
            _look(tally, vault, row, place_of, erased)
    return tally.findings()


def examine_indexes(keys: Keys, session: Session, *, full: bool) -> tuple[Finding, ...]:
    """Whether people are found by the blind keys in force: the newest rows, or all."""
    tally, vault = Tally(), FieldVault(keys).bind(session)
    turn = vault.blind_turn()
    for version in filter(None, turn.versions):
        held = version in keys.versions(KeyKind.BLIND)
        tally.count(f"index by blind-{version}", held, "blind_turn", _NO_BLIND)
    for table, indexes in blind_indexes().items():
        asked = select(table).order_by(col(cast(Any, table).id).desc())
        rows = session.exec(asked.execution_options(yield_per=500) if full else asked.limit(SAMPLE))
        for row in rows:
            for name, remake in indexes.items():
                _compare(tally, turn, row, name, partial(remake, vault, row))
    return tally.findings()


def _compare(
    tally: Tally, turn: BlindTurn, row: Any, name: str, remake: Callable[[], Blinds | None]
) -> None:
    """The column that is searched; the other one may be on its way."""
    stored = getattr(row, columns_of(name)[turn.place])
    if stored is None:
        return
    try:
        made = remake()
    except (SealBroken, KeyTrouble):
        return  # named by examine_fields, or above
    if made is not None:
        tally.count(f"index by blind-{turn.asks}", made.sought == stored,
                    f"{name} of {row.id}", _WRONG_INDEX)  # fmt: skip


def examine_brought_back(session: Session) -> tuple[Finding, ...]:
    """Keys that stand again where they were destroyed: of erased people, or older ones."""
    tally, erased = Tally(), _erased(session)
    newest: dict[UUID, int] = {}
    ended = _destroyed_at(session)
    columns = select(SubjectKey.id, SubjectKey.subject, SubjectKey.generation, SubjectKey.made_at)
    for key, subject, generation, made_at in session.exec(
        columns.order_by(col(SubjectKey.subject), col(SubjectKey.generation).desc())
    ):
        newest.setdefault(subject, generation)
        old = ended is not None and generation < newest[subject] and made_at < ended
        tally.count("destroyed keys", not (old or subject in erased), key,
                    "a destroyed key is back: delete it, and find out who restored it")  # fmt: skip
    return tally.findings()


def examine_backups(keys: Keys, kept: Iterable[Kept]) -> tuple[Finding, ...]:
    """Whether a backup key that is held opens each backup."""
    tally = Tally()
    for one in kept:
        try:
            require_key(one.path, keys)
            opens = True
        except (BackupRefused, KeyTrouble):
            opens = False
        tally.count("backups", opens, one.path.name, "bring back the backup key of this file")
    return tally.findings()


def _look(
    tally: Tally, vault: BoundVault, row: Any, place_of: PlaceOf, erased: frozenset[UUID]
) -> None:
    for column in sealed_columns(type(row)):
        if (sealed := getattr(row, column)) is None:
            continue
        place, what = place_of(row, column), f"fields of {row.__tablename__}"
        try:
            vault.open(sealed, place)
            tally.count(what, True, row.id, "")
        except (SealBroken, KeyTrouble):
            gone = vault.seals_with(place.subject) is None
            if not (gone and place.subject in erased):
                tally.count(what, False, f"{column} of {row.id}, key {_key(sealed)}",
                            _GONE if gone else _DAMAGED)  # fmt: skip


def _key(sealed: Any) -> str:
    try:
        return str(key_of(sealed))
    except ValueError:
        return "unreadable"


def _erased(session: Session) -> frozenset[UUID]:
    """Whose key the ledger says was destroyed."""
    entry = LEDGER_ENTRY.c
    asked = rows_of(entry.body).where(entry.action == SHRED, entry.outcome == "done")
    bodies = session.connection().execute(asked).scalars()
    named = (parse_canonical(bytes(body))["subjects"] for body in bodies)
    return frozenset(UUID(one) for some in named for one in some)


def _destroyed_at(session: Session) -> Any:
    """When the last rotation that destroyed older keys began; None where one is under way."""
    asked = select(KeyRotation).where(
        KeyRotation.kind == RotationKind.SUBJECT,
        col(KeyRotation.state).in_((RotationState.RUNNING, RotationState.DONE)),
    )
    last = session.exec(asked.order_by(col(KeyRotation.id).desc()).limit(1)).first()
    if last is None or last.state is RotationState.RUNNING or last.damaged:
        return None
    return last.approved_at
