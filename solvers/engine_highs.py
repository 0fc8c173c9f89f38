"""HiGHS in this process, with a start, a stop, and the model handed over as whole arrays.

PuLP hands a model to HiGHS column by column and row by row, which takes longer than solving many
of ours: 100,000 columns in 20,000 rows 6.8 s, as arrays 0.57 s.
"""

from collections.abc import Mapping
from time import perf_counter
from typing import Any

import highspy
import numpy as np
import pulp

from solvers.engine_run import Limits, Progress, Raw, Stop

INTEGER, CONTINUOUS = highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous
BROKEN = (
    highspy.HighsModelStatus.kSolveError,
    highspy.HighsModelStatus.kPresolveError,
    highspy.HighsModelStatus.kPostsolveError,
)


class ArrayHighs(pulp.HiGHS):  # type: ignore[misc]  # PuLP is untyped
    """PuLP's HiGHS, built in one step and begun from a known answer."""

    def __init__(self, start: Mapping[str, int] | None = None, **options: Any) -> None:
        super().__init__(msg=False, **options)
        self.start = start
        self.solver_s = 0.0

    def callSolver(self, lp: pulp.LpProblem) -> None:
        begun = perf_counter()
        super().callSolver(lp)
        self.solver_s = perf_counter() - begun

    def buildSolverModel(self, lp: pulp.LpProblem) -> None:
        variables = lp.variables()
        for index, variable in enumerate(variables):
            variable.index = index
        model = highspy.HighsLp()
        _fill_columns(model, lp, variables, self.mip)
        _fill_rows(model, list(lp._constraints.values()), len(variables))
        lp.solverModel.passModel(model)
        if self.start is not None:
            begun = highspy.HighsSolution()
            begun.col_value = [float(self.start.get(v.name, 0)) for v in variables]
            lp.solverModel.setSolution(begun)


def _fill_columns(model: Any, lp: pulp.LpProblem, variables: list[Any], mip: bool) -> None:
    inf, many, cost = highspy.kHighsInf, len(variables), lp.objective.get
    lows = (-inf if v.lowBound is None else v.lowBound for v in variables)
    highs = (inf if v.upBound is None else v.upBound for v in variables)
    model.num_col_ = many
    model.col_cost_ = np.fromiter((cost(v, 0.0) for v in variables), float, many)
    model.col_lower_ = np.fromiter(lows, float, many)
    model.col_upper_ = np.fromiter(highs, float, many)
    if mip:
        whole = pulp.LpInteger
        model.integrality_ = [INTEGER if v.cat == whole else CONTINUOUS for v in variables]


def _fill_rows(model: Any, rows: list[Any], columns: int) -> None:
    inf = highspy.kHighsInf
    starts, index, value = [0], [], []
    lows, highs = [], []
    for number, row in enumerate(rows):
        row.index = number
        for variable, weight in row.items():
            if weight:
                index.append(variable.index)
                value.append(weight)
        starts.append(len(index))
        low, high = row.getLb(), row.getUb()
        lows.append(-inf if low is None else low)
        highs.append(inf if high is None else high)
    model.num_row_ = len(rows)
    model.row_lower_, model.row_upper_ = np.array(lows, float), np.array(highs, float)
    matrix = model.a_matrix_
    matrix.format_ = highspy.MatrixFormat.kRowwise
    matrix.num_col_, matrix.num_row_ = columns, len(rows)
    matrix.start_, matrix.index_ = np.array(starts, np.int32), np.array(index, np.int32)
    matrix.value_ = np.array(value, float)


def run_highs(
    lp: pulp.LpProblem,
    limits: Limits,
    progress: Progress | None,
    start: Mapping[str, int] | None,
    stop: Stop | None,
) -> Raw | None:
    """Solve; the values are left in the model's variables. None if HiGHS itself failed."""
    # Costs are integers: a plan less than 1 above the bound is the best one.
    options = {**_options(limits), "gapRel": limits.gap, "gapAbs": 0.999}
    if progress is not None or stop is not None:
        options |= _watched(progress, stop)
    solver = ArrayHighs(start, **options)
    try:
        lp.solve(solver)
    except (pulp.PulpSolverError, RuntimeError):
        return None
    model = lp.solverModel
    found, status, states = model.getInfo(), model.getModelStatus(), highspy.HighsModelStatus
    if status in BROKEN:
        return None
    feasible = highspy.SolutionStatus.kSolutionStatusFeasible
    integer = any(var.cat == pulp.LpInteger for var in lp.variables())
    return Raw(
        has_values=found.primal_solution_status == int(feasible),
        infeasible=status == states.kInfeasible,
        cut_short=status in (states.kTimeLimit, states.kInterrupt),
        bound=float(found.mip_dual_bound if integer else found.objective_function_value),
        solver="HiGHS",
        version=model.version(),
        solver_s=solver.solver_s,
    )


def relax_highs(lp: pulp.LpProblem, limits: Limits) -> tuple[float, float] | None:
    """The linear optimum, prices left in the rows, and the solver's seconds; None unless proven."""
    solver = ArrayHighs(mip=False, **_options(limits))
    lp.solve(solver)
    if lp.solverModel.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    return float(lp.solverModel.getObjectiveValue()), solver.solver_s


def _options(limits: Limits) -> dict[str, Any]:
    return {
        "timeLimit": limits.time_limit_s,
        "threads": limits.threads,
        "random_seed": limits.seed,
        "parallel": "off" if limits.threads == 1 else "on",
    }


def _watched(progress: Progress | None, stop: Stop | None) -> dict[str, Any]:
    kinds = highspy.cb.HighsCallbackType
    told = (kinds.kCallbackMipImprovingSolution, kinds.kCallbackMipLogging)
    asked = (kinds.kCallbackMipInterrupt, kinds.kCallbackSimplexInterrupt)

    def report(kind: Any, _message: Any, out: Any, into: Any, _user: Any) -> None:
        if kind in asked:
            into.user_interrupt = stop is not None and stop()
        elif progress is not None:
            progress(out.mip_primal_bound, out.mip_dual_bound, out.mip_gap)

    wanted = [*(told if progress else ()), *(asked if stop else ())]
    return {"callbackTuple": (report, None), "callbacksToActivate": wanted}
