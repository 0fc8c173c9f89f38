"""The files of an export, and which bytes each may hold (docs/ledger-format.md).

    manifest.json    which files there are; canonical JSON
    public.key       the log's key, for convenience: a verifier brings its own
    checkpoint       the newest signed note
    notes/SIZE       some earlier ones
    bundles/NUMBER   4,096 leaves each, a line per leaf
    leaves/NUMBER    their hashes as the database had them, 32 bytes each

A line is a body, or `=` and a hash where the body is withheld, or `-` and a hash where it was
pruned, or `!` and a hash where the database had no such body.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kit.canonical import canonical_json, parse_canonical

BUNDLE_LEVEL = 12
BUNDLE = 1 << BUNDLE_LEVEL  # leaves
MANIFEST, KEY, CHECKPOINT = "manifest.json", "public.key", "checkpoint"
WITHHELD, PRUNED, MISSING = b"=", b"-", b"!"
MOST_NOTES = 64
MAX_SIZE = 10**15


class BadManifest(ValueError):
    """The manifest is not exactly in its format."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """`notes` are (size, SHA-256 of the file), ascending; the last is the checkpoint."""

    log: str
    size: int
    notes: tuple[tuple[int, str], ...]

    def content(self) -> bytes:
        notes = [list(note) for note in self.notes]
        fields = {"v": 1, "log": self.log, "size": self.size, "bundle": BUNDLE, "notes": notes}
        return canonical_json(fields) + b"\n"

    @classmethod
    def parse(cls, content: bytes) -> "Manifest":
        try:
            manifest = _manifest(parse_canonical(content.removesuffix(b"\n")))
        except (ValueError, TypeError, KeyError, RecursionError):
            raise BadManifest("the manifest is not in its format") from None
        if manifest.content() != content:
            raise BadManifest("the manifest is not in its one form")
        return manifest

    def files(self) -> set[str]:
        """Every file of the export, no more and no less."""
        numbers = range(bundles(self.size))
        return {
            MANIFEST,
            KEY,
            CHECKPOINT,
            *(note_name(size) for size, _ in self.notes[:-1]),
            *(bundle_name(number) for number in numbers),
            *(leaves_name(number) for number in numbers),
        }


def bundles(size: int) -> int:
    return (size + BUNDLE - 1) // BUNDLE


def bundle_name(number: int) -> str:
    return f"bundles/{number:08d}"


def leaves_name(number: int) -> str:
    return f"leaves/{number:08d}"


def note_name(size: int) -> str:
    return f"notes/{size:015d}"


def thinned(sizes: Sequence[int], most: int = MOST_NOTES) -> list[int]:
    """At most `most` of the ascending sizes, evenly, with the last."""
    if len(sizes) <= most:
        return list(sizes)
    chosen = {len(sizes) - 1 - step * len(sizes) // most for step in range(most)}
    return [sizes[place] for place in sorted(chosen)]


def _manifest(fields: dict[str, Any]) -> Manifest:
    notes = tuple((_size(size), str(digest)) for size, digest in fields["notes"])
    sizes = [size for size, _ in notes]
    manifest = Manifest(str(fields["log"]), _size(fields["size"]), notes)
    if sizes != sorted(set(sizes)) or sizes[-1:] != [manifest.size] or len(notes) > MOST_NOTES:
        raise ValueError("notes")
    return manifest


def _size(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_SIZE:
        raise ValueError("size")
    return value
