"""A ward with devices for every test of this folder, on a database that a module's tests share.

Making a database takes longer than any of these tests, so its rows are deleted instead.
"""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, Table, delete, select
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
        yield engine, tables
        engine.dispose()


@pytest.fixture
def ward(shared: tuple[Engine, list[Table]]) -> Ward:
    engine, tables = shared
    with engine.begin() as connection:
        for table in tables:
            connection.execute(delete(table))
    return Ward.of(engine)
