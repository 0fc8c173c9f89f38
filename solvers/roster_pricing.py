"""A person's cheapest rows at given prices of the posts: dynamic programming over the network."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solvers.roster_model import Group
from solvers.roster_network import NEVER
from solvers.roster_rows import Row

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

Found = tuple[int, Row, float]  # person, row, length

FORBIDDEN = 1e11  # a length beyond this is no row at all


@dataclass(frozen=True, slots=True)
class Steps:
    """The allowed steps of one day, by the state they lead to."""

    source: Indices
    duty: Indices
    points: Floats
    target: Indices
    first: Indices  # where the steps into each state begin
    by_source: Indices  # the same steps in the order of their sources
    first_out: Indices
    into: list[int]  # steps into[state] to into[state + 1] lead to a state
    out: list[int]  # by_source[out[state]] to [out[state + 1]] leave it
    of_duty: tuple[Indices, ...]  # the steps with each duty


class Pricer:
    """The networks of a group, ready to be searched for all its members at once."""

    def __init__(self, group: Group) -> None:
        self.members = np.array(group.members)
        layers = group.layers
        self.starts = np.array([state for state, _ in layers.starts])
        self.base = np.array([float(points) for _, points in layers.starts])
        self.steps: list[Steps] = []
        alive = np.zeros(len(layers.to[0]), dtype=bool)
        alive[self.starts] = True
        self.widths = [len(each) for each in layers.to] + [1]
        for day, (to, points) in enumerate(zip(layers.to, layers.points, strict=True)):
            source, duty = np.nonzero((points < NEVER) & alive[:, None])
            target = to[source, duty]
            order = np.argsort(target, kind="stable")
            source, duty, target = source[order], duty[order], target[order]
            alive = np.zeros(self.widths[day + 1], dtype=bool)
            alive[target] = True
            out = np.argsort(source, kind="stable")
            self.steps.append(
                Steps(
                    source,
                    duty,
                    points[source, duty].astype(np.float64),
                    target,
                    np.flatnonzero(np.diff(target, prepend=-1)),
                    out,
                    np.flatnonzero(np.diff(source[out], prepend=-1)),
                    np.searchsorted(target, np.arange(self.widths[day + 1] + 1)).tolist(),
                    np.searchsorted(source[out], np.arange(self.widths[day] + 1)).tolist(),
                    tuple(np.flatnonzero(duty == each) for each in np.unique(duty)),
                )
            )

    def forward(self, cost: Floats) -> list[Floats]:
        """`lengths[d][state, m]`: the shortest way of member m to a state; `cost[m, d, duty]`."""
        people = len(self.members)
        now = np.full((self.widths[0], people), np.inf)
        now[self.starts, np.arange(people)] = self.base
        lengths = [now]
        for day, steps in enumerate(self.steps):
            ways = now[steps.source]
            ways += np.ascontiguousarray(cost[:, day, :].T)[steps.duty]
            ways += steps.points[:, None]
            after = np.full((self.widths[day + 1], people), np.inf)
            if len(steps.target):
                after[steps.target[steps.first]] = np.minimum.reduceat(ways, steps.first, axis=0)
            lengths.append(after)
            now = after
        return lengths

    def backward(self, cost: Floats) -> list[Floats]:
        """`lengths[d][state, m]`: the shortest way from a state to the end."""
        people = len(self.members)
        now = np.zeros((self.widths[-1], people))
        lengths = [now]
        for day in range(len(self.steps) - 1, -1, -1):
            steps = self.steps[day]
            ways = now[steps.target]
            ways += np.ascontiguousarray(cost[:, day, :].T)[steps.duty]
            ways += steps.points[:, None]
            before = np.full((self.widths[day], people), np.inf)
            if len(steps.source):
                out = steps.by_source
                before[steps.source[out][steps.first_out]] = np.minimum.reduceat(
                    ways[out], steps.first_out, axis=0
                )
            lengths.append(before)
            now = before
        return lengths[::-1]

    def rows(self, cost: Floats, below: Floats, most: int) -> tuple[Floats, list[Found]]:
        """Each member's shortest length, and rows shorter than `below[m]`: up to `most` each.

        The rows are the shortest through different duties, so that they differ from each other.
        """
        ahead = self.forward(cost)
        shortest = ahead[-1][0].copy()
        wanted = np.flatnonzero(shortest < below)
        if not len(wanted):
            return shortest, []
        behind = self.backward(cost) if most > 1 else []
        found: list[Found] = []
        for member in wanted.tolist():
            rows = {self._walk(ahead, cost, member, len(self.steps), 0): float(shortest[member])}
            if most > 1:
                self._more(rows, ahead, behind, cost, member, float(below[member]), most)
            number = int(self.members[member])
            found += [(number, row, length) for row, length in rows.items()]
        return shortest, found

    def _more(
        self,
        rows: dict[Row, float],
        ahead: list[Floats],
        behind: list[Floats],
        cost: Floats,
        member: int,
        below: float,
        most: int,
    ) -> None:
        through: list[tuple[float, int, int]] = []
        best = float(ahead[-1][0, member])
        for day, steps in enumerate(self.steps):
            ways = ahead[day][steps.source, member] + steps.points
            ways += cost[member, day][steps.duty] + behind[day + 1][steps.target, member]
            for chosen in steps.of_duty:
                step = int(chosen[ways[chosen].argmin()])
                if best + 1e-9 < ways[step] < below:
                    through.append((float(ways[step]), day, step))
        for length, day, step in sorted(through):
            if len(rows) >= most:
                break
            steps = self.steps[day]
            head = self._walk(ahead, cost, member, day, int(steps.source[step]))
            tail = self._walk_on(behind, cost, member, day + 1, int(steps.target[step]))
            rows[(*head, int(steps.duty[step]), *tail)] = length

    def _walk(self, ahead: list[Floats], cost: Floats, member: int, day: int, state: int) -> Row:
        """The duties of a shortest way to a state at the beginning of `day`."""
        duties: list[int] = []
        for before in range(day - 1, -1, -1):
            steps = self.steps[before]
            low = steps.into[state]
            span = slice(low, steps.into[state + 1])
            ways = ahead[before][steps.source[span], member]
            ways += steps.points[span]
            ways += cost[member, before][steps.duty[span]]
            step = low + int(ways.argmin())
            duties.append(int(steps.duty[step]))
            state = int(steps.source[step])
        return tuple(reversed(duties))

    def _walk_on(
        self, behind: list[Floats], cost: Floats, member: int, day: int, state: int
    ) -> Row:
        """The duties of a shortest way from a state at the beginning of `day` to the end."""
        duties: list[int] = []
        for now in range(day, len(self.steps)):
            steps = self.steps[now]
            span = steps.by_source[steps.out[state] : steps.out[state + 1]]
            ways = behind[now + 1][steps.target[span], member]
            ways += steps.points[span]
            ways += cost[member, now][steps.duty[span]]
            step = int(span[int(ways.argmin())])
            duties.append(int(steps.duty[step]))
            state = int(steps.target[step])
        return tuple(duties)
