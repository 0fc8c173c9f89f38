"""A linear model that grows by columns: HiGHS keeps its basis from one solve to the next.

Beside `engine.py` because column generation solves the same model hundreds of times with a few
columns more; handing it over anew each time would cost more than solving it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
import pulp
from numpy.typing import NDArray

from solvers.engine_run import Limits, Stop

Floats = NDArray[np.float64]
Index = NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True)
class MasterAnswer:
    """The linear optimum: its value, the price of each row, the value of each column."""

    objective: float
    prices: Floats
    values: Floats


class Master:
    """Rows are fixed at the beginning, as equations with their right sides, or with `low` as what
    they lie between; columns are added. `stop` ends a run."""

    def __init__(
        self,
        right: Floats,
        limits: Limits,
        *,
        low: Floats | None = None,
        stop: Stop | None = None,
    ) -> None:
        self._highs: Any = highspy.Highs()  # type: ignore[no-untyped-call] # no stubs
        self._highs.setOptionValue("output_flag", False)
        self._highs.setOptionValue("threads", limits.threads)
        self._highs.setOptionValue("random_seed", limits.seed)
        self._highs.setOptionValue("solver", "simplex")
        none = np.array([], dtype=np.int32)
        rows = len(right)
        low = right if low is None else low
        self._highs.addRows(
            rows, low, right, 0, np.zeros(rows, dtype=np.int32), none, none.astype(np.float64)
        )
        self.columns = 0
        if stop is not None:
            _ended_by(self._highs, stop)

    def add(
        self,
        costs: Sequence[float],
        entries: Sequence[Sequence[tuple[int, float]]],
        upper: Sequence[float],
    ) -> None:
        """Columns from 0 to `upper`; `entries`: their (row, value) pairs."""
        starts = np.cumsum([0, *(len(each) for each in entries)])[:-1].astype(np.int32)
        rows = np.array([row for each in entries for row, _ in each], dtype=np.int32)
        values = np.array([value for each in entries for _, value in each], dtype=np.float64)
        self.add_arrays(np.array(costs, float), np.array(upper, float), starts, rows, values)

    def add_arrays(
        self, costs: Floats, upper: Floats, starts: Index, rows: Index, values: Floats
    ) -> None:
        """Columns from 0 to `upper`; the entries of each begin at its start."""
        many = len(costs)
        starts, rows = starts.astype(np.int32), rows.astype(np.int32)
        self._highs.addCols(many, costs, np.zeros(many), upper, len(rows), starts, rows, values)
        self.columns += many

    def reprice(self, columns: Sequence[int], costs: Floats) -> None:
        """New costs for some columns."""
        index = np.array(columns, dtype=np.int32)
        self._highs.changeColsCost(len(index), index, costs)

    def limit(self, columns: Sequence[int], lower: Floats, upper: Floats) -> None:
        """New bounds for some columns: to fix them, or to set them free again."""
        self._highs.changeColsBounds(
            len(columns),
            np.array(columns, dtype=np.int32),
            lower,
            upper,
        )

    def solve(self, time_limit_s: float) -> MasterAnswer | None:
        """None unless solved to the end within the time."""
        self._highs.setOptionValue("time_limit", self._highs.getRunTime() + time_limit_s)
        self._highs.run()
        if self._highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        answer = self._highs.getSolution()
        return MasterAnswer(
            float(self._highs.getObjectiveValue()),
            np.array(answer.row_dual),
            np.array(answer.col_value),
        )


def _ended_by(highs: Any, stop: Stop) -> None:
    def interrupt(event: Any) -> None:
        event.interrupt(stop())

    highs.cbSimplexInterrupt.subscribe(interrupt)


def solver_version() -> str:
    """As the engine's outcomes say it."""
    highs: Any = highspy.Highs()  # type: ignore[no-untyped-call] # no stubs
    return f"{highs.version()} (PuLP {pulp.__version__})"
