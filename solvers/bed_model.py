"""Two models over the same rows: the integer one for PuLP, and its linear relaxation in arrays.

minimise   penalties of the placed  +  values of the unplaced
subject to one bed per request; in a pool no more than its beds, or the beds of the rooms that
           have this company; no more companies than rooms; no more in a ward than are staffed
"""

from dataclasses import dataclass

import numpy as np
import pulp
from numpy.typing import NDArray

from solvers.bed_columns import Column
from solvers.bed_rows import Part, Rows, Whole
from solvers.engine import TOLERANCE, Answer, Limits, Progress, minimise
from solvers.engine_master import Master
from solvers.engine_run import Building


@dataclass(frozen=True, slots=True)
class Prices:
    """The linear relaxation: what any plan costs at least, how far above that each column of all
    keeps it, and which of the model's columns it uses."""

    objective: float
    above: NDArray[np.float64]
    used: Whole


class Model:
    """An integer programme in which each column `inside` is taken or not."""

    def __init__(self, rows: Rows, inside: Whole) -> None:
        self._columns = [rows.columns[i] for i in inside]
        part = rows.part(inside)
        self.lp = pulp.LpProblem("1", pulp.LpMinimize)
        takes = [self.lp.add_variable(_name(i), 0, 1, "Integer") for i in range(len(inside))]
        counts = [
            self.lp.add_variable(f"z{i:06d}", 0, int(most), "Integer")
            for i, most in enumerate(part.most_rooms)
        ]
        one = self.lp.add_variable("one", 1, 1)  # carries the constant, so that gaps are true
        terms = list(zip(takes, rows.worth[inside].tolist(), strict=True))
        self.lp.setObjective(pulp.LpAffineExpression([*terms, (one, rows.nobody_placed)]))
        self._limit_rows(part, [*takes, *counts])

    def solve(self, limits: Limits, progress: Progress | None) -> Answer:
        return minimise(self.lp, limits, progress)

    def taken(self, answer: Answer) -> list[Column]:
        return [c for i, c in enumerate(self._columns) if answer.values.get(_name(i), 0) == 1]

    def _limit_rows(self, part: Part, variables: list[pulp.LpVariable]) -> None:
        rows: list[list[tuple[pulp.LpVariable, int]]] = [[] for _ in part.rows]
        for row, variable, weight in zip(
            part.row.tolist(), part.variable.tolist(), part.weight.tolist(), strict=True
        ):
            rows[row].append((variables[variable], weight))
        for index, (terms, limit) in enumerate(zip(rows, part.limits.tolist(), strict=True)):
            total, name = pulp.LpAffineExpression(terms), f"r{index:06d}"
            self.lp.addConstraint(pulp.LpConstraint(total, pulp.LpConstraintLE, name, rhs=limit))


def prices(rows: Rows, inside: Whole, limits: Limits, clock: Building) -> Prices | None:
    """Solve over the columns `inside` without integrality; None unless proven optimal."""
    with clock.building():
        part = rows.part(inside)
        limit = part.limits.astype(float)
        master = Master(limit, limits, low=np.full(len(limit), -np.inf))
        order = np.lexsort((part.row, part.variable))
        starts = np.searchsorted(part.variable[order], np.arange(part.variables))
        counting = np.zeros(len(part.companies))
        costs = np.concatenate([rows.worth[inside].astype(float), counting])
        upper = np.concatenate([np.ones(len(inside)), part.most_rooms.astype(float)])
        master.add_arrays(costs, upper, starts, part.row[order], part.weight[order].astype(float))
    answer = master.solve(limits.time_limit_s)
    if answer is None:
        return None
    used = inside[answer.values[: len(inside)] > TOLERANCE]
    floor = rows.nobody_placed + answer.objective
    return Prices(floor, rows.above(part.rows, answer.prices), used)


def _name(index: int) -> str:
    return f"x{index:06d}"
