"""PostgreSQL: below which transaction everything in this database has ended.

The server's own horizon (`pg_snapshot_xmin`) counts the open transactions of all databases of
the cluster, so a batch job next door would hold a ward's screens back. Here only ours count.
"""

from collections.abc import Iterable

from sqlalchemy import Engine, text

from kit.db import reading

_WRAP = 2**32  # backend_xid lacks the epoch
# The newest transaction comes from the statement's snapshot, that is from before the sessions
# are looked at: one that is missing among them and older than it has ended.
_OPEN = text("""
SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint,
    ARRAY(SELECT backend_xid::text::bigint FROM pg_stat_activity
          WHERE datname = current_database() AND backend_xid IS NOT NULL
          UNION ALL
          SELECT transaction::text::bigint FROM pg_prepared_xacts
          WHERE database = current_database()),
    EXISTS (SELECT FROM pg_stat_activity
            WHERE datname = current_database() AND query = '<insufficient privilege>')
""")


def own_horizon(engine: Engine) -> int:
    """Rows below it are complete for every snapshot taken after this returns.

    0 where another role's session hides what it does; then only the server's horizon is safe.
    """
    if engine.dialect.name != "postgresql":
        return 0
    with reading(engine) as session:  # its snapshot ends here: rows are read with a later one
        newest, active, hidden = session.connection().execute(_OPEN).one()
    return 0 if hidden else oldest(newest, active)


def oldest(newest: int, active: Iterable[int]) -> int:
    """The least of `newest` and the open transactions, these without their epoch.

    One that began after `newest` was read counts for nothing: it lies ahead, not 2^32 behind.
    """
    behind = ((newest - one) % _WRAP for one in active)
    return min([newest, *(newest - by for by in behind if by < _WRAP // 2)])
