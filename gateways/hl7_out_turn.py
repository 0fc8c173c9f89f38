"""Which of several processes tells a peer: one at a time, or messages would overtake each other."""

import hashlib

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

_TRY = text("SELECT pg_try_advisory_lock(:key)")
_STILL = text("SELECT 1")


class Turn:
    """Ours until `give_up`, or until the server loses our connection. SQLite has one process."""

    def __init__(self, engine: Engine, peer: str) -> None:
        digest = hashlib.sha256(f"hl7 to {peer}".encode()).digest()
        self._key = int.from_bytes(digest[:8], "big", signed=True)
        self._engine = engine
        self._connection: Connection | None = None

    def ours(self) -> bool:
        """Whether this process tells the peer now; takes the turn if it is free."""
        if self._engine.dialect.name != "postgresql":
            return True
        try:
            if self._connection is not None:
                self._connection.execute(_STILL)
                return True
            return self._take()
        except DBAPIError:
            self.give_up()
            return False

    def _take(self) -> bool:
        # autocommit: a transaction left open would hold back everybody's horizon
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        if connection.execute(_TRY, {"key": self._key}).scalar():
            self._connection = connection
            return True
        connection.close()
        return False

    def give_up(self) -> None:
        """Let another process go on."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.invalidate()  # closing the session frees the lock
            connection.close()
