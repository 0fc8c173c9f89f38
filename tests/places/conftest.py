"""The hospital in which places are tested."""

from tests.domain_world import world

__all__ = ["world"]
