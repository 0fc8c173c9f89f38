"""Who lay in a place, from when to when: what the forecast of a census learns from."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlmodel import Session, col

from domain.beds.model import Bed, BedStay
from domain.forecasts.calendar import A_BIT
from domain.measures.intervals import FAR, Micros, as_micros
from domain.measures.place import Place
from domain.measures.spells import columns, during, in_place, micros
from domain.measures.steps import Span
from domain.patients.model import ExpectedDischarge
from kit.clock import microseconds

Told = tuple[int, int | None, int | None]  # since, until, expected until; µs since 1970


@dataclass(frozen=True, slots=True)
class _Spells:
    person: NDArray[Any]
    since: Micros
    until: Micros
    expected: Micros


def lying(session: Session, place: Place, since: datetime, as_of: datetime) -> list[Told]:
    """Everybody in the place between the two moments, as it stood at the second; one statement.

    Moves from bed to bed within the place end nothing. Who left after `as_of` is still there, and
    when they were expected to leave is what somebody had said by then.
    """
    found = _joined(_read(session, place, since, as_of))
    end = microseconds(as_of)
    return [
        (int(begun), int(ended) if ended <= end else None,
         int(told) if told < FAR and ended > end else None)
        for begun, ended, told in zip(found.since, found.until, found.expected, strict=True)
    ]  # fmt: skip


def _read(session: Session, place: Place, since: datetime, as_of: datetime) -> _Spells:
    said = sa.and_(
        col(ExpectedDischarge.encounter_id) == col(BedStay.encounter_id),
        col(ExpectedDischarge.since) <= as_of,
        sa.or_(col(ExpectedDischarge.until).is_(None), col(ExpectedDischarge.until) > as_of),
        sa.or_(col(BedStay.until).is_(None), col(BedStay.until) > as_of),
    )
    query = (
        sa.select(
            sa.cast(col(BedStay.encounter_id), sa.String), micros(session, col(BedStay.since)),
            micros(session, col(BedStay.until)),
            micros(session, col(ExpectedDischarge.expected_at)),
        )
        .join(Bed, col(Bed.id) == col(BedStay.bed_id))
        .outerjoin(ExpectedDischarge, said)
        .where(in_place(session, place, BedStay), col(BedStay.voided_at).is_(None),
               col(Bed.censusable), during(col(BedStay.since), col(BedStay.until),
                                           Span(since, as_of + A_BIT, "UTC")))
    )  # fmt: skip
    who, begun, ended, told = columns(session, query)
    _, person = np.unique(np.array(who, dtype=str), return_inverse=True)
    return _Spells(person, as_micros(begun), as_micros(ended), as_micros(told))


def _joined(read: _Spells) -> _Spells:
    """One spell where one stay began as the one before it ended."""
    if not read.since.size:
        return read
    order = np.lexsort((read.since, read.person))
    person, since, until, expected = (
        one[order] for one in (read.person, read.since, read.until, read.expected)
    )
    on = (person[1:] == person[:-1]) & (since[1:] <= until[:-1])
    first, last = np.concatenate(([True], ~on)), np.concatenate((~on, [True]))
    return _Spells(person[first], since[first], until[last], expected[last])
