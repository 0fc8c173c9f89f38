"""Several processes of one house on PostgreSQL, on one data folder."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.parts import EVERY, Part
from tests.faults.serving import Served, WarmStarter, make_folder, token_for, warm_starter
from tests.processes.ward import Desk

Serve = Callable[..., Served]


@dataclass
class PartStarter:
    """Starts one part of the house, or all of them, with a log of its own."""

    warm: WarmStarter
    log: str
    parts: Collection[Part]

    def fork(self, folder: Path, port: int) -> int:
        return self.warm.fork(folder, port, self.log, self.parts)


@pytest.fixture(scope="session")
def starter() -> Iterator[WarmStarter]:
    with warm_starter() as warm:
        yield warm


@pytest.fixture
def folder(postgres_url: str, tmp_path: Path) -> Path:
    make_folder(tmp_path / "house", postgres_url)
    return tmp_path / "house"


@pytest.fixture
def serve(folder: Path, starter: WarmStarter) -> Iterator[Serve]:
    """Starts another process of the house; all are ended with the test."""
    running: list[Served] = []

    def start(*parts: Part) -> Served:
        log = f"serve-{len(running)}.log"
        one = Served(folder, "", PartStarter(starter, log, parts or EVERY), log_name=log)
        running.append(one)
        one.start()
        return one

    yield start
    for one in running:
        one.stop()


@pytest.fixture
def desk(postgres_url: str) -> Desk:
    """Somebody who may build wards and look at them."""
    return Desk(token_for(postgres_url, "system-administrator", "bed-manager", "house-supervisor"))
