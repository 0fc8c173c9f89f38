"""Every step goes up and down again on both databases, and the models agree with the result."""

import re
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from app.migrate import downgrade, newest_revision, revision_of, upgrade
from kit.db import open_engine
from migrations.tables import MODULES, ROOMS

ROOT = Path(__file__).parents[2]


def test_the_models_and_the_migrated_database_agree(database_url: str) -> None:
    config = Config(ROOT / "alembic.ini")
    config.attributes["url"] = database_url
    command.check(config)


def test_every_module_with_tables_is_looked_at() -> None:
    overlooked = [
        str(path.relative_to(ROOT))
        for room in (*ROOMS, "api", "gateways", "kit", "solvers")
        for path in (ROOT / room).rglob("*.py")
        if re.search(r"^class .*table=True|^\w+ = Table\(", path.read_text(), re.M)
        and not (room in ROOMS and path.stem in MODULES)
    ]
    assert overlooked == []


def test_each_step_goes_down_and_up_again(empty_url: str) -> None:
    engine = open_engine(empty_url, guarded=False)
    shapes = []
    for step in _steps():
        upgrade(empty_url, step)
        shapes.append(_shape(engine))
    for step, shape in reversed(list(zip(_steps(), shapes, strict=True))):
        assert revision_of(engine) == step
        assert _shape(engine) == shape
        downgrade(empty_url)
    assert _shape(engine) == {"alembic_version": ["version_num"]}
    upgrade(empty_url)
    assert (revision_of(engine), _shape(engine)) == (newest_revision(), shapes[-1])
    engine.dispose()


def test_a_step_that_fails_leaves_the_database_as_it_was(empty_url: str) -> None:
    first, second = _steps()[:2]
    upgrade(empty_url, first)
    engine = open_engine(empty_url, guarded=False)
    before = _shape(engine)
    upgrade(empty_url, second)
    # the last table that the second step makes is in its way
    in_the_way = sorted(set(_shape(engine)) - set(before))
    downgrade(empty_url)
    with engine.begin() as connection:
        for name in in_the_way:
            connection.execute(text(f"CREATE VIEW {name} AS SELECT 1"))
    with pytest.raises(DBAPIError):
        upgrade(empty_url, second)
    assert (revision_of(engine), _shape(engine)) == (first, before)
    engine.dispose()


def _steps() -> list[str]:
    scripts = ScriptDirectory.from_config(Config(ROOT / "alembic.ini"))
    return [step.revision for step in scripts.walk_revisions()][::-1]


def _shape(engine: Engine) -> dict[str, list[str]]:
    found = inspect(engine)
    return {
        table: sorted(column["name"] for column in found.get_columns(table))
        for table in sorted(found.get_table_names())
    }
