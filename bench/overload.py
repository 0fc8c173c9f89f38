"""What the house answers at 50, 80, 100 and 150 % of what it can do. Prints JSON.

    python -m bench.overload [--seconds 10]

Capacity: answers a second to clients that ask one after the other. Then requests come at random
(Poisson), whoever is still waiting, as people's do. Goodput: answers in time (changes and screens
1 s, lists 2 s). Half of the requests are screens, three tenths lists, a fifth changes.
"""

import argparse
import asyncio
import json
import random
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from bench.overload_client import Client
from bench.reads import LIST, server, ward_query
from bench.ward import Load, show
from bench.ward_house import WardHouse

CLIENTS, SHARES = 16, (0.5, 0.8, 1.0, 1.5)
MIX = {"screen": 0.5, "list": 0.3, "care": 0.2}
IN_TIME_S = {"screen": 1.0, "list": 2.0, "care": 1.0}
BLOCK = """mutation Block($bed: UUID!, $until: DateTime!, $key: String!) {
  blockBed(bedId: $bed, reason: OTHER, expectedUntil: $until, idempotencyKey: $key) {
    __typename ... on Problem { code reason } } }"""
UNBLOCK = """mutation Unblock($bed: UUID!, $key: String!) {
  unblockBed(bedId: $bed, idempotencyKey: $key) { __typename ... on Problem { code reason } } }"""


@dataclass(slots=True)
class Asked:
    """What is asked of the house, at random from a seed."""

    ward: str
    long_ward: str
    beds: list[str]
    until: str
    dice: random.Random = field(default_factory=lambda: random.Random(7))
    _turn: int = 0

    def next(self) -> tuple[str, bytes]:
        kind = self.dice.choices(list(MIX), list(MIX.values()))[0]
        if kind == "screen":
            return kind, _body(ward_query(), ward=self.ward)
        if kind == "list":
            return kind, _body(LIST, ward=self.long_ward)
        bed, undo = self.beds[self._turn // 2 % len(self.beds)], self._turn % 2
        self._turn += 1
        if undo:
            return kind, _body(UNBLOCK, bed=bed, key=str(uuid4()))
        return kind, _body(BLOCK, bed=bed, until=self.until, key=str(uuid4()))


@dataclass(slots=True)
class Told:
    """Answers of one run by kind: seconds each; and how many were turned away."""

    took: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    shed: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    broken: int = 0

    def note(self, kind: str, status: int, took_s: float) -> None:
        if status == 200:
            self.took[kind].append(took_s)
        elif status == 503:
            self.shed[kind].append(took_s)
        else:
            self.broken += 1

    def in_time(self) -> int:
        return sum(t <= IN_TIME_S[kind] for kind, all_ in self.took.items() for t in all_)

    def of(self, seconds: float) -> dict[str, Any]:
        answered = [t for all_ in self.took.values() for t in all_]
        shed = [t for all_ in self.shed.values() for t in all_]
        return {
            "answered_per_s": round(len(answered) / seconds, 1),
            "goodput_per_s": round(self.in_time() / seconds, 1),
            "p50_ms": _ms(answered, 0.5), "p99_ms": _ms(answered, 0.99),
            "by_kind": {kind: {"answered": len(all_), "p99_ms": _ms(all_, 0.99),
                               "shed": len(self.shed[kind])} for kind, all_ in self.took.items()},
            "shed": len(shed), "shed_p50_ms": _ms(shed, 0.5), "broken": self.broken,
        }  # fmt: skip


async def closed_loop(client: Client, asked: Asked, seconds: float) -> float:
    """Answers a second to clients that wait for each."""
    told, until = Told(), time.perf_counter() + seconds

    async def one() -> None:
        while time.perf_counter() < until:
            kind, body = asked.next()
            told.note(kind, *await client.post(body))

    began = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(CLIENTS)))
    return sum(map(len, told.took.values())) / (time.perf_counter() - began)


async def open_loop(client: Client, asked: Asked, per_s: float, seconds: float) -> dict[str, Any]:
    """Requests at random times, whoever waits."""
    told, tasks = Told(), set[asyncio.Task[None]]()

    async def one() -> None:
        kind, body = asked.next()
        told.note(kind, *await client.post(body))

    began = at = time.perf_counter()
    while at < began + seconds:
        at += asked.dice.expovariate(per_s)
        await asyncio.sleep(max(0.0, at - time.perf_counter()))
        task = asyncio.create_task(one())
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)
    return {"offered_per_s": round(per_s, 1), **told.of(time.perf_counter() - began)}


async def measured(port: int, token: str, asked: Asked, seconds: float) -> dict[str, Any]:
    client = Client(port, token)
    await closed_loop(client, asked, 2)  # warm
    capacity = await closed_loop(client, asked, seconds)
    loads = {
        f"{share:.0%}": await open_loop(client, asked, capacity * share, seconds)
        for share in SHARES
    }
    client.close()
    return {
        "capacity_per_s": round(capacity, 1),
        "goodput_at_150_%_of_capacity": round(loads["150%"]["goodput_per_s"] / capacity, 2),
        "p99_80_beside_50": round(loads["80%"]["p99_ms"] / loads["50%"]["p99_ms"], 2),
        "loads": loads,
    }


def overloaded(seconds: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        house = WardHouse(Path(folder))
        with server("bench.reads_house", house.url, folder) as ours:
            listed = {"query": LIST, "variables": {"ward": str(house.long_ward.id)}}
            address, headers = f"http://127.0.0.1:{ours.port}", _token(house.nurse)
            told = httpx.post(f"{address}/graphql", json=listed, headers=headers, timeout=30)
            beds = [node["id"] for node in told.json()["data"]["beds"]["nodes"]]
            until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
            asked = Asked(str(house.ward.id), str(house.long_ward.id), beds, until)
            return asyncio.run(measured(ours.port, house.nurse, asked, seconds))


def _token(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def _body(text: str, **variables: str) -> bytes:
    return json.dumps({"query": text, "variables": variables}).encode()


def _ms(took: list[float], share: float) -> float:
    found = sorted(took)
    return round(found[min(len(found) - 1, int(len(found) * share))] * 1e3, 1) if found else 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    given = parser.parse_args()
    before = Load.now()
    result = overloaded(given.seconds)
    show({"bench": "overload", "load_before": before.minute, "load_after": Load.now().minute,
          **result})  # fmt: skip


if __name__ == "__main__":
    main()
