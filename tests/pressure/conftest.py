"""The hospital whose pressure is judged."""

from tests.domain_world import world

__all__ = ["world"]
