"""Which part of its country a hospital stands in: whose public holidays it keeps."""

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session

from domain.forecasts.calendar import calendar_at, holidays_at
from domain.forecasts.holidays import Holidays, parts_of
from domain.places.model import Hospital
from kit.command import Command
from kit.errors import Invalid, NotFound
from kit.work import Scope, Work


@dataclass(frozen=True, kw_only=True)
class SetHolidayRegion(Command[Hospital]):
    """Say in which part of its country (ISO 3166-2, as DE-BY) a hospital keeps holidays.

    The part adds its days to the country's. Without one the country's alone count.
    """

    action = "place.manage"

    hospital_id: UUID
    region: str | None = None

    def scope(self, work: Work) -> Scope:
        return work.get(Hospital, self.hospital_id).scope

    def apply(self, work: Work) -> Hospital:
        hospital = work.get(Hospital, self.hospital_id)
        parts = parts_of(calendar_at(hospital.time_zone))
        if self.region is not None and self.region not in parts:
            raise Invalid(f"no holidays are known for {self.region} where clocks show"
                          f" {hospital.time_zone}", reason="NO_HOLIDAY_CALENDAR", field="region",
                          allowed=parts)  # fmt: skip
        hospital.holiday_region = self.region
        work.emit("HolidayRegionSet", hospital.scope, hospital=hospital.id)
        return hospital


def holidays_of_hospital(session: Session, hospital_id: UUID) -> Holidays:
    """Those of its region, else of the country of its time zone."""
    hospital = session.get(Hospital, hospital_id)
    if hospital is None:
        raise NotFound.of("hospital", hospital_id)
    return holidays_at(hospital.time_zone, hospital.holiday_region)
