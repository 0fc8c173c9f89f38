"""What is rung after each commit."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Bell:
    """The writer rings it; the listeners come later than the writer."""

    ring: list[Callable[[], None]] = field(default_factory=list)

    def __call__(self) -> None:
        for listener in self.ring:
            listener()
