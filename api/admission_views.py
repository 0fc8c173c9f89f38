"""What GraphQL shows of elective admissions and theatre time."""

from datetime import date, datetime
from typing import Self
from uuid import UUID

import strawberry

from api.sight import Sight, View, classified, shows
from authz.classes import DataClass
from domain.admissions.model import AdmissionRequest, AdmissionState, TheatreSession

strawberry.enum(AdmissionState)


@classified(DataClass.PLACEMENT)
@strawberry.type(name="AdmissionRequest")
class AdmissionRequestView(View):
    """A planned encounter that waits for a date, or has one."""

    id: strawberry.ID = shows(DataClass.GENERAL)
    version: int = shows(DataClass.GENERAL)
    hospital_id: strawberry.ID = shows(DataClass.GENERAL)
    encounter_id: strawberry.ID | None
    specialty: str | None
    earliest: date | None
    latest: date | None
    nights: int | None
    theatre_minutes: int | None
    theatre_day: int | None
    priority: int | None
    state: AdmissionState | None
    planned_on: date | None
    ward_id: strawberry.ID | None
    room_id: strawberry.ID | None
    told_at: datetime | None
    end_reason: str | None

    @classmethod
    def of(cls, row: AdmissionRequest, sight: Sight) -> Self:
        return cls(
            sight=sight,
            subject=row.subject,
            id=strawberry.ID(str(row.id)),
            version=row.version,
            hospital_id=strawberry.ID(str(row.hospital_id)),
            encounter_id=_id(row.encounter_id),
            specialty=row.specialty,
            earliest=row.earliest,
            latest=row.latest,
            nights=row.nights,
            theatre_minutes=row.theatre_minutes,
            theatre_day=row.theatre_day,
            priority=row.priority,
            state=row.state,
            planned_on=row.planned_on,
            ward_id=_id(row.ward_id),
            room_id=_id(row.room_id),
            told_at=row.told_at,
            end_reason=row.end_reason,
        )


@classified(DataClass.BED)
@strawberry.type(name="TheatreSession")
class TheatreSessionView(View):
    """Minutes of theatre that a specialty has on a day."""

    id: strawberry.ID = shows(DataClass.GENERAL)
    specialty: str
    day: date
    minutes: int

    @classmethod
    def of(cls, row: TheatreSession, sight: Sight) -> Self:
        return cls(
            sight=sight, id=strawberry.ID(str(row.id)), specialty=row.specialty, day=row.day,
            minutes=row.minutes,
        )  # fmt: skip


def _id(key: UUID | None) -> strawberry.ID | None:
    return strawberry.ID(str(key)) if key else None
