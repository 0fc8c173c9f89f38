"""The hospital in which the analysis is tested."""

from tests.domain_world import world

__all__ = ["world"]
