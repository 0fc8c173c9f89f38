"""Patients given from one person's care into another's, at the end of a duty."""

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, select

from domain.patients.care import begin_care, care_now, end_care
from domain.patients.model import Encounter
from domain.places.model import Ward
from domain.places.times import store
from domain.staff.model import StaffMember
from domain.staff.roster_model import Handover, HandoverPatient
from kit.command import Command
from kit.errors import Conflict, Invalid, NotFound
from kit.work import Scope, Work

AT_ONCE = 60  # patients


@dataclass(frozen=True, kw_only=True)
class HandOverPatients(Command[Handover]):
    """Give patients of one's own into a colleague's care: closes their records to oneself.

    Whoever takes over already is not made to twice. What is to be told is told in person: the
    house keeps who, whom and when.
    """

    action = "care.hand_over"

    ward_id: UUID
    to_account_id: UUID
    encounter_ids: tuple[UUID, ...]

    def scope(self, work: Work) -> Scope:
        return work.get(Ward, self.ward_id).scope

    def apply(self, work: Work) -> Handover:
        ward = work.get(Ward, self.ward_id)
        if not 0 < len(set(self.encounter_ids)) <= AT_ONCE:
            raise Invalid(f"name 1 to {AT_ONCE} patients", field="encounterIds")
        if self.to_account_id == work.actor.id:
            raise Invalid("name a colleague, not oneself", field="toAccountId")
        self._require_colleague(work, ward)
        handover = store(work, Handover(
            hospital_id=ward.hospital_id, ward_id=ward.id, from_account_id=work.actor.id,
            to_account_id=self.to_account_id, at=work.now,
        ))  # fmt: skip
        for key in sorted(set(self.encounter_ids)):
            self._give(work, ward, handover, key)
        work.note(patients=len(set(self.encounter_ids)))
        work.emit("PatientsHandedOver", ward.scope, handover=handover.id)
        return handover

    def _require_colleague(self, work: Work, ward: Ward) -> None:
        colleague = work.session.exec(
            select(StaffMember.id).where(
                StaffMember.hospital_id == ward.hospital_id,
                StaffMember.account_id == self.to_account_id,
                col(StaffMember.left_on).is_(None),
            )
        ).first()
        if colleague is None:
            raise Invalid("this account belongs to nobody who works here", reason="NO_COLLEAGUE",
                          field="toAccountId")  # fmt: skip

    def _give(self, work: Work, ward: Ward, handover: Handover, encounter_id: UUID) -> None:
        encounter = work.get(Encounter, encounter_id)
        if encounter.ward_id != ward.id:
            raise NotFound.of("encounter", encounter_id)
        care = care_now(work, work.actor.id, encounter.id)
        if care is None:
            raise Conflict("this patient is not in your care", reason="NOT_IN_CARE",
                           field="encounterIds", blocking=encounter.id)  # fmt: skip
        end_care(work, care, work.now)
        if care_now(work, self.to_account_id, encounter.id) is None:
            begin_care(work, self.to_account_id, encounter, work.now)
        work.add(HandoverPatient(handover_id=handover.id, encounter_id=encounter.id,
                                 subject=encounter.subject))  # fmt: skip
        work.subjects.add(encounter.subject)
