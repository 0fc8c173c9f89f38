"""Time-ordered identifiers (UUID version 7, RFC 9562), made by the client of the database.

Known before the insert, so that a sealed field can be bound to its row.
"""

import os
import threading
import time
from uuid import UUID

_RANDOM_BITS = 74
_STEP_BITS = 32
_one_at_a_time = threading.Lock()
_newest = (0, 0)  # millisecond, random part


def new_id() -> UUID:
    """48 bits of milliseconds, version and variant, 74 random bits.

    Within a millisecond each of a process is above the one before (RFC 9562, section 6.2, method
    2): what was made in an order is also read in it.
    """
    global _newest
    with _one_at_a_time:
        millisecond = time.time_ns() // 1_000_000
        random = _random(_RANDOM_BITS)
        if millisecond == _newest[0]:
            random = _newest[1] + 1 + _random(_STEP_BITS)
            if random >> _RANDOM_BITS:  # the millisecond is full: one in 2^40
                millisecond, random = millisecond + 1, _random(_RANDOM_BITS)
        _newest = (millisecond, random)
    return _identifier(millisecond, random)


def at_millisecond(millisecond: int) -> UUID:
    """An identifier of the given Unix time in milliseconds."""
    return _identifier(millisecond, _random(_RANDOM_BITS))


def _random(bits: int) -> int:
    return int.from_bytes(os.urandom(10), "big") >> (80 - bits)


def _identifier(millisecond: int, random: int) -> UUID:
    high, low = random >> 62, random & ((1 << 62) - 1)
    return UUID(int=(millisecond & ((1 << 48) - 1)) << 80 | 7 << 76 | high << 64 | 2 << 62 | low)
