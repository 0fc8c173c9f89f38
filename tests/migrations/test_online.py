"""Which steps the program may go on beside is declared, told before it is done, and true."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from typer.testing import CliRunner

from app.cli import app
from app.migrate import downgrade, newest_revision, steps_ahead, upgrade
from tests.databases import Databases
from tests.faults.serving import make_folder
from tests.migrations.statements import by_step, hindering, said

ROOT = Path(__file__).parents[2]
_DECLARED = {
    step.revision: getattr(step.module, "online", None)
    for step in ScriptDirectory.from_config(Config(ROOT / "alembic.ini")).walk_revisions()
}
_HISTORY = list(_DECLARED)[::-1]


@pytest.fixture
def empty_postgres(databases: Databases) -> Iterator[str]:
    with databases.empty("postgresql") as url:
        yield url


def test_every_step_declares_whether_it_is_online() -> None:
    assert {name for name, online in _DECLARED.items() if not isinstance(online, bool)} == set()


def test_no_online_step_makes_writers_wait_for_as_long_as_there_are_rows(
    empty_postgres: str,
) -> None:
    with said() as statements:
        upgrade(empty_postgres)
    steps = by_step(statements)
    assert list(steps) == _HISTORY
    found = {step: hindering(steps[step]) for step in _HISTORY if _DECLARED[step]}
    assert {step: told for step, told in found.items() if told} == {}


def test_statements_that_look_at_every_row_are_known() -> None:
    made = "CREATE TABLE way (id UUID)"
    new = ["CREATE INDEX of_ways ON way (id)", "ALTER TABLE patient ADD COLUMN seen TIMESTAMP"]
    assert hindering([made, *new]) == []
    for bad in (
        "CREATE INDEX of_patients ON patient (id)",
        "ALTER TABLE patient ADD COLUMN seen BOOLEAN NOT NULL",
        "ALTER TABLE patient ADD CONSTRAINT alive CHECK (seen)",
        "ALTER TABLE patient DROP COLUMN seen",
        "UPDATE patient SET seen = true",
        "CREATE TRIGGER looks BEFORE INSERT ON patient FOR EACH ROW EXECUTE FUNCTION look()",
    ):
        assert hindering([made, bad]) == [bad]


def test_migrate_tells_what_is_not_online_before_it_acts(postgres_url: str, tmp_path: Path) -> None:
    below = _HISTORY[_HISTORY.index("ledger_search") - 1]
    downgrade(postgres_url, below)
    make_folder(tmp_path / "house", postgres_url)
    ahead = [(step.revision, step.online) for step in steps_ahead(postgres_url)]
    assert ahead == [(one, _DECLARED[one]) for one in _HISTORY[_HISTORY.index("ledger_search") :]]
    done = CliRunner().invoke(app, ["migrate", "--data", str(tmp_path / "house")])
    told = done.stderr.splitlines()
    assert told[0].startswith("ledger_search (")
    assert told[0].endswith("): NOT ONLINE, stop every process first")
    assert any(line.endswith("): online") for line in told)
    assert len(told) == len(ahead)
    assert done.stdout.splitlines() == [f"revision {newest_revision()}, newest {newest_revision()}"]
    assert steps_ahead(postgres_url) == []
