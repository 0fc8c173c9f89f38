"""What every solver run is given, and what it says back before it is judged."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf
from time import perf_counter

TOLERANCE = 1e-5  # how far a solver's float may lie from the integer that is meant

Progress = Callable[[float, float, float], None]  # incumbent, bound, relative gap
Stop = Callable[[], bool]  # true as soon as nobody waits for the answer any more


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how exactly to solve. `gap` is relative: 0.005 stops within half a percent."""

    time_limit_s: float = 30.0
    gap: float = 0.0
    seed: int = 0
    threads: int = 1  # more than one gives up determinism

    def __post_init__(self) -> None:
        if not 0 < self.time_limit_s < inf or not 0 <= self.gap < 1 or self.threads < 1:
            raise ValueError("limits: time_limit_s > 0, 0 <= gap < 1, threads >= 1")


@dataclass(frozen=True, slots=True)
class Raw:
    """A solver's own words; `bound` is minus infinity where it has none."""

    has_values: bool
    infeasible: bool
    cut_short: bool
    bound: float
    solver: str
    version: str
    solver_s: float = 0.0  # where known, in the solver alone: without handing over and reading


class Building:
    """Counts the seconds spent on making models, apart from those spent on solving them."""

    def __init__(self, building_s: float = 0.0) -> None:
        self.building_s = building_s

    @contextmanager
    def building(self) -> Iterator[None]:
        begun = perf_counter()
        yield
        self.building_s += perf_counter() - begun

    def solved(self, seconds: float) -> None:
        """So much of what is being counted was the solver's."""
        self.building_s -= seconds
