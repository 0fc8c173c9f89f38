"""Solvers bench: `python -m bench.solvers [--time-limit S] [--only CASE] [--cpsat-python PATH]`.

Ours beside OR-Tools CP-SAT on the same instances, one after the other in one run, with the same
time limit (building of models included) and one thread each. Every plan of CP-SAT is priced and
checked by our judges. Prints one JSON object with ratios, ours to CP-SAT's: below 1 is better.

OR-Tools is not a dependency. `uv pip install ortools` puts it beside the project; or install it in
an environment of its own (`python -m venv X && X/bin/pip install ortools`) and name that
interpreter with `--cpsat-python X/bin/python`. Without it only our side is printed.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from bench.bed_hospitals import Shape, hospital
from bench.cpsat import MISSING
from bench.solver_cases import Case, cases, data
from solvers.beds import solve as place
from solvers.engine import Limits, relative_gap

ROOT = Path(__file__).resolve().parents[1]
BUILD = 0.3  # of the wall time
INSTALL = (
    "OR-Tools is not installed, so only our side is shown; `uv pip install ortools`, or name an "
    "interpreter that has it with --cpsat-python"
)


def compare(case: Case, name: str, seconds: float, python: str) -> dict[str, Any]:
    if case.public and not data(case.public).is_file():
        return {"case": name, "skipped": f"the public file {case.public} is not beside the project"}
    problem = case.load()
    load = os.getloadavg()[0]
    mine = ours(case, problem, seconds)
    theirs = cp_sat(case, problem, seconds, python)
    row = {"case": name, "load_1_min": round(load, 2), "ours": mine, "cpsat": theirs}
    return row | ({"note": case.note} if case.note else {}) | {"ratios": ratios(mine, theirs)}


def ours(case: Case, problem: Any, seconds: float) -> dict[str, Any]:
    started, worked = perf_counter(), process_time()
    outcome = case.solve(problem, Limits(time_limit_s=seconds, gap=case.gap)).outcome
    return {
        "solver": f"{outcome.solver} {outcome.solver_version}",
        "status": outcome.status.value,
        "objective": outcome.objective,
        "bound": outcome.bound,
        "gap": round(outcome.gap or 0.0, 5),
        "seconds": round(perf_counter() - started, 2),
        "processor_s": round(process_time() - worked, 2),
        "build_share": round(outcome.build_ms / max(1, outcome.wall_ms), 3),
    }


def cp_sat(case: Case, problem: Any, seconds: float, python: str) -> dict[str, Any] | None:
    """None where OR-Tools is not installed. Raises RuntimeError where its run fails."""
    done = subprocess.run(
        [python, "-m", "bench.cpsat", case.kind, str(seconds), str(case.gap)],
        input=json.dumps(case.canonical(problem)),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        cwd=ROOT,
    )
    if done.returncode == MISSING:
        return None
    if done.returncode:
        raise RuntimeError(f"bench.cpsat {case.kind} ended with {done.returncode}")
    return judged(case, problem, json.loads(done.stdout))


def judged(case: Case, problem: Any, told: dict[str, Any]) -> dict[str, Any]:
    """CP-SAT's answer at our price. Raises AssertionError where its model forgets a rule."""
    cost, bound = None, told["bound"]
    if told["plan"] is not None:
        cost = case.judge(problem, told["plan"])
        assert cost <= told["objective"], f"a plan of {told['objective']} costs {cost}"
        proven = told["status"] == "OPTIMAL" and not case.gap
        assert not proven or cost == told["objective"], "the model counts what our rules do not"
    return {
        "solver": told["solver"],
        "status": told["status"],
        "objective": cost,
        "bound": bound,
        "gap": None if cost is None or bound is None else round(relative_gap(cost, bound), 5),
        "seconds": round(told["seconds"], 2),
        "processor_s": round(told["processor_s"], 2),
        "build_share": round(told["build_s"] / told["seconds"], 3),
    }


def ratios(mine: dict[str, Any], theirs: dict[str, Any] | None) -> dict[str, float | None]:
    """Ours to CP-SAT's; None where there is nothing to divide."""
    if theirs is None:
        return {}
    answer: dict[str, float | None] = {}
    for name in ("objective", "seconds", "processor_s", "gap"):
        one, other = mine[name], theirs[name]
        answer[name] = round(one / other, 4) if one is not None and other else None
    return answer


def main() -> int:
    known = cases()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--time-limit", type=float, default=20.0, help="seconds for each side")
    parser.add_argument("--only", choices=sorted(known), default=None)
    parser.add_argument("--cpsat-python", default=sys.executable, help="has OR-Tools and numpy")
    asked = parser.parse_args()
    place(hospital(0, Shape(requests=5, beds=30)), Limits())  # load libraries before the clock runs
    runs = []
    for name in [asked.only] if asked.only else known:
        each = compare(known[name], name, asked.time_limit, asked.cpsat_python)
        print(json.dumps(each), file=sys.stderr, flush=True)
        runs.append(each)
    measured = [each for each in runs if "ours" in each]
    body = {
        "bench": "solvers",
        "command": " ".join(["python -m bench.solvers", *sys.argv[1:]]),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "time_limit_s": asked.time_limit,
        "cpsat": INSTALL if any(each["cpsat"] is None for each in measured) else "compared",
        "all_build_shares_met": all(each["ours"]["build_share"] <= BUILD for each in measured),
        "runs": runs,
    }
    print(json.dumps(body, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
