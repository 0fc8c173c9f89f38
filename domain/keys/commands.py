"""A rotation takes two key custodians: one asks, another agrees. The program does the rest."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlmodel import col, select

from domain.keys.model import KeyRotation, RotationKind, RotationState
from kit.command import Command
from kit.errors import Conflict
from kit.work import NETWORK, Scope, Work

HEARD = timedelta(seconds=5)  # by then every process knows the newest version
OPEN = (RotationState.REQUESTED, RotationState.RUNNING)


@dataclass(frozen=True, kw_only=True)
class RequestKeyRotation(Command[KeyRotation]):
    """Ask for the rotation of a kind of key; a second key custodian has to agree."""

    action = "key_rotation.request"

    kind: RotationKind

    def scope(self, work: Work) -> Scope:
        return NETWORK

    def apply(self, work: Work) -> KeyRotation:
        asked = select(KeyRotation).where(
            KeyRotation.kind == self.kind, col(KeyRotation.state).in_(OPEN)
        )
        if (known := work.session.exec(asked).first()) is not None:
            raise Conflict(
                f"rotation {known.id} of this kind is {known.state.value}; wait or withdraw it",
                reason="ROTATION_OPEN", blocking=known.id,
            )  # fmt: skip
        made = KeyRotation(kind=self.kind, requested_by=work.actor.id, requested_at=work.now)
        work.emit("KeyRotationRequested", NETWORK, rotation=made.id)
        return work.add(made)


@dataclass(frozen=True, kw_only=True)
class ApproveKeyRotation(Command[KeyRotation]):
    """Agree to a rotation that another key custodian asked for; it begins at once."""

    action = "key_rotation.approve"
    privileged = True

    rotation_id: UUID

    def scope(self, work: Work) -> Scope:
        return NETWORK

    def apply(self, work: Work) -> KeyRotation:
        rotation = _waiting(work, self.rotation_id)
        if rotation.requested_by == work.actor.id:
            raise Conflict("a rotation takes two different people; ask another key custodian",
                           reason="SECOND_PERSON", field="rotationId")  # fmt: skip
        rotation.state = RotationState.RUNNING
        rotation.approved_by, rotation.approved_at = work.actor.id, work.now
        rotation.due_at = work.now + HEARD
        work.note(kind=rotation.kind.value, step="start")
        work.emit("KeyRotationStarted", NETWORK, rotation=rotation.id)
        return rotation


@dataclass(frozen=True, kw_only=True)
class WithdrawKeyRotation(Command[KeyRotation]):
    """Take back a rotation that nobody agreed to yet."""

    action = "key_rotation.withdraw"

    rotation_id: UUID

    def scope(self, work: Work) -> Scope:
        return NETWORK

    def apply(self, work: Work) -> KeyRotation:
        rotation = _waiting(work, self.rotation_id)
        rotation.state, rotation.ended_at = RotationState.WITHDRAWN, work.now
        work.emit("KeyRotationEnded", NETWORK, rotation=rotation.id)
        return rotation


def _waiting(work: Work, key: UUID) -> KeyRotation:
    rotation = work.get(KeyRotation, key)
    if rotation.state is not RotationState.REQUESTED:
        raise Conflict(f"the rotation is {rotation.state.value}; it waits for nobody",
                       reason="ROTATION_NOT_WAITING", field="rotationId")  # fmt: skip
    return rotation
