"""Questions bench: `python -m bench.deciding [--seconds S] [--small]`, one JSON object a question.

How long explain, whyNot and the search for a conflict take in the solver, without its process's
start. Claim: whyNot exact and explain within 10 s at 200 requests × 1,000 beds, where a question
is given 10 s; a conflict of 40 patients proven within 20 s. Where others use the machine,
`--seconds` gives a conflict more time on the clock and the processor's seconds are held to the
claim; `--small` leaves out the larger hospital.
"""

import argparse
import json
import os
import sys
from statistics import median
from time import perf_counter, process_time
from typing import Any

from bench.bed_hospitals import Shape, hospital
from solvers.bed_conflict import conflict_of
from solvers.bed_explanation import explain
from solvers.bed_plan import BedPlan
from solvers.bed_problem import BedPlanProblem
from solvers.bed_why_not import why_not
from solvers.beds import solve
from solvers.engine import Limits

SIZES = ((50, 300), (200, 1_000))
MUST = (10, 40)
ASKED = 8
SEED = 3


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--small", action="store_true")
    asked = parser.parse_args()
    for requests, beds in SIZES[:1] if asked.small else SIZES:
        problem = hospital(SEED, Shape(requests=requests, beds=beds, occupied=0.85))
        plan = solve(problem)
        size = {"requests": requests, "beds": beds, "load": round(os.getloadavg()[0], 1)}
        for found in (_why_nots(problem, plan), _explanations(problem, plan)):
            print(json.dumps({**size, **found}), flush=True)
        for many in MUST:
            found = _conflict(problem, many, asked.seconds)
            print(json.dumps({**size, **found}), flush=True)
    return 0


def _why_nots(problem: BedPlanProblem, plan: BedPlan) -> dict[str, Any]:
    """Free beds for patients who lie elsewhere, and beds of others."""
    free = [bed.key for bed in problem.beds if not bed.blocked_by]
    pairs = [
        (request.key, free[(7 * index) % len(free)])
        for index, request in enumerate(problem.requests[:ASKED])
    ]
    spent, answers = [], []
    for request, bed in pairs:
        started = _now()
        answers.append(why_not(problem, plan, request, bed))
        spent.append(_since(started))
    exact = sum(answer.exact for answer in answers)
    forbidden = sum(bool(answer.forbidden) for answer in answers)
    return {"ask": "whyNot", "of": len(pairs), "exact": exact, "forbidden": forbidden} | _spent(
        spent
    )


def _explanations(problem: BedPlanProblem, plan: BedPlan) -> dict[str, Any]:
    spent, exact, prices = [], 0, 0
    for item in plan.items[:ASKED]:
        started = _now()
        told = explain(problem, plan, item.request)
        spent.append(_since(started))
        exact += sum(other.exact for other in told.alternatives)
        prices += len(told.alternatives)
    return {"ask": "explain", "of": len(spent), "prices": prices, "exact": exact} | _spent(spent)


def _conflict(problem: BedPlanProblem, many: int, seconds: float) -> dict[str, Any]:
    must = [request.key for request in problem.requests[:many]]
    started, worked = perf_counter(), process_time()
    found = conflict_of(problem, must, limits=Limits(time_limit_s=seconds))
    return {
        "ask": "conflict", "must": many, "rules": found.rules, "proven": found.proven,
        "patients": len(found.patients), "steps": [len(way) for way in found.ways_out],
        "seconds": round(perf_counter() - started, 2),
        "processor_s": round(process_time() - worked, 2),
    }  # fmt: skip


Spent = tuple[float, float]  # seconds on the clock, of the processor


def _now() -> Spent:
    return perf_counter(), process_time()


def _since(started: Spent) -> Spent:
    return perf_counter() - started[0], process_time() - started[1]


def _spent(spent: list[Spent]) -> dict[str, float]:
    clock, processor = ([each[i] for each in spent] for i in (0, 1))
    return {
        "median_s": round(median(clock), 2),
        "longest_s": round(max(clock), 2),
        "median_processor_s": round(median(processor), 2),
        "longest_processor_s": round(max(processor), 2),
    }


if __name__ == "__main__":
    sys.exit(main())
