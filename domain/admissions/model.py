"""Elective admissions that wait for a date, and the theatre time of each specialty and day."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from domain.places.model import LEDGERED
from kit.rows import Row, UtcTime, one_of, words
from kit.work import Scope

OPEN = text("state IN ('WAITING', 'DATED')")


class AdmissionState(StrEnum):
    WAITING = "WAITING"  # for a date
    DATED = "DATED"  # the patient was told a date
    CAME = "CAME"
    CANCELLED = "CANCELLED"


NEXT: dict[AdmissionState, tuple[AdmissionState, ...]] = {
    AdmissionState.WAITING: (
        AdmissionState.DATED,
        AdmissionState.CAME,
        AdmissionState.CANCELLED,
    ),
    AdmissionState.DATED: (AdmissionState.DATED, AdmissionState.CAME, AdmissionState.CANCELLED),
}


class AdmissionRequest(Row, table=True):
    """A planned encounter that needs a date between `earliest` and `latest`, both included.

    `theatre_day`: operated so many days after coming in. `ward_id` and `room_id` are of the date
    that was told; without one the request is the hospital's.
    """

    __tablename__ = "admission_request"
    __table_args__ = (
        one_of("state", AdmissionState),
        CheckConstraint("earliest <= latest", name="window_in_order"),
        CheckConstraint("nights BETWEEN 1 AND 365", name="nights_of_a_stay"),
        CheckConstraint("theatre_minutes BETWEEN 0 AND 1440", name="minutes_of_a_day"),
        CheckConstraint("theatre_day BETWEEN 0 AND 30", name="theatre_day_of_the_stay"),
        CheckConstraint("priority BETWEEN 0 AND 9", name="priority_known"),
        CheckConstraint(
            "state <> 'DATED' OR (planned_on IS NOT NULL AND ward_id IS NOT NULL"
            " AND room_id IS NOT NULL AND told_at IS NOT NULL)",
            name="dated_requests_have_a_place",
        ),
        CheckConstraint("planned_on BETWEEN earliest AND latest", name="planned_in_the_window"),
        Index("one_open_admission_per_encounter", "encounter_id", unique=True,
              sqlite_where=OPEN, postgresql_where=OPEN),
        Index("admissions_of_hospital", "hospital_id", "state", "id"),
    )  # fmt: skip

    hospital_id: UUID = Field(foreign_key="hospital.id")
    encounter_id: UUID = Field(foreign_key="encounter.id")
    subject: UUID
    specialty: str = Field(max_length=32, sa_column_kwargs=LEDGERED)
    earliest: date
    latest: date
    nights: int
    theatre_minutes: int = 0
    theatre_day: int = 0
    priority: int = 0
    state: AdmissionState = Field(default=AdmissionState.WAITING, sa_type=words(AdmissionState))
    planned_on: date | None = None
    ward_id: UUID | None = Field(default=None, foreign_key="ward.id")
    room_id: UUID | None = Field(default=None, foreign_key="room.id")
    told_at: datetime | None = Field(default=None, sa_type=UtcTime)
    requested_at: datetime = Field(sa_type=UtcTime)
    end_reason: str | None = Field(default=None, max_length=32, sa_column_kwargs=LEDGERED)

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id, self.ward_id)


class TheatreSession(Row, table=True):
    """Minutes of theatre that a specialty has on a day."""

    __tablename__ = "theatre_session"
    __table_args__ = (
        CheckConstraint("minutes BETWEEN 0 AND 20000", name="minutes_of_all_theatres"),
        UniqueConstraint("hospital_id", "specialty", "day", name="one_session_per_day"),
    )

    hospital_id: UUID = Field(foreign_key="hospital.id")
    specialty: str = Field(max_length=32)
    day: date
    minutes: int

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id)
