"""The folder of backups: which stand there, and which are no longer kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.backups.container import read_header
from app.backups.making import SUFFIX

_PREFIX, _STAMP = "wardgrid-", "%Y%m%dT%H%M%S.%fZ"
ALL_OF = timedelta(days=1)  # every backup of the last day is kept,
DAILY_OF = timedelta(days=31)  # then the newest of each day,
WEEKLY_OF = timedelta(days=366)  # then of each week


@dataclass(frozen=True, slots=True)
class Kept:
    path: Path
    at: datetime


def standing(folder: Path) -> list[Kept]:
    """Whole backups, oldest first. Other files are none of ours."""
    if not folder.is_dir():
        return []
    found = (_read(path) for path in folder.glob(f"{_PREFIX}*{SUFFIX}"))
    return sorted(filter(None, found), key=lambda kept: kept.at)


def too_old(kept: Sequence[Kept], now: datetime) -> list[Kept]:
    """What the retention lets go. The newest always stays."""
    newest_of: dict[tuple[str, int], Kept] = {}
    stays: set[Path] = {kept[-1].path} if kept else set()
    for one in kept:
        age = now - one.at
        if age <= ALL_OF:
            stays.add(one.path)
        elif age <= DAILY_OF:
            newest_of["day", one.at.toordinal()] = one
        elif age <= WEEKLY_OF:
            newest_of["week", one.at.toordinal() // 7] = one
    stays |= {one.path for one in newest_of.values()}
    return [one for one in kept if one.path not in stays]


def newest_of(
    kept: Sequence[Kept], *, before: datetime | None = None, leaves: int | None = None
) -> Kept | None:
    """For going back: the newest backup that is not younger than a moment, and whose ledger was
    not longer than so many leaves."""
    for one in reversed(kept):
        if before is not None and one.at > before:
            continue
        if leaves is not None and _leaves(one.path) > leaves:
            continue
        return one
    return None


def _leaves(path: Path) -> int:
    with path.open("rb") as file:
        return read_header(file).leaves


def _read(path: Path) -> Kept | None:
    stamp = path.name.removeprefix(_PREFIX).removesuffix(SUFFIX)
    try:
        return Kept(path, datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC))
    except ValueError:
        return None
