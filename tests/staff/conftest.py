"""The hospital in which staff are tested: on SQLite, and where the database judges on both."""

from collections.abc import Iterator

import pytest

from kit.db import open_engine
from tests.domain_world import World
from tests.domain_world import world as world_on_both
from tests.staff.team import Team, build_team

__all__ = ["world_on_both"]


@pytest.fixture
def world(sqlite_url: str) -> Iterator[World]:
    engine = open_engine(sqlite_url, guarded=False)
    made = World(engine)
    made.furnish()
    made.tick()
    yield made
    engine.dispose()


@pytest.fixture
def team(world: World) -> Team:
    return build_team(world)


@pytest.fixture
def team_on_both(world_on_both: World) -> Team:
    return build_team(world_on_both)
