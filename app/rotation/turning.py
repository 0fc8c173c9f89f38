"""Turns a rotation batch by batch: an ordinary command, sent by the program's timers."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlmodel import Session, col, select

from app.rotation.stage import Damaged, Stage, Turning
from app.rotation.stages import stages
from audit.keys import KeyKind, Keys, KeyTrouble
from audit.seal import BoundVault
from domain.keys.model import KeyRotation, RotationKind, RotationState
from domain.keys.queries import due, running
from kit.command import Command
from kit.work import NETWORK, Scope, Work

log = logging.getLogger("wardgrid.keys")

BATCH = 100  # rows; a writer waits for one batch at most


@dataclass(frozen=True, kw_only=True)
class TurnKeys(Command[None]):
    """Do the next batch of a rotation. The program sends it; nobody else may."""

    action = "key_rotation.turn"

    rotation_id: UUID

    def scope(self, work: Work) -> Scope:
        return NETWORK

    def apply(self, work: Work) -> None:
        rotation = work.get(KeyRotation, self.rotation_id)
        vault = cast(BoundVault, work.vault)  # domain commands see less of it
        if rotation.state is not RotationState.RUNNING:
            return
        if rotation.key_version is None:
            vault.keys.look_again()
            rotation.key_version = _target(rotation.kind, vault.keys)
        way = stages(rotation.kind)
        stage = way[rotation.stage]
        rows = _batch(work.session, stage, rotation.after)
        moved = _turn(Turning(work, vault, vault.keys, rotation), stage, rows)
        work.note(kind=rotation.kind.value, step=stage.name, looked=len(rows), moved=moved)
        rotation.after = rows[-1].id if len(rows) == BATCH else None
        if rotation.after is None:
            _end_pass(rotation, way, work)


def _target(kind: RotationKind, keys: Keys) -> int:
    """The version that the rotation moves to."""
    return keys.newest(KeyKind.BLIND) if kind is RotationKind.BLIND else keys.kek.newest()


def _batch(session: Session, stage: Stage, after: UUID | None) -> Sequence[Any]:
    key = col(cast(Any, stage.table).id)
    asked = select(stage.table).order_by(key).limit(BATCH)
    return session.exec(asked if after is None else asked.where(key > after)).all()


def _turn(turning: Turning, stage: Stage, rows: Sequence[Any]) -> int:
    moved = damaged = 0
    for row in rows:
        try:
            moved += stage.turn(turning, row)
        except Damaged:
            damaged += 1
    turning.rotation.moved += moved
    turning.rotation.pass_moved += moved
    turning.rotation.damaged += damaged
    return moved


def _end_pass(rotation: KeyRotation, way: tuple[Stage, ...], work: Work) -> None:
    again = way[rotation.stage].clean and rotation.pass_moved > 0
    rotation.pass_moved = 0
    if again:
        rotation.damaged = 0 if rotation.stage == 0 else rotation.damaged
        return
    rotation.stage += 1
    if rotation.stage == len(way):
        rotation.state, rotation.ended_at = RotationState.DONE, work.now
        work.note(total=rotation.moved, damaged=rotation.damaged, ended=1)
        work.emit("KeyRotationEnded", NETWORK, rotation=rotation.id)
        return
    following = way[rotation.stage]
    if following.wait:
        rotation.due_at = work.now + following.wait
    if following.decides:
        rotation.damaged = 0


@dataclass(slots=True)
class RotationTimer:
    """Sends the next batch; takes up new versions in every process before the first one.

    Where no key can be had it sends nothing: each refusal would stand in the ledger.
    """

    keys: Keys

    def __call__(self, session: Session, now: datetime) -> Sequence[Command[Any]]:
        begun = running(session)
        if not begun or not self._can_turn(begun):
            return []
        return [TurnKeys(rotation_id=one.id) for one in due(session, now)]

    def _can_turn(self, begun: Sequence[KeyRotation]) -> bool:
        try:
            if any(one.key_version is None for one in begun):
                self.keys.look_again()
            return self.keys.kek.answers()
        except KeyTrouble as trouble:
            log.error("keys cannot be read", extra={"fault": type(trouble).__name__})
            return False
