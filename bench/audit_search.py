"""Searching a long ledger: `python -m bench.audit_search [ENTRIES]` prints JSON,
a line for each database.

Claim: a page of 100 in at most 5 s among a million entries, by whatever is asked: somebody rare or
busy, an action that hardly ever happens, refusals, a purpose, a place, a day long ago, and several
of them at once.
"""

import json
import os
import random
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from time import perf_counter, process_time
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.migrate import upgrade
from audit.search import Wanted, search
from audit.sequencer import Sequencer
from audit.signer import Signer
from audit.stream import Streams
from bench.ledger import LOG, SECRET, draft
from bench.write_house import databases
from kit.clock import utc_now
from kit.db import open_engine, reading
from kit.work import NETWORK, Scope

STAFF, PATIENTS, GROUP = 400, 20_000, 1000
HOSPITALS, WARDS = 5, 40
RARE_ACTION, RARE_EVERY = "key.rotate", 100_003
CLAIM_S = 5.0


SIZE = {
    "sqlite": "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
    "postgresql": "SELECT pg_database_size(current_database())",
}


def main() -> int:
    entries = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with databases() as made:
        for kind in sys.argv[2:] or SIZE:
            print(
                json.dumps({"database": kind, **_measured(made.urls[kind], made.folder, entries)})
            )
    return 0


def _measured(url: str, folder: str, entries: int) -> dict[str, Any]:
    upgrade(url)
    engine = open_engine(url)
    staff, patients, wards = _written(engine, entries)
    kept = Path(folder, engine.dialect.name)
    kept.mkdir()
    linked_s = _linked(engine, kept)
    found = _asked(engine, staff, patients, wards, entries)
    with engine.connect() as connection:
        size = connection.execute(text(SIZE[engine.dialect.name])).scalar_one()
        connection.rollback()
    engine.dispose()
    slowest = max(found.values())
    return {
        "entries": entries, "load": os.getloadavg()[0], "ms": found,
        "slowest_s": slowest / 1000, "claim_met": slowest / 1000 <= CLAIM_S,
        "linked_per_cpu_second": round(entries / linked_s),
        "bytes_per_entry": round(size / entries),
    }  # fmt: skip


def _written(engine: Any, entries: int) -> tuple[list[UUID], list[UUID], list[Scope]]:
    """Entries of a month, a few people and wards busy and most of them rare."""
    dice = random.Random(7)
    staff = [UUID(int=dice.getrandbits(128), version=4) for _ in range(STAFF)]
    patients = [UUID(int=dice.getrandbits(128), version=4) for _ in range(PATIENTS)]
    hospitals = [UUID(int=dice.getrandbits(128), version=4) for _ in range(HOSPITALS)]
    wards = [
        Scope(hospitals[number % HOSPITALS], UUID(int=dice.getrandbits(128), version=4))
        for number in range(WARDS)
    ]
    stream, plain, since = Streams(LOG, SECRET).new(), draft(), utc_now() - timedelta(days=30)
    with engine.connect() as connection:
        for start in range(0, entries, GROUP):
            group = [
                replace(
                    plain, at=since + timedelta(days=30) * (number / entries),
                    actor_id=staff[int(dice.paretovariate(0.8)) % STAFF],
                    subjects=(patients[int(dice.paretovariate(0.5)) % PATIENTS],),
                    action=RARE_ACTION if number % RARE_EVERY == 0 else plain.action,
                    outcome="denied" if number % 5000 == 0 else "done",
                    purpose="ETREAT" if number % 20_011 == 0 else "TREAT",
                    scope=wards[int(dice.paretovariate(0.8)) % WARDS].path,
                )
                for number in range(start, min(start + GROUP, entries))
            ]  # fmt: skip
            with connection.begin():
                stream.append(connection, group)
            stream.committed()
    return staff, patients, wards


def _linked(engine: Any, folder: Path) -> float:
    sequencer = Sequencer(engine, Signer(LOG, bytes(32)), [SECRET], folder / "guard")
    sequencer.open()
    began = process_time()
    while sequencer.step():
        pass
    sequencer.close()
    return process_time() - began


def _asked(
    engine: Any, staff: list[UUID], patients: list[UUID], wards: list[Scope], entries: int
) -> dict[str, float]:
    found = {}
    for name, asked in _questions(staff, patients, wards).items():
        began = perf_counter()
        before = entries // 2 if name == "middle" else None
        with reading(engine) as session:
            search(session, [NETWORK], Wanted(**asked), before=before, limit=100)
        found[name] = round((perf_counter() - began) * 1000, 1)
    return found


def _questions(
    staff: list[UUID], patients: list[UUID], wards: list[Scope]
) -> dict[str, dict[str, Any]]:
    day = utc_now() - timedelta(days=29)
    that_day = {"since": day, "until": day + timedelta(days=1)}
    nowhere = Scope(UUID(int=1))
    return {
        "newest": {}, "middle": {},
        "busy person": {"actor": staff[1]}, "rare person": {"actor": staff[-1]},
        "busy patient": {"subjects": [patients[1]]}, "rare patient": {"subjects": [patients[-7]]},
        "rare action": {"action": RARE_ACTION}, "usual action": {"action": "bed.admit"},
        "refusals": {"outcome": "denied"}, "faults, of which there are none": {"outcome": "fault"},
        "emergencies": {"purpose": "ETREAT"}, "usual purpose": {"purpose": "TREAT"},
        "busy ward": {"place": wards[1]}, "rare ward": {"place": wards[-1]},
        "hospital": {"place": Scope(wards[1].hospital)},
        "hospital without entries": {"place": nowhere},
        "a day long ago": that_day, "the whole month": {"since": day - timedelta(days=2)},
        "refusals of a rare person": {"actor": staff[-1], "outcome": "denied"},
        "rare action in a rare ward": {"action": RARE_ACTION, "place": wards[-1]},
        "emergencies of a day in a ward": {"purpose": "ETREAT", "place": wards[1], **that_day},
        "everything at once": {"actor": staff[1], "subjects": [patients[1]], "action": "bed.admit",
                               "outcome": "denied", "purpose": "TREAT", "place": wards[1],
                               **that_day},
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
