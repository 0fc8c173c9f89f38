"""A ward with devices at its beds, and what is asked of every alarm test."""

from tests.alarms.served_ward import house
from tests.alarms.ward import ward
from tests.domain_world import world

__all__ = ["house", "ward", "world"]
