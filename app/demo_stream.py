"""A day on the wards, at a chosen speed: arrivals, admissions, moves, discharges, cleaning."""

import logging
import threading
from collections.abc import Sequence
from contextlib import suppress
from random import Random
from uuid import UUID

from app.demo_seed import Seeder
from app.wiring import App
from domain.beds.board import bed_board
from domain.beds.commands import (
    AdmitPatient,
    DepartPatient,
    FinishCleaning,
    MovePatient,
    OrderDischarge,
    RequestBed,
    ResumeCleaning,
    StartCleaning,
)
from domain.beds.model import BedHold, BedRequest, CleaningState
from domain.beds.shown import BedShown, Board
from kit.db import reading
from kit.errors import Refusal
from kit.work import NETWORK

log = logging.getLogger("wardgrid.demo")


class Stream:
    """Looks at one ward after another and does what its staff would do next."""

    def __init__(self, app: App, seeder: Seeder, wards: Sequence[UUID], seed: int) -> None:
        self._app = app
        self._seeder = seeder
        self._wards = list(wards)
        self._dice = Random(seed)  # noqa: S311 - a demonstration, not a secret
        self.done = self.refused = 0

    def add(self, ward: UUID) -> None:
        """One more ward has opened."""
        self._wards.append(ward)

    def run(self, per_second: float, stop: threading.Event) -> None:
        """`per_second` changes until told to stop. The first ward, on the screen, gets most."""
        while not stop.wait(1 / per_second):
            self.step()

    def step(self) -> None:
        """One thing on one ward. What somebody else did first is refused, and that is fine."""
        first = self._dice.random() < 0.4
        ward = self._wards[0] if first else self._dice.choice(self._wards)
        with reading(self._app.engine) as session:
            board = bed_board(session, (NETWORK,), ward, self._app.clock())
        try:
            self._do_something(board)
            self.done += 1
        except Refusal as refusal:
            self.refused += 1
            log.debug("the simulation was refused", extra={"reason": refusal.reason})

    def _do_something(self, board: Board) -> None:
        self._dice.choices(
            (self._clean, self._discharge, self._admit, self._arrive, self._move),
            weights=(34, 34, 20, 10, 2),
        )[0](board)

    def _clean(self, board: Board) -> None:
        tasks = [bed.cleaning for bed in board.beds if bed.cleaning]
        if not tasks:
            return
        task = self._dice.choice(tasks)
        if task.state is CleaningState.IN_PROGRESS:
            self._seeder.run(FinishCleaning(task_id=task.id))
        elif task.state is CleaningState.SUSPENDED:
            self._seeder.run(ResumeCleaning(task_id=task.id))
        else:
            self._seeder.run(StartCleaning(task_id=task.id))

    def _discharge(self, board: Board) -> None:
        stays = [bed.stay for bed in board.beds if bed.stay]
        leaving = [stay for stay in stays if stay.discharge_pending]
        if leaving and self._dice.random() < 0.6:
            self._seeder.run(DepartPatient(encounter_id=self._dice.choice(leaving).encounter_id))
        elif len(stays) > len(board.beds) * 0.6:
            staying = [stay for stay in stays if not stay.discharge_pending]
            if staying:
                due = min(staying, key=lambda s: s.expected_discharge or board.as_of)
                self._seeder.run(OrderDischarge(encounter_id=due.encounter_id))

    def _admit(self, board: Board) -> None:
        held = [bed for bed in board.beds if bed.state == "HELD" and bed.hold]
        if held:
            self._use_hold(self._dice.choice(held))
            return
        if not board.waiting:
            return
        waiting = self._dice.choice(board.waiting)
        with reading(self._app.engine) as session:
            request = session.get(BedRequest, waiting.id)
        free = [bed for bed in board.beds if bed.available]
        self._dice.shuffle(free)
        if request is None:
            return
        for bed in free[:6]:
            with suppress(Refusal):
                self._seeder.run(AdmitPatient(encounter_id=request.encounter_id, bed_id=bed.id))
                return

    def _use_hold(self, bed: BedShown) -> None:
        with reading(self._app.engine) as session:
            hold = session.get(BedHold, bed.hold.id) if bed.hold else None
        if hold is not None:
            self._seeder.run(AdmitPatient(encounter_id=hold.encounter_id, bed_id=bed.id))

    def _arrive(self, board: Board) -> None:
        if len(board.waiting) >= 6:
            return
        encounter = self._seeder.arrive(board.hospital_id, board.ward_id)
        self._seeder.run(
            RequestBed(
                encounter_id=encounter.id,
                target_ward_id=board.ward_id if self._dice.random() < 0.5 else None,
                priority=self._dice.randint(0, 6),
            )
        )

    def _move(self, board: Board) -> None:
        stays = [bed.stay for bed in board.beds if bed.stay]
        free = [bed for bed in board.beds if bed.available]
        if stays and free:
            stay, bed = self._dice.choice(stays), self._dice.choice(free)
            self._seeder.run(MovePatient(encounter_id=stay.encounter_id, bed_id=bed.id))
