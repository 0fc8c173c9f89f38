"""Reads of beds, cut to the viewer's scopes: boards, figures, lists by keyset."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy import or_
from sqlmodel import Session, col, select

from domain.beds.board import bed_board, census, hospital_census
from domain.beds.facts import PlacementFacts, placement_facts
from domain.beds.model import (
    Bed,
    BedHold,
    BedRequest,
    BedStay,
    CleaningTask,
    InBed,
    RequestState,
    Waiver,
)
from domain.beds.shown import Board, Census
from domain.places.reach import by_keyset, within
from kit.work import Scope

__all__ = [
    "Board",
    "Census",
    "PlacementFacts",
    "bed_board",
    "bed_by_code",
    "bed_in_scope",
    "beds",
    "census",
    "cleaning_tasks",
    "holds_of_request",
    "hospital_census",
    "open_requests",
    "placement_facts",
    "request_in_scope",
    "spell_in_scope",
    "stays",
    "waivers",
]

PAGE = 101  # one more than a page, to know whether there is another
InBedT = TypeVar("InBedT", bound=InBed)


def bed_in_scope(session: Session, scopes: Sequence[Scope], bed_id: UUID) -> Bed | None:
    """One bed, or None for an unknown and for a foreign one alike."""
    here = within(scopes, col(Bed.hospital_id), col(Bed.ward_id))
    return session.exec(select(Bed).where(Bed.id == bed_id, here)).first()


def spell_in_scope(
    session: Session, scopes: Sequence[Scope], kind: type[InBedT], key: UUID
) -> InBedT | None:
    """One stay, hold, block or cleaning task, or None."""
    here = within(scopes, col(kind.hospital_id), col(kind.ward_id))
    return session.exec(select(kind).where(kind.id == key, here)).first()


def beds(
    session: Session,
    scopes: Sequence[Scope],
    *,
    ward_id: UUID | None = None,
    after: UUID | None = None,
    limit: int = PAGE,
) -> Sequence[Bed]:
    """Beds that are there now, by id."""
    query = select(Bed).where(
        within(scopes, col(Bed.hospital_id), col(Bed.ward_id)),
        col(Bed.removed_at).is_(None),
        by_keyset(Bed.id, after),
    )
    if ward_id is not None:
        query = query.where(Bed.ward_id == ward_id)
    return session.exec(query.order_by(col(Bed.id)).limit(min(limit, PAGE))).all()


def bed_by_code(session: Session, scopes: Sequence[Scope], ward_id: UUID, code: str) -> Bed | None:
    """The bed that carries this code in the ward now."""
    return session.exec(
        select(Bed).where(
            Bed.ward_id == ward_id, Bed.code == code, col(Bed.removed_at).is_(None),
            within(scopes, col(Bed.hospital_id), col(Bed.ward_id)),
        )
    ).first()  # fmt: skip


def stays(
    session: Session,
    scopes: Sequence[Scope],
    *,
    bed_id: UUID | None = None,
    encounter_id: UUID | None = None,
    after: UUID | None = None,
    limit: int = PAGE,
) -> Sequence[BedStay]:
    """Stays by id, present and past; cancelled ones left out."""
    query = select(BedStay).where(
        within(scopes, col(BedStay.hospital_id), col(BedStay.ward_id)),
        col(BedStay.voided_at).is_(None),
        by_keyset(BedStay.id, after),
    )
    if bed_id is not None:
        query = query.where(BedStay.bed_id == bed_id)
    if encounter_id is not None:
        query = query.where(BedStay.encounter_id == encounter_id)
    return session.exec(query.order_by(col(BedStay.id)).limit(min(limit, PAGE))).all()


def open_requests(
    session: Session,
    scopes: Sequence[Scope],
    hospital_id: UUID,
    *,
    states: Sequence[RequestState] = (),
    after: UUID | None = None,
    limit: int = PAGE,
) -> Sequence[BedRequest]:
    """Requests of a hospital that still wait, by id; a ward sees those from it and for it."""
    query = select(BedRequest).where(
        BedRequest.hospital_id == hospital_id,
        col(BedRequest.until).is_(None),
        or_(
            within(scopes, col(BedRequest.hospital_id), col(BedRequest.from_ward_id)),
            within(scopes, col(BedRequest.hospital_id), col(BedRequest.target_ward_id)),
        ),
        by_keyset(BedRequest.id, after),
    )
    if states:
        query = query.where(col(BedRequest.state).in_(states))
    return session.exec(query.order_by(col(BedRequest.id)).limit(min(limit, PAGE))).all()


def request_in_scope(
    session: Session, scopes: Sequence[Scope], request_id: UUID
) -> BedRequest | None:
    """One request, open or not, or None for an unknown and for a foreign one alike."""
    return session.exec(
        select(BedRequest).where(
            BedRequest.id == request_id,
            or_(
                within(scopes, col(BedRequest.hospital_id), col(BedRequest.from_ward_id)),
                within(scopes, col(BedRequest.hospital_id), col(BedRequest.target_ward_id)),
            ),
        )
    ).first()


def cleaning_tasks(
    session: Session,
    scopes: Sequence[Scope],
    *,
    hospital_id: UUID | None = None,
    ward_id: UUID | None = None,
    after: UUID | None = None,
    limit: int = PAGE,
) -> Sequence[CleaningTask]:
    """Open cleaning tasks by id, which is the order in which they came."""
    query = select(CleaningTask).where(
        within(scopes, col(CleaningTask.hospital_id), col(CleaningTask.ward_id)),
        col(CleaningTask.until).is_(None),
        by_keyset(CleaningTask.id, after),
    )
    if hospital_id is not None:
        query = query.where(CleaningTask.hospital_id == hospital_id)
    if ward_id is not None:
        query = query.where(CleaningTask.ward_id == ward_id)
    return session.exec(query.order_by(col(CleaningTask.id)).limit(min(limit, PAGE))).all()


def waivers(
    session: Session, scopes: Sequence[Scope], ward_id: UUID, now: datetime
) -> Sequence[Waiver]:
    """The waivers of a ward that hold now."""
    return session.exec(
        select(Waiver)
        .where(
            Waiver.ward_id == ward_id,
            col(Waiver.revoked_at).is_(None),
            col(Waiver.valid_until) > now,
            within(scopes, col(Waiver.hospital_id), col(Waiver.ward_id)),
        )
        .order_by(col(Waiver.id))
    ).all()


def holds_of_request(
    session: Session, scopes: Sequence[Scope], request_id: UUID
) -> Sequence[BedHold]:
    """The holds that a request has had, first to last."""
    return session.exec(
        select(BedHold)
        .where(
            BedHold.request_id == request_id,
            within(scopes, col(BedHold.hospital_id), col(BedHold.ward_id)),
        )
        .order_by(col(BedHold.since))
    ).all()
