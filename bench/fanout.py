"""From one commit to many screens: groups beside a resolver per subscriber, in one run.

    python -m bench.fanout --json [--clients 200 1000]

Real sockets on loopback, clients in this process, each server in its own. A change is committed
when every client has the one before; latency is commit → received, by the machine's one clock.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import uvloop

from bench.live_servers import GROUPED
from bench.screens import connect
from bench.ward import Load, make, show

WARM_UP = 2


@contextmanager
def server(kind: str) -> Iterator[int]:
    """A server process; its port."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ward.db"
        make(file)
        command = [sys.executable, "-m", "bench.live_servers", kind, str(file)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())
            process.kill()


async def measured(port: int, clients: int, rounds: int) -> dict[str, Any]:
    """Latencies of `rounds` changes, and what they cost the server."""
    arrivals: dict[int, list[int]] = {}
    complete = asyncio.Event()

    def got(stamp: int, at: int) -> None:
        received = arrivals.setdefault(stamp, [])
        received.append(at)
        if len(received) == clients:
            complete.set()

    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=120) as http:
        idle = (await http.get("/cost")).json()
        connected = await connect(port, clients, GROUPED, got)
        settled = (await http.get("/cost")).json()
        stamps = []
        for number in range(WARM_UP + rounds):
            if number == WARM_UP:
                before = (await http.get("/cost")).json()
            complete.clear()
            stamps.append((await http.post("/change")).json()["stamp"])
            async with asyncio.timeout(120):
                await complete.wait()
            await asyncio.sleep(0.05)
        after = (await http.get("/cost")).json()
    assert len(connected) == clients
    late = sorted((at - s) / 1e6 for s in stamps[WARM_UP:] for at in arrivals[s])
    return {
        "rounds": rounds,
        "messages": len(late),
        "p50_ms": round(statistics.median(late), 1),
        "p99_ms": round(late[int(len(late) * 0.99)], 1),
        "cpu_us_per_message": round((after["cpu_s"] - before["cpu_s"]) * 1e6 / len(late), 1),
        "kib_per_idle_client": round((settled["kib"] - idle["kib"]) / clients, 1),
    }


def compare(clients: int, rounds: int) -> dict[str, Any]:
    """Both servers at one number of clients."""
    sides: dict[str, dict[str, Any]] = {}
    for kind, times in (("grouped", rounds), ("stock", max(3, rounds // 8))):
        with server(kind) as port:
            sides[kind] = uvloop.run(measured(port, clients, times))
    ours, theirs = sides["grouped"], sides["stock"]
    return {
        "clients": clients,
        **sides,
        "cpu_ratio": round(theirs["cpu_us_per_message"] / ours["cpu_us_per_message"], 1),
        "p99_ratio": round(theirs["p99_ms"] / ours["p99_ms"], 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, nargs="+", default=[200, 1000])
    parser.add_argument("--rounds", type=int, default=24)
    parser.add_argument("--json", action="store_true", help="print JSON (there is no other form)")
    given = parser.parse_args()
    before = Load.now()
    runs = [compare(clients, given.rounds) for clients in given.clients]
    show({"bench": "fanout", "load_before": before.minute, "load_after": Load.now().minute,
          "runs": runs})  # fmt: skip


if __name__ == "__main__":
    main()
