"""The hospital in which beds are tested."""

from tests.domain_world import world

__all__ = ["world"]
