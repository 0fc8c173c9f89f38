"""Circuit breakers for whoever is outside: a relay that is down is not asked all the time.

After a few failures in a row the circuit is open and nothing is tried for a while; then one goes
first, and the others follow when it arrives. A pause never lasts longer than a minute: a critical
alarm waits. What is not tried stays where it is kept, as a row, and is tried later.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Lock

FAILURES = 3  # in a row, before a pause
SHORTEST_S, LONGEST_S = 5.0, 60.0


class Outward(StrEnum):
    """Whom the program calls. The dead man's signal has no circuit: its silence would alarm."""

    NOTICES = "NOTICES"  # the mail relay, or one contact's webhook or robot
    HL7 = "HL7"  # a peer
    WITNESSES = "WITNESSES"


@dataclass(slots=True)
class _State:
    failures: int = 0
    paused_until: float = 0.0
    trying: bool = False


@dataclass(slots=True)
class Circuits:
    """One for each key: the mail relay, a contact's target, a peer. Used from any thread."""

    ticks: Callable[[], float] = time.monotonic
    shortest_s: float = SHORTEST_S
    _states: dict[str, _State] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def begin(self, key: str) -> bool:
        """Whether one may be tried now; the caller says by `arrived` or `failed` how it went."""
        with self._lock:
            state = self._states.get(key)
            if state is None or state.failures < FAILURES:
                return True
            if state.trying or self.ticks() < state.paused_until:
                return False
            state.trying = True
            return True

    def arrived(self, key: str) -> None:
        """Also where a message was refused for good: whoever refuses is there."""
        with self._lock:
            self._states.pop(key, None)

    def left(self, key: str) -> None:
        """Nothing was tried after all."""
        with self._lock:
            if key in self._states:
                self._states[key].trying = False

    def failed(self, key: str) -> None:
        with self._lock:
            state = self._states.setdefault(key, _State())
            state.trying = False
            state.failures += 1
            if state.failures >= FAILURES:
                pause_s = min(LONGEST_S, self.shortest_s * 2 ** (state.failures - FAILURES))
                state.paused_until = self.ticks() + pause_s

    def paused(self) -> tuple[str, ...]:
        """The keys of which nothing may be tried at this moment."""
        now = self.ticks()
        with self._lock:
            return tuple(
                key for key, state in self._states.items()
                if state.failures >= FAILURES and (state.trying or now < state.paused_until)
            )  # fmt: skip

    def standing(self) -> tuple[int, int]:
        """How many fail, and how many of these are open: they failed so often in a row."""
        with self._lock:
            failures = [state.failures for state in self._states.values()]
        return len(failures), sum(count >= FAILURES for count in failures)


@dataclass(frozen=True, slots=True)
class Breakers:
    """All circuits of the program, by whom they lead to."""

    of: dict[Outward, Circuits] = field(
        default_factory=lambda: {
            Outward.NOTICES: Circuits(),
            Outward.HL7: Circuits(shortest_s=1.0),  # peers often restart; each has one connection
            Outward.WITNESSES: Circuits(),
        }
    )

    def open(self) -> int:
        """How many are open, for the alarm rules."""
        return sum(circuits.standing()[1] for circuits in self.of.values())
