"""The audit ledger in GraphQL, for those who review it. Reading it is itself recorded, with what
was asked; so is learning what the ledger calls a patient, with the reason."""

from collections.abc import Collection
from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry

from api.connection import page_size
from api.ledger_views import EntryView, LedgerPage
from api.query import Reader, query
from api.sight import Sight, View, classified
from audit.search import Wanted, newest_note, place_of, search
from authz.classes import DataClass
from domain.patients.identity import identifier_blind
from domain.patients.queries import patient_with_identifier, subjects_of
from domain.privacy.reasons import AccessReason
from kit.errors import Invalid, NotFound

SUBJECT = "Patient.subject"
strawberry.enum(AccessReason)


@classified(DataClass.AUDIT)
@strawberry.type
class SubjectOfNumber(View):
    """A patient's id, and what the ledger calls the patient: more than one id where records were
    merged."""

    patient_id: strawberry.ID
    subject_ids: list[strawberry.ID]

    @classmethod
    def of(cls, patient_id: UUID, subjects: Collection[UUID], sight: Sight) -> Self:
        return cls(
            sight=sight,
            patient_id=strawberry.ID(str(patient_id)),
            subject_ids=[strawberry.ID(str(one)) for one in sorted(subjects)],
        )


@strawberry.type
class LedgerQueries:
    @query("ledger.read")
    def ledger_entries(
        self,
        reader: Reader,
        first: int,
        before: str | None = None,
        actor_id: UUID | None = None,
        action: str | None = None,
        outcome: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        subject_id: UUID | None = None,
        patient_id: UUID | None = None,
        reason: AccessReason | None = None,
        purpose: str | None = None,
        hospital_id: UUID | None = None,
        ward_id: UUID | None = None,
    ) -> LedgerPage:
        """Search the ledger by who, what, outcome, purpose, place and time; newest first.

        `patientId` asks for a patient, merged records too, and needs a `reason`, which goes on
        record; `subjectId` is what a body calls a person concerned. `wardId` needs `hospitalId`."""
        size = page_size(first)
        if not reader.scopes:
            return LedgerPage(nodes=[], end_cursor=None, has_next_page=False)
        subjects: Collection[UUID] = () if subject_id is None else (subject_id,)
        if patient_id is not None:
            subjects = _reasoned(reader, patient_id, reason)
        wanted = Wanted(
            actor=actor_id, subjects=subjects, action=action, outcome=outcome, purpose=purpose,
            place=place_of(hospital_id, ward_id), since=since, until=until,
        )  # fmt: skip
        rows = search(reader.session, reader.scopes, wanted, before=cursor_number(before),
                      limit=size + 1)  # fmt: skip
        _note_search(reader, wanted)
        shown = [EntryView.of(row, reader.sight(row.place)) for row in rows[:size]]
        return LedgerPage(
            nodes=shown,
            end_cursor=str(rows[len(shown) - 1].id) if shown else None,
            has_next_page=len(rows) > size,
        )

    @query("access_log.read")
    def subject_of_number(
        self, reader: Reader, hospital_id: UUID, system: str, value: str, reason: AccessReason
    ) -> SubjectOfNumber:
        """What the ledger calls the patient who has or had this number in the hospital. The reason
        goes on record beside the one who asks; the number does not."""
        blind = identifier_blind(reader.context.app.late_vault, system, value)
        found = patient_with_identifier(reader.session, reader.scopes, hospital_id, system, blind)
        if found is None:
            raise NotFound("no patient of this hospital has this number; check hospital, system "
                           "and number", field="value")  # fmt: skip
        present = found.merged_into or found.id
        subjects = _reasoned(reader, present, reason)
        return SubjectOfNumber.of(present, subjects, reader.sight(found.scope))

    @query("ledger.read")
    def ledger_checkpoint(self, reader: Reader) -> str | None:
        """The newest signed note: origin, size and root of the log. Keep it elsewhere."""
        return newest_note(reader.session) if reader.scopes else None


def cursor_number(cursor: str | None) -> int | None:
    """The entry behind an `endCursor`. Raises Invalid for any other text."""
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdecimal() and len(cursor) < 19):
        raise Invalid("no such cursor; take endCursor of the page before", field="before")
    return int(cursor)


def _reasoned(reader: Reader, patient_id: UUID, reason: AccessReason | None) -> frozenset[UUID]:
    if reason is None:
        raise Invalid("say why you look into a patient's entries", field="reason",
                      reason="REASON_NEEDED")  # fmt: skip
    subjects = subjects_of(reader.session, reader.scopes, patient_id)
    if not subjects:
        raise NotFound.of("patient", patient_id)
    reader.context.disclosures.shown |= {(subject, SUBJECT) for subject in subjects}
    reader.context.notes["reason"] = reason.value
    return subjects


def _note_search(reader: Reader, wanted: Wanted) -> None:
    """The entry of this read says what was asked; two searches in one operation stand in it."""
    notes = reader.context.notes
    earlier = notes.get("search")
    notes["search"] = f"{earlier}; {wanted.codes()}" if earlier else wanted.codes() or "everything"
    reader.context.note_read("LedgerEntry.body")
