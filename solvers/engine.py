"""The one place that knows PuLP's solvers: HiGHS first, CBC when HiGHS fails.

PuLP and HiGHS both call a run "Optimal" that only came within its gap or ran out of time.
So the status here is taken from figures: the objective is added up again from the rounded
answer, the bound is the solver's own, and OPTIMAL means that both are the same integer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import ceil, isfinite
from time import perf_counter

import pulp

from solvers.engine_cbc import run_cbc
from solvers.engine_highs import relax_highs, run_highs
from solvers.engine_run import TOLERANCE, Limits, Progress, Raw, Stop

__all__ = [
    "TOLERANCE",
    "Answer",
    "Limits",
    "Outcome",
    "Progress",
    "Relaxed",
    "Status",
    "Stop",
    "minimise",
    "relative_gap",
    "relax",
    "solved_without_solver",
]


class Status(StrEnum):
    OPTIMAL = "OPTIMAL"  # proven: objective and bound are equal
    FEASIBLE = "FEASIBLE"  # a plan in hand, better ones not excluded; see the gap
    INFEASIBLE = "INFEASIBLE"  # proven: nothing meets the rules
    NONE = "NONE"  # stopped with neither


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run really reached. `cut_short` runs may differ when repeated; others do not."""

    status: Status
    objective: int | None
    bound: int | None  # no plan can cost less
    gap: float | None  # (objective - bound) / objective
    cut_short: bool  # the clock stopped it
    wall_ms: int  # in all
    build_ms: int  # of which outside the solver; in plans: on table and models alone
    solver: str
    solver_version: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A solved model: its outcome and the integer value of each variable, by name."""

    outcome: Outcome
    values: dict[str, int]


def solved_without_solver(objective: int, started: float) -> Outcome:
    """The outcome of a problem in which nothing was left to decide."""
    spent = _ms(started)
    return Outcome(
        Status.OPTIMAL, objective, objective, 0.0, False, spent, spent, "none", pulp.__version__
    )


def relative_gap(objective: int, bound: int) -> float:
    return 0.0 if objective <= bound else (objective - bound) / max(abs(objective), 1)


def minimise(
    lp: pulp.LpProblem,
    limits: Limits,
    progress: Progress | None = None,
    *,
    start: Mapping[str, int] | None = None,
    stop: Stop | None = None,
    prefer: str = "HiGHS",
) -> Answer:
    """Solve an integer model whose costs are integers.

    `start`: a known answer to begin with, by variable; those not named begin at 0. A run that
    `stop` ends is cut short and answers with the best it has. Both are for HiGHS alone.
    """
    begun = perf_counter()
    raw = run_highs(lp, limits, progress, start, stop) if prefer == "HiGHS" else None
    if raw is None:
        raw = run_cbc(lp, limits)
    values = _values(lp) if raw.has_values else {}
    return Answer(_outcome(lp, raw, values, _ms(begun)), values)


@dataclass(frozen=True, slots=True)
class Relaxed:
    """A linear relaxation: its value, the price (dual) of each row and what is used, by name."""

    objective: float
    prices: dict[str, float]
    used: frozenset[str]  # variables above zero
    solver_s: float


def relax(lp: pulp.LpProblem, limits: Limits) -> Relaxed | None:
    """Solve without integrality; None unless proven optimal."""
    found = relax_highs(lp, limits)
    if found is None:
        return None
    objective, solver_s = found
    rows = lp._constraints.items()  # `constraints` would copy and warn
    prices = {name: float(row.pi or 0.0) for name, row in rows}
    used = frozenset(var.name for var in lp.variables() if (var.varValue or 0.0) > TOLERANCE)
    return Relaxed(objective, prices, used, solver_s)


def _values(lp: pulp.LpProblem) -> dict[str, int]:
    return {var.name: round(var.varValue or 0.0) for var in lp.variables()}


def _outcome(lp: pulp.LpProblem, raw: Raw, values: dict[str, int], wall_ms: int) -> Outcome:
    bound = ceil(raw.bound - TOLERANCE) if isfinite(raw.bound) else None
    objective, gap, status = None, None, Status.NONE
    if raw.infeasible:
        status, bound = Status.INFEASIBLE, None
    elif raw.has_values:
        objective = sum(round(cost) * values[var.name] for var, cost in lp.objective.items())
        bound = None if bound is None else min(bound, objective)
        gap = None if bound is None else relative_gap(objective, bound)
        status = Status.OPTIMAL if objective == bound else Status.FEASIBLE
    return Outcome(
        status,
        objective,
        bound,
        gap,
        raw.cut_short,
        wall_ms,
        max(0, wall_ms - round(raw.solver_s * 1000)),
        raw.solver,
        f"{raw.version} (PuLP {pulp.__version__})",
    )


def _ms(since: float) -> int:
    return round((perf_counter() - since) * 1000)
