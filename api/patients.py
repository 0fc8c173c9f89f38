"""Patients and encounters in GraphQL."""

from datetime import datetime
from uuid import UUID

import strawberry

from api.connection import Connection, after_key, page_of, page_size
from api.patient_views import (
    EncounterView,
    ExpectedDischargeView,
    IdentifierView,
    NeedView,
    PatientView,
)
from api.query import Reader, query
from domain.patients import queries
from domain.patients.identity import family_blind, identifier_blind
from domain.patients.model import (
    Encounter,
    EncounterStatus,
    Patient,
)
from kit.errors import NotFound


@strawberry.type
class PatientQueries:
    @query("patient.read")
    def patient(self, reader: Reader, id: UUID) -> PatientView:
        """One patient."""
        row = queries.patient(reader.session, reader.scopes, id)
        if row is None:
            raise NotFound.of("patient", id)
        return _patient(reader, row)

    @query("patient.read")
    def patients(
        self,
        reader: Reader,
        hospital_id: UUID,
        first: int,
        after: str | None = None,
        family_name: str | None = None,
    ) -> Connection[PatientView]:
        """A hospital's patients by id; by whole family name, Chinese or English, if given."""
        vault = reader.context.app.late_vault
        rows = queries.patients(
            reader.session, reader.scopes, hospital_id=hospital_id, after=after_key(after),
            limit=page_size(first) + 1,
            family_blinds=None if family_name is None else [
                blind for column in ("family_zh", "family_en")
                if (blind := family_blind(vault, column, family_name))
            ],
        )  # fmt: skip
        reader.unlock(row.subject for row in rows)
        return page_of(rows, first, after, lambda row: _patient(reader, row))

    @query("patient.read")
    def patient_by_identifier(
        self, reader: Reader, hospital_id: UUID, system: str, value: str
    ) -> PatientView | None:
        """The patient who has this number now; null if none that you may see has it."""
        blind = identifier_blind(reader.context.app.late_vault, system, value)
        row = queries.patient_by_identifier(
            reader.session, reader.scopes, hospital_id, system, blind
        )
        return None if row is None else _patient(reader, row)

    @query("patient.read")
    def identifiers(self, reader: Reader, patient_id: UUID) -> list[IdentifierView]:
        """The patient's present numbers."""
        rows = queries.identifiers(reader.session, reader.scopes, patient_id)
        owner = queries.patient(reader.session, reader.scopes, patient_id)
        if owner is None:
            raise NotFound.of("patient", patient_id)
        reader.unlock([owner.subject])
        sight = reader.sight(owner.scope, owner.subject)
        return [IdentifierView.of(row, sight) for row in rows]

    @query("encounter.read")
    def encounter(self, reader: Reader, id: UUID) -> EncounterView:
        """One encounter."""
        row = queries.encounter(reader.session, reader.scopes, id)
        if row is None:
            raise NotFound.of("encounter", id)
        return _encounter(reader, row)

    @query("encounter.read")
    def encounters(
        self,
        reader: Reader,
        first: int,
        after: str | None = None,
        patient_id: UUID | None = None,
        ward_id: UUID | None = None,
        status: list[EncounterStatus] | None = None,
    ) -> Connection[EncounterView]:
        """Encounters by id, of a patient, a ward or all that the viewer may see."""
        rows = queries.encounters(
            reader.session, reader.scopes, patient_id=patient_id, ward_id=ward_id,
            status=status or (), after=after_key(after), limit=page_size(first) + 1,
        )  # fmt: skip
        reader.unlock(row.subject for row in rows)
        return page_of(rows, first, after, lambda row: _encounter(reader, row))

    @query("encounter.read")
    def placement_need(
        self, reader: Reader, encounter_id: UUID, at: datetime | None = None
    ) -> NeedView | None:
        """What the patient needed of a bed at a moment, as known today; now by default."""
        row = queries.placement_need(reader.session, reader.scopes, encounter_id, at)
        owner = queries.encounter(reader.session, reader.scopes, encounter_id)
        if row is None or owner is None:
            return None
        return NeedView.of(row, reader.sight(owner.scope, owner.subject))

    @query("encounter.read")
    def expected_discharges(
        self, reader: Reader, encounter_id: UUID
    ) -> list[ExpectedDischargeView]:
        """Every expected discharge date that was said, first to last."""
        owner = queries.encounter(reader.session, reader.scopes, encounter_id)
        if owner is None:
            raise NotFound.of("encounter", encounter_id)
        rows = queries.expected_discharges(reader.session, reader.scopes, encounter_id)
        sight = reader.sight(owner.scope, owner.subject)
        return [ExpectedDischargeView.of(row, sight) for row in rows]


def _patient(reader: Reader, row: Patient) -> PatientView:
    return PatientView.of(row, reader.sight(row.scope, row.subject))


def _encounter(reader: Reader, row: Encounter) -> EncounterView:
    return EncounterView.of(row, reader.sight(row.scope, row.subject))
