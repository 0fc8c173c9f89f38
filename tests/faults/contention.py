"""Many writers who want the same few beds, and a journal of what each was told."""

import random
import threading
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from time import perf_counter
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from sqlmodel import col, select

from app.wiring import App
from domain.beds.admission import AdmitPatient
from domain.beds.cleaning import FinishCleaning, StartCleaning
from domain.beds.holds import HoldBed, ReleaseHold
from domain.beds.inventory import AddBed
from domain.beds.leaving import DepartPatient
from domain.beds.model import CleaningTask
from domain.beds.requests import RequestBed
from domain.patients.commands import Identity, RegisterEncounter, RegisterPatient
from domain.patients.model import Sex
from domain.places.commands import AddRoom, OpenHospital, OpenWard
from kit.command import Command
from kit.db import reading
from kit.errors import Conflict, Retry
from kit.work import Actor
from tests.faults.linearizable import Operation, linearizable

# Why a bed may be refused here; any other reason would be a fault of the arrangement.
IN_THE_WAY = {"BED_TAKEN", "BED_HELD", "BED_NOT_CLEAN"}


class BedState(NamedTuple):
    """The bed as the journal must explain it."""

    lying: str = ""
    held: str = ""
    dirty: bool = False


def step(bed: BedState, done: Operation) -> Iterable[BedState]:
    """The rules of one bed. An answer that never came leaves both worlds possible."""
    after = _after(bed, done)
    if done.outcome == "ok":
        return () if after is None else (after,)
    if done.outcome == "conflict":
        return () if after is not None else (bed,)
    return (bed,) if after is None else (bed, after)


def _after(bed: BedState, done: Operation) -> BedState | None:
    who = done.who
    if done.kind == "hold" and not bed.lying and not bed.held:
        return bed._replace(held=who)
    if done.kind == "release" and bed.held == who:
        return bed._replace(held="")
    if done.kind == "admit" and not bed.lying and bed.held in ("", who) and not bed.dirty:
        return BedState(lying=who)
    if done.kind == "depart" and bed.lying == who:
        return BedState(held=bed.held, dirty=True)
    if done.kind == "clean" and bed.dirty and not bed.lying:
        return bed._replace(dirty=False)
    return None


@dataclass(slots=True)
class Journal:
    """What every client was told, by bed."""

    beds: dict[UUID, list[Operation]] = field(default_factory=lambda: defaultdict(list))
    reasons: set[str] = field(default_factory=set)
    retries: int = 0

    @property
    def count(self) -> int:
        return sum(map(len, self.beds.values()))

    def outcomes(self) -> dict[str, int]:
        told: dict[str, int] = defaultdict(int)
        for operations in self.beds.values():
            for operation in operations:
                told[f"{operation.kind} {operation.outcome}"] += 1
        return dict(told)

    def unexplained(self) -> list[UUID]:
        """Beds whose answers no order of events can explain."""
        return [
            bed
            for bed, operations in self.beds.items()
            if not linearizable(operations, BedState(), step)
        ]


@dataclass(slots=True)
class Ward:
    """One ward with a few beds that everybody wants."""

    app: App
    staff: Actor
    hospital: UUID
    ward: UUID
    beds: list[UUID]


def open_ward(app: App, administrator: Actor, staff: Actor, beds: int) -> Ward:
    def made(command: Command[Any]) -> UUID:
        key: UUID = app.pipeline.run(administrator, command).result.id
        return key

    hospital = made(OpenHospital(code="GH", name_zh="总医院", name_en="General"))
    ward = made(OpenWard(hospital_id=hospital, code="W1", name_zh="一病区", name_en="Ward 1",
                         licensed_beds=200, staffed_beds=200))  # fmt: skip
    room = made(AddRoom(ward_id=ward, code="R1"))
    return Ward(app, staff, hospital, ward,
                [made(AddBed(room_id=room, code=f"B{n}")) for n in range(beds)])  # fmt: skip


class Writer:
    """One client: holds and admits at random, and always gives back what it got."""

    def __init__(self, ward: Ward, journal: Journal, seed: int, stop: threading.Event) -> None:
        self._ward, self._journal, self._stop = ward, journal, stop
        self._dice = random.Random(seed)
        self._patient = self._make(
            RegisterPatient(
                hospital_id=ward.hospital, identity=Identity(family_en=f"Test{seed}"), sex=Sex.MALE
            )
        )
        self._arrive()

    def run(self) -> None:
        while not self._stop.is_set():
            self._turn(self._dice.choice(self._ward.beds))

    def _turn(self, bed: UUID) -> None:
        if self._dice.random() < 0.7:
            expires_at = self._ward.app.clock() + timedelta(hours=1)
            hold = self._try(
                bed, "hold",
                HoldBed(request_id=self._request, bed_id=bed, expires_at=expires_at),
            )  # fmt: skip
            if hold is None:
                return
            if self._dice.random() < 0.6:
                self._try(bed, "release", ReleaseHold(hold_id=hold.id))
                return
            if not self._lie_in(bed):
                self._try(bed, "release", ReleaseHold(hold_id=hold.id))
            return
        self._lie_in(bed)

    def _lie_in(self, bed: UUID) -> bool:
        admit = AdmitPatient(encounter_id=self._encounter, bed_id=bed)
        if self._try(bed, "admit", admit) is None:
            return False
        self._try(bed, "depart", DepartPatient(encounter_id=self._encounter))
        task = self._task(bed)
        self._make(StartCleaning(task_id=task))
        self._try(bed, "clean", FinishCleaning(task_id=task))
        self._arrive()
        return True

    def _arrive(self) -> None:
        """The patient comes (again) and waits for a bed."""
        self._encounter = self._make(
            RegisterEncounter(patient_id=self._patient, ward_id=self._ward.ward)
        )
        self._request = self._make(RequestBed(encounter_id=self._encounter))

    def _try(self, bed: UUID, kind: str, command: Command[Any]) -> Any:
        called, who = perf_counter(), str(self._encounter)
        result, outcome = None, "ok"
        try:
            result = self._run(command)
        except Conflict as conflict:
            outcome = "conflict"
            self._journal.reasons.add(conflict.reason)
        self._journal.beds[bed].append(Operation(kind, who, outcome, called, perf_counter()))
        return result

    def _run(self, command: Command[Any]) -> Any:
        """A lost race changed nothing: send it again, as a client would."""
        while True:
            try:
                return self._ward.app.pipeline.run(
                    self._ward.staff, command, key=str(uuid4())
                ).result
            except Retry:
                self._journal.retries += 1

    def _make(self, command: Command[Any]) -> UUID:
        key: UUID = self._run(command).id
        return key

    def _task(self, bed: UUID) -> UUID:
        with reading(self._ward.app.engine) as session:
            return session.exec(
                select(CleaningTask.id).where(
                    CleaningTask.bed_id == bed, col(CleaningTask.until).is_(None)
                )
            ).one()


def contend(ward: Ward, *, writers: int, operations: int, seed: int = 0) -> Journal:
    """Let the writers at the beds until they have been told `operations` answers."""
    journal, stop = Journal(), threading.Event()
    faults: list[BaseException] = []

    def work(writer: Writer) -> None:
        try:
            writer.run()
        except BaseException as fault:
            faults.append(fault)
            stop.set()

    clients = [Writer(ward, journal, seed * writers + n, stop) for n in range(writers)]
    threads = [threading.Thread(target=work, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    while journal.count < operations and not stop.wait(0.05):
        pass
    stop.set()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    return journal
