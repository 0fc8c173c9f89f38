"""Elective admissions in GraphQL: ask, look, date; plans of them are decided like all others."""

from datetime import date
from uuid import UUID

import strawberry

from api.admission_views import AdmissionRequestView, TheatreSessionView
from api.connection import Connection, after_key, page_of, page_size
from api.mutation import mutation
from api.plan_views import PlanView
from api.query import Reader, query
from domain.admissions import queries
from domain.admissions.asking import RequestAdmissionPlan
from domain.admissions.commands import (
    CancelAdmissionRequest,
    RequestAdmission,
    SetAdmissionDate,
    SetTheatreSession,
)
from domain.admissions.model import AdmissionState
from domain.admissions.states import OPEN
from domain.staff.days import require_span


@strawberry.type
class AdmissionQueries:
    @query("admission.read")
    def admission_requests(
        self,
        reader: Reader,
        hospital_id: UUID,
        first: int,
        after: str | None = None,
        states: list[AdmissionState] | None = None,
    ) -> Connection[AdmissionRequestView]:
        """A hospital's elective admissions in the order of asking; the open ones by default."""
        rows = queries.admission_requests(
            reader.session, reader.scopes, hospital_id, states or OPEN,
            after=after_key(after), limit=page_size(first) + 1,
        )  # fmt: skip
        return page_of(
            rows, first, after,
            lambda row: AdmissionRequestView.of(row, reader.sight(row.scope, row.subject)),
        )  # fmt: skip

    @query("admission.read")
    def theatre_sessions(
        self, reader: Reader, hospital_id: UUID, from_day: date, until_day: date
    ) -> list[TheatreSessionView]:
        """Theatre time by specialty and day; `untilDay` is not in it."""
        require_span(from_day, until_day)
        rows = queries.theatre_sessions(
            reader.session, reader.scopes, hospital_id, from_day, until_day
        )
        return [TheatreSessionView.of(row, reader.sight(row.scope)) for row in rows]


@strawberry.type
class AdmissionMutations:
    @mutation(returns=AdmissionRequestView)
    def request_admission(
        self,
        encounter_id: UUID,
        earliest: date,
        latest: date,
        nights: int,
        specialty: str | None = None,
        theatre_minutes: int = 0,
        theatre_day: int = 0,
        priority: int = 0,
    ) -> RequestAdmission:
        return RequestAdmission(
            encounter_id=encounter_id, earliest=earliest, latest=latest, nights=nights,
            specialty=specialty, theatre_minutes=theatre_minutes, theatre_day=theatre_day,
            priority=priority,
        )  # fmt: skip

    @mutation(returns=AdmissionRequestView)
    def cancel_admission_request(
        self, admission_id: UUID, reason: str = "NOT_NEEDED"
    ) -> CancelAdmissionRequest:
        return CancelAdmissionRequest(admission_id=admission_id, reason=reason)

    @mutation(returns=AdmissionRequestView)
    def set_admission_date(
        self,
        admission_id: UUID,
        room_id: UUID,
        day: date,
        version: int | None = None,
        waivers: list[UUID] | None = None,
    ) -> SetAdmissionDate:
        return SetAdmissionDate(
            admission_id=admission_id, room_id=room_id, day=day, version=version,
            waivers=tuple(waivers or ()),
        )  # fmt: skip

    @mutation(returns=TheatreSessionView)
    def set_theatre_session(
        self, hospital_id: UUID, specialty: str, day: date, minutes: int
    ) -> SetTheatreSession:
        return SetTheatreSession(
            hospital_id=hospital_id, specialty=specialty, day=day, minutes=minutes
        )

    @mutation(returns=PlanView)
    def request_admission_plan(
        self, hospital_id: UUID, from_day: date, nights: int = 14, time_limit_s: int = 60
    ) -> RequestAdmissionPlan:
        return RequestAdmissionPlan(
            hospital_id=hospital_id, from_day=from_day, nights=nights, time_limit_s=time_limit_s
        )
