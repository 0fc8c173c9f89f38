"""Recording and withdrawing what a patient says about who may see them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, or_, select

from domain.accounts.model import AccessRole
from domain.patients.directive_model import ConsentDirective, DirectiveBy, DirectiveWord
from domain.patients.model import Patient
from domain.patients.registration import present_patient, tell_changed
from domain.places.model import Ward
from domain.places.times import recorded, store
from kit.command import Command
from kit.errors import Conflict, Invalid
from kit.purpose import STATED, PurposeOfUse
from kit.work import Scope, Work

MOST = 20  # in force for one patient


@dataclass(frozen=True, kw_only=True)
class RecordConsentDirective(Command[ConsentDirective]):
    """Record that a patient refuses, or by way of exception permits, to be seen for a purpose, by
    holders of a role, from a ward. What is left out means any. Treatment by those who care for the
    patient, and break-glass, go on."""

    action = "directive.record"

    patient_id: UUID
    word: DirectiveWord
    purpose: PurposeOfUse | None = None
    reader_role: str | None = None
    reader_ward_id: UUID | None = None
    directive_by: DirectiveBy = DirectiveBy.PATIENT
    since: datetime | None = None
    until: datetime | None = None

    def scope(self, work: Work) -> Scope:
        return work.get(Patient, self.patient_id).scope

    def apply(self, work: Work) -> ConsentDirective:
        patient = present_patient(work, self.patient_id)
        self._check(work, patient)
        directive = ConsentDirective(
            hospital_id=patient.hospital_id, patient_id=patient.id, word=self.word,
            purpose=self.purpose, role=self.reader_role, ward_id=self.reader_ward_id,
            said_by=self.directive_by, since=self.since or work.now, until=self.until,
            **recorded(work),
        )  # fmt: skip
        self._require_new(work, directive)
        tell_changed(work, patient)
        return store(work, directive)

    def _check(self, work: Work, patient: Patient) -> None:
        for name, at in (("since", self.since), ("until", self.until)):
            if at is not None and at.tzinfo is None:
                raise Invalid("a time needs a zone; send it with an offset", field=name)
        if self.until is not None and self.until <= max(self.since or work.now, work.now):
            raise Invalid("it would be over before it began", field="until")
        if self.purpose is not None and self.purpose not in STATED:
            raise Invalid("nobody can refuse an emergency", field="purpose", allowed=STATED)
        named = (self.purpose, self.reader_role, self.reader_ward_id)
        if self.word is DirectiveWord.PERMIT and not any(named):
            raise Invalid("say what is permitted: a purpose, a role or a ward", field="purpose")
        if self.reader_role is not None:
            role = work.session.get(AccessRole, self.reader_role)
            if role is None or role.holder not in ("PERSON", "SERVICE", "SCREEN"):
                raise Invalid("no role that somebody holds", field="readerRole")
        if self.reader_ward_id is not None:
            ward = work.get(Ward, self.reader_ward_id)
            if ward.hospital_id != patient.hospital_id:
                raise Invalid("name a ward of the patient's hospital", field="readerWardId")

    def _require_new(self, work: Work, directive: ConsentDirective) -> None:
        known = work.session.exec(
            select(ConsentDirective).where(
                ConsentDirective.patient_id == directive.patient_id,
                col(ConsentDirective.withdrawn_at).is_(None),
                or_(col(ConsentDirective.until).is_(None), col(ConsentDirective.until) > work.now),
            )
        ).all()
        same = (directive.purpose, directive.role, directive.ward_id)
        for one in known:
            if (one.purpose, one.role, one.ward_id) == same:
                raise Conflict("something is on record for the same readers; withdraw that first",
                               reason="DIRECTIVE_KNOWN", blocking=one.id)  # fmt: skip
        if len(known) >= MOST:
            raise Conflict(f"at most {MOST} directives of one patient; withdraw one",
                           reason="DIRECTIVES_MANY")  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class WithdrawConsentDirective(Command[ConsentDirective]):
    """Take back what a patient had said about who may see them. It stays on record."""

    action = "directive.record"

    directive_id: UUID

    def scope(self, work: Work) -> Scope:
        return work.get(ConsentDirective, self.directive_id).scope

    def apply(self, work: Work) -> ConsentDirective:
        directive = work.get(ConsentDirective, self.directive_id)
        patient = present_patient(work, directive.patient_id)
        if directive.withdrawn_at is not None:
            raise Conflict("this directive was withdrawn already", reason="DIRECTIVE_WITHDRAWN",
                           blocking=directive.id)  # fmt: skip
        directive.withdrawn_at, directive.withdrawn_by = work.now, work.actor.id
        tell_changed(work, patient)
        return directive
