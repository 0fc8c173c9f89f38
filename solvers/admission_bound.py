"""What no plan can cost less than, and how far above it each stay in a room keeps a plan.

Prices of what runs short give a bound (Lagrange): a subgradient ascent finds good ones, a linear
programme over the stays they call for finds the best. Neither counts the company in rooms. Stays
split by any number of transfers are priced too, so the bound holds for plans with transfers.
"""

from dataclasses import dataclass, replace
from math import ceil
from time import perf_counter
from typing import Any

import numpy as np
import pulp

from solvers.admission_prices import Ascent, Priced, Prices
from solvers.admission_rows import Row, limit, row_name, rows_of
from solvers.admission_table import FORBIDDEN, Option, Table
from solvers.engine import TOLERANCE, Limits, relax
from solvers.engine_run import Building

NEAR = 10.0  # points above the cheapest stay, at the first prices, up to which one is a column
FIRST = 4  # such stays per patient at least
NEXT = 3  # stays per patient and date that a round adds at most
MAX_ROUNDS = 60
ASCENT = 0.5  # share of the time for the first prices
Columns = list[dict[Option, None]]


@dataclass(frozen=True, slots=True)
class Bound:
    """No plan costs less than `value`; with the patient's whole stay in a room, not less than
    `exactly + above[patient][start][room]`. `proven`: no prices give a better bound."""

    exactly: float
    above: list[list[Prices]]
    proven: bool = False

    @property
    def value(self) -> int:
        return max(0, ceil(self.exactly - TOLERANCE))


def lower_bound(table: Table, limits: Limits, clock: Building | None = None) -> Bound:
    """The best bound found in the time; a true one at any moment."""
    began, clock = perf_counter(), clock or Building()
    ends = began + limits.time_limit_s
    asked = _Asked(table, Ascent(table).best(began + ASCENT * limits.time_limit_s))
    best = asked.bound()
    columns = asked.nearest()
    for _ in range(MAX_ROUNDS):
        left = ends - perf_counter()
        if left <= 0:
            return best
        with clock.building():
            solved = _solve(table, columns, replace(limits, time_limit_s=left), clock)
        if solved is None:
            return best
        priced, paid = solved
        asked = _Asked(table, priced)
        if asked.bound().exactly > best.exactly:
            best = asked.bound()
        if not asked.enlarge(columns, paid):
            return replace(best, proven=True)
    return best


class _Asked:
    """What everybody would take at some prices."""

    def __init__(self, table: Table, priced: Priced) -> None:
        self.table, self.priced = table, priced
        people = range(len(table.patients))
        self.whole = [_reduced(table, i, priced) for i in people]
        self.split = [[_split(table, i, s, priced) for s in table.starts[i]] for i in people]
        self.cheapest = [
            min([float(table.unplanned[i]), *(cost for _, cost in self.split[i])]) for i in people
        ]

    def bound(self) -> Bound:
        pairs = zip(self.whole, self.cheapest, strict=True)
        above = [[costs - least for costs in mine] for mine, least in pairs]
        return Bound(sum(self.cheapest) + self.priced.limits, above)

    def nearest(self) -> Columns:
        """Each patient's cheapest stays, split ones among them."""
        found: Columns = []
        for i, mine in enumerate(self.whole):
            stays = [
                (float(cost), position, room)
                for position, costs in enumerate(mine)
                for room, cost in enumerate(costs)
                if self.table.stays[i][position][room] < FORBIDDEN
            ]
            enough = self.cheapest[i] + NEAR
            kept = [s for at, s in enumerate(sorted(stays)) if at < FIRST or s[0] <= enough]
            columns = [self.table.whole(i, position, room) for _, position, room in kept]
            columns += [option for option, cost in self.split[i] if cost <= enough]
            found.append(dict.fromkeys(columns))
        return found

    def enlarge(self, columns: Columns, paid: list[float]) -> bool:
        """Take in the stays cheaper than what each patient pays; False if none is missing."""
        added = False
        for i, mine in enumerate(columns):
            for position, costs in enumerate(self.whole[i]):
                option, cost = self.split[i][position]
                wanted = [
                    self.table.whole(i, position, int(room))
                    for room in np.argsort(costs, kind="stable")[:NEXT]
                    if costs[room] < paid[i] - TOLERANCE
                ]
                wanted += [option] if cost < paid[i] - TOLERANCE else []
                added |= any(each not in mine for each in wanted)
                mine.update(dict.fromkeys(wanted))
        return added


def _solve(
    table: Table, columns: Columns, limits: Limits, clock: Building
) -> tuple[Priced, list[float]] | None:
    """The best prices for these stays alone, and what each patient pays at them."""
    lp = pulp.LpProblem("bound", pulp.LpMinimize)
    rows: dict[Row, list[tuple[pulp.LpVariable, int]]] = {}
    costs: list[tuple[pulp.LpVariable, int]] = []
    for i, mine in enumerate(columns):
        everyone: list[tuple[pulp.LpVariable, int]] = []
        for option in table.may_wait(i):
            everyone.append((lp.add_variable(f"w{i}", 0), 1))
            costs.append((everyone[0][0], option.cost))
        for position, option in enumerate(mine):
            var = lp.add_variable(f"x{i}_{position}", 0)
            costs.append((var, option.cost))
            everyone.append((var, 1))
            for row, amount in rows_of(table, i, option):
                rows.setdefault(row, []).append((var, amount))
        total = pulp.LpAffineExpression(everyone)
        lp.addConstraint(pulp.LpConstraint(total, pulp.LpConstraintEQ, f"p{i}", rhs=1))
    for row, terms in rows.items():
        taken = pulp.LpAffineExpression(_slack(table, lp, row, terms, costs))
        most = limit(table, row)
        lp.addConstraint(pulp.LpConstraint(taken, pulp.LpConstraintLE, row_name(row), rhs=most))
    lp.setObjective(pulp.LpAffineExpression(costs))
    relaxed = relax(lp, limits)
    if relaxed is None:
        return None
    clock.solved(relaxed.solver_s)
    paid = [relaxed.prices[f"p{i}"] for i in range(len(columns))]
    return _read(table, list(rows), relaxed.prices), paid


def _slack(
    table: Table,
    lp: pulp.LpProblem,
    row: Row,
    terms: list[tuple[Any, int]],
    costs: list[tuple[Any, int]],
) -> list[tuple[Any, int]]:
    """A buffer may be used, at its price; everything else is a limit."""
    if row[0] != "quiet":
        return terms
    over = lp.add_variable(f"over{row[1]}_{row[2]}", 0)
    costs.append((over, table.rules.weight["BUFFER_USED"]))
    return [*terms, (over, -1)]


def _read(table: Table, rows: list[Row], prices: dict[str, float]) -> Priced:
    night, theatre, limits = (
        np.zeros((table.nights, len(table.rooms))),
        np.zeros(len(table.theatre)),
        0.0,
    )
    for row in rows:
        kind, place, when = row
        price = min(0.0, prices[row_name(row)])
        if kind == "quiet":
            price = max(price, -float(table.rules.weight["BUFFER_USED"]))
        limits += price * limit(table, row)
        if kind == "theatre":
            theatre[place] = price
        elif kind == "bed":
            night[when, place] += price
        else:
            night[when] += np.where(np.array(table.ward_of) == place, price, 0.0)
    return Priced(night, theatre, limits)


def _date(table: Table, patient: int, start: int, priced: Priced) -> float:
    """What the theatre takes from every stay that begins then."""
    use = table.theatre_use(patient, start)
    return 0.0 if use is None else float(priced.theatre[use[0]]) * use[1]


def _reduced(table: Table, patient: int, priced: Priced) -> list[Prices]:
    """What whole stays cost at these prices, by start and room."""
    found = []
    for position, start in enumerate(table.starts[patient]):
        nights = priced.night[start : table.end(patient, start)].sum(axis=0)
        costs = np.array(table.stays[patient][position], dtype=np.float64)
        found.append(costs - nights - _date(table, patient, start, priced))
    return found


def _split(table: Table, patient: int, start: int, priced: Priced) -> tuple[Option, float]:
    """The cheapest stay at these prices with any number of transfers: a shortest path."""
    best = table.arrival(patient, start) + table.rates(patient, 0) - priced.night[start]
    came: list[Prices] = []
    for night in range(start + 1, table.end(patient, start)):
        moved = int(best.argmin())
        from_room = np.where(best <= best[moved] + table.transfer, np.arange(len(best)), moved)
        came.append(from_room)
        best = np.minimum(best, best[moved] + table.transfer)
        best = best + table.rates(patient, night - start) - priced.night[night]
    rooms = [int(best.argmin())]
    cost = float(best[rooms[0]]) - _date(table, patient, start, priced)
    for from_room in reversed(came):
        rooms.append(int(from_room[rooms[-1]]))
    return table.option(patient, start, rooms[::-1]), cost
