"""What the record costs a change, and how many changes go through. Prints one JSON object.

    python -m bench.writes

Every ratio comes from rounds that take turns in one run. Flushes reach the disk.
"""

import json
import logging
import multiprocessing
import os
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

from sqlalchemy import text
from sqlmodel import Session

import app.pipeline
from app.drafts import Operation
from app.writer import Attempt, Landed
from bench.write_chains import chains
from bench.write_house import (
    Unrecorded,
    Unwatched,
    WriteHouse,
    block_and_unblock,
    databases,
)
from kit.db import open_engine, reading
from kit.errors import Retry
from kit.work import NETWORK

ROUNDS, PAIRS = 8, 4
IN_FLIGHT, AT_ONCE_S = 32, 3.0
CHECKPOINTS = 40
_COVERED = text(
    "SELECT 1 FROM ledger_leaf JOIN ledger_checkpoint ON size > idx WHERE entry_id = :entry LIMIT 1"
)
Figures = dict[str, Any]


def main() -> None:
    logging.disable()  # a thousand lost races would write a thousand lines
    result: Figures = {"bench": "writes", "load_before": os.getloadavg()[0]}
    with databases() as made:
        houses = {kind: WriteHouse(url, Path(made.folder, kind)) for kind, url in made.urls.items()}
        for kind in ("sqlite", "postgresql"):
            result[kind] = {"one_by_one": one_by_one(houses[kind])}
        result["sqlite"] |= together(houses["sqlite"], houses["crowd"])
        result["sqlite"]["checkpoint"] = checkpoint(houses["sqlite"])
        result["postgresql"]["checkpoint"] = checkpoint(houses["postgresql"])
        for writers in (8, IN_FLIGHT):
            result["postgresql"][f"in_flight_{writers}"] = in_flight(houses["postgresql"], writers)
        for writers in (8, IN_FLIGHT):  # last: they write with another log's key
            result["postgresql"][f"chains_{writers}"] = chains(made.urls["postgresql"], writers)
    result["load_after"] = os.getloadavg()[0]
    print(json.dumps(result))


def one_by_one(house: WriteHouse) -> Figures:
    """One sender. Whole: everything. Unrecorded: no ledger. Bare: the ORM's work and a commit."""
    program, silent = house.open(), house.open(sequencer=False)
    _silence(silent, program)
    engine = open_engine(house.url, guarded=False)
    wall: dict[str, list[float]] = {"whole": [], "unrecorded": [], "bare": []}
    cpu: dict[str, list[float]] = {name: [] for name in wall}

    def bare(command: Any) -> None:
        with Session(engine, expire_on_commit=False) as session:
            house.bare(session, command)

    ways: dict[str, Callable[[Any], Any]] = {
        "whole": lambda command: house.run(program, command),
        "unrecorded": lambda command: house.run(silent, command),
        "bare": bare,
    }
    for number in range(ROUNDS + 1):
        for name, way in ways.items():
            with ExitStack() as stack:
                if name == "unrecorded":
                    stack.enter_context(patch.object(app.pipeline, "Changes", Unwatched))
                spent = _timed(way, house, number)
            if number:  # the first round warms up
                wall[name].append(spent[0])
                cpu[name].append(spent[1])
    silent.writer.stop()
    silent.engine.dispose()
    program.stop()
    engine.dispose()
    return _one_by_one_figures(wall, cpu)


def _silence(silent: Any, program: Any) -> None:
    """Take the ledger out of the writer: on SQLite its stream, on PostgreSQL every new one."""
    writer = silent.writer
    writer._on_commit = program.writer._on_commit  # its events are delivered all the same
    if hasattr(writer, "_new_stream"):
        streams = writer._new_stream.__self__
        writer._new_stream = lambda: Unrecorded(streams, streams.new().id)
    else:
        streams = writer._stream._streams
        writer._stream = Unrecorded(streams, writer._stream.id)


def _timed(way: Callable[[Any], Any], house: WriteHouse, number: int) -> tuple[float, float]:
    """Median wall time and mean processor time of a command, in ms."""
    took: list[float] = []
    began = time.process_time()
    for pair in range(PAIRS):
        for command in block_and_unblock(house.beds[(number * PAIRS + pair) % len(house.beds)]):
            started = time.perf_counter()
            way(command)
            took.append(time.perf_counter() - started)
    return median(took) * 1e3, (time.process_time() - began) * 1e3 / len(took)


def _one_by_one_figures(wall: dict[str, list[float]], cpu: dict[str, list[float]]) -> Figures:
    figures: Figures = {}
    for name in wall:
        figures[name] = {"ms": round(median(wall[name]), 2), "cpu_ms": round(median(cpu[name]), 2)}
    for other in ("unrecorded", "bare"):
        figures[f"whole_to_{other}"] = round(_ratio(wall[other], wall["whole"]), 2)
        figures[f"whole_to_{other}_cpu"] = round(_ratio(cpu[other], cpu["whole"]), 2)
    return figures


def _ratio(base: list[float], whole: list[float]) -> float:
    """Of rounds that followed each other, so that a disturbed moment disturbs both."""
    return median(one / other for one, other in zip(base, whole, strict=True))


def together(house: WriteHouse, crowd: WriteHouse) -> Figures:
    """Group commit and a crowd of processes in turn; of each the best round."""
    groups, alone = [], []
    for _ in range(2):
        groups.append(in_flight(house, IN_FLIGHT))
        alone.append(processes(crowd))
    group, single = (max(found, key=lambda one: one["per_s"]) for found in (groups, alone))
    ratio = round(group["per_s"] / single["per_s"], 2)
    return {"in_flight": group, "processes": single, "group_ratio": ratio}


def in_flight(house: WriteHouse, senders: int) -> Figures:
    """So many senders, each with one change under way at any moment, each on beds of its own."""
    program = house.open()
    took: list[float] = []
    again = [0]
    until = time.perf_counter() + AT_ONCE_S

    def send(number: int) -> None:
        while time.perf_counter() < until:
            for command in block_and_unblock(house.beds[number]):
                started = time.perf_counter()
                again[0] += _sent(house, program, command)
                took.append(time.perf_counter() - started)

    began = time.process_time(), time.perf_counter()
    threads = [threading.Thread(target=send, args=(number,)) for number in range(senders)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spent = time.process_time() - began[0], time.perf_counter() - began[1]
    program.stop()
    return _many(took, spent[1]) | {
        "cpu_ms": round(spent[0] * 1e3 / len(took), 2), "again": again[0]
    }  # fmt: skip


def _sent(house: WriteHouse, program: Any, command: Any) -> int:
    """How often it had to be sent again."""
    for times in range(20):
        try:
            house.run(program, command)
        except Retry:
            continue
        return times
    raise AssertionError("twenty times lost a race")


def processes(house: WriteHouse) -> Figures:
    """The same commands, but every writer is a process that commits for itself."""
    context = multiprocessing.get_context("fork")
    told: Any = context.SimpleQueue()
    ready = context.Barrier(IN_FLIGHT)
    children = [
        context.Process(target=_alone, args=(house, number, ready, told))
        for number in range(IN_FLIGHT)
    ]
    for child in children:
        child.start()
    answers = [told.get() for _ in children]
    for child in children:
        child.join()
    took = [one for times, _, _ in answers for one in times]
    longest = max(seconds for _, _, seconds in answers)
    return _many(took, longest) | {"busy": sum(busy for _, busy, _ in answers)}


def _alone(house: WriteHouse, number: int, ready: Any, told: Any) -> None:
    program = house.open(sequencer=False)
    took: list[float] = []
    busy = 0
    ready.wait()
    began = time.perf_counter()
    until = began + AT_ONCE_S
    while time.perf_counter() < until:
        for command in block_and_unblock(house.beds[number]):
            started = time.perf_counter()
            while True:
                try:
                    house.run(program, command)
                    break
                except Exception:  # locked for five seconds by the others: it asks again
                    busy += 1
                    if time.perf_counter() > until:
                        break
            took.append(time.perf_counter() - started)
    told.put((took, busy, time.perf_counter() - began))
    os._exit(0)  # no thread of the parent is here to be stopped


def _many(took: list[float], seconds: float) -> Figures:
    took.sort()
    return {
        "per_s": round(len(took) / seconds, 1),
        "p50_ms": round(took[len(took) // 2] * 1e3, 1),
        "p95_ms": round(took[len(took) * 95 // 100] * 1e3, 1),
    }


def checkpoint(house: WriteHouse) -> Figures:
    """From the commit of an ordinary entry to the signed checkpoint that covers it."""
    program = house.open()
    draft = program.drafts.read(
        program.clock(), house.actor, "bed.block", NETWORK, Operation(), (),
        (),
    )  # fmt: skip
    took = []
    for _ in range(CHECKPOINTS):
        landed = program.writer.run(Attempt(lambda _c: Landed(None, draft), lambda _why: draft))
        started = time.perf_counter()
        while not _covered(program, landed.entry):
            time.sleep(0.003)
        took.append(time.perf_counter() - started)
        time.sleep(0.017)
    program.stop()
    return {key: value for key, value in _many(took, 1.0).items() if key != "per_s"}


def _covered(program: Any, entry: int | None) -> bool:
    with reading(program.engine) as session:
        return session.connection().execute(_COVERED, {"entry": entry}).first() is not None


if __name__ == "__main__":
    main()
