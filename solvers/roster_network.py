"""The rules of a contract as one network: a path through its days is a row, its length the points.

Each rule is unrolled over the days by itself, rules are joined two by two, and after each step
states from which every continuation costs the same are merged. What is left is small enough to
find a person's best row by dynamic programming, exactly.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from solvers.roster_rows import RowRule, State

Ints = NDArray[np.int64]

NEVER = 1 << 40  # points of what is forbidden; any sum of allowed points stays far below


@dataclass(frozen=True, slots=True)
class Layers:
    """States day by day. `to[d][s, duty]` the state of the next day, `points[d][s, duty]` what
    the step costs (from NEVER up: forbidden). `starts`: each person's first state and the points
    that any of that person's rows costs at least."""

    to: tuple[Ints, ...]
    points: tuple[Ints, ...]
    starts: tuple[tuple[int, int], ...]

    @property
    def states(self) -> int:
        return sum(len(each) for each in self.to)


def unroll(rules: Sequence[RowRule], days: int, duties: int) -> Layers:
    """One rule for several people: rules of the same shape, one per person."""
    rule = rules[0]
    at: dict[State, int] = {}
    for each in rules:
        at.setdefault(each.start, len(at))
    firsts = [at[each.start] for each in rules]
    to, points = [], []
    for day in range(days):
        after: dict[State, int] = {}
        steps = [[rule.step(state, day, duty) for duty in range(duties)] for state in at]
        to.append(
            np.array([[after.setdefault(state, len(after)) for state, _ in row] for row in steps])
        )
        points.append(np.array([[_points(rule, times) for _, times in row] for row in steps]))
        at = after
    last = np.array([_points(rule, rule.close(state)) for state in at], dtype=np.int64)
    return _merged(to, points, last, [(first, 0) for first in firsts])


def _points(rule: RowRule, times: int) -> int:
    if not times:
        return 0
    return NEVER if rule.weight is None else rule.weight * times


def join(left: Layers, right: Layers) -> Layers:
    """Both rules at once, for the same people in the same order."""
    pairs = [(a[0], b[0]) for a, b in zip(left.starts, right.starts, strict=True)]
    width = len(right.to[0])
    codes, index = np.unique(
        np.array([a * width + b for a, b in pairs], dtype=np.int64), return_inverse=True
    )
    base = [a[1] + b[1] for a, b in zip(left.starts, right.starts, strict=True)]
    starts = list(zip(index.tolist(), base, strict=True))
    to: list[Ints] = []
    points: list[Ints] = []
    for day, (to_left, to_right) in enumerate(zip(left.to, right.to, strict=True)):
        a, b = codes // width, codes % width
        cost = left.points[day][a] + right.points[day][b]
        last = day + 1 == len(left.to)
        width = 1 if last else len(right.to[day + 1])
        ends = to_left[a] * width + to_right[b]
        allowed = cost < NEVER
        codes = np.unique(ends[allowed])
        if not len(codes):
            return _nothing(left, len(starts))
        target = np.searchsorted(codes, ends)
        target[~allowed] = 0
        to.append(target)
        points.append(np.where(allowed, cost, NEVER))
    return _merged(to, points, np.zeros(max(1, len(codes)), dtype=np.int64), starts)


def _nothing(like: Layers, people: int) -> Layers:
    """The network of people who have no row."""
    shape = (1, like.to[0].shape[1])
    to, points = np.zeros(shape, dtype=np.int64), np.full(shape, NEVER)
    days = len(like.to)
    return Layers((to,) * days, (points,) * days, ((0, NEVER),) * people)


def _merged(
    to: list[Ints], points: list[Ints], last: Ints, starts: list[tuple[int, int]]
) -> Layers:
    """Points moved as far to the front as they go, then equal states made one, from the end."""
    least = last.astype(np.int64)
    kind = np.zeros(len(last), dtype=np.int64)
    new_to: list[Ints] = []
    new_points: list[Ints] = []
    for day in range(len(to) - 1, -1, -1):
        whole = np.minimum(points[day] + least[to[day]], NEVER)
        now = whole.min(axis=1)
        forbidden = whole >= NEVER
        rest = np.where(forbidden, NEVER, whole - now[:, None])
        ends = np.where(forbidden, 0, kind[to[day]])
        rows = np.concatenate([ends, rest], axis=1)
        first, kind = _alike(rows)
        new_to.append(ends[first])
        new_points.append(rest[first])
        least = now
    firsts = tuple(
        (int(kind[state]), min(NEVER, base + int(least[state]))) for state, base in starts
    )
    return Layers(tuple(reversed(new_to)), tuple(reversed(new_points)), firsts)


def _alike(rows: Ints) -> tuple[Ints, Ints]:
    """(first row of each kind, kind of each row). Hashed first; a clash falls back to sorting."""
    odd = np.random.default_rng(7).integers(1, 1 << 62, rows.shape[1], dtype=np.int64) * 2 + 1
    with np.errstate(over="ignore"):
        keys = (rows * odd).sum(axis=1)
    _, first, kind = np.unique(keys, return_index=True, return_inverse=True)
    if not np.array_equal(rows[first][kind], rows):
        _, first, kind = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    return first.astype(np.int64), kind.reshape(-1).astype(np.int64)


def network(
    rules: Sequence[Sequence[RowRule]], days: int, duties: int, known: dict[Any, Layers]
) -> Layers:
    """All rules of people who share them: `rules[p]` of person p, the same shapes in one order.

    `known` keeps what was unrolled before. Small parts are joined first.
    """
    parts = []
    for column in zip(*rules, strict=True):
        key = (column[0].shape, tuple(rule.start for rule in column))
        if key not in known:
            known[key] = unroll(column, days, duties)
        parts.append(known[key])
    if not parts:
        empty = np.zeros((1, duties), dtype=np.int64)
        return Layers((empty,) * days, (empty,) * days, ((0, 0),) * len(rules))
    while len(parts) > 1:
        parts.sort(key=lambda each: each.states)
        parts.append(join(parts.pop(0), parts.pop(0)))
    return parts[0]
