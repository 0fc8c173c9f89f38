"""What every process has measured of the objectives, in rows: a restart forgets nothing of it.

Each process keeps its own rows, writes them again every 15 s and reads those of the others; what a
process had counted stays for as long as the window is. No change of the house: not in the ledger.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from time import time
from uuid import UUID, uuid4

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Connection,
    Engine,
    String,
    Table,
    Uuid,
    delete,
    insert,
    select,
)
from sqlmodel import SQLModel

from app.objectives import objectives
from app.service_levels import Parts, ServiceLevels
from kit.db import count_only, reading

log = logging.getLogger("wardgrid.levels")

Write = Callable[[Callable[[Connection], None]], None]

EVERY_S = 15.0
_LONGEST_S = max(one.window_s for one in objectives())

SERVICE_COUNT = Table(
    "service_count", SQLModel.metadata,
    Column("process", Uuid(), primary_key=True),  # a random name, new at each start
    Column("objective", String(40), primary_key=True),
    Column("shape", String(40), nullable=False),  # counters of another shape are not added
    Column("parts", JSON(), nullable=False),  # part number: counters
    Column("forget", BigInteger(), nullable=False),  # seconds since 1970
)  # fmt: skip


@dataclass(slots=True)
class FleetLevels:
    """`exchange` does one round. `write` runs a transaction; `full`: nothing may be written."""

    engine: Engine
    levels: ServiceLevels
    write: Write
    full: Callable[[], bool] = lambda: False
    now: Callable[[], float] = time
    process: UUID = field(default_factory=uuid4)

    def run(self, stop: threading.Event) -> None:
        """Hear what was there before, then take turns; a last one when told to stop."""
        self._try(self.hear)
        while not stop.wait(EVERY_S):
            self._try(self.exchange)
        self._try(self.tell)

    def exchange(self) -> None:
        self.tell()
        self.hear()

    def tell(self) -> None:
        """Keep what this process has counted, and forget what is older than any window."""
        mine = [
            {"process": self.process, "objective": name, "shape": shape,
             "parts": {str(number): counts for number, counts in parts.items()},
             "forget": int(self.now()) + _LONGEST_S}
            for name, (shape, parts) in self.levels.own().items()
            if parts
        ]  # fmt: skip
        if mine and not self.full():
            self.write(lambda connection: self._store(connection, mine))

    def hear(self) -> None:
        """What all others have counted, and this house before it was restarted."""
        asked = select(SERVICE_COUNT).where(SERVICE_COUNT.c.process != self.process)
        with reading(self.engine) as session:
            rows = session.connection().execute(asked).all()
        self.levels.hear(
            (
                row.objective,
                row.shape,
                {int(number): list(one) for number, one in row.parts.items()},
            )
            for row in rows
        )

    def _store(self, connection: Connection, mine: list[dict[str, object]]) -> None:
        kept = SERVICE_COUNT.c
        connection.execute(
            delete(SERVICE_COUNT).where(
                (kept.process == self.process) | (kept.forget < int(self.now()))
            )
        )
        connection.execute(insert(SERVICE_COUNT), mine)
        count_only(connection)

    def _try(self, turn: Callable[[], None]) -> None:
        try:
            turn()
        except Exception as fault:  # the next turn writes it all again
            log.warning("counters are not kept", extra={"fault": type(fault).__name__})


def _parts(kept: dict[str, list[int]]) -> Parts:
    return {int(number): counts for number, counts in kept.items()}


def counting(engine: Engine, raw: Write) -> Write:
    """On SQLite the one writer's turn; on PostgreSQL one that nobody else's can lose a race to."""
    if engine.dialect.name == "sqlite":
        return raw

    def write(do: Callable[[Connection], None]) -> None:
        lenient = engine.connect().execution_options(isolation_level="READ COMMITTED")
        with lenient as connection, connection.begin():
            do(connection)

    return write
