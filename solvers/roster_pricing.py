"""A person's cheapest rows at given prices of the posts: dynamic programming over the network."""

from copy import copy
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from solvers.roster_model import Group
from solvers.roster_network import NEVER
from solvers.roster_rows import Row

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

Found = tuple[int, Row, float]  # person, row, length

FORBIDDEN = 1e11  # a length beyond this is no row at all


NO_STEP = 0  # a way that is walked back from the end takes no step of its own


@dataclass(frozen=True, slots=True)
class Way:
    """The shortest way of a member through one step of one day; `day` past the last: any way."""

    length: float
    member: int
    day: int
    step: int


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
    into: Indices  # steps into[state] to into[state + 1] lead to a state
    out: Indices  # by_source[out[state]] to [out[state + 1]] leave it
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
                    np.searchsorted(target, np.arange(self.widths[day + 1] + 1)),
                    np.searchsorted(source[out], np.arange(self.widths[day] + 1)),
                    tuple(np.flatnonzero(duty == each) for each in np.unique(duty)),
                )
            )

    def narrowed(self, places: Indices) -> "Pricer":
        """For these members of the group alone; the network is the same."""
        few = copy(self)
        few.members, few.starts = self.members[places], self.starts[places]
        few.base = self.base[places]
        return few

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
        people = len(cost)
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
        last = len(self.steps)
        ways = [Way(float(shortest[member]), member, last, NO_STEP) for member in wanted.tolist()]
        behind: list[Floats] = []
        if most > 1:
            behind = self.backward(cost)
            ways += self._detours(ahead, behind, cost, wanted, below, most - 1)
        rows = self._walked(ways, ahead, behind, cost)
        found = {
            (int(self.members[way.member]), row): way.length
            for way, row in zip(ways, rows, strict=True)
        }
        return shortest, [(number, row, length) for (number, row), length in found.items()]

    def _detours(
        self,
        ahead: list[Floats],
        behind: list[Floats],
        cost: Floats,
        wanted: Indices,
        below: Floats,
        most: int,
    ) -> list[Way]:
        """The best ways that are not shortest: for each member up to `most`, all of different
        lengths, since ways as long as each other are often the same."""
        best: list[dict[float, Way]] = [{} for _ in wanted]
        everyone = np.arange(len(wanted))
        for day, steps in enumerate(self.steps):
            lengths = ahead[day][:, wanted][steps.source]
            lengths += behind[day + 1][:, wanted][steps.target]
            lengths += np.ascontiguousarray(cost[wanted, day].T)[steps.duty]
            lengths += steps.points[:, None]
            for chosen in steps.of_duty:
                taken = chosen[lengths[chosen].argmin(axis=0)]
                for index, length in enumerate(lengths[taken, everyone].tolist()):
                    way = Way(length, int(wanted[index]), day, int(taken[index]))
                    best[index].setdefault(round(length, 6), way)
        ways: list[Way] = []
        for index, member in enumerate(wanted.tolist()):
            least = round(float(ahead[-1][0, member]), 6)
            allowed = (each for each in sorted(best[index]) if least < each < below[member])
            ways += [best[index][length] for length in islice(allowed, most)]
        return ways

    def _walked(
        self, ways: list[Way], ahead: list[Floats], behind: list[Floats], cost: Floats
    ) -> list[Row]:
        """The duties of all ways, walked side by side: from the step back, and on to the end."""
        members = np.array([way.member for way in ways])
        days = np.array([way.day for way in ways])
        taken = np.array([way.step for way in ways])
        duties = np.zeros((len(ways), len(self.steps)), dtype=np.int64)
        states = np.zeros(len(ways), dtype=np.int64)
        for day in range(len(self.steps) - 1, -1, -1):
            steps = self.steps[day]
            here = np.flatnonzero(days == day)
            duties[here, day] = steps.duty[taken[here]]
            states[here] = steps.source[taken[here]]
            walking = np.flatnonzero(days > day)
            chosen = _shortest_step(
                steps.source, steps.into, None, steps, states[walking],
                ahead[day], cost[:, day], members[walking],
            )  # fmt: skip
            duties[walking, day] = steps.duty[chosen]
            states[walking] = steps.source[chosen]
        for day, steps in enumerate(self.steps):
            walking = np.flatnonzero(days < day)
            if len(walking):
                chosen = _shortest_step(
                    steps.target, steps.out, steps.by_source, steps, states[walking],
                    behind[day + 1], cost[:, day], members[walking],
                )  # fmt: skip
                duties[walking, day] = steps.duty[chosen]
                states[walking] = steps.target[chosen]
            here = np.flatnonzero(days == day)
            states[here] = steps.target[taken[here]]
        return list(map(tuple, duties.tolist()))

    def all_rows(
        self, cost: Floats, member: int, slack: float, most: int
    ) -> list[tuple[Row, float]] | None:
        """Every row of a member (by place in the group) at most `slack` longer than its shortest,
        with its length; None where there are more than `most`."""
        behind = self.backward(cost[member : member + 1])
        states = self.starts[member : member + 1]
        lengths = self.base[member : member + 1]
        longest = float(lengths[0] + behind[0][states[0], 0]) + slack
        duties = np.zeros((1, len(self.steps)), dtype=np.int64)
        for day, steps in enumerate(self.steps):
            first, after = steps.out[states], steps.out[states + 1]
            counts = after - first
            walker = np.repeat(np.arange(len(states)), counts)
            offsets = np.repeat(first - (np.cumsum(counts) - counts), counts)
            index = steps.by_source[np.arange(int(counts.sum())) + offsets]
            further = lengths[walker] + steps.points[index] + cost[member, day][steps.duty[index]]
            fits = further + behind[day + 1][steps.target[index], 0] <= longest
            if int(fits.sum()) > most:
                return None
            index, walker = index[fits], walker[fits]
            duties = duties[walker]
            duties[:, day] = steps.duty[index]
            states, lengths = steps.target[index], further[fits]
        return list(zip(map(tuple, duties.tolist()), lengths.tolist(), strict=True))


def _shortest_step(
    far: Indices,
    spans: Indices,
    order: Indices | None,
    steps: Steps,
    states: Indices,
    lengths: Floats,
    cost: Floats,
    members: Indices,
) -> Indices:
    """For each walker the step, among those that touch its state, with the shortest rest."""
    first, after = spans[states], spans[states + 1]
    counts = after - first
    starts = np.cumsum(counts) - counts
    index = np.arange(int(counts.sum())) + np.repeat(first - starts, counts)
    if order is not None:
        index = order[index]
    walker = np.repeat(members, counts)
    ways = lengths[far[index], walker] + steps.points[index] + cost[walker, steps.duty[index]]
    best = np.repeat(np.minimum.reduceat(ways, starts), counts)
    hits = np.flatnonzero(ways <= best)
    chosen: Indices = index[hits[np.searchsorted(hits, starts)]]
    return chosen
