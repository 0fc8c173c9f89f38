"""The hospital in which patients are tested."""

from tests.domain_world import world

__all__ = ["world"]
