"""One problem for OR-Tools CP-SAT: `python -m bench.cpsat KIND SECONDS GAP`, problem on stdin.

Runs in a process of its own: OR-Tools brings a HiGHS under the name of ours, and one process can
load only one of them. So nothing here imports a solver of ours, and any interpreter that has
OR-Tools and numpy may run it. One worker, as our solvers use one thread. Prints one JSON object;
ends with MISSING where OR-Tools is not installed.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, isfinite
from time import perf_counter, process_time
from typing import Any

from bench import cpsat_beds, cpsat_pas, cpsat_rosters, cpsat_transfers
from bench.cpsat_model import CpModel
from solvers import admission_canonical, bed_canonical, roster_canonical, transfer_canonical

MISSING = 3  # exit code
ROUNDING = 1e-6  # how far a bound may lie above the whole number that is meant


@dataclass(frozen=True)
class Kind:
    read: Callable[[Any], Any]  # canonical JSON -> problem
    build: Callable[[Any, Any], CpModel]


KINDS = {
    "beds": Kind(bed_canonical.from_canonical, cpsat_beds.build),
    "transfers": Kind(transfer_canonical.from_canonical, cpsat_transfers.build),
    "pas": Kind(admission_canonical.from_canonical, cpsat_pas.build),
    "rosters": Kind(roster_canonical.from_canonical, cpsat_rosters.build),
}


def answer(cp: Any, kind: Kind, body: Any, seconds: float, gap: float) -> dict[str, Any]:
    """What CP-SAT reached in `seconds`, building included. `plan` is None without a solution."""
    problem = kind.read(body)
    started, worked = perf_counter(), process_time()
    built = kind.build(cp, problem)
    build_s = perf_counter() - started
    solver = cp.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_time_in_seconds = max(0.05, seconds - build_s)
    solver.parameters.relative_gap_limit = gap
    status = solver.solve(built.model)
    wall_s, processor_s = perf_counter() - started, process_time() - worked
    found = status in (cp.OPTIMAL, cp.FEASIBLE)
    bound = solver.best_objective_bound
    return {
        "status": solver.status_name(status),
        "objective": round(solver.objective_value) if found else None,
        "bound": ceil(bound - ROUNDING) if isfinite(bound) else None,
        "seconds": wall_s,
        "build_s": build_s,
        "processor_s": processor_s,
        "plan": built.read(solver.value) if found else None,
    }


def main(arguments: list[str]) -> int:
    try:
        import ortools
        from ortools.sat.python import cp_model
    except ModuleNotFoundError:
        return MISSING
    kind, seconds, gap = arguments
    body = json.load(sys.stdin)
    found = answer(cp_model, KINDS[kind], body, float(seconds), float(gap))
    print(json.dumps({**found, "solver": f"CP-SAT {ortools.__version__}"}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
