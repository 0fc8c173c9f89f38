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


def twelve_entries(ledger: Ledger) -> tuple[Ledger, list[str]]:
    """Twelve entries with a checkpoint each; the notes at 4 and at 12 are kept elsewhere."""
    ledger.fill(4)
    early = ledger.sequencer.checkpoint
    ledger.fill(8)
    return ledger, [early, ledger.sequencer.checkpoint]


@pytest.fixture
def written(ledger: Ledger) -> tuple[Ledger, list[str]]:
    return twelve_entries(ledger)


@pytest.fixture
def written_file(sqlite_ledger: Ledger) -> tuple[Ledger, list[str]]:
    """Where both databases answer alike, SQLite's answer will do."""
    return twelve_entries(sqlite_ledger)
