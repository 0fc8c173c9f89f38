"""Rows committed with a change for others to hear of: its events and its first answer."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, Column, Connection, Index, Integer, Table, insert
from sqlmodel import Field, SQLModel

from kit.bulk import by_column, is_postgres
from kit.rows import UtcTime
from kit.work import Event


class Outbox(SQLModel, table=True):
    """One event. On PostgreSQL the migration adds `xid xid8`, by which the feed orders rows."""

    __table_args__ = (Index("outbox_by_hospital", "hospital_id", "id"),)

    id: int | None = Field(
        default=None,
        sa_column=Column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    )
    hospital_id: UUID | None = None
    ward_id: UUID | None = None
    name: str
    ids: dict[str, str] = Field(sa_type=JSON)
    at: datetime = Field(sa_type=UtcTime)


class FirstAnswer(SQLModel, table=True):
    """What a mutation answered the first time, by actor and idempotency key."""

    __tablename__ = "first_answer"

    actor_id: UUID = Field(primary_key=True)
    key: str = Field(primary_key=True, max_length=64)
    payload: bytes
    answer: bytes
    at: datetime = Field(sa_type=UtcTime, index=True)


OUTBOX: Table = SQLModel.metadata.tables["outbox"]
FIRST_ANSWER: Table = SQLModel.metadata.tables["first_answer"]


def write_events(connection: Connection, events: list[Event], at: datetime) -> None:
    """One INSERT for all events of a transaction; none for none."""
    if events and is_postgres(connection):
        _write_arrays(connection, events, at)
        return
    rows: list[dict[str, Any]] = [
        {
            "hospital_id": event.scope.hospital,
            "ward_id": event.scope.ward,
            "name": event.name,
            "ids": event.ids,
            "at": at,
        }
        for event in events
    ]
    if rows:
        connection.execute(insert(OUTBOX), rows)


def _write_arrays(connection: Connection, events: list[Event], at: datetime) -> None:
    """A batch of telemetry has hundreds; row by row they would cost more than the readings."""
    rows = [
        (number, event.scope.hospital, event.scope.ward, event.name, json.dumps(event.ids), at)
        for number, event in enumerate(events)
    ]
    connection.exec_driver_sql(_FROM_ARRAYS, by_column(rows))


_FROM_ARRAYS = (
    "INSERT INTO outbox (hospital_id, ward_id, name, ids, at) SELECT hospital, ward, name, ids, at"
    " FROM unnest(%s::int[], %s::uuid[], %s::uuid[], %s::text[], %s::json[], %s::timestamptz[])"
    " AS given(number, hospital, ward, name, ids, at) ORDER BY number"
)
