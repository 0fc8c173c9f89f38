"""The limits of a bed plan as arrays: which columns count in which row, and what a row allows.

Written down once for all columns; a model is made over some of them, a `Part`. Rows:

joins (group, request, company): who joins a company needs a room that has it. That follows from
    the pool rows, but only for whole rooms: it brings the linear bound close
pool (group, pool, company): no more than the beds, or the beds of the rooms with that company
request (request): one bed each · rooms (group): no more companies than rooms
ward (ward): no more than are staffed
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solvers.bed_columns import Column, Table

Whole = NDArray[np.int64]
Truth = NDArray[np.bool_]

JOINS, POOL, REQUEST, ROOMS, WARD = range(5)


@dataclass(frozen=True, slots=True)
class Part:
    """A model's arrays. Variables: the `columns` from 0 to 1, then for each of `companies` the
    rooms that have it, from 0 to `most_rooms`. Entries: `weight[i]` of a variable in a row."""

    columns: Whole
    companies: Whole
    most_rooms: Whole
    rows: Whole  # their numbers in all rows
    limits: Whole
    row: Whole
    variable: Whole
    weight: Whole

    @property
    def variables(self) -> int:
        return len(self.columns) + len(self.companies)


class Rows:
    """All rows of some columns of a table, in an order of their own; `worth` is a column's cost."""

    def __init__(self, table: Table, values: list[int], columns: list[Column]) -> None:
        self.columns = columns
        self._table = table
        shape = np.array(columns, dtype=np.int64).reshape(-1, len(Column._fields))
        self.request, group, pool, company, self.penalty, counts = shape.T
        self.group = group
        self.nobody_placed = sum(values)
        self.worth: Whole = self.penalty - np.array(values, dtype=np.int64)[self.request]
        self._several: Truth = np.array([len(each) > 1 for each in table.companies], dtype=bool)
        self._count = np.array([each.count for each in table.groups], dtype=np.int64)
        ward = np.array([table.ward_numbers[each.ward] for each in table.groups], dtype=np.int64)
        joins, counted = np.flatnonzero(self._several[group]), np.flatnonzero(counts)
        many, chosen = np.arange(len(columns)), np.flatnonzero(self._several)
        self._sizes = (
            1 + max(int(self.request.max()), len(table.groups), len(table.ward_numbers)),
            1 + max(int(self.request.max()), int(pool.max())),
            2 + int(company.max()),
        )
        keys = [
            self._key(REQUEST, self.request),
            self._key(POOL, group, pool, company + 1),
            self._key(JOINS, group[joins], self.request[joins], company[joins] + 1),
            self._key(WARD, ward[group[counted]]),
            self._key(ROOMS, chosen),
        ]
        self._keys, numbers = np.unique(np.concatenate(keys), return_inverse=True)
        self._entry_column = np.concatenate([many, many, joins, counted])
        self._entry_row = numbers[: len(self._entry_column)]
        self._kind, self._first, second, self._company = self._told(self._keys)
        self._limit = self._limits(second)
        self._choose_companies(second)

    def part(self, inside: Whole) -> Part:
        """The arrays over the columns `inside`, in rising order. Rows that cannot bind are left
        out."""
        at = np.full(len(self.columns), -1)
        at[inside] = np.arange(len(inside))
        variable = at[self._entry_column]
        row, variable = self._entry_row[variable >= 0], variable[variable >= 0]
        most = np.bincount(row, minlength=len(self._keys))
        choosing = np.flatnonzero((most > 0) & (self._choice >= 0))
        companies = np.unique(self._choice[choosing])
        most_rooms = self._count[self._choice_group[companies]]
        rooms = self._rooms_row[self._choice_group[companies]]
        np.add.at(most, rooms, most_rooms)
        kept = (most > self._limit) | ((self._kind == REQUEST) & (most > 0))
        counting = len(inside) + np.arange(len(companies))
        of_choice = counting[np.searchsorted(companies, self._choice[choosing])]
        row = np.concatenate([row, choosing, rooms])
        variable = np.concatenate([variable, of_choice, counting])
        ones = np.ones(len(row) - len(choosing) - len(rooms), dtype=np.int64)
        weight = np.concatenate([ones, -self._beds[choosing], np.ones(len(rooms), dtype=np.int64)])
        used = kept[row]
        rows = np.flatnonzero(kept)
        place = np.searchsorted(rows, row[used])
        return Part(
            inside, companies, most_rooms, rows, self._limit[rows], place, variable[used],
            weight[used],
        )  # fmt: skip

    def above(self, rows: Whole, prices: NDArray[np.float64]) -> NDArray[np.float64]:
        """The reduced cost of each column, where these rows have these prices and others none."""
        price = np.zeros(len(self._keys))
        price[rows] = prices
        paid = np.bincount(self._entry_column, price[self._entry_row], len(self.columns))
        return np.asarray(self.worth - paid)

    def _key(
        self, kind: int, first: Whole, second: Whole | int = 0, company: Whole | int = 0
    ) -> Whole:
        firsts, seconds, companies = self._sizes
        return ((kind * firsts + first) * seconds + second) * companies + company

    def _told(self, keys: Whole) -> tuple[Whole, Whole, Whole, Whole]:
        firsts, seconds, companies = self._sizes
        rest, company = np.divmod(keys, companies)
        rest, second = np.divmod(rest, seconds)
        kind, first = np.divmod(rest, firsts)
        return kind, first, second, company

    def _limits(self, second: Whole) -> Whole:
        """What each row allows; where rooms are counted, their beds are on the left side."""
        limit = np.zeros(len(self._keys), dtype=np.int64)
        limit[self._kind == REQUEST] = 1
        groups = self._table.groups
        beds = (self._kind == POOL) & ~self._of_several()
        limit[beds] = [
            groups[group].count * groups[group].pools[pool].per_room
            for group, pool in zip(self._first[beds], second[beds], strict=True)
        ]
        rooms = self._kind == ROOMS
        limit[rooms] = self._count[self._first[rooms]]
        wards = self._kind == WARD
        limit[wards] = [
            max(0, ward.staffed_beds - ward.census - ward.holds)
            for ward in (self._table.hospital.problem.wards[i] for i in self._first[wards])
        ]
        return limit

    def _choose_companies(self, second: Whole) -> None:
        """A room has one company: with several to choose from, count the rooms of each."""
        choosing = self._of_several() & (self._kind != ROOMS)
        pairs, numbers = np.unique(
            self._first[choosing] * self._sizes[2] + self._company[choosing], return_inverse=True
        )
        self._choice = np.full(len(self._keys), -1)
        self._choice[choosing] = numbers
        self._choice_group = pairs // self._sizes[2]
        self._rooms_row = np.full(len(self._count), -1)
        rooms = np.flatnonzero(self._kind == ROOMS)
        self._rooms_row[self._first[rooms]] = rooms
        groups = self._table.groups
        self._beds = np.ones(len(self._keys), dtype=np.int64)
        pools = choosing & (self._kind == POOL)
        self._beds[pools] = [
            groups[group].pools[pool].per_room
            for group, pool in zip(self._first[pools], second[pools], strict=True)
        ]

    def _of_several(self) -> Truth:
        """Rows of a group whose rooms have several companies to choose from."""
        of_group = (self._kind == JOINS) | (self._kind == POOL) | (self._kind == ROOMS)
        several = np.zeros(len(self._keys), dtype=bool)
        several[of_group] = self._several[self._first[of_group]]
        return several
