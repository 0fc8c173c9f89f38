"""Reads of rotations. They belong to the network: only a right there shows them."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from domain.keys.model import KeyRotation, RotationState
from kit.work import NETWORK, Scope


def rotations(session: Session, scopes: Sequence[Scope], limit: int) -> Sequence[KeyRotation]:
    """The newest first."""
    if NETWORK not in scopes:
        return []
    asked = select(KeyRotation).order_by(col(KeyRotation.id).desc())
    return session.exec(asked.limit(limit)).all()


def running(session: Session) -> Sequence[KeyRotation]:
    """Those that the program works at."""
    return session.exec(select(KeyRotation).where(KeyRotation.state == RotationState.RUNNING)).all()


def due(session: Session, now: datetime) -> Sequence[KeyRotation]:
    """Those whose next batch may be done now."""
    return [one for one in running(session) if one.due_at is None or one.due_at <= now]
