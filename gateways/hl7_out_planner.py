"""Reads the outbox for one peer and queues what it is to be told. Blocks: run it in a thread."""

import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from sqlmodel import Session, col, select

from app import tail
from app.cursors import Position
from app.horizon import own_horizon
from app.jobs import PROGRAM
from app.tail import Change
from app.wiring import App
from domain.beds.board import bed_board
from domain.beds.shown import BedShown
from domain.outbound.planning import BeginOutbound, PlanOutbound
from domain.outbound.queries import reached
from domain.places.model import Hospital, Ward
from gateways.hl7_out_plan import Picture, agreed, picture, whole_commits, words
from gateways.mllp_peers import Peer
from kit.command import Command
from kit.db import reading
from kit.errors import Conflict, NotFound
from kit.work import Scope

T = TypeVar("T")
log = logging.getLogger("wardgrid.hl7")

BATCH = 500
SAVED_EVERY = timedelta(minutes=10)  # changes that say nothing are not worth a ledger entry each


class Planner:
    """Where it stands is kept in the database; between two messages, in memory."""

    def __init__(self, app: App, peer: Peer, hospital: Hospital) -> None:
        if peer.send is None:
            raise ValueError("this peer is told nothing")
        self._app, self._peer, self._hospital = app, peer, hospital
        self._triggers = peer.send.triggers
        self._saved: tuple[Position, datetime] | None = None
        self._position = Position(0, 0)
        self._wards: set[UUID] = set()  # whose beds have yet to be compared

    def step(self) -> bool:
        """Plan the next changes; True if there may be more. Raises any fault."""
        saved = self._saved or self._resume()
        horizon = own_horizon(self._app.engine)
        with reading(self._app.engine) as session:  # one snapshot: the beds fit the changes
            found = tail.after(session.connection(), self._position, BATCH, horizon)
            changes = whole_commits(found, BATCH)
            seen = picture(changes, self._hospital.id)
            self._wards |= seen.wards
            full = len(found) == BATCH
            boards = [] if full else self._boards(session)
        self._plan(saved, changes, seen, boards)
        if not full:
            self._wards.clear()
        return full

    def _plan(
        self, saved: tuple[Position, datetime], changes: Sequence[Change], seen: Picture,
        boards: list[tuple[BedShown, ...]],
    ) -> None:  # fmt: skip
        told = agreed(seen.told, self._triggers)
        until = changes[-1].position if changes else self._position
        at = changes[-1].at if changes else self._app.clock()
        if told or boards or at > saved[1] + SAVED_EVERY:
            self._do(PlanOutbound(
                hospital_id=self._hospital.id, peer=self._peer.name, before=saved[0], after=until,
                at=at, told=told, words=tuple(words(boards, seen, self._triggers)),
            ))  # fmt: skip
            self._saved = (until, at)
        self._position = until

    def _boards(self, session: Session) -> list[tuple[BedShown, ...]]:
        """The beds of the wards that changed, all in the snapshot of the changes."""
        boards: list[tuple[BedShown, ...]] = []
        for ward_id in sorted(self._wards) if "A20" in self._triggers else ():
            with suppress(NotFound):  # closed meanwhile: it has no beds to tell of
                scopes = (Scope(self._hospital.id),)
                boards.append(bed_board(session, scopes, ward_id, self._app.clock()).beds)
        return boards

    def _resume(self) -> tuple[Position, datetime]:
        """From where it stopped, every ward to be compared; a new peer from here on."""
        with reading(self._app.engine) as session:
            known = reached(session, self._peer.name)
            here = tail.head(session.connection())
            there = Position(known.transaction, known.row) if known else here
            lost = known is not None and not tail.kept_since(session.connection(), there)
            wards = select(Ward.id).where(
                Ward.hospital_id == self._hospital.id, col(Ward.closed_at).is_(None)
            )
            self._wards = set(session.exec(wards))
        if lost:  # admissions between are not told; the beds are, by comparing them
            log.error("changes were deleted before a peer was told",
                      extra={"peer": self._peer.name})  # fmt: skip
        if known is None or lost:
            known = self._do(BeginOutbound(
                hospital_id=self._hospital.id, peer=self._peer.name, transaction=here.transaction,
                row=here.row, anew=lost,
            ))  # fmt: skip
        self._position = Position(known.transaction, known.row)
        self._saved = (self._position, known.at)
        return self._saved

    def _do(self, command: Command[T]) -> T:
        try:
            return self._app.pipeline.run(PROGRAM, command).result
        except Conflict:
            self._saved = None  # another process was quicker: begin where it stopped
            raise
