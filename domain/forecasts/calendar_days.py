"""What the calendar says of each step: its phase of the week, and whether it is near a holiday."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from domain.forecasts.arrays import Flags, Floats, Ints
from domain.forecasts.holidays import DayKind, Holidays
from domain.forecasts.series import Step
from domain.forecasts.turn_of_year import turn_of_year
from kit.errors import Invalid

MARGIN_DAYS = 8  # looked at around the window to see what holidays are near
LONG_RUN_DAYS = 5
BRIDGE_DAYS = 4
FLAGS = ("in a long run", "day before", "two before", "day after", "two after", "between",
         "begins a run")  # fmt: skip


@dataclass(frozen=True, slots=True)
class CalendarDays:
    """One entry per step. `holiday` and `workday` are 0 or 1, `flags` has a column per FLAGS,
    `turn` one per span of the turn of the year."""

    phase: Ints
    holiday: Floats
    workday: Floats
    flags: Floats
    turn: Floats

    @property
    def special(self) -> Floats:
        """1 where the calendar says anything but the weekday."""
        flags = np.column_stack([self.holiday, self.workday, self.flags, self.turn])
        found: Floats = flags.max(axis=1)
        return found


def calendar_days(
    start: date | datetime, step: Step, steps: int, zone: str, holidays: Holidays
) -> CalendarDays:
    """The calendar of `steps` steps from `start`. Raises Invalid for an unknown zone."""
    days, hours = _local(start, step, steps, zone)
    first = days[0] - timedelta(days=MARGIN_DAYS)
    span = (days[-1] - first).days + MARGIN_DAYS + 1
    dated = [first + timedelta(days=place) for place in range(span)]
    columns, turn = _flags(dated, holidays), turn_of_year(dated, holidays)
    place = np.array([(day - first).days for day in days], dtype=np.int64)
    weekday = np.array([day.weekday() for day in days], dtype=np.int64)
    phase = weekday if step is Step.DAY else weekday * 24 + np.array(hours, dtype=np.int64)
    holiday, workday, flags = np.split(columns[place], [1, 2], axis=1)
    return CalendarDays(phase, holiday.ravel(), workday.ravel(), flags, turn[place])


def _local(
    start: date | datetime, step: Step, steps: int, zone: str
) -> tuple[list[date], list[int]]:
    if not isinstance(start, datetime):
        return [start + timedelta(days=place) for place in range(steps)], [0] * steps
    try:
        clock = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as unknown:
        raise Invalid(f"no time zone is called {zone}; give an IANA name",
                      reason="NO_TIME_ZONE", field="zone") from unknown  # fmt: skip
    times = [(start.astimezone(UTC) + place * step.length).astimezone(clock)
             for place in range(steps)]  # fmt: skip
    return [time.date() for time in times], [time.hour for time in times]


def _flags(days: list[date], holidays: Holidays) -> Floats:
    """Columns: holiday, workday, FLAGS. A weekend that joins holidays is part of their run."""
    kinds = [holidays.kind(day) for day in days]
    holiday = np.array([kind is DayKind.HOLIDAY for kind in kinds])
    workday = np.array([kind is DayKind.WORKDAY for kind in kinds])
    weekend = np.array([day.weekday() >= 5 for day in days])
    free = holiday | (weekend & ~workday)
    run = _runs(holiday)
    found = np.zeros((len(days), 2 + len(FLAGS)))
    found[:, 0], found[:, 1] = holiday, workday
    found[:, 2] = holiday & (run >= LONG_RUN_DAYS)
    near = np.zeros_like(holiday)
    for column, away in ((3, 1), (4, 2), (5, -1), (6, -2)):
        hit = _moved(holiday, away) & ~holiday & ~near
        found[:, column] = hit
        near |= hit & (abs(away) == 1)
    found[:, 7] = ~free & (_runs(~free) <= BRIDGE_DAYS) & _beside(holiday, free)
    found[:, 8] = holiday & ~_moved(free, -1)
    return found


def _moved(flags: Flags, away: int) -> Flags:
    """True where the day `away` days later is flagged."""
    found = np.zeros_like(flags)
    if away > 0:
        found[:-away] = flags[away:]
    else:
        found[-away:] = flags[:away]
    return found


def _runs(flags: Flags) -> Ints:
    """For each flagged day the length of the run it stands in; 0 for others."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    found = np.zeros(len(flags), dtype=np.int64)
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        found[begin:end] = end - begin
    return found


def _beside(holiday: Flags, free: Flags) -> Flags:
    """True for working days whose run of working days has a holiday at one of its ends."""
    edges = np.flatnonzero(np.diff(np.concatenate([[1], free.astype(np.int8), [1]])))
    found = np.zeros(len(free), dtype=bool)
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        ends = (begin - 1, end)
        found[begin:end] = any(0 <= day < len(free) and holiday[day] for day in ends)
    return found
