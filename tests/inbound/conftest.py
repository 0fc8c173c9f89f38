"""A world per test, on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.inbound.world import World, world_at


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    with world_at(database_url, tmp_path) as made:
        yield made
