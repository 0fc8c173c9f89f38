"""Writes docs/schema.graphql; a change that breaks clients must be asked for by name."""

import sys
from pathlib import Path

from graphql import build_schema as parse_schema
from graphql.utilities import find_breaking_changes

from api.schema import sdl

ROOT = Path(__file__).parent.parent
KEPT = ROOT / "docs" / "schema.graphql"  # the types of the screens are made from it too


def breaking_changes(before: str, after: str) -> list[str]:
    """What a client of `before` could no longer do, in words."""
    changes = find_breaking_changes(
        parse_schema(before, assume_valid=True), parse_schema(after, assume_valid=True)
    )
    return sorted(change.description for change in changes)


def main(arguments: list[str]) -> int:
    """Write the file; 1 if that would break clients and nobody said --breaking."""
    after = sdl()
    broken = breaking_changes(KEPT.read_text("utf-8"), after) if KEPT.exists() else []
    sys.stdout.writelines(f"breaks clients: {change}\n" for change in broken)
    if broken and "--breaking" not in arguments:
        return 1
    KEPT.write_text(after, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
