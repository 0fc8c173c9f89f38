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

    @property
    def last_year(self) -> int | None:
        """The last year of which anything is known; later days look like ordinary ones."""
        return max((day.year for day in self.days), default=None)


NO_HOLIDAYS = Holidays("none")


@cache
def holidays_of(calendar: str) -> Holidays:
    """The calendar of a country or a part of one, such as CN, DE-BY, GB-ENG; a part adds to its
    country. Raises Invalid."""
    known = _calendars()
    if calendar == NO_HOLIDAYS.calendar:
        return NO_HOLIDAYS
    if calendar not in known:
        raise Invalid(
            f"no holidays are known for {calendar}",
            reason="NO_HOLIDAY_CALENDAR", field="calendar",
            allowed=(*sorted(known), NO_HOLIDAYS.calendar),
        )  # fmt: skip
    country = calendar.partition("-")[0]
    return Holidays(calendar, {**known.get(country, {}), **known[calendar]})


def parts_of(country: str) -> tuple[str, ...]:
    """The parts of a country that have holidays of their own."""
    return tuple(sorted(name for name in _calendars() if name.startswith(f"{country}-")))


@cache
def _calendars() -> dict[str, dict[date, DayKind]]:
    found: dict[str, dict[date, DayKind]] = {}
    path = Path(__file__).with_name("holidays.csv")
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(line for line in file if not line.startswith("#")):
            days = found.setdefault(row["calendar"], {})
            days[date.fromisoformat(row["day"])] = DayKind(row["kind"])
    return found
