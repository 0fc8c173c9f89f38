"""Public holidays and the working days that make up for them: domain/forecasts/holidays.csv."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path

from kit.errors import Invalid


class DayKind(StrEnum):
    HOLIDAY = "holiday"
    WORKDAY = "workday"  # a Saturday or Sunday that is worked (调休)


@dataclass(frozen=True, slots=True)
class Holidays:
    """The special days of one calendar; a day not named is what its weekday says."""

    calendar: str
    days: Mapping[date, DayKind] = field(default_factory=dict)

    def kind(self, day: date) -> DayKind | None:
        return self.days.get(day)


NO_HOLIDAYS = Holidays("none")


def holidays_of(calendar: str) -> Holidays:
    """The calendar of a country or part of one, such as CN, DE-BY, GB-ENG. Raises Invalid."""
    known = _calendars()
    if calendar not in known:
        raise Invalid(
            f"no holidays are known for {calendar}",
            reason="NO_HOLIDAY_CALENDAR", field="calendar", allowed=tuple(sorted(known)),
        )  # fmt: skip
    return known[calendar]


@cache
def _calendars() -> dict[str, Holidays]:
    found: dict[str, dict[date, DayKind]] = {}
    path = Path(__file__).with_name("holidays.csv")
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(line for line in file if not line.startswith("#")):
            days = found.setdefault(row["calendar"], {})
            days[date.fromisoformat(row["day"])] = DayKind(row["kind"])
    return {name: Holidays(name, days) for name, days in found.items()} | {"none": NO_HOLIDAYS}
