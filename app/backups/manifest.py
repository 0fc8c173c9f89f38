"""What a backup says of itself: its parts, how many rows each table has, and the ledger's head."""

from dataclasses import asdict, dataclass
from typing import Any

from app.backups.container import BackupRefused
from kit.canonical import canonical_json, parse_canonical

NAME = "manifest.json"  # the last part: written when the others are known
MOST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Part:
    """A file of the backup, and the SHA-256 of its bytes."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """`rows`: of each table. `note`: the newest signed checkpoint, over `leaves` leaves; "" and 0
    before the first. `columns`, `sequences` and `days` (of readings) are
    PostgreSQL's."""

    at: str
    database: str  # sqlite or postgresql
    log: str
    note: str
    leaves: int
    revision: str
    parts: tuple[Part, ...]
    rows: dict[str, int]
    columns: dict[str, list[str]]
    sequences: dict[str, int]
    days: list[str]

    def content(self) -> bytes:
        return canonical_json({**asdict(self), "v": 1})

    @classmethod
    def parse(cls, content: bytes) -> "Manifest":
        """Raises BackupRefused for one of another version."""
        try:
            members: dict[str, Any] = parse_canonical(content)
            if members.pop("v") != 1:
                raise ValueError("another version")
            members["parts"] = tuple(Part(**part) for part in members["parts"])
            return cls(**members)
        except (ValueError, TypeError, KeyError, RecursionError):
            raise BackupRefused("the backup's manifest is of another version") from None
