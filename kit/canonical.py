"""Canonical JSON: one value, one sequence of bytes, for everything that is hashed or signed.

Sorted ASCII keys, no spaces, NFC strings, integers only. A float, a duplicate or a non-string
key has no canonical form and raises ValueError.
"""

import json
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

MAX_INTEGER = 2**53 - 1  # what every JSON reader keeps exact


def canonical_json(value: object) -> bytes:
    """The bytes of `value`. Raises ValueError where there is no single form."""
    return json.dumps(
        _checked(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def parse_canonical(body: bytes) -> Any:
    """Read bytes that must be canonical; ValueError if any other bytes say the same."""
    value = json.loads(body)
    if canonical_json(value) != body:
        raise ValueError("not in canonical form")
    return value


def _checked(value: object) -> object:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return _exact(value)
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, Mapping):
        return {_key(key): _checked(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [_checked(item) for item in value]
    raise ValueError(f"{type(value).__name__} has no canonical form")


def _exact(value: int) -> int:
    if abs(value) > MAX_INTEGER:
        raise ValueError("an integer beyond 2^53 is not read alike everywhere")
    return int(value)


def _key(key: object) -> str:
    if not isinstance(key, str) or not key.isascii():
        raise ValueError("keys are ASCII strings")
    return key
