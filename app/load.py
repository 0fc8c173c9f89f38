"""How much is done at once, by class of work: what is over is refused, the least needed first.

A queue that grows helps nobody: everyone waits, and what is answered has been given up by then.
One process has about two cores, so these many operations under way keep it busy; more only wait.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from app.objectives import WorkClass

# An operation of the class begins only while fewer than this many of any class are under way.
BELOW = {WorkClass.LIST: 16, WorkClass.SCREEN: 32, WorkClass.CARE: 64}
RETRY_AFTER_S = 1
BUSY = "BUSY"


class Busy(Exception):
    """Too much is under way for this class: come again in RETRY_AFTER_S."""


@dataclass(slots=True)
class Load:
    """Used on the event loop alone."""

    below: dict[WorkClass, int] = field(default_factory=lambda: dict(BELOW))
    under_way: int = 0

    @contextmanager
    def under(self, kind: WorkClass) -> Iterator[None]:
        """Do one operation. Raises Busy before anything is done for it."""
        if self.under_way >= self.below[kind]:
            raise Busy
        self.under_way += 1
        try:
            yield
        finally:
            self.under_way -= 1
