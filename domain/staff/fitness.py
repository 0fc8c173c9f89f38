"""Who may be given a shift of a day: checked whenever a duty is made, whoever planned it."""

from datetime import date
from uuid import UUID

from sqlmodel import Session, col, or_, select

from domain.staff.model import Absence, Contract, StaffMember, StaffSkill
from domain.staff.roster_model import Duty, DutyState, ShiftType
from kit.errors import Conflict


def require_fit(session: Session, member: StaffMember, shift: ShiftType, day: date) -> None:
    """Raise Conflict that says what is in the way: employment, profession, ward, skill, absence."""
    _require_employed(session, member, day)
    if member.profession is not shift.profession:
        raise Conflict(f"the shift is for {shift.profession}", reason="OTHER_PROFESSION",
                       field="staffId", blocking=shift.id, allowed=(shift.profession,))  # fmt: skip
    if member.home_ward_id not in (None, shift.ward_id):
        raise Conflict("this person belongs to another ward", reason="OTHER_WARD", field="staffId",
                       blocking=member.id)  # fmt: skip
    if shift.skill is not None and not holds(session, member.id, shift.skill, day):
        raise Conflict(f"{shift.skill} is not held or not valid on {day.isoformat()}; renew it",
                       reason="SKILL_NOT_VALID", field="staffId", blocking=member.id)  # fmt: skip
    away = absent_on(session, member.id, day)
    if away is not None:
        raise Conflict(f"away until {away.until_day.isoformat()}", reason="ABSENT",
                       field="day", blocking=away.id)  # fmt: skip


def require_free(
    session: Session, member: StaffMember, duty: Duty, *, leaving: UUID | None = None
) -> None:
    """Raise Conflict that names the duty which overlaps; `leaving` does not count."""
    other = session.exec(
        select(Duty).where(
            Duty.staff_id == member.id, Duty.state != DutyState.CANCELLED,
            col(Duty.since) < duty.until, col(Duty.until) > duty.since,
            col(Duty.id).not_in([duty.id, leaving] if leaving else [duty.id]),
        )
    ).first()  # fmt: skip
    if other is not None:
        raise Conflict(
            f"on duty from {other.since.isoformat()} to {other.until.isoformat()}",
            reason="DUTY_OVERLAP", field="day", blocking=other.id,
        )  # fmt: skip


def holds(session: Session, staff_id: UUID, skill: str, day: date) -> bool:
    """True where the skill counts on that day."""
    found = session.exec(
        select(StaffSkill.id).where(
            StaffSkill.staff_id == staff_id, StaffSkill.skill == skill,
            col(StaffSkill.valid_from) <= day,
            or_(col(StaffSkill.expires_on).is_(None), col(StaffSkill.expires_on) > day),
        )
    ).first()  # fmt: skip
    return found is not None


def absent_on(session: Session, staff_id: UUID, day: date) -> Absence | None:
    """What keeps somebody away on that day."""
    return session.exec(
        select(Absence).where(
            Absence.staff_id == staff_id, col(Absence.withdrawn_at).is_(None),
            col(Absence.from_day) <= day, col(Absence.until_day) > day,
        )
    ).first()  # fmt: skip


def _require_employed(session: Session, member: StaffMember, day: date) -> None:
    gone = member.left_on is not None and member.left_on <= day
    under_contract = session.exec(
        select(Contract.id).where(
            Contract.staff_id == member.id,
            col(Contract.from_day) <= day,
            or_(col(Contract.until_day).is_(None), col(Contract.until_day) > day),
        )
    ).first()
    if gone or day < member.joined_on or under_contract is None:
        raise Conflict(f"not employed here on {day.isoformat()}", reason="NOT_EMPLOYED",
                       field="staffId", blocking=member.id)  # fmt: skip
