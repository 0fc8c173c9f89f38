"""The hospital whose devices send."""

from tests.domain_world import world

__all__ = ["world"]
