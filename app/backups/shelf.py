"""The folder of backups: which stand there, and which are no longer kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol, TypeVar

from app.backups.container import read_header
from app.backups.making import SUFFIX

_PREFIX, _STAMP = "wardgrid-", "%Y%m%dT%H%M%S.%fZ"
ALL_OF = timedelta(days=1)  # every backup of the last day is kept,
DAILY_OF = timedelta(days=31)  # then the newest of each day,
WEEKLY_OF = timedelta(days=366)  # then of each week


class Standing(Protocol):
    """A whole backup, in the folder or far away."""

    @property
    def name(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    def leaves(self) -> int:
        """Of its ledger, from its first line. Raises BackupRefused."""


K = TypeVar("K", bound=Standing)


@dataclass(frozen=True, slots=True)
class Kept:
    path: Path
    at: datetime

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def size(self) -> int:
        return self.path.stat().st_size

    def leaves(self) -> int:
        with self.path.open("rb") as file:
            return read_header(file).leaves


def standing(folder: Path) -> list[Kept]:
    """Whole backups, oldest first. Other files are none of ours."""
    if not folder.is_dir():
        return []
    found = (_read(path) for path in folder.glob(f"{_PREFIX}*{SUFFIX}"))
    return sorted(filter(None, found), key=lambda kept: kept.at)


def too_old(kept: Sequence[K], now: datetime) -> list[K]:
    """What the retention lets go. The newest always stays."""
    newest_of: dict[tuple[str, int], K] = {}
    stays: set[str] = {kept[-1].name} if kept else set()
    for one in kept:
        age = now - one.at
        if age <= ALL_OF:
            stays.add(one.name)
        elif age <= DAILY_OF:
            newest_of["day", one.at.toordinal()] = one
        elif age <= WEEKLY_OF:
            newest_of["week", one.at.toordinal() // 7] = one
    stays |= {one.name for one in newest_of.values()}
    return [one for one in kept if one.name not in stays]


def newest_of(
    kept: Sequence[K], *, before: datetime | None = None, leaves: int | None = None
) -> K | None:
    """For going back: the newest backup that is not younger than a moment, and whose ledger was
    not longer than so many leaves."""
    for one in reversed(kept):
        if before is not None and one.at > before:
            continue
        if leaves is not None and one.leaves() > leaves:
            continue
        return one
    return None


def moment_of(name: str) -> datetime | None:
    """When the backup of this name was made; None for another file's name."""
    if not (name.startswith(_PREFIX) and name.endswith(SUFFIX)):
        return None
    stamp = name.removeprefix(_PREFIX).removesuffix(SUFFIX)
    try:
        return datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


def _read(path: Path) -> Kept | None:
    at = moment_of(path.name)
    return None if at is None else Kept(path, at)
