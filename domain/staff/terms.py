"""What somebody can do, how much they work, and when they are away."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import col, or_, select

from domain.places.times import expect_version, store
from domain.staff.days import require_span
from domain.staff.model import Absence, AbsenceKind, Contract, StaffMember, StaffSkill
from kit.command import Command
from kit.errors import Conflict, Invalid
from kit.work import Scope, Work

SKILL_LENGTH = 40
LONGEST_WEEK = 5040  # minutes: twelve hours a day, seven days


@dataclass(frozen=True, kw_only=True)
class SetSkill(Command[StaffSkill]):
    """Say what somebody may be planned for, or renew it. Nobody is planned after it expires."""

    action = "staff.manage"

    staff_id: UUID
    skill: str
    level: int = 3
    valid_from: date
    expires_on: date | None = None
    version: int | None = None

    def scope(self, work: Work) -> Scope:
        return Scope(work.get(StaffMember, self.staff_id).hospital_id)

    def apply(self, work: Work) -> StaffSkill:
        member = work.get(StaffMember, self.staff_id)
        require_skill(self.skill)
        if not 1 <= self.level <= 5:
            raise Invalid("a level is 1 (under supervision) to 5 (teaches it)", field="level")
        if self.expires_on is not None and self.expires_on <= self.valid_from:
            raise Invalid("a skill expires after it begins to count", field="expiresOn")
        known = work.session.exec(
            select(StaffSkill).where(
                StaffSkill.staff_id == member.id, StaffSkill.skill == self.skill
            )
        ).first()
        if known is None:
            known = StaffSkill(hospital_id=member.hospital_id, staff_id=member.id,
                               skill=self.skill, valid_from=self.valid_from)  # fmt: skip
        else:
            expect_version(known, self.version)
        known.level, known.valid_from = self.level, self.valid_from
        known.expires_on = self.expires_on
        work.subjects.add(member.subject)
        work.emit("StaffSkillSet", member.scope, staff=member.id)
        return store(work, known)


@dataclass(frozen=True, kw_only=True)
class SetContract(Command[Contract]):
    """Say how much somebody works from a day on. The contract before it ends there.

    `most_nights_in_28` and `most_weekends_in_28` are caps in any four weeks; 0 nights: none.
    """

    action = "staff.manage"

    staff_id: UUID
    from_day: date
    until_day: date | None = None
    weekly_minutes: int
    most_weekly_minutes: int | None = None
    most_nights_in_28: int = 8
    most_weekends_in_28: int = 2

    def scope(self, work: Work) -> Scope:
        return Scope(work.get(StaffMember, self.staff_id).hospital_id)

    def apply(self, work: Work) -> Contract:
        member = work.get(StaffMember, self.staff_id)
        most = self.weekly_minutes if self.most_weekly_minutes is None else self.most_weekly_minutes
        self._require_sense(most)
        self._end_the_one_before(work, member)
        contract = store(work, Contract(
            hospital_id=member.hospital_id, staff_id=member.id, from_day=self.from_day,
            until_day=self.until_day, weekly_minutes=self.weekly_minutes,
            most_weekly_minutes=most, most_nights_in_28=self.most_nights_in_28,
            most_weekends_in_28=self.most_weekends_in_28,
        ))  # fmt: skip
        work.subjects.add(member.subject)
        work.emit("ContractSet", member.scope, staff=member.id)
        return contract

    def _require_sense(self, most: int) -> None:
        require_span(self.from_day, self.until_day, most_days=40 * 366)
        if not 0 <= self.weekly_minutes <= 3600:
            raise Invalid("a week has 0 to 3600 contracted minutes", field="weeklyMinutes")
        if not self.weekly_minutes <= most <= LONGEST_WEEK:
            raise Invalid(f"the most is at least the contracted minutes, at most {LONGEST_WEEK}",
                          field="mostWeeklyMinutes")  # fmt: skip
        if not 0 <= self.most_nights_in_28 <= 28:
            raise Invalid("give 0 to 28 nights in four weeks", field="mostNightsIn28")
        if not 0 <= self.most_weekends_in_28 <= 5:
            raise Invalid("give 0 to 5 weekends in four weeks", field="mostWeekendsIn28")

    def _end_the_one_before(self, work: Work, member: StaffMember) -> None:
        begins_later = select(Contract).where(
            Contract.staff_id == member.id, col(Contract.from_day) >= self.from_day,
        )  # fmt: skip
        if self.until_day is not None:
            begins_later = begins_later.where(col(Contract.from_day) < self.until_day)
        later = work.session.exec(begins_later).first()
        if later is not None:
            raise Conflict(f"another contract begins on {later.from_day.isoformat()}",
                           reason="CONTRACT_OVERLAP", field="fromDay",
                           blocking=later.id)  # fmt: skip
        before = work.session.exec(
            select(Contract).where(
                Contract.staff_id == member.id, col(Contract.from_day) < self.from_day,
                or_(col(Contract.until_day).is_(None), col(Contract.until_day) > self.from_day),
            )
        ).first()  # fmt: skip
        if before is not None:
            before.until_day = self.from_day
            work.session.flush()


@dataclass(frozen=True, kw_only=True)
class RecordAbsence(Command[Absence]):
    """Say on which days somebody is away. Of sickness only the days are kept, never why.

    Duties that are already theirs on these days stay: report them sick, or cancel each.
    """

    action = "staff.manage"

    staff_id: UUID
    absence_kind: AbsenceKind
    from_day: date
    until_day: date

    def scope(self, work: Work) -> Scope:
        return Scope(work.get(StaffMember, self.staff_id).hospital_id)

    def apply(self, work: Work) -> Absence:
        return record_absence(work, work.get(StaffMember, self.staff_id), self.absence_kind,
                              self.from_day, self.until_day)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class WithdrawAbsence(Command[Absence]):
    """Take back an absence that was a mistake, or that did not come about."""

    action = "staff.manage"

    absence_id: UUID

    def scope(self, work: Work) -> Scope:
        return Scope(work.get(Absence, self.absence_id).hospital_id)

    def apply(self, work: Work) -> Absence:
        absence = work.get(Absence, self.absence_id)
        if absence.withdrawn_at is not None:
            raise Conflict("this absence was withdrawn before", reason="ABSENCE_WITHDRAWN",
                           blocking=absence.id)  # fmt: skip
        absence.withdrawn_at = work.now
        work.emit("AbsenceWithdrawn", Scope(absence.hospital_id), staff=absence.staff_id)
        return absence


def record_absence(
    work: Work, member: StaffMember, kind: AbsenceKind, from_day: date, until_day: date
) -> Absence:
    """Keep the days on which somebody is away. Raises Invalid for an empty span."""
    require_span(from_day, until_day)
    absence = store(work, Absence(
        hospital_id=member.hospital_id, staff_id=member.id, from_day=from_day,
        until_day=until_day, kind=kind.value, recorded_at=work.now, recorded_by=work.actor.id,
    ))  # fmt: skip
    work.subjects.add(member.subject)
    work.emit("AbsenceRecorded", member.scope, staff=member.id)
    return absence


def require_skill(skill: str) -> None:
    """Raise Invalid unless the code is short and in capitals, digits and _."""
    plain = skill.replace("_", "")
    if not (0 < len(skill) <= SKILL_LENGTH and plain.isascii() and plain.isalnum()
            and skill == skill.upper()):  # fmt: skip
        raise Invalid("a skill is a code in capitals, digits and _, as ICU_NURSING", field="skill")
