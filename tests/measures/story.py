"""Some days of a busy hospital, by commands, with blocks, moves, cancels and late corrections.

Everything happens at whole minutes, so that an oracle may look at each minute.
"""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlmodel import Session, col, select

from domain.beds.blocks import BlockBedForLong, CloseBed, ReopenBed, UnblockBed
from domain.beds.cancelling import CancelDeparture, CancelMove
from domain.beds.commands import (
    AddBed,
    AdmitPatient,
    DepartPatient,
    FinishCleaning,
    MovePatient,
    RequestBed,
    StartCleaning,
)
from domain.beds.correcting import CorrectStay
from domain.beds.model import BedBlock, BedStay, BlockReason, CleaningTask
from domain.patients.commands import SetExpectedDischarge, UpdateEncounter, UpdatePatient
from domain.patients.model import Encounter, EncounterStatus, Sex
from domain.places.commands import OpenWard, SetStaffedBeds, UpdateWard
from domain.places.model import CareLevel
from kit.command import Command
from kit.errors import Refusal
from tests.domain_world import DAY, World

IN_BED = (EncounterStatus.ADMITTED, EncounterStatus.DISCHARGE_PENDING)


class Story:
    """`tell` lets days pass; `done` counts what was really carried out, by command."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.dice = random.Random(seed)
        self.done: dict[str, int] = {}
        world.run(AddBed(room_id=world.bay.id, code="X", censusable=False))
        world.beds["X"] = world.board(world.ward_a).beds[-1].id
        self.ed = world.run(OpenWard(
            hospital_id=world.hospital.id, code="ED", name_zh="急诊", name_en="ED",
            care_level=CareLevel.ED, licensed_beds=0, staffed_beds=0,
        ))  # fmt: skip
        world.run(UpdateWard(ward_id=world.ward_a.id, specialties=(("CARD", 1), ("PULM", 2))))

    def tell(self, days: int) -> None:
        steps: list[Callable[[], None]] = [
            self._arrive, self._arrive, self._admit, self._admit, self._admit, self._move,
            self._leave, self._leave, self._clean, self._clean, self._clean, self._expect,
            self._block, self._unblock, self._correct, self._undo, self._staff, self._sex,
        ]  # fmt: skip
        end = self.world.now + days * DAY
        while self.world.now < end:
            self.dice.choice(steps)()
            self.world.tick(timedelta(minutes=self.dice.randint(1, 25)))

    def _try(self, command: Command[Any]) -> None:
        try:
            self.world.run(command)
        except Refusal:
            return
        name = type(command).__name__
        self.done[name] = self.done.get(name, 0) + 1

    def _some(self, query: Any) -> Any:
        with Session(self.world.engine, expire_on_commit=False) as session:
            found = session.exec(query).all()
        return self.dice.choice(found) if found else None

    def _encounter(self, *states: EncounterStatus) -> Any:
        return self._some(
            select(Encounter).where(col(Encounter.status).in_(states)).order_by(col(Encounter.id))
        )

    def _arrive(self) -> None:
        ward = self.dice.choice((self.world.ward_a, self.ed))
        encounter = self.world.arrive(self.dice.choice((Sex.FEMALE, Sex.MALE)), ward=ward)
        if specialty := self.dice.choice(("CARD", "NEUR", None)):
            self._try(UpdateEncounter(encounter_id=encounter.id, specialty=specialty))
        if self.dice.random() < 0.7:
            self._try(RequestBed(encounter_id=encounter.id))

    def _bed(self) -> Any:
        return self.world.beds[self.dice.choice(sorted(self.world.beds))]

    def _admit(self) -> None:
        if encounter := self._encounter(EncounterStatus.ARRIVED):
            self._try(AdmitPatient(encounter_id=encounter.id, bed_id=self._bed()))

    def _move(self) -> None:
        if encounter := self._encounter(*IN_BED):
            self._try(MovePatient(encounter_id=encounter.id, bed_id=self._bed()))

    def _leave(self) -> None:
        if encounter := self._encounter(*IN_BED):
            self._try(DepartPatient(encounter_id=encounter.id))

    def _expect(self) -> None:
        if encounter := self._encounter(*IN_BED):
            ahead = timedelta(hours=self.dice.randint(1, 60))
            self._try(
                SetExpectedDischarge(
                    encounter_id=encounter.id, expected_at=self.world.now + ahead
                )
            )  # fmt: skip

    def _clean(self) -> None:
        task = self._some(
            select(CleaningTask)
            .where(col(CleaningTask.until).is_(None))
            .order_by(col(CleaningTask.id))
        )
        if task is not None:
            started = task.state == "IN_PROGRESS"
            self._try((FinishCleaning if started else StartCleaning)(task_id=task.id))

    def _block(self) -> None:
        bed = self._bed()
        reason = BlockReason.REPAIR
        closing = self.dice.random() < 0.4
        self._try(CloseBed(bed_id=bed, reason=reason) if closing
                  else BlockBedForLong(bed_id=bed, reason=reason))  # fmt: skip

    def _unblock(self) -> None:
        block = self._some(
            select(BedBlock).where(col(BedBlock.until).is_(None)).order_by(col(BedBlock.id))
        )
        if block is not None:
            reopen = ReopenBed if block.kind == "CLOSED" else UnblockBed
            self._try(reopen(bed_id=block.bed_id))

    def _correct(self) -> None:
        """Somebody tells late that a stay began or ended at another time."""
        stay = self._some(
            select(BedStay).where(col(BedStay.voided_at).is_(None)).order_by(col(BedStay.id))
        )
        if stay is not None:
            by = timedelta(minutes=self.dice.randint(-40, 40))
            self._try(CorrectStay(stay_id=stay.id, since=stay.since + by, reason="LATE"))
            if stay.until is not None:
                self._try(CorrectStay(stay_id=stay.id, until=stay.until + by, reason="LATE"))

    def _undo(self) -> None:
        if encounter := self._encounter(*IN_BED):
            self._try(CancelMove(encounter_id=encounter.id))
        if encounter := self._encounter(EncounterStatus.DISCHARGED):
            self._try(CancelDeparture(encounter_id=encounter.id))

    def _sex(self) -> None:
        """What was written down at the door was wrong."""
        if encounter := self._encounter(*IN_BED):
            sex = self.dice.choice(tuple(Sex))
            self._try(UpdatePatient(patient_id=encounter.patient_id, sex=sex))

    def _staff(self) -> None:
        ward = self.dice.choice((self.world.ward_a, self.world.ward_b))
        self._try(SetStaffedBeds(ward_id=ward.id, staffed_beds=self.dice.randint(2, 8)))
