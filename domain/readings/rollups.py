"""Rollups: count, minimum, maximum, sum and last of each minute, quarter, hour and day.

Each block of channels is rolled up to three minutes ago. A reading that is older than two
minutes when it is stored marks its minute as due, so none is missed: no transaction takes the
minute that lies between.
"""

from collections.abc import Sequence

from sqlalchemy import Connection

from domain.readings.channels import MINUTE
from domain.readings.keeping import Kept

DUE_AFTER = 2 * MINUTE
LAG = 3 * MINUTE


def safely_past(now: int) -> int:
    """Up to where minutes are rolled up: no transaction still brings readings of them unmarked."""
    return (now - LAG) // MINUTE * MINUTE


def mark_due(connection: Connection, rows: Sequence[Kept], now: int) -> None:
    """The minutes of late readings are rolled up again."""
    edge = now - DUE_AFTER
    due = sorted({(row.channel, row.at // MINUTE * MINUTE) for row in rows if row.at < edge})
    if due:
        mark = "%s" if connection.dialect.name == "postgresql" else "?"
        connection.exec_driver_sql(
            f"INSERT INTO rollup_due (channel_id, since) VALUES ({mark}, {mark})"  # noqa: S608
            " ON CONFLICT DO NOTHING",
            due,
        )
