"""What is remembered of a device from one message to the next. Pure.

Its clock: the median of (received minus measured) over the last messages, believed while they
agree. Its numbering: how many messages are missing. And whether its whole record has stood still.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from zlib import crc32

MESSAGES = 15  # of which the clock is judged
FEWEST = 5
AGREE_MS = 3000  # half of the delays lie so close to the median
FROZEN_REPEATS = 20
FROZEN_US = 600_000_000  # ten minutes
WHOLE_RECORD = 3  # vital signs in one message; fewer may well stay as they are
RESTART = 1000  # a number so far below the last one: the device counts from the beginning again
_MOST_MS = 10**12


@dataclass(frozen=True, slots=True)
class Pulse:
    """One device's row of `device_pulse`."""

    delays: tuple[int, ...] = ()
    skew_ms: int | None = None
    sequence: int | None = None
    missed: int = 0
    record: int | None = None
    same_since: int | None = None
    repeats: int = 0

    @property
    def frozen_at(self) -> int | None:
        """Since when the record has stood still, once that is too long; else None."""
        return self.same_since if self.repeats >= FROZEN_REPEATS else None


def timed(pulse: Pulse, received_us: int, measured_us: int) -> Pulse:
    """After a message whose newest value was measured then."""
    delay = max(-_MOST_MS, min(_MOST_MS, (received_us - measured_us) // 1000))
    delays = (*pulse.delays[-(MESSAGES - 1) :], delay)
    return Pulse(delays, _skew(delays, pulse.skew_ms), pulse.sequence, pulse.missed, pulse.record,
                 pulse.same_since, pulse.repeats)  # fmt: skip


def counted(pulse: Pulse, sequence: int | None) -> tuple[Pulse, bool]:
    """After the message of this number; and whether messages are missing before it."""
    last = pulse.sequence
    if sequence is None:
        return pulse, False
    if last is None or sequence < last - RESTART or sequence in (0, 1):
        return replace(pulse, sequence=sequence), False
    if sequence <= last:
        return pulse, False
    gap = sequence - last - 1
    return replace(pulse, sequence=sequence, missed=pulse.missed + gap), gap > 0


def recorded(pulse: Pulse, values: Collection[tuple[str, float]], at_us: int) -> Pulse:
    """After a record of vital signs measured then. Fewer than three tell nothing."""
    if len(values) < WHOLE_RECORD:
        return pulse
    record = crc32(repr(sorted(values)).encode())
    if record != pulse.record or pulse.same_since is None:
        return replace(pulse, record=record, same_since=at_us, repeats=0)
    if at_us <= pulse.same_since:
        return pulse  # an older message, or the same one again
    # Counting begins to mean something only after the time has passed too.
    long = at_us - pulse.same_since >= FROZEN_US
    repeats = pulse.repeats + 1 if long or pulse.repeats < FROZEN_REPEATS - 1 else pulse.repeats
    return replace(pulse, repeats=repeats)


def _skew(delays: tuple[int, ...], before: int | None) -> int | None:
    """The median while the delays agree; what was believed before while they do not."""
    if len(delays) < FEWEST:
        return before
    middle = _median(delays)
    spread = _median([abs(delay - middle) for delay in delays])
    return middle if spread <= AGREE_MS else before


def _median(values: Sequence[int]) -> int:
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(values) % 2 else (ordered[half - 1] + ordered[half]) // 2
