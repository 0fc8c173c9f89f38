"""What is shown of a break-glass: to whoever holds it, that it is open; to compliance, all."""

from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry

from api.sight import Sight, View, classified, closed, shows
from authz.classes import DataClass
from domain.break_glass.model import (
    BreakGlass,
    BreakGlassReason,
    BreakGlassState,
    BreakGlassStep,
    Target,
)
from domain.break_glass.queries import Desk

strawberry.enum(Target, name="BreakGlassTarget")
strawberry.enum(BreakGlassReason)
strawberry.enum(BreakGlassState)


@classified(DataClass.GENERAL)
@strawberry.type(name="BreakGlass")
class BreakGlassView(View):
    """A record opened in an emergency. `subjectId` is what the ledger calls the patient."""

    id: UUID
    target: Target
    state: BreakGlassState
    hospital_id: UUID
    ward_id: UUID | None
    reason_code: BreakGlassReason
    since: datetime
    until: datetime
    ended_at: datetime | None
    patient_id: UUID | None = shows(DataClass.PLACEMENT)
    account_id: UUID | None = shows(DataClass.AUDIT)
    subject_id: UUID | None = shows(DataClass.AUDIT)
    reason_text: str | None = shows(DataClass.AUDIT)
    review_by: datetime | None = shows(DataClass.AUDIT)
    reviewed_by: UUID | None = shows(DataClass.AUDIT)
    reviewed_at: datetime | None = shows(DataClass.AUDIT)
    finding: str | None = shows(DataClass.AUDIT)

    @classmethod
    def of(cls, row: BreakGlass, sight: Sight) -> Self:
        return cls(
            sight=sight, id=row.id, target=row.target, state=row.state,
            hospital_id=row.hospital_id, ward_id=row.ward_id, reason_code=row.reason_code,
            since=row.since, until=row.until, ended_at=row.ended_at, patient_id=row.patient_id,
            account_id=row.account_id, subject_id=row.subject, review_by=row.review_by,
            reason_text=closed(row.reason, row.place("reason")),
            reviewed_by=row.reviewed_by, reviewed_at=row.reviewed_at,
            finding=closed(row.finding, row.place("finding")),
        )  # fmt: skip


@classified(DataClass.AUDIT)
@strawberry.type(name="BreakGlassStep")
class BreakGlassStepView(View):
    """One page of the history."""

    state: BreakGlassState
    at: datetime
    by: UUID

    @classmethod
    def of(cls, row: BreakGlassStep, sight: Sight) -> Self:
        return cls(sight=sight, state=row.state, at=row.at, by=row.by)


@classified(DataClass.AUDIT)
@strawberry.type
class BreakGlassDesk(View):
    """What waits for whoever judges: open now, to be judged, too late by now; the newest five."""

    active: int
    due: int
    overdue: int
    newest: list[BreakGlassView]
    as_of: datetime

    @classmethod
    def showing(cls, found: Desk, now: datetime, sight: Sight, rows: list[BreakGlassView]) -> Self:
        return cls(
            sight=sight, active=found.active, due=found.due, overdue=found.overdue, newest=rows,
            as_of=now,
        )  # fmt: skip
