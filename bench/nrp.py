"""Nurse rostering bench: `python -m bench.nrp [NAME …] [--seconds S]` prints one JSON object.

Public instances of the First International Nurse Rostering Competition, one core, no setting per
instance: 60 s for a sprint, 600 s for a medium or long one. Claims: sprint best known, medium
within 2 %, long within 5 % of the best known; building at most 30 % of the time. Where others use
the machine, `--seconds` gives more wall time and the processor's seconds are held to the claim.
Every roster is counted again by the checker of the tests. Best known values are recalled from the
literature.
"""

import argparse
import json
import os
import sys
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from bench.nrp_reader import read
from solvers.engine import Limits
from solvers.rosters import solve
from tests.rosters.inrc_checker import inrc_cost

BEST_KNOWN = {
    "sprint01": 56,
    "sprint02": 58,
    "sprint03": 51,
    "sprint04": 59,
    "sprint05": 58,
    "sprint_late01": 37,
    "sprint_late02": 42,
    "medium01": 240,
    "medium02": 240,
    "medium_late01": 157,
    "long01": 197,
    "long_late01": 235,
}
SECONDS = {"sprint": 60.0, "medium": 600.0, "long": 600.0}
WITHIN = {"sprint": 0.0, "medium": 0.02, "long": 0.05}


def data() -> Path:
    """The instances, beside the project or where WARDGRID_PUBLIC_DATA says."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    return Path(os.environ.get("WARDGRID_PUBLIC_DATA") or beside) / "nrp"


def measure(name: str, seconds: float | None) -> dict[str, Any]:
    """One instance."""
    kind = name.split("_")[0].rstrip("0123456789")
    path = data() / f"{name}.xml"
    began, cpu = perf_counter(), process_time()
    problem = read(path).problem
    plan = solve(problem, Limits(time_limit_s=seconds or SECONDS[kind]))
    wall_s, cpu_s = perf_counter() - began, process_time() - cpu
    roster = {(duty.staff, duty.day): duty.shift for duty in plan.duties}
    wrong, cost = inrc_cost(path, roster)
    best = BEST_KNOWN[name]
    outcome = plan.outcome
    return {
        "cost": cost,
        "heads_wrong": wrong,
        "bound": outcome.bound,
        "gap_to_bound": round(outcome.gap or 0.0, 4),
        "status": outcome.status,
        "best_known": best,
        "above_best_known": round(cost / best - 1, 4),
        "reached": wrong == 0
        and cost <= best * (1 + WITHIN[kind])
        and min(wall_s, cpu_s) <= SECONDS[kind] * 1.02,
        "wall_s": round(wall_s, 1),
        "processor_s": round(cpu_s, 1),
        "build_share": round(outcome.build_ms / max(1, outcome.wall_ms), 3),
        "load": os.getloadavg()[0],
    }


def main(arguments: list[str]) -> int:
    """1 if a claim failed, 0 also where the data are not there (and said so)."""
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", default=[])
    parser.add_argument("--seconds", type=float)
    given = parser.parse_args(arguments)
    if not data().is_dir():
        print(json.dumps({"skipped": "the public data nrp are not beside the project"}))
        return 0
    results = {}
    for name in given.names or BEST_KNOWN:
        results[name] = measure(name, given.seconds)
        print(name, json.dumps(results[name]), file=sys.stderr, flush=True)
    print(json.dumps({"instances": results}))
    return 0 if all(each["reached"] for each in results.values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
