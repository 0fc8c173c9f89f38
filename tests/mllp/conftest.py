"""A world with an open HL7 door per test, on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.inbound.world import World, world_at
from tests.mllp.wire import Doorway, opened


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    with world_at(database_url, tmp_path) as made:
        yield made


@pytest.fixture
def doorway(world: World, tmp_path: Path) -> Iterator[Doorway]:
    """One peer, `his`, on this machine."""
    with opened(world, tmp_path) as open_door:
        yield open_door
