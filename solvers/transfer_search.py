"""The best plan: in one model where the prices are exact, else part by part.

A large city is first given out greedily at the prices; then parts of it are decided again, each
in a model of its own that may be solved to its optimum: those who pay most above their cheapest
unit, with others who could make way for them. The bound at the prices stands beside every plan.
"""

from dataclasses import dataclass
from math import ceil
from random import Random
from time import perf_counter

import numpy as np
import pulp

from solvers.engine import (
    TOLERANCE,
    Limits,
    Outcome,
    Progress,
    Status,
    Stop,
    relative_gap,
    solved_without_solver,
)
from solvers.transfer_city import Truth, Whole
from solvers.transfer_model import Clock, Part, TransferModel, lower_bound, remaining
from solvers.transfer_prices import city_prices, spread
from solvers.transfer_start import give_out
from solvers.transfer_table import FORBIDDEN, Number, Table

PART = 1_600  # groups decided again at a time
BREADTH = 8  # columns per group in a part
REACH = 1.0  # points above a group's cheapest within which a column may be in an optimum
IDLE = 12  # parts in a row that bring nothing, before the search ends


@dataclass(frozen=True)
class Found:
    """`flow` [groups × units + 1]: how many patients of each group go where; last: remain."""

    outcome: Outcome
    flow: Whole


class _Search:
    def __init__(self, table: Table, clock: Clock, progress: Progress | None) -> None:
        self.table, self.clock, self.progress = table, clock, progress
        self.draw = Random(clock.limits.seed)  # noqa: S311 - repeatable, not secret
        self.solver, self.version = "none", pulp.__version__
        self.prices, self.exact = city_prices(table, clock)
        self.bound = max(0, ceil(lower_bound(table, self.prices) - TOLERANCE))
        self.reduced = (table.cost + self.prices.bed + self.prices.load).astype(np.float32)
        self.kept = remaining(table, self.prices)
        self.least = np.minimum(self.reduced.min(axis=1, initial=np.inf), self.kept)
        self.flow = give_out(table, self.prices)
        self.cost = cost_of(table, self.flow)

    def run(self) -> Found:
        if self.exact and self.cost > self.bound:
            everyone = np.arange(len(self.table.groups))
            self._decide(everyone, self.reduced <= (self.least + REACH)[:, None])
        self._improve()
        return Found(self._outcome(), self.flow)

    def _improve(self) -> None:
        idle = 0
        while not self.clock.out and idle < IDLE and self._gap() > self.clock.limits.gap:
            before = self.cost
            groups = self._neighbours()
            if not len(groups):
                break
            self._decide(groups, self._near(groups))
            idle = 0 if self.cost < before else idle + 1
            if self.progress is not None:
                self.progress(float(self.cost), float(self.bound), self._gap())

    def _gap(self) -> float:
        return relative_gap(self.cost, self.bound)

    def _neighbours(self) -> Whole:
        """Half the part: who pays most above the cheapest; the rest: others, by lot."""
        paid = self._paid()
        order = np.argsort(-paid, kind="stable")
        most = order[: PART // 2][paid[order[: PART // 2]] > REACH / 2]
        others = np.setdiff1d(np.arange(len(paid)), most)
        many = min(len(others), PART - len(most))
        drawn = self.draw.sample(others.tolist(), many)
        return np.sort(np.concatenate([most, np.array(drawn, dtype=np.int64)]))

    def _paid(self) -> Number:
        """What each group's patients pay, at the prices, above their cheapest."""
        above = np.where(self.flow[:, :-1] > 0, self.reduced - self.least[:, None], 0)
        stay = np.where(self.flow[:, -1] > 0, self.kept - self.least, 0)
        paid: Number = above.max(axis=1, initial=0) + stay
        return paid

    def _near(self, groups: Whole) -> Truth:
        cost = self.reduced[groups] + spread(groups, self.reduced.shape[1])
        wanted: Truth = self.flow[groups, :-1] > 0
        if cost.shape[1] <= BREADTH:
            return np.ones_like(wanted)
        nearest = np.argpartition(cost, BREADTH - 1, axis=1)[:, :BREADTH]
        np.put_along_axis(wanted, nearest, True, axis=1)
        return wanted

    def _decide(self, groups: Whole, wanted: Truth) -> None:
        """Solve the part with everybody else where they are; keep the plan if it is cheaper."""
        table = self.table
        others = self.flow.copy()
        others[groups] = 0
        come, above = loads(table, others)
        position, unit = np.nonzero(
            (wanted | (self.flow[groups, :-1] > 0)) & (table.cost[groups] < FORBIDDEN)
        )
        part = Part(
            groups=groups,
            size=table.size[groups].astype(float),
            column_group=position,
            column_unit=unit,
            free=table.city.free - come,
            room=_room_above(table.room, above),
        )
        model = TransferModel(table, part, whole=True)
        start = {f"x{i:06d}": int(n) for i, n in enumerate(self.flow[groups[position], unit]) if n}
        answer = model.solve(self.clock, start)
        self.solver, self.version = answer.outcome.solver, answer.outcome.solver_version
        if not answer.values:
            return
        flow = others
        values = answer.values
        went = np.fromiter((values[f"x{i:06d}"] for i in range(len(unit))), np.int32, len(unit))
        np.add.at(flow, (groups[position], unit), went)
        flow[groups, -1] = table.size[groups] - flow[groups, :-1].sum(axis=1)
        cost = cost_of(table, flow)
        if cost < self.cost:
            self.flow, self.cost = flow, cost

    def _outcome(self) -> Outcome:
        wall_ms = round((perf_counter() - self.clock.started) * 1000)
        bound = min(self.bound, self.cost)
        return Outcome(
            status=Status.OPTIMAL if bound == self.cost else Status.FEASIBLE,
            objective=self.cost,
            bound=bound,
            gap=self._gap(),
            cut_short=bound < self.cost and self.clock.out,
            wall_ms=wall_ms,
            build_ms=max(0, wall_ms - round(self.clock.solving_s * 1000)),
            solver=self.solver,
            solver_version=self.version,
        )


def search(
    table: Table,
    limits: Limits,
    progress: Progress | None = None,
    stop: Stop | None = None,
    *,
    started: float | None = None,
) -> Found:
    """`started` is when building began: `limits` cover everything from there on."""
    begun = perf_counter() if started is None else started
    if not table.groups:
        nobody = np.zeros((0, len(table.city.free) + 1), dtype=np.int32)
        return Found(solved_without_solver(cost_of(table, nobody), begun), nobody)
    return _Search(table, Clock(limits, begun, stop), progress).run()


def loads(table: Table, flow: Whole) -> tuple[Whole, Whole]:
    """For each unit: who comes, and who is there in all besides its `base`."""
    come: Whole = flow[:, :-1].sum(axis=0, dtype=np.int32)
    above = come.copy()
    np.add.at(above, table.needs.bed[table.loads], flow[table.loads, -1])
    return come, above


def cost_of(table: Table, flow: Whole) -> int:
    """The objective of a plan: every patient's points and every unit's load."""
    groups, units = np.nonzero(flow[:, :-1])
    going = (table.cost[groups, units].astype(np.int64) * flow[groups, units]).sum()
    staying = (table.remains.astype(np.int64) * flow[:, -1]).sum()
    _, above = loads(table, flow)
    return int(going + staying + table.load_cost(above).sum())


def _room_above(room: Whole, above: Whole) -> Whole:
    """What is left of each step once `above` patients have filled the lower ones."""
    filled = np.cumsum(room, axis=1, dtype=np.int64)
    left: Whole = np.clip(filled - above[:, None], 0, room).astype(np.int32)
    return left
