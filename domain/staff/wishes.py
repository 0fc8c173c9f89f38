"""Wishes for days on and off, stated before the deadline and never planned against silently."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlmodel import col, select

from domain.places.times import store
from domain.staff.commands import own_membership
from domain.staff.days import today
from domain.staff.model import StaffMember
from domain.staff.policies import staffing_policy
from domain.staff.roster_model import ShiftType, Want, Wish
from domain.staff.shifts import in_use
from kit.command import Command
from kit.errors import Conflict, Invalid, NotFound
from kit.work import NETWORK, Scope, Work


@dataclass(frozen=True, kw_only=True)
class StateWish(Command[Wish]):
    """Ask for a day, or one shift of it, on or off, for somebody. A new wish replaces the old."""

    action = "staff.manage"

    staff_id: UUID
    day: date
    want: Want
    shift_id: UUID | None = None
    weight: int = 5

    def scope(self, work: Work) -> Scope:
        return Scope(work.get(StaffMember, self.staff_id).hospital_id)

    def apply(self, work: Work) -> Wish:
        member = work.get(StaffMember, self.staff_id)
        return _state(work, member, self.day, self.want, self.shift_id, self.weight)


@dataclass(frozen=True, kw_only=True)
class StateOwnWish(Command[Wish]):
    """Ask for a day, or one shift of it, on or off, for oneself. A new wish replaces the old."""

    action = "duty.keep_own"

    day: date
    want: Want
    shift_id: UUID | None = None
    weight: int = 5

    def scope(self, work: Work) -> Scope:
        return NETWORK

    def apply(self, work: Work) -> Wish:
        return _state(work, own_membership(work), self.day, self.want, self.shift_id, self.weight)


@dataclass(frozen=True, kw_only=True)
class WithdrawOwnWish(Command[Wish]):
    """Take a wish of one's own back, before its deadline."""

    action = "duty.keep_own"

    wish_id: UUID

    def scope(self, work: Work) -> Scope:
        return NETWORK

    def apply(self, work: Work) -> Wish:
        wish = work.get(Wish, self.wish_id)
        if wish.staff_id != own_membership(work, wish.hospital_id).id:
            raise NotFound.of("wish", self.wish_id)
        if wish.withdrawn_at is not None:
            raise Conflict("this wish was withdrawn or replaced", reason="WISH_WITHDRAWN",
                           blocking=wish.id)  # fmt: skip
        _require_in_time(work, wish.hospital_id, wish.day)
        wish.withdrawn_at = work.now
        work.emit("WishWithdrawn", Scope(wish.hospital_id), wish=wish.id)
        return wish


def _state(
    work: Work, member: StaffMember, day: date, want: Want, shift_id: UUID | None, weight: int
) -> Wish:
    if not 1 <= weight <= 10:
        raise Invalid("a weight is 1 (would be nice) to 10 (matters much)", field="weight")
    _require_in_time(work, member.hospital_id, day)
    if shift_id is not None:
        shift = in_use(work.get(ShiftType, shift_id))
        if shift.hospital_id != member.hospital_id:
            raise NotFound.of("shifttype", shift_id)
    standing = work.session.exec(
        select(Wish).where(
            Wish.staff_id == member.id, Wish.day == day, col(Wish.withdrawn_at).is_(None)
        )
    ).first()
    if standing is not None:
        standing.withdrawn_at = work.now
        work.session.flush()
    wish = store(work, Wish(
        hospital_id=member.hospital_id, staff_id=member.id, day=day, want=want,
        shift_id=shift_id, weight=weight, stated_at=work.now,
    ))  # fmt: skip
    work.subjects.add(member.subject)
    work.emit("WishStated", Scope(member.hospital_id), wish=wish.id)
    return wish


def _require_in_time(work: Work, hospital_id: UUID, day: date) -> None:
    days = staffing_policy(work.session, hospital_id).wish_deadline_days
    first = today(work.session, hospital_id, work.now) + timedelta(days=days)
    if day < first:
        raise Conflict(f"wishes come {days} days before; the first day still open is"
                       f" {first.isoformat()}", reason="WISH_LATE", field="day",
                       allowed=(first.isoformat(),))  # fmt: skip
