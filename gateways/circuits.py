"""Pauses for receivers that fail: a mail relay that is down is not asked a hundred times a second.

After a few failures in a row nothing is tried for a while; then one message goes first, and the
others follow when it arrives. A pause never lasts longer than a minute: a critical alarm waits.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

FAILURES = 3  # in a row, before a pause
SHORTEST_S, LONGEST_S = 5.0, 60.0


@dataclass(slots=True)
class _State:
    failures: int = 0
    paused_until: float = 0.0
    trying: bool = False


@dataclass(slots=True)
class Circuits:
    """By key: the mail relay, or one contact's target."""

    ticks: Callable[[], float] = time.monotonic
    _states: dict[str, _State] = field(default_factory=dict)

    def begin(self, key: str) -> bool:
        """Whether one may be tried now; the caller says by `arrived` or `failed` how it went."""
        state = self._states.get(key)
        if state is None or state.failures < FAILURES:
            return True
        if state.trying or self.ticks() < state.paused_until:
            return False
        state.trying = True
        return True

    def arrived(self, key: str) -> None:
        """Also where a message was refused for good: whoever refuses is there."""
        self._states.pop(key, None)

    def left(self, key: str) -> None:
        """Nothing was tried after all."""
        if key in self._states:
            self._states[key].trying = False

    def failed(self, key: str) -> None:
        state = self._states.setdefault(key, _State())
        state.trying = False
        state.failures += 1
        if state.failures >= FAILURES:
            pause_s = min(LONGEST_S, SHORTEST_S * 2 ** (state.failures - FAILURES))
            state.paused_until = self.ticks() + pause_s

    def paused(self) -> tuple[str, ...]:
        """The keys of which nothing may be tried at this moment."""
        now = self.ticks()
        return tuple(
            key for key, state in self._states.items()
            if state.failures >= FAILURES and (state.trying or now < state.paused_until)
        )  # fmt: skip
