"""A hospital with people on call; for senders, real servers."""

from tests.alarms.ward import ward
from tests.domain_world import world
from tests.notices.staff import staff

__all__ = ["staff", "ward", "world"]
