"""What patients say about who may see them, in GraphQL. Reading it is itself recorded."""

from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry

from api.connection import Connection, after_key, page_of, page_size
from api.mutation import mutation
from api.query import Reader, query
from api.sight import Sight, View, classified
from authz.classes import DataClass
from domain.patients import queries
from domain.patients.directive_model import ConsentDirective, DirectiveBy, DirectiveWord
from domain.patients.directives import RecordConsentDirective, WithdrawConsentDirective
from domain.patients.refusing import directives_of
from kit.errors import NotFound
from kit.purpose import PurposeOfUse

FIELD = "Patient.consent_directives"
strawberry.enum(DirectiveWord)
strawberry.enum(DirectiveBy)
strawberry.enum(PurposeOfUse)


@classified(DataClass.GENERAL)
@strawberry.type(name="ConsentDirective")
class ConsentDirectiveView(View):
    """Whoever reads for `purpose`, by `readerRole`, from `readerWardId` is denied or permitted;
    null means any. Not the consent to a transfer."""

    id: strawberry.ID
    version: int
    patient_id: strawberry.ID
    word: DirectiveWord
    purpose: PurposeOfUse | None
    reader_role: str | None
    reader_ward_id: strawberry.ID | None
    directive_by: DirectiveBy
    since: datetime
    until: datetime | None
    recorded_at: datetime
    withdrawn_at: datetime | None

    @classmethod
    def of(cls, row: ConsentDirective, sight: Sight) -> Self:
        return cls(
            sight=sight,
            id=strawberry.ID(str(row.id)),
            version=row.version,
            patient_id=strawberry.ID(str(row.patient_id)),
            word=row.word,
            purpose=row.purpose,
            reader_role=row.role,
            reader_ward_id=strawberry.ID(str(row.ward_id)) if row.ward_id else None,
            directive_by=row.said_by,
            since=row.since,
            until=row.until,
            recorded_at=row.recorded_at,
            withdrawn_at=row.withdrawn_at,
        )


@strawberry.type
class DirectiveQueries:
    @query("directive.read")
    def consent_directives(
        self, reader: Reader, patient_id: UUID, first: int, after: str | None = None
    ) -> Connection[ConsentDirectiveView]:
        """What a patient has said about who may see them, in force or over, the newest first."""
        patient = queries.patient(reader.session, reader.scopes, patient_id)
        if patient is None:
            raise NotFound.of("patient", patient_id)
        rows = directives_of(
            reader.session, patient.id, limit=page_size(first) + 1, after=after_key(after)
        )
        reader.context.disclosures.shown.add((patient.subject, FIELD))
        reader.context.disclosures.scopes.add(patient.scope)
        return page_of(
            rows, first, after, lambda row: ConsentDirectiveView.of(row, reader.sight(row.scope))
        )


@strawberry.type
class DirectiveMutations:
    @mutation(returns=ConsentDirectiveView)
    def record_consent_directive(
        self,
        patient_id: UUID,
        word: DirectiveWord,
        purpose: PurposeOfUse | None = None,
        reader_role: str | None = None,
        reader_ward_id: UUID | None = None,
        directive_by: DirectiveBy = DirectiveBy.PATIENT,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> RecordConsentDirective:
        return RecordConsentDirective(
            patient_id=patient_id, word=word, purpose=purpose, reader_role=reader_role,
            reader_ward_id=reader_ward_id, directive_by=directive_by, since=since, until=until,
        )  # fmt: skip

    @mutation(returns=ConsentDirectiveView)
    def withdraw_consent_directive(self, directive_id: UUID) -> WithdrawConsentDirective:
        return WithdrawConsentDirective(directive_id=directive_id)
