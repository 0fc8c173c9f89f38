"""What is recorded of changed rows: by value, hidden, or as a seal."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlmodel import Field, MetaData, Session, create_engine, select
from sqlmodel._compat import SQLModelConfig

from audit.changes import Changes
from audit.entry import HIDDEN, Change, SealedRef
from kit.rows import Row, UtcTime, words
from kit.sealed import Sealed, SealedColumn
from tests.audit.ledgers import some_id

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
KEY = some_id(40)
CIPHERTEXT = bytes(4) + KEY.bytes + bytes(30)
SEAL = SealedRef(str(KEY), sha256(CIPHERTEXT).hexdigest())


class Colour(StrEnum):
    RED = "RED"
    BLUE = "BLUE"


class Kite(Row, table=True):
    """A table of the tests."""

    metadata = MetaData()  # the house's own tables stay what they are

    model_config = SQLModelConfig(arbitrary_types_allowed=True)
    name: str
    colour: Colour = Field(sa_type=words(Colour))
    code: str = Field(default="K", sa_column_kwargs={"info": {"ledger": True}})
    owner: UUID | None = None
    length: int | None = None
    flying: bool = False
    since: datetime = Field(default=NOON, sa_type=UtcTime)
    bought: date | None = None
    phone: Sealed | None = Field(default=None, sa_type=SealedColumn)


@pytest.fixture
def session() -> Iterator[Session]:
    engine = create_engine("sqlite://")
    Kite.metadata.create_all(engine)
    with Session(engine) as session:
        yield session
    engine.dispose()


def kite(**given: Any) -> Kite:
    fields: dict[str, Any] = {"id": some_id(1), "name": "Mia's", "colour": Colour.RED}
    return Kite(**(fields | given))


def test_a_new_row_is_recorded_with_what_may_be_told(session: Session) -> None:
    changes = Changes.watch(session)
    session.add(kite(owner=some_id(2), length=3, bought=date(2026, 1, 2), phone=Sealed(CIPHERTEXT)))
    session.flush()
    assert changes.collected() == (
        Change(
            "kite",
            str(some_id(1)),
            1,
            "insert",
            {
                "name": (None, HIDDEN),
                "colour": (None, "RED"),
                "code": (None, "K"),
                "owner": (None, str(some_id(2))),
                "length": (None, 3),
                "flying": (None, False),
                "since": (None, "2026-01-05T12:00:00.000000Z"),
                "bought": (None, HIDDEN),
                "phone": (None, SEAL),
            },
        ),
    )


def test_a_change_is_recorded_with_old_and_new(session: Session) -> None:
    session.add(kite(phone=Sealed(CIPHERTEXT)))
    session.commit()
    row = session.exec(select(Kite)).one()
    changes = Changes.watch(session)
    row.colour, row.name, row.phone = Colour.BLUE, "Sam's", None
    session.flush()
    assert changes.collected() == (
        Change(
            "kite",
            str(some_id(1)),
            2,
            "update",
            {"colour": ("RED", "BLUE"), "name": (HIDDEN, HIDDEN), "phone": (SEAL, None)},
        ),
    )
    assert row.version == 2


def test_several_flushes_of_a_row_are_one_change(session: Session) -> None:
    changes = Changes.watch(session)
    row = kite()
    session.add(row)
    session.flush()
    row.length = 5
    session.flush()
    row.length = 6
    session.flush()
    (change,) = changes.collected()
    assert (change.op, change.version, change.fields["length"]) == ("insert", 3, (None, 6))


def test_a_deleted_row_is_recorded_with_what_it_was(session: Session) -> None:
    session.add(kite(length=3))
    session.commit()
    changes = Changes.watch(session)
    session.delete(session.exec(select(Kite)).one())
    session.flush()
    (change,) = changes.collected()
    assert (change.op, change.version, change.fields["length"]) == ("delete", 1, (3, None))


def test_a_value_overwritten_unread_is_hidden_not_invented(session: Session) -> None:
    session.add(kite(length=3))
    session.commit()
    changes = Changes.watch(session)
    row = session.get_one(Kite, some_id(1))
    session.expire(row, ["length"])
    row.length = 9
    session.flush()
    (change,) = changes.collected()
    assert change.fields == {"length": (HIDDEN, 9)}


def test_a_statement_over_many_rows_is_not_left_out(session: Session) -> None:
    session.add(kite())
    session.commit()
    changes = Changes.watch(session)
    session.execute(update(Kite).values(length=1, name="x"))
    assert changes.collected() == (
        Change("kite", "*", None, "update", {"length": (HIDDEN, HIDDEN), "name": (HIDDEN, HIDDEN)}),
    )


def test_a_row_that_was_only_read_is_no_change(session: Session) -> None:
    session.add(kite())
    session.commit()
    changes = Changes.watch(session)
    row = session.exec(select(Kite)).one()
    row.name = "Mia's"  # the same
    session.flush()
    assert changes.collected() == ()
