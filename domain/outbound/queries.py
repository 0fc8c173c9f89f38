"""Reads of messages to other systems, cut to the viewer's scopes; who is meant stays sealed."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from domain.outbound.model import OutboundMessage, OutboundPeer, OutboundState
from domain.places.reach import by_keyset, within
from kit.work import Scope

PAGE = 100


def outbound_messages(
    session: Session,
    scopes: Sequence[Scope],
    hospital_id: UUID,
    *,
    peer: str | None = None,
    state: OutboundState | None = None,
    after: UUID | None = None,
    limit: int = PAGE,
) -> Sequence[OutboundMessage]:
    """Messages of a hospital by id, which is the order in which they were planned."""
    query = select(OutboundMessage).where(
        within(scopes, col(OutboundMessage.hospital_id)),
        OutboundMessage.hospital_id == hospital_id,
        by_keyset(OutboundMessage.id, after),
    )
    if peer is not None:
        query = query.where(OutboundMessage.peer == peer)
    if state is not None:
        query = query.where(OutboundMessage.state == state)
    return session.exec(query.order_by(col(OutboundMessage.id)).limit(limit)).all()


def next_to_send(session: Session, peer: str) -> UUID | None:
    """The first message that waits for the peer; those behind it wait for this one."""
    return session.exec(
        select(OutboundMessage.id)
        .where(OutboundMessage.peer == peer, OutboundMessage.state == OutboundState.WAITING)
        .order_by(col(OutboundMessage.number))
        .limit(1)
    ).first()


def reached(session: Session, peer: str) -> OutboundPeer | None:
    """How far the changes have been planned for a peer."""
    return session.get(OutboundPeer, peer)


def slowest(session: Session) -> datetime | None:
    """When the oldest change happened that some peer may not have been told of."""
    return session.exec(select(func.min(OutboundPeer.at))).one()
