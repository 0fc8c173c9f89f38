"""Commands on encounters: plan, arrive, need, expect, and who treats whom."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam
from sqlmodel import col, select

from domain.patients.identity import visit_blind, visit_place
from domain.patients.model import (
    Encounter,
    EncounterClass,
    EncounterStatus,
    ExpectedDischarge,
    Isolation,
    PlacementNeed,
    SideRoom,
)
from domain.patients.registration import present_patient
from domain.patients.states import IN_HOUSE, begin, require_live
from domain.places.commands import replace_given, require_open
from domain.places.model import CareLevel, Ward
from domain.places.times import expect_version, happened, recorded, store, succeed
from kit.blind import put, same
from kit.command import Command
from kit.errors import Conflict, Invalid
from kit.ids import new_id
from kit.work import Scope, Work

_ENCOUNTER: Any = bindparam("encounter")
_NEED = select(PlacementNeed).where(
    col(PlacementNeed.encounter_id) == _ENCOUNTER, col(PlacementNeed.until).is_(None)
)


@dataclass(frozen=True, kw_only=True)
class RegisterEncounter(Command[Encounter]):
    """Open a hospital episode: PLANNED for a time to come, ARRIVED for a patient in a ward."""

    action = "encounter.register"

    patient_id: UUID
    status: EncounterStatus = EncounterStatus.ARRIVED
    ward_id: UUID | None = None
    encounter_class: EncounterClass = EncounterClass.INPATIENT
    specialty: str | None = None
    visit_number: str | None = None
    at: datetime | None = None

    def scope(self, work: Work) -> Scope:
        patient = present_patient(work, self.patient_id)
        if self.ward_id is None:
            return patient.scope
        return work.get(Ward, self.ward_id).scope

    def apply(self, work: Work) -> Encounter:
        patient = present_patient(work, self.patient_id)
        if self.status not in (EncounterStatus.PLANNED, EncounterStatus.ARRIVED):
            raise Invalid("an encounter begins PLANNED or ARRIVED", field="status",
                          allowed=("PLANNED", "ARRIVED"))  # fmt: skip
        arrived = self.status == EncounterStatus.ARRIVED
        require_ward(work, self.ward_id, patient.hospital_id, needed=arrived)
        since = happened(work, self.at)
        encounter = Encounter(
            id=new_id(), hospital_id=patient.hospital_id, ward_id=self.ward_id,
            patient_id=patient.id, subject=patient.subject, status=self.status,
            encounter_class=self.encounter_class, specialty=self.specialty,
            arrived_at=since if arrived else None,
        )  # fmt: skip
        _number(work, encounter, self.visit_number)
        store(work, encounter)
        begin(work, encounter, since)
        tell(work, "EncounterRegistered", encounter)
        return encounter


@dataclass(frozen=True, kw_only=True)
class UpdateEncounter(Command[Encounter]):
    """Change an encounter's class, specialty or visit number. What is left out stays."""

    action = "encounter.update"

    encounter_id: UUID
    encounter_class: EncounterClass | None = None
    specialty: str | None = None
    visit_number: str | None = None
    version: int | None = None

    def scope(self, work: Work) -> Scope:
        return work.get(Encounter, self.encounter_id).scope

    def apply(self, work: Work) -> Encounter:
        encounter = work.get(Encounter, self.encounter_id)
        expect_version(encounter, self.version)
        replace_given(encounter, encounter_class=self.encounter_class, specialty=self.specialty)
        _number(work, encounter, self.visit_number)
        tell(work, "EncounterChanged", encounter)
        return encounter


@dataclass(frozen=True, kw_only=True)
class StatePlacementNeed(Command[PlacementNeed]):
    """State what a bed must offer this patient; it replaces the last statement as a whole."""

    action = "need.state"

    encounter_id: UUID
    isolation: Isolation = Isolation.NONE
    organism: str | None = None
    side_room: SideRoom = SideRoom.NONE
    care_level: CareLevel = CareLevel.WARD
    required_equipment: tuple[str, ...] = ()
    preferred_equipment: tuple[str, ...] = ()
    needs_supervision: bool = False
    falls_risk: bool = False
    immunosuppressed: bool = False
    end_of_life: bool = False
    infection: bool = False
    at: datetime | None = None
    version: int | None = None

    def scope(self, work: Work) -> Scope:
        return work.get(Encounter, self.encounter_id).scope

    def apply(self, work: Work) -> PlacementNeed:
        encounter = work.get(Encounter, self.encounter_id)
        require_live(encounter)
        if self.organism is not None and not 0 < len(self.organism) <= 64:
            raise Invalid("an organism group has 1 to 64 characters", field="organism")
        before = present_need(work, encounter.id)
        if before is not None:
            expect_version(before, self.version)
        after = succeed(work, before, self._statement(work, encounter))
        tell(work, "PlacementNeedStated", encounter)
        return after

    def _statement(self, work: Work, encounter: Encounter) -> PlacementNeed:
        return PlacementNeed(
            hospital_id=encounter.hospital_id, encounter_id=encounter.id,
            subject=encounter.subject, isolation=self.isolation, organism=self.organism,
            side_room=self.side_room, care_level=self.care_level,
            required_equipment=sorted(set(self.required_equipment)),
            preferred_equipment=sorted(set(self.preferred_equipment)),
            needs_supervision=self.needs_supervision, falls_risk=self.falls_risk,
            immunosuppressed=self.immunosuppressed, end_of_life=self.end_of_life,
            infection=self.infection, since=happened(work, self.at), **recorded(work),
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class SetExpectedDischarge(Command[ExpectedDischarge]):
    """Say when the patient is expected to leave; none takes the last date back."""

    action = "encounter.expect_discharge"

    encounter_id: UUID
    expected_at: datetime | None
    at: datetime | None = None
    version: int | None = None

    def scope(self, work: Work) -> Scope:
        return work.get(Encounter, self.encounter_id).scope

    def apply(self, work: Work) -> ExpectedDischarge:
        encounter = work.get(Encounter, self.encounter_id)
        require_live(encounter)
        if self.expected_at is not None and self.expected_at.tzinfo is None:
            raise Invalid("a time needs a zone; send it with an offset", field="expectedAt")
        before = work.session.exec(
            select(ExpectedDischarge).where(
                ExpectedDischarge.encounter_id == encounter.id,
                col(ExpectedDischarge.until).is_(None),
            )
        ).first()
        if before is not None:
            expect_version(before, self.version)
        after = succeed(work, before, ExpectedDischarge(
            hospital_id=encounter.hospital_id, encounter_id=encounter.id,
            expected_at=self.expected_at, since=happened(work, self.at), **recorded(work),
        ))  # fmt: skip
        tell(work, "ExpectedDischargeSet", encounter)
        return after


@dataclass(frozen=True, kw_only=True)
class MarkMedicallyReady(Command[Encounter]):
    """Record that the patient no longer needs a hospital bed."""

    action = "encounter.medically_ready"

    encounter_id: UUID
    ready: bool = True
    at: datetime | None = None

    def scope(self, work: Work) -> Scope:
        return work.get(Encounter, self.encounter_id).scope

    def apply(self, work: Work) -> Encounter:
        encounter = work.get(Encounter, self.encounter_id)
        if encounter.status not in IN_HOUSE:
            raise Conflict(f"the encounter is {encounter.status}; the patient is not here",
                           reason="NOT_IN_HOUSE", blocking=encounter.id,
                           allowed=tuple(IN_HOUSE))  # fmt: skip
        encounter.medically_ready_at = happened(work, self.at) if self.ready else None
        tell(work, "EncounterChanged", encounter)
        return encounter


def present_need(work: Work, encounter_id: UUID) -> PlacementNeed | None:
    """What was last stated for the encounter."""
    return work.session.exec(_NEED, params={"encounter": encounter_id}).first()


def tell(work: Work, name: str, encounter: Encounter, before: Scope | None = None) -> None:
    """Publish to the encounter's ward, and to the one it was in `before`."""
    work.subjects.add(encounter.subject)
    for scope in sorted({encounter.scope, before or encounter.scope}, key=lambda s: s.path):
        work.emit(name, scope, encounter=encounter.id)


def _number(work: Work, encounter: Encounter, number: str | None) -> None:
    if number is None:
        return
    if not 0 < len(number.strip()) <= 64:
        raise Invalid("a visit number has 1 to 64 characters", field="visitNumber")
    blind = visit_blind(work.vault, number)
    taken = work.session.exec(
        select(Encounter.id).where(
            Encounter.hospital_id == encounter.hospital_id, same(Encounter, "visit_blind", blind),
            Encounter.status != EncounterStatus.ERROR, Encounter.id != encounter.id,
        )
    ).first()  # fmt: skip
    if taken is not None:
        raise Conflict(f"encounter {taken} has this visit number", reason="VISIT_NUMBER_TAKEN",
                       field="visitNumber", blocking=taken)  # fmt: skip
    place = visit_place(encounter.hospital_id, encounter.id, encounter.subject)
    encounter.visit_number = work.seal(number.strip(), place)
    put(encounter, "visit_blind", blind)


def require_ward(work: Work, ward_id: UUID | None, hospital_id: UUID, *, needed: bool) -> None:
    """Raise unless it is an open ward of the hospital; none is fine where none is `needed`."""
    if ward_id is None:
        if needed:
            raise Invalid("say in which ward the patient is", field="wardId")
        return
    ward = work.get(Ward, ward_id)
    if ward.hospital_id != hospital_id:
        raise Invalid("the ward is in another hospital", field="wardId")
    require_open(ward)
