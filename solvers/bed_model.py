"""One PuLP model over columns of a table: its variables, its rows and its cost.

minimise   penalties of the placed  +  values of the unplaced
subject to one bed per request; in a pool no more than its beds, or the beds of the rooms that
           have this company; no more companies than rooms; no more in a ward than are staffed
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import NamedTuple

import pulp

from solvers.bed_columns import Column, Table
from solvers.engine import Answer, Limits, Progress, minimise, relax


class Row(NamedTuple):
    """Which limit a row stands for; the other numbers depend on its kind.

    request (request) · pool (group, pool, company) · rooms (group) · ward (ward) ·
    joins (group, request, company): who joins a company needs a room that has it. That follows
    from the pool rows, but only for whole rooms: it brings the linear bound close.
    """

    kind: str
    first: int
    second: int = 0
    company: int = 0


@dataclass(frozen=True, slots=True)
class Prices:
    """The linear relaxation: what any plan costs at least, the price of each row, and which of
    the model's columns (by position) it uses."""

    objective: float
    by_row: dict[Row, float]
    used: list[int]


class Model:
    """An integer programme in which each column is taken or not."""

    def __init__(self, table: Table, values: list[int], columns: list[Column]) -> None:
        self.columns = columns
        self._table = table
        self._rows: dict[Row, list[tuple[pulp.LpVariable, int]]] = defaultdict(list)
        self._rows_by_name: dict[str, Row] = {}
        self._rooms: dict[tuple[int, int], pulp.LpVariable] = {}
        self.lp = pulp.LpProblem("1", pulp.LpMinimize)
        names = (_name(index) for index in range(len(columns)))
        takes = [self.lp.add_variable(name, 0, 1, "Integer") for name in names]
        self._price(takes, values)
        for take, column in zip(takes, columns, strict=True):
            for row in rows_of(column, table):
                self._rows[row].append((take, 1))
        self._choose_companies()
        self._limit_rows()

    def solve(self, limits: Limits, progress: Progress | None) -> Answer:
        return minimise(self.lp, limits, progress)

    def prices(self, limits: Limits) -> Prices | None:
        relaxed = relax(self.lp, limits)
        if relaxed is None:
            return None
        rows = self._rows_by_name
        by_row = {rows[name]: price for name, price in relaxed.prices.items()}
        used = [i for i in range(len(self.columns)) if _name(i) in relaxed.used]
        return Prices(relaxed.objective, by_row, used)

    def taken(self, answer: Answer) -> list[Column]:
        return [c for i, c in enumerate(self.columns) if answer.values.get(_name(i), 0) == 1]

    def _price(self, takes: list[pulp.LpVariable], values: list[int]) -> None:
        one = self.lp.add_variable("one", 1, 1)  # carries the constant, so that gaps are true
        terms = [
            (take, column.penalty - values[column.request])
            for take, column in zip(takes, self.columns, strict=True)
        ]
        self.lp.setObjective(pulp.LpAffineExpression([*terms, (one, sum(values))]))

    def _choose_companies(self) -> None:
        """A room has one company: with several to choose from, count the rooms of each."""
        for row in sorted(row for row in self._rows if row.kind in ("pool", "joins")):
            if len(self._table.companies[row.first]) > 1:
                rooms = self._rooms_with(row.first, row.company)
                pools = self._table.groups[row.first].pools
                beds = pools[row.second].per_room if row.kind == "pool" else 1
                self._rows[row].append((rooms, -beds))

    def _rooms_with(self, number: int, company: int) -> pulp.LpVariable:
        if (number, company) not in self._rooms:
            name = f"z{number:05d}_{company:04d}"
            rooms = self.lp.add_variable(name, 0, self._table.groups[number].count, "Integer")
            self._rooms[number, company] = rooms
            self._rows[Row("rooms", number)].append((rooms, 1))
        return self._rooms[number, company]

    def _limit_rows(self) -> None:
        for index, (row, terms) in enumerate(sorted(self._rows.items())):
            limit = limit_of(row, self._table)
            most = sum(variable.upBound * weight for variable, weight in terms if weight > 0)
            if most <= limit and row.kind != "request":
                continue  # cannot bind
            name = f"r{index:06d}"
            self._rows_by_name[name] = row
            total = pulp.LpAffineExpression(terms)
            self.lp.addConstraint(pulp.LpConstraint(total, pulp.LpConstraintLE, name, rhs=limit))


def rows_of(column: Column, table: Table) -> list[Row]:
    """The rows in which taking a column counts."""
    rows = [
        Row("request", column.request),
        Row("pool", column.group, column.pool, column.company),
    ]
    if len(table.companies[column.group]) > 1:
        rows.append(Row("joins", column.group, column.request, column.company))
    if column.counts:
        rows.append(Row("ward", table.ward_numbers[table.groups[column.group].ward]))
    return rows


def limit_of(row: Row, table: Table) -> int:
    if row.kind == "request":
        return 1
    if row.kind == "ward":
        ward = table.hospital.problem.wards[row.first]
        return max(0, ward.staffed_beds - ward.census - ward.holds)
    if row.kind == "joins":
        return 0
    group = table.groups[row.first]
    if row.kind == "rooms":
        return group.count
    if len(table.companies[row.first]) > 1:
        return 0  # the beds of the rooms so used are on the left side
    return group.count * group.pools[row.second].per_room


def _name(index: int) -> str:
    return f"x{index:06d}"
