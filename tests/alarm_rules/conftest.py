"""A ward with devices for every test of this folder, on a database that a module's tests share.

Making a database takes longer than any of these tests, so its rows are deleted instead.
"""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, Table, delete, select, text
from sqlmodel import SQLModel

from kit.db import open_engine
from tests.alarm_rules.ward import Ward
from tests.databases import KINDS, Databases


@pytest.fixture(scope="module", params=KINDS)
def shared(
    request: pytest.FixtureRequest, databases: Databases
) -> Iterator[tuple[Engine, list[Table]]]:
    """An engine without the commit guard, and the tables that a new database leaves empty."""
    with databases.migrated(request.param) as url:
        engine = open_engine(url, guarded=False)
        with engine.connect() as connection:
            tables = [table for table in reversed(SQLModel.metadata.sorted_tables)
                      if not table.name.startswith("ledger")  # it lets nothing be deleted
                      and connection.execute(select(table).limit(1)).first() is None]  # fmt: skip
            connection.rollback()
        _let_alarms_go(engine)
        yield engine, tables
        engine.dispose()


@pytest.fixture
def ward(shared: tuple[Engine, list[Table]]) -> Ward:
    engine, tables = shared
    with engine.begin() as connection:
        for table in tables:
            connection.execute(delete(table))
    return Ward.of(engine)


def _let_alarms_go(engine: Engine) -> None:
    """The history of alarms is append-only too; tests/alarms shows that."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE alarm_event DISABLE TRIGGER USER"))
            return
        found = text(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'alarm_event'"
        )
        for name in connection.execute(found).scalars().all():
            connection.execute(text(f"DROP TRIGGER {name}"))
