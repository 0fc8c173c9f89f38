"""Reads and writes where rules stand: in bulk, and only what changed."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlmodel import Session

from domain.alarms.rule_model import RULE_STATE
from domain.alarms.rule_phase import Delays, Phase, Track, due

Key = tuple[str, str]  # the rule's id as text and the entity
_AT_ONCE = 400  # entities in one statement
_COLUMNS = RULE_STATE.c
_CHANGING = ("phase", "since", "last_at", "heard", "due", "count", "value", "device_id", "ward_id",
             "encounter_id", "memory")  # fmt: skip
# Locked in one order, so that two batches wait for each other and never deadlock.
_OF_ENTITIES = (
    sa.select(
        *(
            _COLUMNS[name]
            for name in (
                "rule_id",
                "entity",
                "phase",
                "since",
                "last_at",
                "heard",
                "count",
                "value",
                "memory",
                "encounter_id",
            )
        )
    )
    .where(
        _COLUMNS.hospital_id == sa.bindparam("hospital"),
        _COLUMNS.entity.in_(sa.bindparam("entities", expanding=True)),
    )
    .order_by(_COLUMNS.rule_id, _COLUMNS.entity)
)
_DROP = sa.delete(RULE_STATE).where(
    _COLUMNS.rule_id == sa.bindparam("of_rule"), _COLUMNS.entity == sa.bindparam("of_entity")
)


@dataclass(slots=True)
class Standing:
    """One rule and one entity. `known` tells whether there is a row."""

    rule_id: UUID
    entity: str
    track: Track
    device_id: UUID | None = None
    ward_id: UUID | None = None
    encounter_id: UUID | None = None
    heard: int = 0
    known: bool = False

    @property
    def empty(self) -> bool:
        """Nothing to remember."""
        return self.track.phase is Phase.NORMAL and not self.track.memory


def standings(
    session: Session, hospital_id: UUID, entities: Collection[str], *, lock: bool = True
) -> dict[Key, Standing]:
    """Every row of these entities, by rule and entity; who told last and where is left out."""
    asked = _OF_ENTITIES.with_for_update() if lock else _OF_ENTITIES
    names, found = sorted(entities), {}
    for first in range(0, len(names), _AT_ONCE):
        given = {"hospital": hospital_id, "entities": names[first : first + _AT_ONCE]}
        for row in session.connection().execute(asked, given):
            one = Standing(row.rule_id, row.entity, _track(row), encounter_id=row.encounter_id,
                           heard=row.heard, known=True)  # fmt: skip
            found[str(one.rule_id), one.entity] = one
    return found


def standing_of(row: Any) -> Standing:
    return Standing(row.rule_id, row.entity, _track(row), row.device_id, row.ward_id,
                    row.encounter_id, row.heard, known=True)  # fmt: skip


def _track(row: Any) -> Track:
    return Track(Phase(row.phase), row.since, row.last_at, row.count, row.value, row.memory)


def save(
    session: Session, hospital_id: UUID, changed: Iterable[tuple[Standing, Delays | None]], now: int
) -> None:
    """Write the rows; one with nothing to remember is dropped.

    With its delays a standing comes due without a sample; with None it is asked again anyway.
    """
    kept, dropped = [], []
    for one, delays in changed:
        if not one.empty:
            kept.append(_row(hospital_id, one, delays, now))
        elif one.known:
            dropped.append({"of_rule": one.rule_id, "of_entity": one.entity})
    connection = session.connection()
    if kept:
        connection.execute(_upsert(connection.dialect.name), kept)
    if dropped:
        connection.execute(_DROP, dropped)


def forget(session: Session, rule_id: UUID) -> list[Standing]:
    """Drop every row of a rule; what there was."""
    of_rule = _COLUMNS.rule_id == rule_id
    connection = session.connection()
    rows = connection.execute(sa.select(RULE_STATE).where(of_rule).order_by(_COLUMNS.entity))
    found = [standing_of(row) for row in rows]
    connection.execute(sa.delete(RULE_STATE).where(of_rule))
    return found


def _row(hospital_id: UUID, one: Standing, delays: Delays | None, now: int) -> dict[str, Any]:
    track = one.track
    end = None if delays is None else due(delays, track)
    return {
        "rule_id": one.rule_id, "entity": one.entity, "hospital_id": hospital_id,
        "phase": str(track.phase), "since": track.since, "last_at": track.last_at, "heard": now,
        "due": None if end is None else now + max(0, end - track.last_at), "count": track.count,
        "value": track.value, "device_id": one.device_id, "ward_id": one.ward_id,
        "encounter_id": one.encounter_id, "memory": track.memory,
    }  # fmt: skip


def _upsert(dialect: str) -> Any:
    insert: Any = postgres_insert if dialect == "postgresql" else sqlite_insert
    statement = insert(RULE_STATE)
    return statement.on_conflict_do_update(
        index_elements=["rule_id", "entity"],
        set_={name: statement.excluded[name] for name in _CHANGING},
    )
