"""Is there one order of the operations that explains every answer and respects real time?

Wing and Gong's search with memory, as in Knossos and Porcupine: an operation takes effect at one
instant between its call and its answer; one whose answer never came may have, or not.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import inf
from typing import TypeVar

State = TypeVar("State")


@dataclass(frozen=True, slots=True)
class Operation:
    """One call, by a client's clock. `returned` is infinite where the answer never came."""

    kind: str
    who: str
    outcome: str
    called: float
    returned: float = inf


def linearizable(
    operations: Sequence[Operation],
    start: State,
    step: Callable[[State, Operation], Iterable[State]],
) -> bool:
    """`step` gives the states after the operation in which its outcome would have been true."""
    ordered = sorted(operations, key=lambda operation: operation.called)
    seen: set[tuple[int, frozenset[int], State]] = set()
    waiting: list[tuple[int, frozenset[int], State]] = [(0, frozenset(), start)]
    while waiting:
        first, beyond, state = waiting.pop()
        while first in beyond:
            beyond, first = beyond - {first}, first + 1
        if first == len(ordered):
            return True
        if (first, beyond, state) in seen:
            continue
        seen.add((first, beyond, state))
        for index in _next(ordered, first, beyond):
            for after in step(state, ordered[index]):
                waiting.append((first, beyond | {index}, after))
    return False


def _next(ordered: Sequence[Operation], first: int, beyond: frozenset[int]) -> list[int]:
    """Operations that may come next: called before any other open one had been answered."""
    candidates, soonest, index = [], inf, first
    while index < len(ordered) and ordered[index].called < soonest:
        if index not in beyond:
            candidates.append(index)
            soonest = min(soonest, ordered[index].returned)
        index += 1
    return [index for index in candidates if ordered[index].called < soonest]
