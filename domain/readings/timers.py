"""What time alone does to readings."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from domain.readings.retention import (
    DAY,
    DAYS_AHEAD,
    FORGETTING,
    ForgetReadings,
    MakeReadingDays,
)
from domain.readings.rollups import RollUp, RollUpLate, safely_past
from kit.clock import microseconds
from kit.command import Command

BLOCKS_AT_ONCE = 40
_BLOCKS = text(
    "SELECT block FROM rollup_progress WHERE block >= 0 AND until < :target"
    " ORDER BY until, block LIMIT :most"
)
_LATE = text("SELECT 1 FROM rollup_due LIMIT 1")
_FORGOTTEN = text("SELECT until FROM rollup_progress WHERE block = :block")
_ANY_CHANNEL = text("SELECT 1 FROM channel LIMIT 1")
# A day whose readings came before its partition stays in the rest: it is not asked for again.
_DAY_MISSING = text(
    "SELECT to_regclass('reading_p' || to_char(CAST(:day AS date), 'YYYYMMDD')) IS NULL"
    " AND NOT EXISTS (SELECT 1 FROM reading_rest WHERE at >= :since AND at < :until)"
)


def readings_to_roll_up(session: Session, now: datetime) -> Sequence[Command[Any]]:
    """One step for each block that lies behind, and one for late readings."""
    behind = session.connection().execute(
        _BLOCKS, {"target": safely_past(microseconds(now)), "most": BLOCKS_AT_ONCE}
    )
    commands: list[Command[Any]] = [RollUp(block=block) for (block,) in behind]
    if session.connection().execute(_LATE).first():
        commands.append(RollUpLate())
    return commands


def readings_to_forget(session: Session, now: datetime) -> Sequence[Command[Any]]:
    """Once a day, and again at once while there is more."""
    connection = session.connection()
    done = connection.execute(_FORGOTTEN, {"block": FORGETTING}).scalar()
    if done is not None and done >= microseconds(now) // DAY * DAY:
        return []
    return [ForgetReadings()] if connection.execute(_ANY_CHANNEL).first() else []


def days_to_make(session: Session, now: datetime) -> Sequence[Command[Any]]:
    """PostgreSQL: the partitions of today and the next two days."""
    connection = session.connection()
    if connection.dialect.name != "postgresql":
        return []
    today = microseconds(now) // DAY * DAY
    for ahead in range(DAYS_AHEAD):
        since = today + ahead * DAY
        day = (now + timedelta(days=ahead)).date()
        asked = {"day": day, "since": since, "until": since + DAY}
        if connection.execute(_DAY_MISSING, asked).scalar():
            return [MakeReadingDays()]
    return []
