"""The outbox as the migration makes it, for tests that need no other table."""

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.pool import NullPool

from app.outbox import OUTBOX, write_events
from kit.clock import utc_now
from kit.work import Event, Scope


def open_bare(url: str) -> Engine:
    """An engine without the commit guard, with an outbox."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        OUTBOX.create(connection, checkfirst=True)
        if engine.dialect.name == "postgresql":
            connection.execute(
                text(
                    "ALTER TABLE outbox ADD COLUMN IF NOT EXISTS"
                    " xid xid8 NOT NULL DEFAULT pg_current_xact_id()"
                )
            )
    return engine


def publish(engine: Engine, scope: Scope, *names: str) -> None:
    """Commit one transaction with these events."""
    with engine.begin() as connection:
        write_events(connection, [Event(name, scope, {}) for name in names], utc_now())
