"""Who has carried how much: nights, weekends and wishes over the months, against a fair share."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlmodel import Session, col, select

from domain.staff.model import Contract, StaffMember
from domain.staff.roster_model import Duty, DutyState, ShiftKind, ShiftType, Wish


@dataclass(frozen=True, slots=True)
class Burden:
    """What one person did in a span of days; `weekends` are those with at least one duty.

    A fair share is what the same profession of the same ward did together, by contracted hours.
    """

    member: StaffMember
    duties: int
    minutes: int
    nights: int
    weekends: int
    sundays: int
    wishes: int  # that were answered
    granted: int
    fair_nights: float
    fair_weekends: float

    @property
    def nights_above(self) -> int:
        """Above the fair share, rounded; negative below it."""
        return round(self.nights - self.fair_nights)

    @property
    def weekends_above(self) -> int:
        return round(self.weekends - self.fair_weekends)

    @property
    def wishes_missed(self) -> int:
        return self.wishes - self.granted


@dataclass(slots=True)
class _Tally:
    duties: int = 0
    minutes: int = 0
    nights: int = 0
    sundays: int = 0
    weekends: set[tuple[int, int]] = field(default_factory=set)  # ISO year and week


def burdens(
    session: Session, members: Sequence[StaffMember], first: date, until: date
) -> list[Burden]:
    """One for each person, in the order given; only published duties count."""
    keys = [member.id for member in members]
    tallies = _tallies(session, keys, first, until)
    answered = _answered_wishes(session, keys, first, until)
    hours = _weekly_minutes(session, keys, until)
    shared: dict[tuple[UUID | None, str], list[StaffMember]] = defaultdict(list)
    for member in members:
        shared[_group(member)].append(member)
    found = []
    for member in members:
        peers = shared[_group(member)]
        part = _part(member, peers, hours)
        mine = tallies[member.id]
        wishes, granted = answered.get(member.id, (0, 0))
        found.append(Burden(
            member, mine.duties, mine.minutes, mine.nights, len(mine.weekends), mine.sundays,
            wishes, granted,
            part * sum(tallies[peer.id].nights for peer in peers),
            part * sum(len(tallies[peer.id].weekends) for peer in peers),
        ))  # fmt: skip
    return found


def _group(member: StaffMember) -> tuple[UUID | None, str]:
    return member.home_ward_id, member.profession.value


def _part(member: StaffMember, peers: Sequence[StaffMember], hours: Mapping[UUID, int]) -> float:
    """Of everything, by contracted hours; equal parts where nobody has a contract."""
    total = sum(hours.get(peer.id, 0) for peer in peers)
    return hours.get(member.id, 0) / total if total else 1 / len(peers)


def _tallies(
    session: Session, keys: Sequence[UUID], first: date, until: date
) -> dict[UUID, _Tally]:
    found: dict[UUID, _Tally] = defaultdict(_Tally)
    rows = session.exec(
        select(Duty, ShiftType).where(
            col(Duty.staff_id).in_(keys), Duty.state == DutyState.PUBLISHED,
            col(Duty.day) >= first, col(Duty.day) < until, ShiftType.id == Duty.shift_id,
        )
    )  # fmt: skip
    for duty, shift in rows:
        mine = found[duty.staff_id]
        mine.duties += 1
        mine.minutes += shift.minutes
        mine.nights += shift.kind is ShiftKind.NIGHT
        mine.sundays += duty.day.weekday() == 6
        if duty.day.weekday() >= 5:
            mine.weekends.add(duty.day.isocalendar()[:2])
    return found


def _answered_wishes(
    session: Session, keys: Sequence[UUID], first: date, until: date
) -> dict[UUID, tuple[int, int]]:
    found: dict[UUID, tuple[int, int]] = {}
    rows = session.exec(
        select(Wish.staff_id, Wish.granted).where(
            col(Wish.staff_id).in_(keys), col(Wish.granted).is_not(None),
            col(Wish.day) >= first, col(Wish.day) < until, col(Wish.withdrawn_at).is_(None),
        )
    )  # fmt: skip
    for staff_id, granted in rows:
        asked, met = found.get(staff_id, (0, 0))
        found[staff_id] = asked + 1, met + bool(granted)
    return found


def _weekly_minutes(session: Session, keys: Sequence[UUID], until: date) -> dict[UUID, int]:
    """By the latest contract that had begun."""
    rows = session.exec(
        select(Contract)
        .where(col(Contract.staff_id).in_(keys), col(Contract.from_day) < until)
        .order_by(col(Contract.from_day))
    )
    return {row.staff_id: row.weekly_minutes for row in rows}
