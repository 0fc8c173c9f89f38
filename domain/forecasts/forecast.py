"""What every engine answers: a distribution per step ahead, and what it was made from."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Protocol

from domain.forecasts.holidays import Holidays
from domain.forecasts.series import Series, Step
from kit.errors import Invalid

LEVELS = (2.5, 10.0, 50.0, 90.0, 97.5)  # percent; 10–90 is the 80 % interval, 2.5–97.5 the 95 %
LONGEST_STEPS = {Step.DAY: 366, Step.HOUR: 24 * 56}


@dataclass(frozen=True, slots=True)
class Window:
    """The history a forecast was made from: [start, end), and how many of its steps were known."""

    start: date | datetime
    end: date | datetime
    known: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """`mean[k]` and each `quantiles[level][k]` belong to `first + k` steps; all finite and ≥ 0.

    `as_of` is the moment up to which the truth was known. `first` equals it for counts of a step
    (arrivals of a day); for a census it is one step later, a number at that moment.
    Raises ValueError if an engine answers no distribution: that is a fault, never a refusal.
    """

    model: str
    as_of: date | datetime
    first: date | datetime
    step: Step
    mean: tuple[float, ...]
    quantiles: Mapping[float, tuple[float, ...]]
    window: Window

    def __post_init__(self) -> None:
        rows = [self.quantiles[level] for level in LEVELS]
        for values in (self.mean, *rows):
            if len(values) != len(self.mean) or not all(
                math.isfinite(value) and value >= 0 for value in values
            ):
                raise ValueError(f"{self.model} answered no distribution")
        if any(low > high for lower, upper in pairwise(rows) for low, high in
               zip(lower, upper, strict=True)):  # fmt: skip
            raise ValueError(f"{self.model} answered quantiles that cross")

    @property
    def horizon(self) -> int:
        return len(self.mean)

    @property
    def times(self) -> tuple[date | datetime, ...]:
        """What each step stands for."""
        return tuple(self.first + place * self.step.length for place in range(self.horizon))


class Engine(Protocol):
    """A way to forecast a series. Raises Invalid for a series it cannot forecast."""

    def __call__(self, series: Series, horizon: int, *, holidays: Holidays) -> Forecast: ...


def require_horizon(step: Step, horizon: int) -> None:
    """Raises Invalid for a horizon of no step, or of more than anybody could check."""
    if not 1 <= horizon <= LONGEST_STEPS[step]:
        raise Invalid(
            f"a horizon is 1 to {LONGEST_STEPS[step]} steps of a {step.lower()}, not {horizon}",
            reason="FORECAST_HORIZON", field="horizon",
        )  # fmt: skip
