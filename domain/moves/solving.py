"""Chains of moves in the solver's process."""

from time import perf_counter
from typing import Any

from domain.plans.answers import answered
from domain.plans.solving import RunLimits, Say
from kit.canonical import parse_canonical
from solvers.beds import from_canonical
from solvers.engine import Outcome, Status
from solvers.move_chains import MoveChain, cheapest_chain


def solve(problem: bytes, limits: RunLimits, say: Say) -> dict[str, Any]:
    body = parse_canonical(problem)
    started = perf_counter()
    chain = cheapest_chain(from_canonical(body["problem"]), body["target"], int(body["most_moves"]))
    wall_ms = round((perf_counter() - started) * 1000)
    steps = [
        {"request": m.request, "bed": m.bed, "from_bed": m.from_bed, "points": m.points,
         "terms": [list(term) for term in m.terms], "kept": list(m.kept)}
        for m in chain.moves
    ]  # fmt: skip
    decided = {"steps": [[m.request, m.bed] for m in chain.moves], "points": chain.points}
    return answered(_outcome(chain, wall_ms), decided, steps=steps, target=body["target"])


def _outcome(chain: MoveChain, wall_ms: int) -> Outcome:
    points = chain.points if chain.moves else None
    status = Status.OPTIMAL if chain.moves else Status.INFEASIBLE if chain.proven else Status.NONE
    gap = 0.0 if chain.moves else None
    return Outcome(status, points, points, gap, not chain.proven, wall_ms, 0, "uniform cost", "1")
