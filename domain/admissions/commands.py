"""What people do about elective admissions: ask, date, cancel; and the theatre there is."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import select

import domain.admissions.following  # noqa: F401 - requests follow their encounters
from domain.admissions.dating import hold_soon, require_place
from domain.admissions.model import NEXT, AdmissionRequest, AdmissionState, TheatreSession
from domain.admissions.states import open_request_of, require_next, turn
from domain.patients.model import Encounter, EncounterStatus
from domain.places.model import Hospital, Room
from domain.places.times import expect_version, store
from kit.command import Command
from kit.errors import Conflict, Invalid
from kit.ids import new_id
from kit.work import Scope, Work

MOST_NIGHTS, MOST_MINUTES, MOST_URGENT = 365, 1440, 9


@dataclass(frozen=True, kw_only=True)
class RequestAdmission(Command[AdmissionRequest]):
    """Ask for a date for a planned encounter, between two days, both included."""

    action = "admission.request"

    encounter_id: UUID
    earliest: date
    latest: date
    nights: int
    specialty: str | None = None
    theatre_minutes: int = 0
    theatre_day: int = 0
    priority: int = 0

    def scope(self, work: Work) -> Scope:
        return work.get(Encounter, self.encounter_id).scope

    def apply(self, work: Work) -> AdmissionRequest:
        encounter = work.get(Encounter, self.encounter_id)
        specialty = self.specialty or encounter.specialty
        _require_planned(encounter)
        self._require_sense(specialty)
        known = open_request_of(work, encounter.id)
        if known is not None:
            raise Conflict(
                f"request {known.id} is {known.state}", reason="ADMISSION_OPEN",
                blocking=known.id, allowed=tuple(map(str, NEXT[known.state])),
            )  # fmt: skip
        row = store(work, AdmissionRequest(
            id=new_id(), hospital_id=encounter.hospital_id, encounter_id=encounter.id,
            subject=encounter.subject, specialty=specialty or "", earliest=self.earliest,
            latest=self.latest, nights=self.nights, theatre_minutes=self.theatre_minutes,
            theatre_day=self.theatre_day, priority=self.priority, requested_at=work.now,
        ))  # fmt: skip
        work.subjects.add(row.subject)
        work.emit("AdmissionRequested", row.scope, admission=row.id)
        return row

    def _require_sense(self, specialty: str | None) -> None:
        if not specialty or len(specialty) > 32:
            raise Invalid("say which specialty, in at most 32 characters", field="specialty")
        if self.latest < self.earliest:
            raise Invalid("the latest day is before the earliest", field="latest")
        for name, value, least, most in (
            ("nights", self.nights, 1, MOST_NIGHTS),
            ("theatreMinutes", self.theatre_minutes, 0, MOST_MINUTES),
            ("theatreDay", self.theatre_day, 0, 30),
            ("priority", self.priority, 0, MOST_URGENT),
        ):
            if not least <= value <= most:
                raise Invalid(f"give {least} to {most}", field=name)


@dataclass(frozen=True, kw_only=True)
class CancelAdmissionRequest(Command[AdmissionRequest]):
    """Stop waiting for a date, or take the date back."""

    action = "admission.request"

    admission_id: UUID
    reason: str = "NOT_NEEDED"

    def scope(self, work: Work) -> Scope:
        return work.get(AdmissionRequest, self.admission_id).scope

    def apply(self, work: Work) -> AdmissionRequest:
        row = work.get(AdmissionRequest, self.admission_id)
        if not (0 < len(self.reason) <= 32 and self.reason.isascii()):
            raise Invalid("give a reason code of 1 to 32 characters", field="reason")
        turn(row, AdmissionState.CANCELLED)
        row.end_reason = self.reason
        work.subjects.add(row.subject)
        work.emit("AdmissionCancelled", row.scope, admission=row.id)
        return row


@dataclass(frozen=True, kw_only=True)
class SetAdmissionDate(Command[AdmissionRequest]):
    """Give a patient a date, ward and room, and count it as told.

    Checked against the present: window, beds and staff of those nights, company, theatre. A date
    within the next two days also holds a bed of the room.
    """

    action = "admission.date"

    admission_id: UUID
    room_id: UUID
    day: date
    version: int | None = None
    waivers: tuple[UUID, ...] = ()  # of mixing and of staffed beds, for the nights they hold

    def scope(self, work: Work) -> Scope:
        return Scope(work.get(AdmissionRequest, self.admission_id).hospital_id)

    def apply(self, work: Work) -> AdmissionRequest:
        row = work.get(AdmissionRequest, self.admission_id)
        expect_version(row, self.version)
        require_next(row, AdmissionState.DATED)
        room = work.get(Room, self.room_id)
        require_place(work, row, room, self.day, self.waivers)
        turn(row, AdmissionState.DATED)
        row.planned_on, row.ward_id, row.room_id = self.day, room.ward_id, room.id
        row.told_at = work.now
        work.session.flush()
        hold_soon(work, row, self.waivers)
        work.subjects.add(row.subject)
        work.emit("AdmissionDated", row.scope, admission=row.id)
        return row


@dataclass(frozen=True, kw_only=True)
class SetTheatreSession(Command[TheatreSession]):
    """Say how many minutes of theatre a specialty has on a day; 0 takes the session away."""

    action = "theatre.set"

    hospital_id: UUID
    specialty: str
    day: date
    minutes: int

    def scope(self, work: Work) -> Scope:
        return work.get(Hospital, self.hospital_id).scope

    def apply(self, work: Work) -> TheatreSession:
        if not 0 <= self.minutes <= 20_000:
            raise Invalid("give 0 to 20000 minutes", field="minutes")
        if not 0 < len(self.specialty) <= 32:
            raise Invalid("say which specialty, in at most 32 characters", field="specialty")
        known = work.session.exec(
            select(TheatreSession).where(
                TheatreSession.hospital_id == self.hospital_id,
                TheatreSession.specialty == self.specialty,
                TheatreSession.day == self.day,
            )
        ).first()
        row = known or TheatreSession(id=new_id(), hospital_id=self.hospital_id, minutes=0,
                                      specialty=self.specialty, day=self.day)  # fmt: skip
        row.minutes = self.minutes
        store(work, row)
        work.emit("TheatreSessionSet", row.scope, session=row.id)
        return row


def _require_planned(encounter: Encounter) -> None:
    if encounter.status is not EncounterStatus.PLANNED:
        raise Conflict(f"the encounter is {encounter.status}; a date is for a planned one",
                       reason="ENCOUNTER_STATE", blocking=encounter.id,
                       allowed=(str(EncounterStatus.PLANNED),))  # fmt: skip
