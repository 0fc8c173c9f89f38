"""Swaps: one asks, the colleague agrees, and where the hospital wants it a planner too."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, select

from domain.places.times import store
from domain.rosters.swap_check import require_lawful
from domain.staff.commands import own_membership
from domain.staff.duties import end_duty, give_duty
from domain.staff.model import StaffMember
from domain.staff.policies import staffing_policy
from domain.staff.queries import OPEN_SWAPS
from domain.staff.roster_model import (
    Duty,
    DutyEnd,
    DutyState,
    DutySwap,
    ShiftType,
    SwapState,
)
from kit.command import Command
from kit.errors import Conflict, Invalid, NotFound
from kit.work import NETWORK, Scope, Work


@dataclass(frozen=True, kw_only=True)
class AskSwap(Command[DutySwap]):
    """Offer a duty of one's own to a colleague: against one of theirs, or to be taken over."""

    action = "duty.keep_own"

    duty_id: UUID
    other_staff_id: UUID
    other_duty_id: UUID | None = None

    def scope(self, work: Work) -> Scope:
        return NETWORK

    def apply(self, work: Work) -> DutySwap:
        duty = work.get(Duty, self.duty_id)
        member = own_membership(work, duty.hospital_id)
        other = work.get(StaffMember, self.other_staff_id)
        if duty.staff_id != member.id or other.hospital_id != member.hospital_id:
            raise NotFound.of("duty", self.duty_id)
        if other.id == member.id:
            raise Invalid("name a colleague, not oneself", field="otherStaffId")
        _require_standing(work, duty)
        if self.other_duty_id is not None:
            theirs = work.get(Duty, self.other_duty_id)
            if theirs.staff_id != other.id:
                raise NotFound.of("duty", self.other_duty_id)
            _require_standing(work, theirs)
        _require_no_other(work, duty)
        swap = store(work, DutySwap(
            hospital_id=duty.hospital_id, ward_id=duty.ward_id, duty_id=duty.id,
            staff_id=member.id, other_staff_id=other.id, other_duty_id=self.other_duty_id,
            asked_at=work.now,
        ))  # fmt: skip
        return _tell(work, swap, "SwapAsked")


@dataclass(frozen=True, kw_only=True)
class AnswerSwap(Command[DutySwap]):
    """Agree to a swap that a colleague asks for, or decline it.

    Where the hospital's rules leave it to the two of them, agreeing carries it out at once.
    """

    action = "duty.keep_own"

    swap_id: UUID
    accept: bool

    def scope(self, work: Work) -> Scope:
        return NETWORK

    def apply(self, work: Work) -> DutySwap:
        swap = work.get(DutySwap, self.swap_id)
        if own_membership(work, swap.hospital_id).id != swap.other_staff_id:
            raise NotFound.of("dutyswap", self.swap_id)
        _require(swap, SwapState.ASKED)
        swap.answered_at = work.now
        if not self.accept:
            swap.state = SwapState.DECLINED
            return _tell(work, swap, "SwapDeclined")
        require_lawful(work, _moves(work, swap))
        swap.state = SwapState.ACCEPTED
        if not staffing_policy(work.session, swap.hospital_id).swaps_need_planner:
            return _carry_out(work, swap)
        return _tell(work, swap, "SwapAccepted")


@dataclass(frozen=True, kw_only=True)
class WithdrawSwap(Command[DutySwap]):
    """Take back a swap that one asked for, while it is open."""

    action = "duty.keep_own"

    swap_id: UUID

    def scope(self, work: Work) -> Scope:
        return NETWORK

    def apply(self, work: Work) -> DutySwap:
        swap = work.get(DutySwap, self.swap_id)
        if own_membership(work, swap.hospital_id).id != swap.staff_id:
            raise NotFound.of("dutyswap", self.swap_id)
        _require(swap, *OPEN_SWAPS)
        swap.state = SwapState.WITHDRAWN
        return _tell(work, swap, "SwapWithdrawn")


@dataclass(frozen=True, kw_only=True)
class DecideSwap(Command[DutySwap]):
    """Approve a swap on which two people agree, or decline it, for the hospital."""

    action = "roster.plan"

    swap_id: UUID
    approve: bool

    def scope(self, work: Work) -> Scope:
        return work.get(DutySwap, self.swap_id).scope

    def apply(self, work: Work) -> DutySwap:
        swap = work.get(DutySwap, self.swap_id)
        _require(swap, SwapState.ACCEPTED)
        if not self.approve:
            swap.state, swap.decided_at = SwapState.DECLINED, work.now
            swap.decided_by = work.actor.id
            return _tell(work, swap, "SwapDeclined")
        require_lawful(work, _moves(work, swap))
        return _carry_out(work, swap)


def _carry_out(work: Work, swap: DutySwap) -> DutySwap:
    """Both duties end and begin anew with the other person; every check is made again."""
    moves = _moves(work, swap)
    why = DutyEnd.TAKEN_OVER if swap.other_duty_id is None else DutyEnd.SWAPPED
    for duty, _ in moves:
        _require_standing(work, duty)
        end_duty(work, duty, why)
    work.session.flush()
    for duty, taker in moves:
        give_duty(work, work.get(StaffMember, taker), work.get(ShiftType, duty.shift_id),
                  duty.day, replaces=duty)  # fmt: skip
    swap.state, swap.decided_at, swap.decided_by = SwapState.DONE, work.now, work.actor.id
    return _tell(work, swap, "SwapDone")


def _moves(work: Work, swap: DutySwap) -> Sequence[tuple[Duty, UUID]]:
    moves = [(work.get(Duty, swap.duty_id), swap.other_staff_id)]
    if swap.other_duty_id is not None:
        moves.append((work.get(Duty, swap.other_duty_id), swap.staff_id))
    return moves


def _require_standing(work: Work, duty: Duty) -> None:
    """Only what people were told, and what has not begun, can change hands."""
    if duty.state is not DutyState.PUBLISHED or duty.since <= work.now:
        raise Conflict("a duty changes hands once published and before it begins",
                       reason="DUTY_OVER", blocking=duty.id)  # fmt: skip


def _require_no_other(work: Work, duty: Duty) -> None:
    known = work.session.exec(
        select(DutySwap).where(DutySwap.duty_id == duty.id, col(DutySwap.state).in_(OPEN_SWAPS))
    ).first()
    if known is not None:
        raise Conflict("a swap of this duty is open; withdraw it first", reason="SWAP_OPEN",
                       blocking=known.id)  # fmt: skip


def _require(swap: DutySwap, *states: SwapState) -> None:
    if swap.state not in states:
        raise Conflict(f"the swap is {swap.state}", reason="SWAP_STATE", blocking=swap.id,
                       allowed=NEXT[swap.state])  # fmt: skip


NEXT: dict[SwapState, tuple[str, ...]] = {
    SwapState.ASKED: ("ACCEPTED", "DECLINED", "WITHDRAWN"),
    SwapState.ACCEPTED: ("DONE", "DECLINED", "WITHDRAWN"),
    SwapState.DONE: (),
    SwapState.DECLINED: (),
    SwapState.WITHDRAWN: (),
}


def _tell(work: Work, swap: DutySwap, event: str) -> DutySwap:
    work.emit(event, swap.scope, swap=swap.id)
    return swap
