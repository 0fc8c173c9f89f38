"""PostgreSQL: a two-statement transaction without a record, with one, and behind one chain.

No lock is shared in ours: every connection extends a chain of its own. The third way is what an
ordinary `prev_hash` column needs: whoever writes waits for whoever wrote before.
"""

import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, text

from audit.entry import Change, Draft, OperationRef, PolicyRef, ResourceRef
from audit.stream import Streams
from kit.clock import utc_now
from kit.db import open_engine
from kit.ids import new_id

LOG, SECRET = "bench.example/ledger", bytes(32)
ROUND_S, ROUNDS = 1.0, 3
_CREATE = text("CREATE TABLE IF NOT EXISTS thing (id uuid PRIMARY KEY, state text NOT NULL)")
_INSERT = text("INSERT INTO thing VALUES (:id, 'DIRTY')")
_UPDATE = text("UPDATE thing SET state = 'READY' WHERE id = :id")
_LOCK = text("SELECT pg_advisory_xact_lock(4711)")
Way = Callable[[Connection, "_Chain"], None]


class _Chain:
    """A writer's own stream, or the one that all writers wait for."""

    def __init__(self, streams: Streams) -> None:
        self.stream = streams.new()


def chains(url: str, writers: int) -> dict[str, Any]:
    """Transactions a second in turn; the best of the rounds of each way."""
    opened = open_engine(url, guarded=False, pool_size=writers)
    engine = opened.execution_options(isolation_level="READ COMMITTED")  # so that none is retried
    with engine.begin() as connection:
        connection.execute(_CREATE)
    streams = Streams(LOG, SECRET)
    ways: dict[str, Way] = {"unaudited": _two_statements, "own_chain": _own, "one_chain": _one}
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            rates[name].append(_rate(engine, writers, way, _chains_for(name, streams, writers)))
    opened.dispose()
    best = {name: max(found) for name, found in rates.items()}
    return {
        **{f"{name}_per_s": round(rate) for name, rate in best.items()},
        "to_unaudited": round(best["own_chain"] / best["unaudited"], 2),
        "to_one_chain": round(best["own_chain"] / best["one_chain"], 2),
    }


def _chains_for(name: str, streams: Streams, writers: int) -> list[_Chain]:
    one = _Chain(streams)
    return [one if name == "one_chain" else _Chain(streams) for _ in range(writers)]


def _rate(engine: Engine, writers: int, way: Way, given: list[_Chain]) -> float:
    counts = [0] * writers
    ready = threading.Barrier(writers + 1)
    until = [0.0]

    def write(number: int) -> None:
        with engine.connect() as connection:
            ready.wait()
            while time.perf_counter() < until[0]:
                way(connection, given[number])
                counts[number] += 1

    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    began = time.perf_counter()
    until[0] = began + ROUND_S
    ready.wait()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - began)


def _two_statements(connection: Connection, _chain: _Chain) -> None:
    with connection.begin():
        _change(connection)


def _own(connection: Connection, chain: _Chain) -> None:
    with connection.begin():
        _change(connection)
        chain.stream.append(connection, [_draft(utc_now())])
    chain.stream.committed()


def _one(connection: Connection, chain: _Chain) -> None:
    """The lock is held from the append to the end of the commit: the next needs this hash."""
    with connection.begin():
        _change(connection)
        connection.execute(_LOCK)
        connection.execute(_HEAD, {"head": f"{chain.stream.id}:{chain.stream._next[0]}"})
        chain.stream.append(connection, [_draft(utc_now())])
        chain.stream.committed()


_HEAD = text("SELECT set_config('wardgrid.ledger_head', :head, false)")  # of another session


def _change(connection: Connection) -> None:
    values = {"id": new_id()}
    connection.execute(_INSERT, values)
    connection.execute(_UPDATE, values)


def _draft(now: datetime) -> Draft:
    stay = str(new_id())
    fields = {"bed_id": (None, str(new_id())), "encounter_id": (None, str(new_id()))}
    return Draft(
        at=now, actor_id=new_id(), role="bed-manager", session=new_id(), action="bed.admit",
        outcome="done", purpose="TREAT", scope=f"{new_id()}/{new_id()}",
        operation=OperationRef("AdmitPatient", "ab" * 32, str(new_id())),
        resource=ResourceRef("stay", stay, 1), subjects=(new_id(),),
        changes=(Change("stay", stay, 1, "insert", fields),), notes={"command": "AdmitPatient"},
        policy=PolicyRef("cd" * 32, "bed-manager:bed.admit"),
    )  # fmt: skip
