"""The hospital in which rosters are planned."""

from tests.staff.conftest import team, team_on_both, world, world_on_both

__all__ = ["team", "team_on_both", "world", "world_on_both"]
