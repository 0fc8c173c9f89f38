"""Reads of staff and duties, cut to the viewer's scopes. Sealed fields stay sealed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_
from sqlmodel import Session, col, select

from domain.places.reach import by_keyset, within
from domain.staff.model import Absence, Contract, StaffMember, StaffSkill
from domain.staff.roster_model import (
    Duty,
    DutyState,
    DutySwap,
    Roster,
    RosterState,
    ShiftType,
    SwapState,
    Wish,
)
from kit.errors import NotFound
from kit.work import Scope

PAGE = 101  # one more than a page, to know whether there is another
MOST_DUTIES = 2000  # of one answer
OPEN_SWAPS = (SwapState.ASKED, SwapState.ACCEPTED)


@dataclass(frozen=True, slots=True)
class StaffTerms:
    """What the roster must know of somebody."""

    member: StaffMember
    skills: Sequence[StaffSkill]
    contracts: Sequence[Contract]
    absences: Sequence[Absence]
    wishes: Sequence[Wish]


@dataclass(frozen=True, slots=True)
class GivenDuty:
    """A duty with its shift and whose it is."""

    duty: Duty
    shift: ShiftType
    member: StaffMember


def _staff_in(scopes: Sequence[Scope]) -> ColumnElement[bool]:
    """A ward's scope sees its own people and those who are on duty there."""
    lent = exists().where(
        col(Duty.staff_id) == col(StaffMember.id), col(Duty.state) != DutyState.CANCELLED,
        within(scopes, col(Duty.hospital_id), col(Duty.ward_id)),
    )  # fmt: skip
    return or_(within(scopes, col(StaffMember.hospital_id), col(StaffMember.home_ward_id)), lent)


def staff_members(
    session: Session,
    scopes: Sequence[Scope],
    hospital_id: UUID,
    *,
    ward_id: UUID | None = None,
    after: UUID | None = None,
    limit: int = PAGE,
) -> Sequence[StaffMember]:
    """People of a hospital, or of one home ward of it, by id; those who left too."""
    query = select(StaffMember).where(
        _staff_in(scopes), StaffMember.hospital_id == hospital_id, by_keyset(StaffMember.id, after)
    )
    if ward_id is not None:
        query = query.where(StaffMember.home_ward_id == ward_id)
    return session.exec(query.order_by(col(StaffMember.id)).limit(min(limit, PAGE))).all()


def staff_among(session: Session, subjects: Collection[UUID]) -> frozenset[UUID]:
    """Which of these surrogates are members of staff, of whatever hospital."""
    asked = select(StaffMember.subject).where(col(StaffMember.subject).in_(subjects))
    return frozenset(session.exec(asked))


def staff_terms(session: Session, scopes: Sequence[Scope], staff_id: UUID) -> StaffTerms:
    """One person's skills, contracts, absences and wishes. Raises NotFound."""
    member = session.exec(
        select(StaffMember).where(StaffMember.id == staff_id, _staff_in(scopes))
    ).first()
    if member is None:
        raise NotFound.of("staffmember", staff_id)
    return terms_of(session, member)


def terms_of(session: Session, member: StaffMember) -> StaffTerms:
    """What stands of a person whom the caller has found in reach."""
    skills = select(StaffSkill).where(StaffSkill.staff_id == member.id)
    contracts = select(Contract).where(Contract.staff_id == member.id)
    absences = select(Absence).where(
        Absence.staff_id == member.id, col(Absence.withdrawn_at).is_(None)
    )
    wishes = select(Wish).where(Wish.staff_id == member.id, col(Wish.withdrawn_at).is_(None))
    return StaffTerms(
        member,
        session.exec(skills.order_by(col(StaffSkill.skill))).all(),
        session.exec(contracts.order_by(col(Contract.from_day))).all(),
        session.exec(absences.order_by(col(Absence.from_day).desc()).limit(PAGE)).all(),
        session.exec(wishes.order_by(col(Wish.day).desc()).limit(PAGE)).all(),
    )


def member_of_account(session: Session, account_id: UUID) -> StaffMember | None:
    """Who this account is among the staff; in the hospital that registered them first."""
    return session.exec(
        select(StaffMember).where(StaffMember.account_id == account_id)
        .order_by(col(StaffMember.id))
    ).first()  # fmt: skip


def shift_types(session: Session, scopes: Sequence[Scope], ward_id: UUID) -> Sequence[ShiftType]:
    """A ward's shifts by the time they begin; retired ones too."""
    here = within(scopes, col(ShiftType.hospital_id), col(ShiftType.ward_id))
    query = select(ShiftType).where(here, ShiftType.ward_id == ward_id)
    return session.exec(query.order_by(col(ShiftType.starts_minute), col(ShiftType.code))).all()


def rosters(
    session: Session, scopes: Sequence[Scope], ward_id: UUID, first: date, until: date
) -> Sequence[Roster]:
    """The ward's rosters that touch these days, first to last."""
    here = within(scopes, col(Roster.hospital_id), col(Roster.ward_id))
    query = select(Roster).where(
        here, Roster.ward_id == ward_id, col(Roster.from_day) < until, col(Roster.until_day) > first
    )
    return session.exec(query.order_by(col(Roster.from_day))).all()


def duties_of_ward(
    session: Session, scopes: Sequence[Scope], ward_id: UUID, first: date, until: date
) -> list[GivenDuty]:
    """Who is on duty in a ward on these days, in the order of time; cancelled duties left out."""
    here = within(scopes, col(Duty.hospital_id), col(Duty.ward_id))
    query = (
        select(Duty, ShiftType, StaffMember)
        .where(
            here, Duty.ward_id == ward_id, Duty.state != DutyState.CANCELLED,
            col(Duty.day) >= first, col(Duty.day) < until,
            ShiftType.id == Duty.shift_id, StaffMember.id == Duty.staff_id,
        )
        .order_by(col(Duty.since), col(ShiftType.code), col(StaffMember.number))
        .limit(MOST_DUTIES)
    )  # fmt: skip
    return [GivenDuty(*row) for row in session.exec(query)]


def duties_of_member(session: Session, staff_id: UUID, first: date, until: date) -> list[GivenDuty]:
    """A person's published duties of these days: drafts are told to nobody."""
    query = (
        select(Duty, ShiftType, StaffMember)
        .where(
            Duty.staff_id == staff_id, Duty.state == DutyState.PUBLISHED,
            col(Duty.day) >= first, col(Duty.day) < until,
            ShiftType.id == Duty.shift_id, StaffMember.id == Duty.staff_id,
        )
        .order_by(col(Duty.since))
        .limit(MOST_DUTIES)
    )  # fmt: skip
    return [GivenDuty(*row) for row in session.exec(query)]


def open_swaps(session: Session, scopes: Sequence[Scope], hospital_id: UUID) -> Sequence[DutySwap]:
    """Swaps that wait for somebody's word, oldest first."""
    here = within(scopes, col(DutySwap.hospital_id), col(DutySwap.ward_id))
    query = select(DutySwap).where(
        here, DutySwap.hospital_id == hospital_id, col(DutySwap.state).in_(OPEN_SWAPS)
    )
    return session.exec(query.order_by(col(DutySwap.id)).limit(PAGE)).all()


def swaps_of_member(session: Session, staff_id: UUID) -> Sequence[DutySwap]:
    """A person's open swaps, asked by them or of them, oldest first."""
    theirs = or_(col(DutySwap.staff_id) == staff_id, col(DutySwap.other_staff_id) == staff_id)
    query = select(DutySwap).where(theirs, col(DutySwap.state).in_(OPEN_SWAPS))
    return session.exec(query.order_by(col(DutySwap.id)).limit(PAGE)).all()


def on_duty_now(session: Session, hospital_id: UUID, now: datetime) -> list[GivenDuty]:
    """Everybody in the hospital who is in a published shift at this moment."""
    query = (
        select(Duty, ShiftType, StaffMember)
        .where(
            Duty.hospital_id == hospital_id, Duty.state == DutyState.PUBLISHED,
            col(Duty.since) <= now, col(Duty.until) > now,
            ShiftType.id == Duty.shift_id, StaffMember.id == Duty.staff_id,
        )
        .order_by(col(Duty.id))
    )  # fmt: skip
    return [GivenDuty(*row) for row in session.exec(query)]


def published_from(
    session: Session, ward_ids: Sequence[UUID], first: date, until: date
) -> Mapping[UUID, Roster]:
    """By ward, the published roster that covers the whole span, where there is one."""
    found = session.exec(
        select(Roster).where(
            col(Roster.ward_id).in_(ward_ids), Roster.state == RosterState.PUBLISHED,
            col(Roster.from_day) <= first, col(Roster.until_day) >= until,
        )
    )  # fmt: skip
    return {roster.ward_id: roster for roster in found}
