"""The hospital in which figures are tested."""

from tests.domain_world import world

__all__ = ["world"]
