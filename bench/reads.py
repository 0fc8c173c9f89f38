"""A ward's screen and a list of 100 beds, beside the same JSON written by hand, in one run.

    python -m bench.reads --json

Rights are on; what discloses something about a patient is decrypted and put on the ledger
before it is answered. Processor time is the whole server process's, all of its threads. A list
of 500 beds is five pages of 100: no answer is longer.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Engine, event

from api.trusted import trusted_operations
from bench.ward import Load, show
from bench.ward_house import WardHouse
from domain.beds.board import bed_board
from domain.beds.queries import beds
from kit.clock import utc_now
from kit.db import open_engine, reading
from kit.work import NETWORK

WARM_UP = 40
TICK_S = 1 / os.sysconf("SC_CLK_TCK")
LIST = (
    "query List($ward: UUID!) { beds(first: 100, wardId: $ward)"
    " { nodes { id code wardId roomId features version } pageInfo { hasNextPage endCursor } } }"
)


def ward_query() -> str:
    """The screen's own fragment, as a query."""
    _, fragment = trusted_operations()["BedBoardChanged"].split("fragment Board", 1)
    return "query Ward($ward: UUID!) { bedBoard(wardId: $ward) { ...Board } } fragment Board" + (
        fragment
    )


@dataclass(frozen=True)
class Server:
    port: int
    pid: int

    def processor_s(self) -> float:
        """Processor time so far, of all threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * TICK_S


@contextmanager
def server(*command: str) -> Iterator[Server]:
    with subprocess.Popen(
        [sys.executable, "-m", *command], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield Server(json.loads(process.stdout.readline()), process.pid)
        finally:
            process.kill()


def statements(house: WardHouse) -> dict[str, list[tuple[str, list[Any]]]]:
    """The house's own SQL for both answers."""
    engine = open_engine(house.url)
    now = utc_now()
    with reading(engine) as session, _heard(engine) as ward:
        bed_board(session, [NETWORK], house.ward.id, now)
    with reading(engine) as session, _heard(engine) as listed:
        beds(session, [NETWORK], ward_id=house.long_ward.id, after=None, limit=101)
    engine.dispose()
    return {"ward": ward[-5:], "list": listed[-1:]}


@contextmanager
def _heard(engine: Engine) -> Iterator[list[tuple[str, list[Any]]]]:
    heard: list[tuple[str, list[Any]]] = []

    def hear(_c: Any, _cursor: Any, sql: str, given: Any, *_: Any) -> None:
        heard.append((sql, list(given)))

    event.listen(engine, "before_cursor_execute", hear)
    yield heard
    event.remove(engine, "before_cursor_execute", hear)


def measured(side: Server, path: str, body: Any, token: str, count: int) -> dict[str, Any]:
    """Requests one after another over one connection."""
    headers = {"authorization": f"Bearer {token}"}
    with httpx.Client(base_url=f"http://127.0.0.1:{side.port}", headers=headers) as http:
        answer = http.post(path, json=body)
        assert "errors" not in answer.json(), answer.text[:500]
        for _ in range(WARM_UP):
            http.post(path, json=body)
        took = []
        before = side.processor_s()
        for _ in range(count):
            began = time.perf_counter()
            http.post(path, json=body).raise_for_status()
            took.append((time.perf_counter() - began) * 1e3)
        used = side.processor_s() - before
    took.sort()
    return {
        "bytes": len(answer.content),
        "cpu_ms": round(used * 1e3 / count, 3),
        "p50_ms": round(statistics.median(took), 2),
        "p99_ms": round(took[int(count * 0.99)], 2),
    }


def compare(count: int) -> dict[str, Any]:
    """Every answer from both sides."""
    with tempfile.TemporaryDirectory() as folder:
        house = WardHouse(Path(folder))
        sql = Path(folder) / "statements.json"
        sql.write_text(json.dumps(statements(house)), "utf-8")
        ward = {"query": ward_query(), "variables": {"ward": str(house.ward.id)}}
        listed = {"query": LIST, "variables": {"ward": str(house.long_ward.id)}}
        with server("bench.reads_by_hand", house.url.removeprefix("sqlite:///"), str(sql)) as hand:
            by_hand = {
                "ward": measured(hand, "/ward", ward, "none", count * 4),
                "list": measured(hand, "/list", listed, "none", count * 4),
            }
        with server("bench.reads_house", house.url, folder) as ours:
            answers = {
                "ward, recorded": measured(ours, "/graphql", ward, house.nurse, count),
                "ward, nothing personal": measured(ours, "/graphql", ward, house.cleaner, count),
                "list": measured(ours, "/graphql", listed, house.nurse, count),
            }
    for name, answer in answers.items():
        base = by_hand["list" if name == "list" else "ward"]
        answer["cpu_ratio"] = round(answer["cpu_ms"] / base["cpu_ms"], 1)
    return {"by_hand": by_hand, "house": answers}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=250)
    parser.add_argument("--json", action="store_true", help="print JSON (there is no other form)")
    given = parser.parse_args()
    before = Load.now()
    result = compare(given.count)
    show({"bench": "reads", "load_before": before.minute, "load_after": Load.now().minute,
          **result})  # fmt: skip


if __name__ == "__main__":
    main()
