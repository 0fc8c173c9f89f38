"""What traces cost: processor time of changes without them and with every one of them kept.

`python -m bench.traces [ROUNDS]` prints one JSON object. One house on SQLite, traces off and on by
turns, so that a busy machine slows both; the queue is emptied in between, nothing is sent.
"""

import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from app.migrate import upgrade
from app.traces import Traces
from app.wiring import build
from domain.places.commands import OpenHospital
from kit.work import Actor
from tests.house import KEYS, enrol, settings_for

EACH = 40  # changes in a round


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    with tempfile.TemporaryDirectory(prefix="bench-traces-") as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'house.db'}"
        upgrade(url)
        actor = enrol(url, "system-administrator")
        app = build(settings_for(url, folder), keys=KEYS)
        app.start(jobs=False)
        took: dict[float, list[float]] = {0.0: [], 1.0: []}
        for number in range(rounds):
            for share, times in took.items():
                app.traces.share = share
                times.append(_changes(app.pipeline.run, actor, f"{number}-{int(share)}"))
                app.traces.waiting.clear()
        app.stop()
    without, with_all = (statistics.median(times) for times in took.values())
    print(json.dumps({
        "load": os.getloadavg()[0], "changes": rounds * EACH,
        "ms_each_without": round(without * 1000, 3), "ms_each_with": round(with_all * 1000, 3),
        "ratio": round(with_all / without, 3), "us_per_span": round(_span() * 1e6, 1),
    }))  # fmt: skip


def _changes(run: object, actor: Actor, prefix: str) -> float:
    """Processor seconds of one change."""
    assert callable(run)
    began = time.process_time()
    for number in range(EACH):
        run(actor, OpenHospital(code=f"T{prefix}-{number}", name_zh="院", name_en="H"))
    return (time.process_time() - began) / EACH


def _span() -> float:
    traces, many = Traces(1.0), 4000
    began = time.process_time()
    for _ in range(many):
        with traces.span("command", command="OpenHospital"):
            pass
    return (time.process_time() - began) / many


if __name__ == "__main__":
    main()
