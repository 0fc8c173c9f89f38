"""Reads of inbound messages, cut to the viewer's scopes. Their texts stay sealed."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from domain.inbound.model import Door, InboundMessage, InboundSpot, InboundState
from domain.places.reach import by_keyset, within
from kit.work import Scope

PAGE = 100
MOST = PAGE + 1  # one more tells whether there is another page


def message(session: Session, scopes: Sequence[Scope], message_id: UUID) -> InboundMessage | None:
    """One message, or None for an unknown and for a foreign one alike."""
    here = within(scopes, col(InboundMessage.hospital_id))
    return session.exec(select(InboundMessage).where(InboundMessage.id == message_id, here)).first()


def messages(
    session: Session,
    scopes: Sequence[Scope],
    *,
    hospital_id: UUID | None = None,
    state: Sequence[InboundState] = (),
    reason: str | None = None,
    door: Door | None = None,
    after: UUID | None = None,
    limit: int = PAGE,
) -> Sequence[InboundMessage]:
    """Messages by id, which is the order in which they came."""
    query = select(InboundMessage).where(
        within(scopes, col(InboundMessage.hospital_id)), by_keyset(InboundMessage.id, after)
    )
    if hospital_id is not None:
        query = query.where(InboundMessage.hospital_id == hospital_id)
    if state:
        query = query.where(col(InboundMessage.state).in_(state))
    if reason is not None:
        query = query.where(InboundMessage.reason == reason)
    if door is not None:
        query = query.where(InboundMessage.door == door)
    return session.exec(query.order_by(col(InboundMessage.id)).limit(min(limit, MOST))).all()


def parked_in_order(
    session: Session, scopes: Sequence[Scope], hospital_id: UUID, reason: str | None = None
) -> Sequence[UUID]:
    """The parked messages in the order in which their events happened: to be retried so."""
    query = select(InboundMessage.id).where(
        within(scopes, col(InboundMessage.hospital_id)),
        InboundMessage.hospital_id == hospital_id,
        InboundMessage.state == InboundState.PARKED,
    )
    if reason is not None:
        query = query.where(InboundMessage.reason == reason)
    happened = func.coalesce(InboundMessage.event_at, InboundMessage.received_at)
    return session.exec(
        query.order_by(
            happened, col(InboundMessage.received_at), col(InboundMessage.number),
            col(InboundMessage.id),
        )
    ).all()  # fmt: skip


def counts(
    session: Session, scopes: Sequence[Scope], hospital_id: UUID
) -> dict[tuple[Door, InboundState], int]:
    """How many messages came through which door, and what became of them."""
    found = session.exec(
        select(InboundMessage.door, InboundMessage.state, func.count())
        .where(
            within(scopes, col(InboundMessage.hospital_id)),
            InboundMessage.hospital_id == hospital_id,
        )
        .group_by(col(InboundMessage.door), col(InboundMessage.state))
    )
    return {(Door(door), InboundState(state)): count for door, state, count in found}


def spots(session: Session, scopes: Sequence[Scope], hospital_id: UUID) -> Sequence[InboundSpot]:
    """The sender's codes that stand for other codes of ours."""
    return session.exec(
        select(InboundSpot)
        .where(within(scopes, col(InboundSpot.hospital_id)), InboundSpot.hospital_id == hospital_id)
        .order_by(col(InboundSpot.ward_code), col(InboundSpot.room_code), col(InboundSpot.bed_code))
    ).all()
