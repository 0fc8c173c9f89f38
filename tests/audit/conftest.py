from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.audit.ledgers import Ledger, opened


@pytest.fixture
def ledger(engine: Engine, tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger, once on SQLite and once on PostgreSQL."""
    with opened(engine, tmp_path) as ledger:
        yield ledger
