"""Rollups: count, minimum, maximum, sum and last of each minute, quarter, hour and day.

Each block of channels is rolled up to three minutes ago. A reading that is older than two
minutes when it is stored marks its minute as due, so none is missed: no transaction takes the
minute that lies between.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import Connection, text

from domain.readings.channels import BLOCK, MINUTE
from domain.readings.keeping import Kept
from domain.readings.rollup_sql import LEVELS, NEXT_READING, level_statement
from kit.clock import microseconds
from kit.command import Command
from kit.work import NETWORK, Scope, Work

DUE_AFTER = 2 * MINUTE
LAG = 3 * MINUTE
STEP = 15 * MINUTE  # rolled up in one transaction, which must stay short
LATE_AT_ONCE = 1000  # minutes


@dataclass(frozen=True, kw_only=True)
class RollUp(Command[int]):
    """Roll up the next quarter of an hour of one block of channels; answers with its end in µs."""

    action = "reading.roll_up"
    serializable: ClassVar[bool] = False

    block: int

    def scope(self, work: Work) -> Scope:
        return NETWORK

    def apply(self, work: Work) -> int:
        connection = work.session.connection()
        target = safely_past(microseconds(work.now))
        block = {"low": self.block * BLOCK, "high": (self.block + 1) * BLOCK}
        # Taken first: two programs that roll up the same block come one after the other.
        connection.execute(_TAKE, {"block": self.block})
        done: int | None = connection.execute(_UNTIL, {"block": self.block}).scalar()
        if done is None or done >= target:
            return done or target
        first = connection.execute(
            NEXT_READING[connection.dialect.name], block | {"since": done, "until": target}
        ).scalar()
        since = target if first is None else first // MINUTE * MINUTE
        until = min(target, since + STEP)
        if since < until:
            _roll(connection, [block | {"since": since, "until": until}])
        connection.execute(_ADVANCE, {"block": self.block, "until": until})
        work.note(block=self.block, minutes=(until - done) // MINUTE)
        return until


@dataclass(frozen=True, kw_only=True)
class RollUpLate(Command[int]):
    """Roll up again the minutes that late readings changed; answers how many."""

    action = "reading.roll_up"
    serializable: ClassVar[bool] = False

    def scope(self, work: Work) -> Scope:
        return NETWORK

    def apply(self, work: Work) -> int:
        connection = work.session.connection()
        # Deleted before they are read: a reading that comes now waits, and marks them anew.
        gone = connection.execute(_TAKE_DUE, {"most": LATE_AT_ONCE}).all()
        _roll(connection, [
            {"low": channel, "high": channel + 1, "since": since, "until": since + MINUTE}
            for channel, since in sorted(gone)
        ])  # fmt: skip
        work.note(minutes=len(gone))
        return len(gone)


def safely_past(now: int) -> int:
    """Up to where minutes are rolled up: no transaction still brings readings of them unmarked."""
    return (now - LAG) // MINUTE * MINUTE


def mark_due(connection: Connection, rows: Sequence[Kept], now: int) -> None:
    """The minutes of late readings are rolled up again."""
    edge = now - DUE_AFTER
    due = sorted({(row.channel, row.at // MINUTE * MINUTE) for row in rows if row.at < edge})
    if due:
        mark = "%s" if connection.dialect.name == "postgresql" else "?"
        # An update, though of nothing: whoever takes the row waits for this transaction.
        connection.exec_driver_sql(
            f"INSERT INTO rollup_due (channel_id, since) VALUES ({mark}, {mark})"  # noqa: S608
            " ON CONFLICT (channel_id, since) DO UPDATE SET since = excluded.since",
            due,
        )


def _roll(connection: Connection, spans: list[dict[str, int]]) -> None:
    """Minutes from readings, each coarser level from the one below it."""
    for resolution in LEVELS:
        width = resolution * 1_000_000
        whole = {
            (span["low"], span["high"], span["since"] // width * width,
             -(-span["until"] // width) * width)
            for span in spans
        }  # fmt: skip
        if whole:
            connection.execute(
                level_statement(connection.dialect.name, resolution),
                [{"low": low, "high": high, "since": since, "until": until}
                 for low, high, since, until in sorted(whole)],
            )  # fmt: skip


_TAKE = text("UPDATE rollup_progress SET until = until WHERE block = :block")
_UNTIL = text("SELECT until FROM rollup_progress WHERE block = :block")
_ADVANCE = text("UPDATE rollup_progress SET until = :until WHERE block = :block")
_TAKE_DUE = text(
    "DELETE FROM rollup_due WHERE (channel_id, since) IN"
    " (SELECT channel_id, since FROM rollup_due ORDER BY channel_id, since LIMIT :most)"
    " RETURNING channel_id, since"
)
