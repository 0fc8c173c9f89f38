"""Time-ordered identifiers (UUID version 7, RFC 9562), made by the client of the database.

Known before the insert, so that a sealed field can be bound to its row.
"""

import os
import time
from uuid import UUID

_RANDOM_BITS = 74


def new_id() -> UUID:
    """48 bits of milliseconds, version and variant, 74 random bits."""
    return at_millisecond(time.time_ns() // 1_000_000)


def at_millisecond(millisecond: int) -> UUID:
    """An identifier of the given Unix time in milliseconds."""
    random = int.from_bytes(os.urandom(10), "big") >> (80 - _RANDOM_BITS)
    high, low = random >> 62, random & ((1 << 62) - 1)
    return UUID(int=(millisecond & ((1 << 48) - 1)) << 80 | 7 << 76 | high << 64 | 2 << 62 | low)
