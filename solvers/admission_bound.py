"""What no plan can cost less than, and how far above it each stay in a room keeps a plan.

A linear programme over whole stays, without the company in rooms. It starts from the cheapest
stays; its prices call for others, stays split by any number of transfers among them, until none
is missing. So the bound holds for plans with transfers too.
"""

from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
import pulp
from numpy.typing import NDArray

from solvers.admission_rows import Row, limit, row_name, rows_of
from solvers.admission_table import FORBIDDEN, Option, Table
from solvers.engine import TOLERANCE, Limits, relax

FIRST = 8  # cheapest stays per patient to begin with
NEXT = 3  # stays per patient that a round adds at most
MAX_ROUNDS = 60
Prices = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Bound:
    """No plan costs less than `value`; with the patient's whole stay in a room, not less than
    `value + above[patient][start][room]`. `used`: the stays of the linear optimum."""

    value: int
    above: list[list[Prices]]
    used: list[tuple[Option, ...]]


def no_bound(table: Table) -> Bound:
    """What is known when there was no time: nothing costs less than 0."""
    costs = [[np.array(stay, dtype=np.float64) for stay in stays] for stays in table.stays]
    return Bound(0, costs, [() for _ in table.patients])


def lower_bound(table: Table, limits: Limits) -> Bound | None:
    """None if the linear programme was not solved to its end."""
    columns = [_cheapest(table, patient) for patient in range(len(table.patients))]
    for _ in range(MAX_ROUNDS):
        solved = _solve(table, columns, limits)
        if solved is None:
            return None
        priced, used = solved
        above = [_reduced(table, i, priced) for i in range(len(columns))]
        if not _enlarge(table, columns, above, priced):
            value = max(0, ceil(priced.objective - TOLERANCE))
            return Bound(value, above, used)
    return None


@dataclass(frozen=True, slots=True)
class _Priced:
    objective: float
    patient: list[float]
    night: Prices  # of a night in a room: its bed's and its ward's, [night, room]
    theatre: list[float]  # of a minute


def _cheapest(table: Table, patient: int) -> dict[Option, None]:
    found: dict[Option, None] = {}
    for position, _start in enumerate(table.starts[patient]):
        costs = table.stays[patient][position]
        order = sorted(range(len(costs)), key=lambda room: (costs[room], room))
        for room in order[:FIRST]:
            if costs[room] < FORBIDDEN:
                found[table.whole(patient, position, room)] = None
    return found


def _solve(
    table: Table, columns: list[dict[Option, None]], limits: Limits
) -> tuple[_Priced, list[tuple[Option, ...]]] | None:
    lp = pulp.LpProblem("bound", pulp.LpMinimize)
    rows: dict[Row, list[tuple[pulp.LpVariable, int]]] = {}
    costs: list[tuple[pulp.LpVariable, int]] = []
    for i, mine in enumerate(columns):
        everyone = [(lp.add_variable(f"w{i}", 0), 1)]
        costs.append((everyone[0][0], table.unplanned[i]))
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
    used = [
        tuple(option for position, option in enumerate(mine) if f"x{i}_{position}" in relaxed.used)
        for i, mine in enumerate(columns)
    ]
    return _read(table, relaxed.objective, relaxed.prices), used


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


def _read(table: Table, objective: float, prices: dict[str, float]) -> _Priced:
    night = np.zeros((table.nights, len(table.rooms)))
    for when in range(table.nights):
        for room, ward in enumerate(table.ward_of):
            for row in (("bed", room, when), ("ward", ward, when), ("quiet", ward, when)):
                night[when, room] += min(0.0, prices.get(row_name(row), 0.0))
    days = range(len(table.theatre))
    theatre = [min(0.0, prices.get(row_name(("theatre", day, 0)), 0.0)) for day in days]
    patient = [prices[f"p{i}"] for i in range(len(table.patients))]
    return _Priced(objective, patient, night, theatre)


def _date(table: Table, patient: int, start: int, priced: _Priced) -> float:
    """What the patient's row and the theatre take from every stay that begins then."""
    use = table.theatre_use(patient, start)
    theatre = 0.0 if use is None else priced.theatre[use[0]] * use[1]
    return priced.patient[patient] + theatre


def _reduced(table: Table, patient: int, priced: _Priced) -> list[Prices]:
    """Reduced costs of whole stays, by start and room."""
    found = []
    for position, start in enumerate(table.starts[patient]):
        nights = priced.night[start : table.end(patient, start)].sum(axis=0)
        costs = np.array(table.stays[patient][position], dtype=np.float64)
        found.append(costs - nights - _date(table, patient, start, priced))
    return found


def _enlarge(
    table: Table, columns: list[dict[Option, None]], above: list[list[Prices]], priced: _Priced
) -> bool:
    """Take in the stays that the prices call for; split ones once no whole one is missing."""
    added = False
    for i, mine in enumerate(columns):
        for position, costs in enumerate(above[i]):
            for room in np.argsort(costs, kind="stable")[:NEXT]:
                if costs[room] >= -TOLERANCE:
                    break
                option = table.whole(i, position, int(room))
                added |= option not in mine
                mine[option] = None
    if added:
        return True
    for i, mine in enumerate(columns):
        for start in table.starts[i]:
            option, cost = _split(table, i, start, priced)
            if cost < -TOLERANCE and option not in mine:
                mine[option] = None
                added = True
    return added


def _split(table: Table, patient: int, start: int, priced: _Priced) -> tuple[Option, float]:
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
