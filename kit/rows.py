"""What every table has in common: key, version, UTC times, closed words.

`table=True` classes do not validate; constraints in the database and checks in the commands do.
"""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Dialect, Enum, Integer, String, event
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapper
from sqlalchemy.types import TypeDecorator, TypeEngine
from sqlmodel import Field, SQLModel

from kit.clock import parse_time, time_text
from kit.ids import new_id


class UtcTime(TypeDecorator[datetime]):
    """Aware UTC with microseconds: timestamptz, and on SQLite text whose order is time order."""

    impl = String(27)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(TIMESTAMP(timezone=True))
        return dialect.type_descriptor(String(27))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time needs a zone")
        return value.astimezone(UTC) if dialect.name == "postgresql" else time_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if dialect.name == "postgresql" else parse_time(value)


def words(kind: type[StrEnum]) -> Enum:
    """A closed set of words, kept as text with a CHECK that names the column's type."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=False,  # the migration writes the CHECK, so both databases agree
        values_callable=lambda members: [member.value for member in members],
        length=max(len(member.value) for member in kind),
    )


def one_of(column: str, kind: type[StrEnum]) -> CheckConstraint:
    """The CHECK that belongs to `words(kind)`."""
    listed = ", ".join(f"'{member.value}'" for member in kind)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


class Row(SQLModel):
    """A mutable row. `version` counts its changes; a stale write raises StaleDataError."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = Field(default=1, sa_type=Integer, nullable=False)


@event.listens_for(Row, "instrument_class", propagate=True)
def _count_versions(mapper: Mapper[Any], _class: type) -> None:
    if "version" in mapper.local_table.c:
        mapper.version_id_col = mapper.local_table.c.version
