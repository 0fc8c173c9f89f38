"""A server process that is started, killed and stopped, on a database of the test's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.serving import Served, WarmStarter, make_folder, token_for, warm_starter


@pytest.fixture(scope="session")
def starter() -> Iterator[WarmStarter]:
    with warm_starter() as warm:
        yield warm


@pytest.fixture
def served(database_url: str, tmp_path: Path, starter: WarmStarter) -> Iterator[Served]:
    """Running; `token` is of an administrator of places."""
    token = token_for(database_url, "system-administrator")
    make_folder(tmp_path / "ward", database_url)
    running = Served(tmp_path / "ward", token, starter)
    running.start()
    yield running
    running.stop()
