"""Nurses on duty beside the patients in bed: when a ward was within its nurse ratio.

On duty is who stands in a published roster; an on-call shift at home is no nurse at the bed. A
ward counts for as long as a published roster of it runs: of other times the house knows nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import sqlalchemy as sa
from sqlmodel import Session, col, select

from domain.beds.model import BedStay
from domain.measures.intervals import MINUTE_US, Intervals, Micros, as_micros
from domain.measures.period import Period, Sums
from domain.measures.place import Place
from domain.measures.spells import columns, during, micros
from domain.measures.steps import Span, moment
from domain.places.model import Hospital, Ward
from domain.staff.model import Profession
from domain.staff.ratios import ratio_of
from domain.staff.roster_model import (
    Duty,
    DutyState,
    RatioPolicy,
    Roster,
    RosterState,
    ShiftKind,
    ShiftType,
)
from kit.clock import microseconds

DAY = timedelta(days=1)  # the calendar there may be ahead of UTC, or behind it
TOLD = (RosterState.PUBLISHED, RosterState.CLOSED)


@dataclass(frozen=True, slots=True)
class _Watched:
    """A ward and the time for which its published roster says who is there."""

    ward: Ward
    since: int
    until: int


def ratio_compliance(period: Period) -> Sums | None:
    """Minutes of wards within their ratio; the others are a part. None without any roster."""
    watched = _watched(period.session, period.place, period.span)
    if not watched:
        return None
    within = total = 0
    for one in watched:
        kept, whole = _kept(period.session, one, period.span)
        within, total = within + kept, total + whole
    outside = (total - within) // MINUTE_US
    return Sums(within / MINUTE_US, None, len({one.ward.id for one in watched}),
                (("OUTSIDE_RATIO", outside),))  # fmt: skip


def wards_within_ratio(session: Session, place: Place, now: datetime) -> float | None:
    """Of the wards whose published roster runs now, how many per cent are within their ratio."""
    at = microseconds(now)
    span = Span(now, moment(at + 1), "UTC")
    watched = _watched(session, place, span)
    if not watched:
        return None
    kept = sum(_kept(session, one, span)[0] > 0 for one in watched)
    return 100.0 * kept / len(watched)


def _watched(session: Session, place: Place, span: Span) -> list[_Watched]:
    rows = session.exec(
        select(Roster, Ward, Hospital.time_zone)
        .where(
            place.has(Roster), col(Roster.state).in_(TOLD), Ward.id == Roster.ward_id,
            Hospital.id == Roster.hospital_id,
            col(Roster.from_day) <= span.until.date() + DAY,
            col(Roster.until_day) >= span.since.date() - DAY,
        )
        .order_by(col(Roster.ward_id), col(Roster.from_day))
    )  # fmt: skip
    first, last = span.micros
    found = []
    for roster, ward, zone in rows:
        since = max(first, _midnight(roster.from_day, zone))
        until = min(last, _midnight(roster.until_day, zone))
        if since < until:
            found.append(_Watched(ward, since, until))
    return found


def _kept(session: Session, one: _Watched, span: Span) -> tuple[int, int]:
    """(microseconds within the ratio, of all that were watched)."""
    patients, nurses = _patients(session, one.ward.id, span), _nurses(session, one.ward.id, span)
    changes = [at for at in _ratio_changes(session, one.ward, span) if one.since < at < one.until]
    inner = np.concatenate((patients.since, patients.until, nurses.since, nurses.until,
                            np.array(changes, dtype=np.int64)))  # fmt: skip
    inner = np.unique(inner[(inner > one.since) & (inner < one.until)])
    edges = np.concatenate(([one.since], inner, [one.until])).astype(np.int64)
    starts, lengths = edges[:-1], np.diff(edges)
    allowed = _ratios(session, one.ward, starts, changes) * nurses.count_at(starts)
    kept = allowed >= patients.count_at(starts)
    return int(lengths[kept].sum()), int(lengths.sum())


def _ratios(session: Session, ward: Ward, starts: Micros, changes: Sequence[int]) -> Micros:
    """How many patients one nurse may have at each moment."""
    begins = [int(starts[0]), *sorted(changes)]
    known = [ratio_of(session, ward, moment(at)).patients_per_nurse for at in begins]
    where = np.searchsorted(np.array(begins, dtype=np.int64), starts, side="right") - 1
    result: Micros = np.array(known, dtype=np.int64)[where]
    return result


def _ratio_changes(session: Session, ward: Ward, span: Span) -> list[int]:
    rows = session.exec(
        select(RatioPolicy).where(
            RatioPolicy.hospital_id == ward.hospital_id,
            RatioPolicy.care_level == ward.care_level,
            during(col(RatioPolicy.since), col(RatioPolicy.until), span),
        )
    ).all()
    return [microseconds(at) for row in rows for at in (row.since, row.until) if at is not None]


def _patients(session: Session, ward_id: UUID, span: Span) -> Intervals:
    query = sa.select(
        micros(session, col(BedStay.since)), micros(session, col(BedStay.until))
    ).where(
        col(BedStay.ward_id) == ward_id, col(BedStay.voided_at).is_(None),
        during(col(BedStay.since), col(BedStay.until), span),
    )  # fmt: skip
    since, until = columns(session, query)
    return Intervals(as_micros(since), as_micros(until))


def _nurses(session: Session, ward_id: UUID, span: Span) -> Intervals:
    query = (
        sa.select(micros(session, col(Duty.since)), micros(session, col(Duty.until)))
        .join(ShiftType, col(ShiftType.id) == col(Duty.shift_id))
        .where(
            col(Duty.ward_id) == ward_id, col(Duty.state) == DutyState.PUBLISHED,
            col(ShiftType.profession) == Profession.NURSE,
            col(ShiftType.kind) != ShiftKind.ON_CALL,
            during(col(Duty.since), col(Duty.until), span),
        )
    )  # fmt: skip
    since, until = columns(session, query)
    return Intervals(as_micros(since), as_micros(until))


def _midnight(day: date, zone: str) -> int:
    return microseconds(datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC))
