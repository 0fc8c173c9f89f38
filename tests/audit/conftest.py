from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from kit.db import open_engine
from tests.audit.ledgers import Ledger, opened


@pytest.fixture
def ledger(engine: Engine, tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger, once on SQLite and once on PostgreSQL."""
    with opened(engine, tmp_path) as ledger:
        yield ledger


@pytest.fixture
def sqlite_ledger(sqlite_url: str, tmp_path: Path) -> Iterator[Ledger]:
    with opened(open_engine(sqlite_url), tmp_path) as ledger:
        yield ledger
        ledger.engine.dispose()


@pytest.fixture
def postgres_ledger(postgres_url: str, tmp_path: Path) -> Iterator[Ledger]:
    with opened(open_engine(postgres_url), tmp_path) as ledger:
        yield ledger
        ledger.close()
        ledger.engine.dispose()
