"""Which days are worked where a hospital stands: weekdays less public holidays, and the weekends
that are worked instead (调休)."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import Session

from domain.forecasts.holidays import DayKind, Holidays
from domain.forecasts.region import holidays_of_hospital


@dataclass(frozen=True, slots=True)
class Workdays:
    """The days of one calendar; where nobody knows its holidays, the weekdays alone."""

    holidays: Holidays

    def works(self, day: date) -> bool:
        """Whether office hours run on this day: what a week of contract is counted by."""
        kind = self.holidays.kind(day)
        return kind is DayKind.WORKDAY or (kind is None and day.weekday() < 5)

    def is_holiday(self, day: date) -> bool:
        return self.holidays.kind(day) is DayKind.HOLIDAY


def workdays_of(session: Session, hospital_id: UUID) -> Workdays:
    """By the hospital's region, else its time zone."""
    return Workdays(holidays_of_hospital(session, hospital_id))
