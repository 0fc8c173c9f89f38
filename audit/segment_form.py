"""The manifest of a segment: leaves of the log that were put away together (docs/ledger-format.md).

A segment ends where a checkpoint was signed, so it can be judged alone: the subtrees to its left
(`edge`) and its own leaves give the signed root, or one of them is false.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from audit.export_form import BUNDLE, CHECKPOINT, KEY, bundle_name, bundles, leaves_name
from kit.canonical import canonical_json, parse_canonical
from kit.clock import parse_time, time_text

MAX_SIZE = 10**15
NONE_BEFORE = "0" * 64
_AT = re.compile(rb'"at":"([^"]{27})"')  # the first in a body: only the actor stands before it


class BadSegment(ValueError):
    """The manifest is not exactly in its format."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Leaves [first, end). `parts` are (file, SHA-256), `previous` is the SHA-256 of the manifest
    before, `since` and `until` are the first and the last time in it."""

    log: str
    number: int
    first: int
    end: int
    since: str
    until: str
    edge: tuple[str, ...]
    previous: str
    parts: tuple[tuple[str, str], ...]

    def content(self) -> bytes:
        fields = {
            "v": 1, "log": self.log, "number": self.number, "first": self.first, "end": self.end,
            "from": self.since, "to": self.until, "edge": list(self.edge), "bundle": BUNDLE,
            "previous": self.previous, "files": [list(part) for part in self.parts],
        }  # fmt: skip
        return canonical_json(fields) + b"\n"

    @classmethod
    def parse(cls, content: bytes) -> "Segment":
        try:
            segment = _segment(parse_canonical(content.removesuffix(b"\n")))
        except (ValueError, TypeError, KeyError, RecursionError):
            raise BadSegment("the manifest of the segment is not in its format") from None
        if segment.content() != content:
            raise BadSegment("the manifest of the segment is not in its one form")
        return segment


def part_names(first: int, end: int) -> list[str]:
    """Every file of a segment beside its manifest, sorted. Bundles count within the segment."""
    numbers = range(bundles(end - first))
    return sorted([KEY, CHECKPOINT, *map(bundle_name, numbers), *map(leaves_name, numbers)])


def times_in(lines: Iterable[bytes], since: str = "", until: str = "") -> tuple[str, str]:
    """The first and the last time of entries, those that are given among them; "" for none."""
    for line in lines:
        for at in _AT.findall(line)[:1]:
            text = at.decode("ascii", "replace")
            since, until = min(since or text, text), max(until, text)
    return since, until


def _segment(fields: dict[str, Any]) -> Segment:
    segment = Segment(
        str(fields["log"]), _count(fields["number"]), _count(fields["first"]),
        _count(fields["end"]), _time(fields["from"]), _time(fields["to"]),
        tuple(_hash(each) for each in fields["edge"]), _hash(fields["previous"]),
        tuple((str(name), _hash(digest)) for name, digest in fields["files"]),
    )  # fmt: skip
    sound = (
        segment.number >= 1
        and segment.first < segment.end
        and segment.first.bit_count() == len(segment.edge)
        and (segment.number == 1) == (segment.first == 0) == (segment.previous == NONE_BEFORE)
        and bundles(segment.end - segment.first) <= len(segment.parts)
        and [name for name, _ in segment.parts] == part_names(segment.first, segment.end)
    )
    if not sound:
        raise ValueError("segment")
    return segment


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_SIZE:
        raise ValueError("count")
    return value


def _hash(value: object) -> str:
    if not isinstance(value, str) or len(bytes.fromhex(value)) != 32 or value != value.lower():
        raise ValueError("hash")
    return value


def _time(value: object) -> str:
    text = str(value)
    if time_text(parse_time(text)) != text:
        raise ValueError("time")
    return text
