"""Other beds for one request, and what the whole plan would cost more with each.

A price lies between two figures: the linear prices say what it costs at least, and moving a few
patients by hand shows what it costs at most. Where both agree the price is exact; where they do
not, the plan can be solved again with the request fixed there, as long as time allows.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import ceil
from time import perf_counter

from solvers.bed_columns import Column, table
from solvers.bed_judge import Assignment
from solvers.bed_place import Hospital
from solvers.bed_plan import Alternative, BedPlan
from solvers.bed_problem import BedPlanProblem
from solvers.bed_search import lowest_prices, search, values_of
from solvers.bed_seating import seat, seat_like
from solvers.engine import TOLERANCE, Limits, Status

FORCED = 10**7  # more than all requests of a plan are worth together
TRIES = 6  # free beds tried for a patient who is displaced

Spot = tuple[int, int]  # (group, pool): beds that are the same to every rule


def alternatives(
    problem: BedPlanProblem,
    plan: BedPlan,
    request_key: str,
    top: int = 5,
    limits: Limits | None = None,
) -> tuple[Alternative, ...]:
    """For one request. For all of a plan prepare `Alternatives` once."""
    return Alternatives(problem, plan).of(request_key, top, limits or Limits(time_limit_s=5.0))


@dataclass(frozen=True, slots=True)
class Resolved:
    """What solving again came to. `bed_of` is None when time ran out before any plan."""

    cost: int
    bound: int
    bed_of: dict[str, str] | None


class Alternatives:
    """A plan prepared for questions about other beds."""

    def __init__(self, problem: BedPlanProblem, plan: BedPlan) -> None:
        self._hospital = self.hospital = Hospital(problem)
        self._table = self.table = table(self._hospital)
        self._values = values_of(self._table)
        self._plan = plan
        self._cost = self.cost = plan.outcome.objective or 0
        self._proven = plan.outcome.status is Status.OPTIMAL
        self._bed_of = self.bed_of = plan.bed_of
        self._holder = {bed: request for request, bed in self._bed_of.items()}
        self._numbers = {r.key: index for index, r in enumerate(problem.requests)}
        self._floor, self._above = lowest_prices(self._table, Limits())
        self._columns: dict[int, list[Column]] = defaultdict(list)
        for column in sorted(self._table.columns, key=lambda c: (c.penalty, c)):
            self._columns[column.request].append(column)
        self._now = Assignment(self._hospital, self._bed_of)

    def of(
        self, request_key: str, top: int = 5, limits: Limits | None = None
    ) -> tuple[Alternative, ...]:
        """The cheapest `top`, one for each kind of bed. Without `limits` nothing is solved again:
        a price that is not proven says so (`exact`) and is never too low."""
        if request_key not in self._numbers:
            raise ValueError(f"request_key: {request_key} is not part of the problem")
        ends = perf_counter() + (limits.time_limit_s if limits else 0.0)
        found: list[Alternative] = []
        for lowest, spot in self._by_lowest_price(request_key):
            if sum(each.price <= lowest for each in found) >= top:
                break
            left = ends - perf_counter()
            again = replace(limits, time_limit_s=left) if limits and left > 0.05 else None
            priced = self._price(request_key, spot, lowest, again)
            if priced is not None:
                found.append(priced)
        return tuple(sorted(found, key=lambda each: (each.price, each.bed))[:top])

    def has(self, key: str, spot: Spot) -> bool:
        """No hard rule keeps the request from the spot."""
        mine = self._columns[self._numbers[key]]
        return any((column.group, column.pool) == spot for column in mine)

    def least_cost(self, key: str, spot: Spot) -> int:
        """No plan with the request in the spot costs less, by the linear prices."""
        mine = self._columns[self._numbers[key]]
        above = (self._above.get(c, 0.0) for c in mine if (c.group, c.pool) == spot)
        return max(0, ceil(self._floor + min(above, default=0.0) - TOLERANCE))

    def with_bed(self, key: str, bed: str) -> list[tuple[int, dict[str, str]]]:
        """(cost, plan) with the request in that very bed and few others moved by hand."""
        holder = self._holder.get(bed)
        if holder is not None and holder != key:
            return list(self._displacing(key, bed, holder))
        moved = {**self._bed_of, key: bed}
        cost = self._cost_of(moved, {key})
        return [] if cost is None else [(cost, moved)]

    def solve_with(self, key: str, spot: Spot, bed: str, limits: Limits) -> Resolved:
        """Solve the whole plan again with the request in that very bed."""
        others = {k: b for k, b in self._bed_of.items() if b != bed}
        return self._resolve(key, spot, limits, {**others, key: bed})

    def solve_without(self, key: str, limits: Limits) -> Resolved:
        """Solve the whole plan again as if the request had never been made."""
        return self._resolve(key, None, limits, self._bed_of)

    def _by_lowest_price(self, key: str) -> list[tuple[int, Spot]]:
        lowest: dict[Spot, int] = {}
        for column in self._columns[self._numbers[key]]:
            above = self._above.get(column, 0.0)
            least = max(0, ceil(self._floor + above - self._cost - TOLERANCE))
            spot = (column.group, column.pool)
            lowest[spot] = min(least, lowest.get(spot, least))
        return sorted((least, spot) for spot, least in lowest.items())

    def _price(self, key: str, spot: Spot, lowest: int, again: Limits | None) -> Alternative | None:
        trials = list(self._trials(key, spot))
        best = min(trials, default=None, key=lambda trial: trial[0])
        exact = best is not None and self._proven and best[0] - self._cost == lowest
        if not exact and again is not None and self._proven:
            solved = self._solved_again(key, spot, again)
            if solved is not None and (best is None or solved[0] <= best[0]):
                best, exact = solved, True
            elif solved is None and best is None:
                return None
        if best is None:
            return None
        cost, bed_of = best
        return self._alternative(key, bed_of, cost - self._cost, exact)

    def _alternative(
        self, key: str, bed_of: dict[str, str], price: int, exact: bool
    ) -> Alternative:
        bed = bed_of[key]
        hospital = self._hospital
        judged = Assignment(hospital, bed_of).judge(hospital.requests[key], hospital.beds[bed])
        holder = self._holder.get(bed)
        return Alternative(bed, price, exact, judged.penalty, judged.terms, judged.waived, holder)

    def _trials(self, key: str, spot: Spot) -> Iterator[tuple[int, dict[str, str]]]:
        """(cost, plan) with the request in the spot: a free bed of it, or someone else's."""
        pool = self._table.groups[spot[0]].pools[spot[1]]
        now = self._bed_of.get(key)
        held: list[str] = []
        tried: set[str] = set()
        for room in pool.rooms:
            free = next((bed for bed in room if bed not in self._holder), None)
            if free is not None:
                cost = self._cost_of({**self._bed_of, key: free}, {key})
                if cost is not None:
                    yield cost, {**self._bed_of, key: free}
                    return
            held += [bed for bed in room if bed in self._holder and bed != now]
        for bed in held[:TRIES]:
            other = self._holder[bed]
            if other not in tried:
                tried.add(other)
                yield from self._displacing(key, bed, other)

    def _displacing(self, key: str, bed: str, other: str) -> Iterator[tuple[int, dict[str, str]]]:
        base = {**self._bed_of, key: bed}
        base.pop(other, None)
        choices: list[dict[str, str]] = [base]
        now = self._bed_of.get(key)
        if now is not None:
            choices.append({**base, other: now})
        choices += [{**base, other: free} for free in self._free_beds(other)]
        for choice in choices:
            cost = self._cost_of(choice, {key, other})
            if cost is not None:
                yield cost, choice

    def _free_beds(self, key: str) -> list[str]:
        """The cheapest free beds for a request, one for each kind of bed."""
        beds: list[str] = []
        for column in self._columns[self._numbers[key]]:
            pool = self._table.groups[column.group].pools[column.pool]
            free = next((b for room in pool.rooms for b in room if b not in self._holder), None)
            if free is not None and free not in beds:
                beds.append(free)
            if len(beds) == TRIES:
                break
        return beds

    def _cost_of(self, bed_of: dict[str, str], changed: set[str]) -> int | None:
        """The cost of a plan that differs from this one only for `changed`; None if forbidden."""
        after = Assignment(self._hospital, bed_of)
        hospital = self._hospital
        rooms = {
            hospital.beds[plan[key]].room
            for key in changed
            for plan in (bed_of, self._bed_of)
            if key in plan
        }
        total = self._cost
        for plan, assignment, sign in ((self._bed_of, self._now, -1), (bed_of, after, 1)):
            total += sign * sum(self._values[self._numbers[k]] for k in changed if k not in plan)
            for key, bed in plan.items():
                if hospital.beds[bed].room in rooms:
                    judged = assignment.judge(hospital.requests[key], hospital.beds[bed])
                    if sign > 0 and judged.forbidden:
                        return None
                    total += sign * judged.penalty
        return total

    def _solved_again(
        self, key: str, spot: Spot, limits: Limits
    ) -> tuple[int, dict[str, str]] | None:
        """The best plan with the request in the spot; None if there is none or time ran out."""
        solved = self._resolve(key, spot, limits, None)
        if solved.bed_of is None or solved.cost != solved.bound:
            return None
        return solved.cost, solved.bed_of

    def _resolve(
        self, key: str, spot: Spot | None, limits: Limits, like: dict[str, str] | None
    ) -> Resolved:
        number = self._numbers[key]
        columns = [
            c for c in self._table.columns if c.request != number or (c.group, c.pool) == spot
        ]
        values = list(self._values)
        values[number] = FORCED if spot is not None else 0
        found = search(self._table._replace(columns=columns), limits, values=values)
        if like is None:
            seats = seat(self._table, found.columns)
        else:
            seats = seat_like(self._table, found.columns, like, first=key)
        outcome = found.outcome
        placed = spot is None or key in seats
        return Resolved(outcome.objective or 0, outcome.bound or 0, seats if placed else None)
