"""A database in use goes down and up again, step by step, and no row that stays is changed."""

from pathlib import Path
from typing import Any

from sqlalchemy import MetaData, Table, select

from app.migrate import downgrade, newest_revision, revision_of, upgrade
from kit.db import open_engine
from tests.faults.contention import contend, open_ward
from tests.house import enrol, house

Rows = dict[str, list[dict[str, Any]]]


def test_rows_survive_every_step_down_and_up(database_url: str, tmp_path: Path) -> None:
    _use(database_url, tmp_path)
    engine = open_engine(database_url, guarded=False)
    before = _rows(database_url)
    filled = {table for table, rows in before.items() if rows}
    assert filled >= {"hospital", "bed", "patient", "encounter", "bed_stay", "bed_hold",
                      "ledger_entry", "outbox", "first_answer", "account"}  # fmt: skip
    downgrade(database_url)
    lower = _rows(database_url)
    assert _changed(before, lower) == {}
    upgrade(database_url)
    assert revision_of(engine) == newest_revision()
    held = _rows(database_url)
    assert _changed(lower, held) == {}
    while (step := revision_of(engine)) is not None:
        downgrade(database_url)
        left = _rows(database_url)
        assert _changed(held, left) == {}, step
        held = left
    engine.dispose()


def _use(url: str, folder: Path) -> None:
    """A ward where patients come and go."""
    administrator, staff = enrol(url, "system-administrator"), enrol(url, "bed-manager")
    with house(url, folder) as app:
        contend(open_ward(app, administrator, staff, beds=4), writers=2, operations=40)


def _rows(url: str) -> Rows:
    engine = open_engine(url, guarded=False)
    known = MetaData()
    with engine.connect() as connection:
        known.reflect(connection)
        found = {name: _of(connection, table) for name, table in known.tables.items()}
        connection.rollback()
    engine.dispose()
    return found


def _of(connection: Any, table: Table) -> list[dict[str, Any]]:
    columns = [column for column in table.columns if column.name != "version_num"]
    rows = connection.execute(select(*columns)).mappings() if columns else ()
    return sorted(({key: _plain(value) for key, value in row.items()} for row in rows), key=repr)


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


def _changed(before: Rows, after: Rows) -> dict[str, str]:
    """Tables that are on both sides and differ in the columns that both have."""
    changed = {}
    for table in before.keys() & after.keys():
        if before[table] and after[table]:
            both = before[table][0].keys() & after[table][0].keys()
            if _only(before[table], both) != _only(after[table], both):
                changed[table] = f"{len(before[table])} rows before, {len(after[table])} after"
        elif bool(before[table]) != bool(after[table]):
            changed[table] = f"{len(before[table])} rows before, {len(after[table])} after"
    return changed


def _only(rows: list[dict[str, Any]], columns: Any) -> list[str]:
    return sorted(repr({key: row[key] for key in sorted(columns)}) for row in rows)
