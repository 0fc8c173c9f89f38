"""Reads of elective admissions, cut to the viewer's scopes."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlmodel import Session, col, select

from domain.admissions.model import AdmissionRequest, AdmissionState, TheatreSession
from domain.admissions.states import OPEN
from domain.places.reach import by_keyset, within
from kit.work import Scope

PAGE = 101  # one more than a page, to know whether there is another


def admission_requests(
    session: Session,
    scopes: Sequence[Scope],
    hospital_id: UUID,
    states: Sequence[AdmissionState] = OPEN,
    *,
    after: UUID | None = None,
    limit: int = PAGE,
) -> Sequence[AdmissionRequest]:
    """A hospital's requests in the order of asking; a ward sees those dated into it."""
    return session.exec(
        select(AdmissionRequest)
        .where(
            AdmissionRequest.hospital_id == hospital_id,
            within(scopes, col(AdmissionRequest.hospital_id), col(AdmissionRequest.ward_id)),
            col(AdmissionRequest.state).in_(states),
            by_keyset(AdmissionRequest.id, after),
        )
        .order_by(col(AdmissionRequest.id))
        .limit(limit)
    ).all()


def theatre_sessions(
    session: Session, scopes: Sequence[Scope], hospital_id: UUID, first: date, until: date
) -> Sequence[TheatreSession]:
    """The hospital's theatre time of the days from `first` until before `until`."""
    return session.exec(
        select(TheatreSession)
        .where(
            TheatreSession.hospital_id == hospital_id,
            within(scopes, col(TheatreSession.hospital_id)),
            TheatreSession.day >= first,
            TheatreSession.day < until,
        )
        .order_by(col(TheatreSession.day), col(TheatreSession.specialty))
    ).all()
