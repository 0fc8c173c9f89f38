"""The hospital in which staff are tested."""

from tests.domain_world import world
from tests.staff.team import team

__all__ = ["team", "world"]
