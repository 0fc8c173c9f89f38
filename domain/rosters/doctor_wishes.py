"""Stating which doctor a patient would like, or must not be treated by."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from domain.patients.episodes import tell
from domain.patients.model import Encounter
from domain.patients.states import require_live
from domain.places.times import happened, recorded, succeed
from domain.rosters.preference_model import DoctorWish, DoctorWord
from domain.staff.model import Profession, StaffMember
from kit.command import Command
from kit.errors import Conflict, Invalid
from kit.work import Scope, Work

MOST = 20  # doctors of whom one patient says something


@dataclass(frozen=True, kw_only=True)
class StateDoctorWish(Command[DoctorWish]):
    """Say that a patient would like a doctor, must not be treated by one, or take that back.

    A care plan weighs the wish and keeps the exclusion. One doctor is wished for at a time.
    """

    action = "need.state"

    encounter_id: UUID
    doctor_id: UUID
    word: DoctorWord
    at: datetime | None = None

    def scope(self, work: Work) -> Scope:
        return work.get(Encounter, self.encounter_id).scope

    def apply(self, work: Work) -> DoctorWish:
        encounter = work.get(Encounter, self.encounter_id)
        require_live(encounter)
        doctor = work.get(StaffMember, self.doctor_id)
        here = doctor.hospital_id == encounter.hospital_id
        if not here or doctor.profession is not Profession.DOCTOR:
            raise Invalid("name a doctor of this hospital", field="doctorId")
        standing = wishes_of(work.session, [encounter.id])
        before = next((one for one in standing if one.staff_id == doctor.id), None)
        if before is None and len(standing) >= MOST:
            raise Conflict(f"at most {MOST} doctors; take another word back first",
                           reason="TOO_MANY_DOCTORS")  # fmt: skip
        if self.word is DoctorWord.WISHED:
            self._end_other(work, encounter, standing)
        after = self._said(work, encounter, doctor.id, self.word, before)
        tell(work, "DoctorWishStated", encounter)
        return after

    def _end_other(self, work: Work, encounter: Encounter, standing: Sequence[DoctorWish]) -> None:
        for one in standing:
            if one.word is DoctorWord.WISHED and one.staff_id != self.doctor_id:
                self._said(work, encounter, one.staff_id, DoctorWord.NONE, one)

    def _said(
        self, work: Work, encounter: Encounter, doctor: UUID, word: DoctorWord,
        before: DoctorWish | None,
    ) -> DoctorWish:  # fmt: skip
        return succeed(work, before, DoctorWish(
            hospital_id=encounter.hospital_id, encounter_id=encounter.id,
            subject=encounter.subject, staff_id=doctor, word=word,
            since=happened(work, self.at), **recorded(work),
        ))  # fmt: skip


@dataclass(frozen=True, slots=True)
class DoctorWishes:
    """Of one patient, as staff ids."""

    wished: UUID | None = None
    excluded: frozenset[UUID] = field(default_factory=frozenset)


def wishes_of(session: Session, encounters: Collection[UUID]) -> Sequence[DoctorWish]:
    """What stands of these patients, what was taken back included."""
    return session.exec(
        select(DoctorWish)
        .where(col(DoctorWish.encounter_id).in_(encounters), col(DoctorWish.until).is_(None))
        .order_by(col(DoctorWish.id))
    ).all()


def wishes_by_encounter(session: Session, encounters: Collection[UUID]) -> dict[UUID, DoctorWishes]:
    """Encounter → whom its patient wishes and excludes now."""
    wished: dict[UUID, UUID] = {}
    excluded: dict[UUID, set[UUID]] = defaultdict(set)
    for one in wishes_of(session, encounters):
        if one.word is DoctorWord.WISHED:
            wished[one.encounter_id] = one.staff_id
        elif one.word is DoctorWord.EXCLUDED:
            excluded[one.encounter_id].add(one.staff_id)
    return {
        key: DoctorWishes(wished.get(key), frozenset(excluded[key])) for key in {*wished, *excluded}
    }


def require_not_excluded(work: Work, encounter_id: UUID, doctor: StaffMember) -> None:
    """Raises Conflict where the patient must not be treated by this doctor."""
    wishes = wishes_by_encounter(work.session, [encounter_id]).get(encounter_id)
    if wishes is not None and doctor.id in wishes.excluded:
        raise Conflict("this patient must not be treated by this doctor; choose another, or take"
                       " the exclusion back with the patient", reason="DOCTOR_EXCLUDED",
                       blocking=doctor.id)  # fmt: skip
