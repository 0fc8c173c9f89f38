"""The engine refuses a commit without a ledger entry, and is fit for use afterwards."""

import re
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text

from kit.db import UnledgeredCommit, mark_ledgered

COUNT = text("SELECT count(*) FROM outbox")
INSERT = text(
    "INSERT INTO outbox (name, ids, at) VALUES ('X', '{}', '2026-01-05T12:00:00.000000Z')"
)


def write(connection: Connection) -> None:
    connection.execute(INSERT)


def test_raw_sql_without_an_entry_cannot_commit(engine: Engine) -> None:
    with engine.connect() as connection:
        with pytest.raises(UnledgeredCommit), connection.begin():
            write(connection)
        with connection.begin():
            assert connection.execute(COUNT).scalar() == 0
            mark_ledgered(connection)


def test_after_a_refused_commit_the_connection_and_the_lock_are_free(engine: Engine) -> None:
    with engine.connect() as connection, engine.connect() as other:
        with pytest.raises(UnledgeredCommit), connection.begin():
            write(connection)
        with other.begin():
            write(other)
            mark_ledgered(other)
        with connection.begin():
            assert connection.execute(COUNT).scalar() == 1
            mark_ledgered(connection)


def test_one_entry_does_not_stand_for_the_next_transaction(engine: Engine) -> None:
    with engine.connect() as connection:
        with connection.begin():
            write(connection)
            mark_ledgered(connection)
        with pytest.raises(UnledgeredCommit), connection.begin():
            write(connection)


def test_only_the_ledger_and_the_counters_may_speak_for_a_commit() -> None:
    root = Path(__file__).parents[2]
    callers = {
        str(path.relative_to(root)): sorted(set(found))
        for room in ("api", "app", "audit", "authz", "domain", "gateways", "kit", "solvers")
        for path in (root / room).rglob("*.py")
        if (found := re.findall(r"(?<!def )\b(mark_ledgered|count_only)\(", path.read_text()))
    }
    assert callers == {
        "app/fleet_levels.py": ["count_only"],
        "audit/pruning.py": ["mark_ledgered"],
        "audit/sequencer.py": ["mark_ledgered"],
        "audit/stream.py": ["mark_ledgered"],
    }
