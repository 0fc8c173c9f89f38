"""Fixtures for everybody: databases of one's own, on SQLite and on PostgreSQL.

`database_url` and `engine` run a test once on each; `sqlite_url` and `postgres_url` on one.
"""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

import kit.db
from kit.db import open_engine
from tests.databases import KINDS, Databases, Kind
from tests.postgres_server import find_or_start

_RUN_FOLDER = "WARDGRID_TEST_RUN"  # of the whole run: its workers share one PostgreSQL
_RUN_OWNER = "WARDGRID_TEST_OWNER"

# What no database judges runs on PostgreSQL by night, by day on SQLite alone.
_BY_NIGHT = frozenset({
    "accounts", "admissions_domain", "alarm_rules", "alarms", "analysis", "api", "architecture",
    "backups", "beds", "break_glass", "demand", "devices", "fhir", "forecasts", "gateways",
    "inbound", "keys", "measures", "mllp", "monitoring", "moves", "mqtt", "notices", "patients",
    "places", "plans", "pressure", "privacy", "readings", "reviews", "rosters_domain", "scenarios",
    "staff", "telemetry", "transfers",
})  # fmt: skip
# Constraints stand behind these, and races are judged by them.
_BY_DAY = frozenset({"test_constraints.py", "test_duties.py", "test_elsewhere.py"})
_LONG = frozenset({"test_populated.py"})  # a minute and more on each database


@pytest.hookimpl(tryfirst=True)  # before those marked are left out
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        callspec = getattr(item, "callspec", None)  # of parametrised ones
        kinds = callspec.params.values() if callspec else ()
        folder, file = item.path.parent.name, item.path.name
        by_night = file in _LONG or (folder in _BY_NIGHT and file not in _BY_DAY)
        if "postgresql" in kinds and by_night:
            item.add_marker(pytest.mark.nightly)


def pytest_configure(config: pytest.Config) -> None:
    kit.db.IDLE_S = 60  # a shared machine may stand still for longer than a house may
    if not hasattr(config, "workerinput"):
        folder = tempfile.TemporaryDirectory(prefix="wg-run-", ignore_cleanup_errors=True)
        config.add_cleanup(folder.cleanup)
        os.environ[_RUN_FOLDER] = folder.name
        os.environ[_RUN_OWNER] = str(os.getpid())


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """For tests that need several databases, or one per hypothesis example."""
    shared = Path(os.environ[_RUN_FOLDER])
    folder = Path(tempfile.mkdtemp(dir=_fast_folder(shared), prefix="wg-db-"))
    opened = Databases(folder, lambda: find_or_start(shared, int(os.environ[_RUN_OWNER])))
    yield opened
    opened.close()


@pytest.fixture(params=KINDS)
def database_kind(request: pytest.FixtureRequest) -> Kind:
    kind: Kind = request.param
    return kind


@pytest.fixture
def database_url(databases: Databases, database_kind: Kind) -> Iterator[str]:
    """A migrated database without rows."""
    with databases.migrated(database_kind) as url:
        yield url


@pytest.fixture
def empty_url(databases: Databases, database_kind: Kind) -> Iterator[str]:
    """A database without tables."""
    with databases.empty(database_kind) as url:
        yield url


@pytest.fixture
def sqlite_url(databases: Databases) -> Iterator[str]:
    with databases.migrated("sqlite") as url:
        yield url


@pytest.fixture
def postgres_url(databases: Databases) -> Iterator[str]:
    with databases.migrated("postgresql") as url:
        yield url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """The engine that the program uses: it refuses commits without a ledger entry."""
    opened = open_engine(database_url)
    yield opened
    opened.dispose()


@pytest.fixture
def bare_engine(database_url: str) -> Iterator[Engine]:
    """An engine for arranging rows in a test: no commit guard."""
    opened = open_engine(database_url, guarded=False)
    yield opened
    opened.dispose()


def _fast_folder(otherwise: Path) -> Path:
    """Memory instead of the disk: a commit of a test need not survive a power cut."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
    return memory if os.access(memory, os.W_OK) else otherwise
