"""The one place that knows PuLP's solvers: HiGHS first, CBC when HiGHS fails.

PuLP and HiGHS both call a run "Optimal" that only came within its gap or ran out of time.
So the status here is taken from figures: the objective is added up again from the rounded
answer, the bound is the solver's own, and OPTIMAL means that both are the same integer.
"""

import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from math import ceil, inf, isfinite
from pathlib import Path
from time import perf_counter
from typing import Any

import highspy
import pulp
from pulp.apis.coin_api import pulp_cbc_path

TOLERANCE = 1e-5  # how far a solver's float may lie from the integer that is meant


class Status(StrEnum):
    OPTIMAL = "OPTIMAL"  # proven: objective and bound are equal
    FEASIBLE = "FEASIBLE"  # a plan in hand, better ones not excluded; see the gap
    INFEASIBLE = "INFEASIBLE"  # proven: nothing meets the rules
    NONE = "NONE"  # stopped with neither


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how exactly to solve. `gap` is relative: 0.005 stops within half a percent."""

    time_limit_s: float = 30.0
    gap: float = 0.0
    seed: int = 0
    threads: int = 1  # more than one gives up determinism

    def __post_init__(self) -> None:
        if not 0 < self.time_limit_s < inf or not 0 <= self.gap < 1 or self.threads < 1:
            raise ValueError("limits: time_limit_s > 0, 0 <= gap < 1, threads >= 1")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run really reached. `cut_short` runs may differ when repeated; others do not."""

    status: Status
    objective: int | None
    bound: int | None  # no plan can cost less
    gap: float | None  # (objective - bound) / objective
    cut_short: bool  # the clock stopped it
    wall_ms: int  # in all
    build_ms: int  # of which outside the solver
    solver: str
    solver_version: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A solved model: its outcome and the integer value of each variable, by name."""

    outcome: Outcome
    values: dict[str, int]


Progress = Callable[[float, float, float], None]  # incumbent, bound, relative gap


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
    prefer: str = "HiGHS",
) -> Answer:
    """Solve an integer model whose costs are integers."""
    begun = perf_counter()
    if prefer == "HiGHS":
        raw = _highs(lp, limits, progress)
        if raw is None:
            raw = _cbc(lp, limits)
    else:
        raw = _cbc(lp, limits)
    values = _values(lp) if raw.has_values else {}
    return Answer(_outcome(lp, raw, values, _ms(begun)), values)


@dataclass(frozen=True, slots=True)
class Relaxed:
    """A linear relaxation: its value, the price (dual) of each row and what is used, by name."""

    objective: float
    prices: dict[str, float]
    used: frozenset[str]  # variables above zero


def relax(lp: pulp.LpProblem, limits: Limits) -> Relaxed | None:
    """Solve without integrality; None unless proven optimal."""
    solver = pulp.HiGHS(mip=False, msg=False, **_highs_options(limits))
    lp.solve(solver)
    if lp.solverModel.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    objective = float(lp.solverModel.getObjectiveValue())
    rows = lp._constraints.items()  # `constraints` would copy and warn
    prices = {name: float(row.pi or 0.0) for name, row in rows}
    used = frozenset(var.name for var in lp.variables() if (var.varValue or 0.0) > TOLERANCE)
    return Relaxed(objective, prices, used)


@dataclass(frozen=True, slots=True)
class _Raw:
    has_values: bool
    infeasible: bool
    cut_short: bool
    bound: float
    solver: str
    version: str


def _highs_options(limits: Limits) -> dict[str, Any]:
    return {
        "timeLimit": limits.time_limit_s,
        "threads": limits.threads,
        "random_seed": limits.seed,
        "parallel": "off" if limits.threads == 1 else "on",
    }


def _highs(lp: pulp.LpProblem, limits: Limits, progress: Progress | None) -> _Raw | None:
    """HiGHS in this process; None if it failed, so that CBC may try."""
    # Costs are integers: a plan less than 1 above the bound is the best one.
    options = {**_highs_options(limits), "gapRel": limits.gap, "gapAbs": 0.999}
    if progress is not None:
        options |= _watched(progress)
    try:
        lp.solve(pulp.HiGHS(msg=False, **options))
    except (pulp.PulpSolverError, RuntimeError):
        return None
    model = lp.solverModel
    found = model.getInfo()
    status = model.getModelStatus()
    states = highspy.HighsModelStatus
    if status in (states.kSolveError, states.kPresolveError, states.kPostsolveError):
        return None
    feasible = highspy.SolutionStatus.kSolutionStatusFeasible
    integer = any(var.cat == pulp.LpInteger for var in lp.variables())
    return _Raw(
        has_values=found.primal_solution_status == int(feasible),
        infeasible=status == states.kInfeasible,
        cut_short=status in (states.kTimeLimit, states.kInterrupt),
        bound=float(found.mip_dual_bound if integer else found.objective_function_value),
        solver="HiGHS",
        version=model.version(),
    )


def _watched(progress: Progress) -> dict[str, Any]:
    kinds = highspy.cb.HighsCallbackType

    def report(_kind: Any, _message: Any, out: Any, _into: Any, _user: Any) -> None:
        progress(out.mip_primal_bound, out.mip_dual_bound, out.mip_gap)

    return {
        "callbackTuple": (report, None),
        "callbacksToActivate": [kinds.kCallbackMipImprovingSolution, kinds.kCallbackMipLogging],
    }


def _cbc(lp: pulp.LpProblem, limits: Limits) -> _Raw:
    """The CBC that PuLP brings, in its own process and a folder only this account can read."""
    with tempfile.TemporaryDirectory(prefix="plan-") as folder:
        log = Path(folder) / "log"
        solver = pulp.COIN_CMD(
            path=pulp_cbc_path,
            msg=False,
            timeLimit=limits.time_limit_s,
            gapRel=limits.gap,
            gapAbs=0.999,
            threads=None if limits.threads == 1 else limits.threads,
            options=[f"randomSeed {limits.seed}", f"randomCbcSeed {limits.seed}"],
            logPath=str(log),
        )
        solver.tmpDir = folder
        lp.solve(solver)
        text = log.read_text(errors="replace")
    has_values = lp.sol_status in (pulp.LpSolutionOptimal, pulp.LpSolutionIntegerFeasible)
    version = re.search(r"Version:\s*(\S+)", text)
    return _Raw(
        has_values=has_values,
        infeasible=lp.sol_status == pulp.LpSolutionInfeasible,
        cut_short="Stopped on time" in text,
        bound=_cbc_bound(text),
        solver="CBC",
        version=version[1] if version else "?",
    )


def _cbc_bound(log: str) -> float:
    """CBC prints a lower bound only when it stopped early; otherwise its objective is the bound."""
    for label in ("Lower bound", "Objective value"):
        found = re.search(rf"^{label}:\s*(-?[\d.e+]+)", log, re.MULTILINE)
        if found:
            return float(found[1])
    return -inf


def _values(lp: pulp.LpProblem) -> dict[str, int]:
    return {var.name: round(var.varValue or 0.0) for var in lp.variables()}


def _outcome(lp: pulp.LpProblem, raw: _Raw, values: dict[str, int], wall_ms: int) -> Outcome:
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
        0,
        raw.solver,
        f"{raw.version} (PuLP {pulp.__version__})",
    )


def _ms(since: float) -> int:
    return round((perf_counter() - since) * 1000)
