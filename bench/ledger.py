"""The ledger: append, sequence, verify, prove. Prints one JSON object; ratios are of one run.

`python -m bench.ledger [ENTRIES]`. Verifying is compared with bare SHA-256 loops over the same
bytes: once over the bodies alone, once over all that a Merkle tree makes anyone hash.
"""

import gc
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from sqlalchemy import text

from app.migrate import upgrade
from audit.checkpoint import Checkpoint
from audit.entry import Change, Draft, OperationRef, PolicyRef, ResourceRef
from audit.export import export_ledger
from audit.proof import check_proof, make_proof
from audit.sequencer import Sequencer
from audit.signer import Signer
from audit.stream import Streams
from audit.tiles import Tiles, stored_in, stored_levels
from audit.tree import leaf_hash, level_up, root_of
from audit.verify import verify
from kit.clock import utc_now
from kit.db import open_engine
from kit.ids import new_id

LOG = "bench.example/ledger"
SECRET = bytes(32)
ROUNDS = 5
MUTATIONS = 300
MILLION = 10**6


def main() -> None:
    entries = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    signer = Signer(LOG, bytes(32))
    with tempfile.TemporaryDirectory(prefix="bench-ledger-") as name:
        folder = Path(name)
        result: dict[str, float | str] = {"entries": entries, "load": os.getloadavg()[0]}
        result |= _mutations(folder)
        result |= _sequence(folder, entries, signer)
        result |= _verify(folder / "export", signer)
        result |= _prove(signer)
    print(json.dumps(result))


def draft() -> Draft:
    """An admission, with ids of its own."""
    stay, now = str(new_id()), utc_now()
    fields = {
        "bed_id": (None, str(new_id())),
        "encounter_id": (None, str(new_id())),
        "since": (None, now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")),
    }
    return Draft(
        at=now,
        actor_id=new_id(),
        role="bed-manager",
        session=new_id(),
        action="bed.admit",
        outcome="done",
        purpose="TREAT",
        scope=f"{new_id()}/{new_id()}",
        operation=OperationRef("AdmitPatient", "ab" * 32, str(new_id())),
        resource=ResourceRef("stay", stay, 1),
        subjects=(new_id(),),
        changes=(Change("stay", stay, 1, "insert", fields),),
        notes={"command": "AdmitPatient"},
        policy=PolicyRef("cd" * 32, "bed-manager:bed.admit"),
    )


def _mutations(folder: Path) -> dict[str, float]:
    """A two-statement transaction on a file that is flushed, with its entry and without."""
    url = f"sqlite:///{folder / 'mutations.db'}"
    upgrade(url)
    engine = open_engine(url, guarded=False)
    stream = Streams(LOG, SECRET).new()
    times: dict[bool, list[float]] = {True: [], False: []}
    with engine.connect() as connection:
        connection.execute(text("CREATE TABLE thing (id TEXT PRIMARY KEY, state TEXT)"))
        connection.commit()
        for number in range(2 * MUTATIONS):
            audited = bool(number % 2)
            started = time.perf_counter()
            with connection.begin():
                values = {"id": str(new_id())}
                connection.execute(text("INSERT INTO thing VALUES (:id, 'DIRTY')"), values)
                connection.execute(text("UPDATE thing SET state = 'READY' WHERE id = :id"), values)
                if audited:
                    stream.append(connection, [draft()])
            stream.committed()
            times[audited].append(time.perf_counter() - started)
    engine.dispose()
    audited_s, bare_s = (sorted(times[kind])[MUTATIONS // 2] for kind in (True, False))
    return {
        "audited_ms": round(audited_s * 1e3, 3),
        "unaudited_ms": round(bare_s * 1e3, 3),
        "audited_ratio": round(bare_s / audited_s, 2),
    }


def _sequence(folder: Path, entries: int, signer: Signer) -> dict[str, float]:
    url = f"sqlite:///{folder / 'ledger.db'}"
    upgrade(url)
    engine = open_engine(url)
    stream = Streams(LOG, SECRET).new()
    drafts = [draft() for _ in range(1000)]
    with engine.connect() as connection:
        started = time.process_time()
        for start in range(0, entries, 1000):
            with connection.begin():
                stream.append(connection, drafts[: entries - start])
            stream.committed()
        append_s = time.process_time() - started
    sequencer = Sequencer(engine, signer, [SECRET], folder / "guard")
    sequencer.open()
    started = time.process_time()
    while sequencer.step():
        pass
    step_s = time.process_time() - started
    sequencer.close()
    export_ledger(engine, folder / "export", signer.verifier, durable=False)
    engine.dispose()
    return {
        "append_per_cpu_s": round(entries / append_s),
        "sequence_per_cpu_s": round(entries / step_s),
    }


def _verify(export: Path, signer: Signer) -> dict[str, float | str]:
    contents = [path.read_bytes() for path in sorted((export / "bundles").iterdir())]
    bodies = [line for content in contents for line in content.split(b"\n")[:-1]]
    inputs = [b"\x00" + body for body in bodies]
    row = [leaf_hash(body) for body in bodies]
    while len(row) > 1:
        pairs = iter(row)
        inputs += [b"\x01" + a + b for a, b in zip(pairs, pairs, strict=False)]
        row = level_up(row)
    keys = [signer.verifier.text]
    gc.collect()
    times: dict[str, list[float]] = {"verify": [], "bodies": [], "inputs": []}
    for _ in range(ROUNDS):  # in turn, so that a disturbed moment disturbs all
        times["verify"].append(_cpu(lambda: verify(export, keys)))
        times["bodies"].append(_cpu(lambda: [sha256(body).digest() for body in bodies]))
        times["inputs"].append(_cpu(lambda: [sha256(part).digest() for part in inputs]))
    best = {name: min(taken) for name, taken in times.items()}
    return {
        "verdict": verify(export, keys).result.name,
        "body_bytes": round(sum(map(len, bodies)) / len(bodies)),
        "verify_per_cpu_s": round(len(bodies) / best["verify"]),
        "verify_ratio_bodies": round(best["bodies"] / best["verify"], 2),
        "verify_ratio_hash_inputs": round(best["inputs"] / best["verify"], 2),
    }


def _prove(signer: Signer) -> dict[str, float]:
    leaves = [leaf_hash(number.to_bytes(8, "big")) for number in range(MILLION)]
    note = signer.sign(Checkpoint(LOG, MILLION, root_of(leaves)))
    tiles = Tiles(stored_in(stored_levels(leaves)))
    places = [(number * 7919) % MILLION for number in range(500)]
    times, longest = [], 0
    for place in places:
        started = time.perf_counter()
        proof = make_proof(place, MILLION, note, tiles.node)
        times.append(time.perf_counter() - started)
        longest = max(longest, len(proof.path))
    check_proof(places[-1].to_bytes(8, "big"), proof.text(), [signer.verifier.text])
    times.sort()
    return {
        "proof_hashes": longest,
        "proof_ms_p50": round(times[len(times) // 2] * 1e3, 3),
        "proof_ms_p99": round(times[len(times) * 99 // 100] * 1e3, 3),
    }


def _cpu(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


if __name__ == "__main__":
    main()
