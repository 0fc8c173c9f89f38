"""Which blind keys are in force: what every transaction asks before it indexes a text.

In the database, so that a writer and the rotation (app/rotation) see the same of it: on PostgreSQL
a serializable transaction that saw another state than the one that it commits into is refused.
"""

from typing import Any

from sqlalchemy import CheckConstraint, Connection, Table, event, insert
from sqlmodel import Field, SQLModel

ONLY = 1  # the id of the one row; the migration puts it there


class BlindTurn(SQLModel, table=True):
    """`asks` covers every row, in the column `place`; `also` is written beside it meanwhile."""

    __tablename__ = "blind_turn"
    __table_args__: Any = (
        CheckConstraint(f"id = {ONLY}", name="only_one"),
        CheckConstraint("place IN (0, 1)", name="two_columns"),
        CheckConstraint("also <> asks", name="two_versions"),
    )

    id: int = Field(default=ONLY, primary_key=True)
    asks: int = Field(default=1, nullable=False)  # versions of the blind key
    place: int = Field(default=0, nullable=False)  # 0: the first column, 1: the other
    also: int | None = None

    @property
    def versions(self) -> tuple[int | None, int | None]:
        """The key of the first column, then of the other; None: not written."""
        return (self.also, self.asks) if self.place else (self.asks, self.also)

    @property
    def newest(self) -> int:
        """What outlives a rotation under way."""
        return max(self.asks, self.also or 0)


@event.listens_for(BlindTurn.__table__, "after_create")  # type: ignore[attr-defined]  # SQLModel's
def _first_row(table: Table, connection: Connection, **_more: Any) -> None:
    """Where tables are made without the migrations."""
    connection.execute(insert(table).values(id=ONLY, asks=1, place=0))
