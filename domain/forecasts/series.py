"""A history to forecast from: one value per day or per hour, with holes where none was reported."""

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from kit.errors import Invalid

WEEKS_NEEDED = 2  # fewer say nothing about a weekday
STALE_AFTER_WEEKS = 2  # a history that ended earlier than this says nothing about tomorrow


class Step(StrEnum):
    DAY = "DAY"
    HOUR = "HOUR"

    @property
    def length(self) -> timedelta:
        return timedelta(days=1) if self is Step.DAY else timedelta(hours=1)

    @property
    def per_week(self) -> int:
        """Steps in a week: the length of the season."""
        return 7 if self is Step.DAY else 168


@dataclass(frozen=True, slots=True)
class Series:
    """`values[i]` belongs to `start + i` steps; None was not reported. Counts, so never below 0.

    Days start at a date. Hours start at a full hour in UTC, so that a clock change neither doubles
    nor loses one; `zone` (IANA) says which hour of the week people live in.
    Raises Invalid for values that are negative or not finite, and for a start of the wrong kind.
    """

    start: date | datetime
    step: Step
    values: tuple[float | None, ...]
    zone: str = "UTC"

    def __post_init__(self) -> None:
        _require_start(self.start, self.step)
        for place, value in enumerate(self.values):
            if value is not None and not (math.isfinite(value) and value >= 0):
                raise Invalid(
                    f"value {place + 1} of the series is {value}; counts are 0 or more",
                    reason="SERIES_BAD_VALUE", field="values",
                )  # fmt: skip

    @property
    def end(self) -> date | datetime:
        """The first step after the history: where a forecast begins."""
        return self.start + len(self.values) * self.step.length

    def last(self, steps: int) -> "Series":
        """The last `steps` steps, or all if there are fewer."""
        skipped = max(0, len(self.values) - steps)
        start = self.start + skipped * self.step.length
        return Series(start, self.step, self.values[skipped:], self.zone)

    def until(self, moment: date | datetime) -> "Series":
        """The steps that were over at `moment`, a date or a time as `start` is."""
        over: int = (moment - self.start) // self.step.length  # type: ignore[operator]  # alike
        return Series(self.start, self.step, self.values[: max(0, over)], self.zone)


def require_forecastable(series: Series) -> None:
    """Raises Invalid for a history no forecast can be made of, with what is missing."""
    known = [place for place, value in enumerate(series.values) if value is not None]
    if not known:
        raise Invalid("the series has no value at all", reason="SERIES_EMPTY", field="values")
    week = series.step.per_week
    if len(known) < WEEKS_NEEDED * week:
        raise Invalid(
            f"the series has {len(known)} values; {WEEKS_NEEDED} weeks"
            f" ({WEEKS_NEEDED * week} values) are needed",
            reason="SERIES_TOO_SHORT", field="values",
        )  # fmt: skip
    silent = len(series.values) - 1 - known[-1]
    if silent > STALE_AFTER_WEEKS * week:
        raise Invalid(
            f"the last value is {silent} steps old; bring the series up to date first",
            reason="SERIES_STALE", field="values",
        )  # fmt: skip


def _require_start(start: date | datetime, step: Step) -> None:
    if step is Step.DAY:
        if isinstance(start, datetime):
            raise Invalid(
                "a daily series starts at a date", reason="SERIES_BAD_START", field="start"
            )
        return
    if not isinstance(start, datetime) or start.utcoffset() != timedelta(0):
        raise Invalid(
            "an hourly series starts at a time in UTC", reason="SERIES_BAD_START", field="start"
        )
    if start != start.astimezone(UTC).replace(minute=0, second=0, microsecond=0):
        raise Invalid(
            "an hourly series starts at a full hour", reason="SERIES_BAD_START", field="start"
        )
