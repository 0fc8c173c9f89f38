"""Days of readings are made ahead of time, and what is older than it is kept is forgotten."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import ClassVar

from sqlalchemy import Connection, text
from sqlmodel import select

from domain.readings.model import ReadingRetention
from kit.clock import EPOCH, microseconds
from kit.command import Command
from kit.errors import Invalid
from kit.work import NETWORK, Scope, Work

DAY = 86_400_000_000  # microseconds
USUAL: Mapping[int, int] = MappingProxyType({0: 7, 60: 90, 900: 400, 3600: 3653, 86400: 10957})
SHORTEST, LONGEST = 2, 36500  # days: late readings come for one day
AT_ONCE = 20_000  # rows in one transaction
DAYS_AHEAD = 3
FORGETTING = -1  # the "block" of rollup_progress that says up to when old rows are gone


@dataclass(frozen=True, kw_only=True)
class KeepReadingsFor(Command[ReadingRetention]):
    """Say for how many days readings (resolution 0) or their rollups (60, 900, 3600, 86400 s) stay."""  # noqa: E501

    action = "reading.keep"

    resolution_s: int
    days: int

    def scope(self, work: Work) -> Scope:
        return NETWORK

    def apply(self, work: Work) -> ReadingRetention:
        if self.resolution_s not in USUAL:
            raise Invalid("there are readings and rollups of these resolutions",
                          field="resolutionS", allowed=tuple(map(str, USUAL)))  # fmt: skip
        if not SHORTEST <= self.days <= LONGEST:
            raise Invalid(f"readings are kept for {SHORTEST} to {LONGEST} days", field="days")
        said = work.session.exec(
            select(ReadingRetention).where(ReadingRetention.resolution == self.resolution_s)
        ).first()
        row = said or work.add(ReadingRetention(resolution=self.resolution_s, days=self.days))
        row.days = self.days
        work.emit("ReadingRetentionSet", NETWORK, resolution=self.resolution_s)
        return row


@dataclass(frozen=True, kw_only=True)
class MakeReadingDays(Command[int]):
    """Make the partitions of today and the next two days; answers how many were missing."""

    action = "reading.roll_up"
    serializable: ClassVar[bool] = False

    def scope(self, work: Work) -> Scope:
        return NETWORK

    def apply(self, work: Work) -> int:
        connection = work.session.connection()
        today = work.now.date()
        made = sum(
            bool(connection.execute(_MAKE_DAY, {"day": today + timedelta(days=ahead)}).scalar())
            for ahead in range(DAYS_AHEAD)
        )
        work.note(days=made)
        return made


@dataclass(frozen=True, kw_only=True)
class ForgetReadings(Command[int]):
    """Delete readings and rollups that are older than they are kept; answers how many.

    At most 20,000 rows of each kind at once; whole partitions besides.
    """

    action = "retention.forget"
    serializable: ClassVar[bool] = False

    def scope(self, work: Work) -> Scope:
        return NETWORK

    def apply(self, work: Work) -> int:
        connection = work.session.connection()
        kept = kept_days(connection)
        today = microseconds(work.now) // DAY * DAY
        raw_until = _rolled_up(connection, today - kept[0] * DAY)
        gone = _forget_raw(connection, raw_until)
        gone += [
            connection.execute(_OLD_ROLLUPS, {
                "resolution": resolution, "until": today - kept[resolution] * DAY, "most": AT_ONCE
            }).rowcount
            for resolution in (60, 900, 3600, 86400)
        ]  # fmt: skip
        if max(gone) < AT_ONCE:  # else there is more of it: due again at once
            connection.execute(_FORGOTTEN, {"block": FORGETTING, "until": today})
        work.note(readings=gone[0], aside=gone[1], rollups=sum(gone[2:]))
        return sum(gone)


def kept_days(connection: Connection) -> dict[int, int]:
    """Days by resolution in seconds; 0 are the readings."""
    said = connection.execute(text("SELECT resolution, days FROM reading_retention")).all()
    return dict(USUAL) | {resolution: days for resolution, days in said}


def _rolled_up(connection: Connection, until: int) -> int:
    """`until`, or where the slowest block's rollups end: nothing is forgotten unseen."""
    slowest = connection.execute(_SLOWEST).scalar()
    return until if slowest is None else min(until, slowest // DAY * DAY)


def _forget_raw(connection: Connection, until: int) -> list[int]:
    old = {"until": until, "most": AT_ONCE}
    if connection.dialect.name == "postgresql":
        day = (EPOCH + timedelta(microseconds=until)).date()
        connection.execute(text("SELECT reading_drop_days(:day)"), {"day": day})
    return [
        connection.execute(statement, old).rowcount for statement in (_OLD_READINGS, _OLD_ASIDES)
    ]


_MAKE_DAY = text("SELECT reading_make_day(:day)")
_SLOWEST = text("SELECT min(until) FROM rollup_progress WHERE block >= 0")
_OLD_READINGS = text(
    "DELETE FROM reading WHERE (channel_id, at) IN (SELECT c.id, r.at FROM channel c"
    " CROSS JOIN reading r WHERE r.channel_id = c.id AND r.at < :until LIMIT :most)"
)
_OLD_ASIDES = text(
    "DELETE FROM reading_aside WHERE (channel_id, at, reason, value) IN (SELECT channel_id, at,"
    " reason, value FROM reading_aside WHERE at < :until LIMIT :most)"
)
_OLD_ROLLUPS = text(
    "DELETE FROM rollup WHERE (channel_id, resolution, since) IN (SELECT r.channel_id,"
    " r.resolution, r.since FROM channel c CROSS JOIN rollup r WHERE r.channel_id = c.id"
    " AND r.resolution = :resolution AND r.since < :until LIMIT :most)"
)
_FORGOTTEN = text(
    "INSERT INTO rollup_progress (block, until) VALUES (:block, :until)"
    " ON CONFLICT (block) DO UPDATE SET until = excluded.until"
)
