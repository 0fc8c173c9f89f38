"""Random legal and illegal commands against a real database; the invariants hold after each.

One rule draws a move by its weight: hypothesis' own choice among many rules leaves beds empty.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlmodel import Session, col, select

from domain.beds import commands as do
from domain.beds.model import (
    Bed,
    BedHold,
    BedRequest,
    BedStay,
    BlockReason,
    CleaningTask,
    HoldKind,
)
from domain.beds.shown import Board
from domain.patients.commands import SetExpectedDischarge, StatePlacementNeed
from domain.patients.model import Encounter, EncounterStatus, Isolation, Sex
from domain.places.commands import SetStaffedBeds
from kit.command import Command
from kit.db import open_engine
from kit.errors import Refusal
from kit.rows import Row
from tests.beds.invariants import broken
from tests.domain_world import HOUR, MINUTE, World

BEDS = ("A1", "A2", "A3", "A4", "A5", "B1", "B2")
OfEncounter = Callable[..., Command[Any]]


@dataclass(frozen=True)
class Draw:
    """What a move may choose by."""

    who: int
    bed: int
    which: int
    late: int
    yes: bool
    also: bool


DRAWS = st.builds(
    Draw,
    who=st.integers(0, 9),
    bed=st.integers(0, 6),
    which=st.integers(0, 11),
    late=st.sampled_from((0, 0, 0, 0, 5, 45)),
    yes=st.booleans(),
    also=st.booleans(),
)

WEIGHTS = {
    "arrive": 4, "say": 4, "request": 3, "hold": 4, "turn_request": 3, "release": 1, "agree": 10,
    "admit": 9, "admit_in_need": 2, "move": 6, "swap": 4, "order": 5, "leave": 4, "depart": 3,
    "end": 1, "cancel_stay": 6, "cancel_departure": 3, "correct": 5, "clean": 5,
    "clean_everything": 5, "soil": 2, "service": 3, "clock": 3,
}  # fmt: skip
REWRITING = {"cancel_stay", "cancel_departure", "correct"}


class BedMachine(RuleBasedStateMachine):
    """What is picked may well be refused."""

    databases: Callable[[], AbstractContextManager[str]]  # set by the test
    rewriting = True  # moves that rewrite history are made

    def __init__(self) -> None:
        super().__init__()
        self._database = type(self).databases()
        url = self._database.__enter__()
        self.world = World(open_engine(url, guarded=False))
        self.world.furnish()
        self.boards: list[Board] = []

    def teardown(self) -> None:
        self.world.engine.dispose()
        self._database.__exit__(None, None, None)

    @initialize()
    def some_are_here(self) -> None:
        """Two women and a man in bed, a woman and a man waiting."""
        for code, sex in (("A1", Sex.FEMALE), ("A2", Sex.FEMALE), ("B1", Sex.MALE)):
            self.world.admit(code, sex)
        for sex in (Sex.FEMALE, Sex.MALE):
            self.world.arrive(sex)

    @rule(move=st.sampled_from([name for name in WEIGHTS for _ in range(WEIGHTS[name])]), d=DRAWS)
    def step(self, move: str, d: Draw) -> None:
        if self.rewriting or move not in REWRITING:
            getattr(self, move)(d)

    @invariant()
    def nothing_is_broken(self) -> None:
        with self.world.engine.connect() as connection:
            found = broken(connection, self.world.now)
        assert not found, found
        if not self.rewriting:
            self.boards += [self.board(None), self.board(None, ward_b=True)]
        self.world.tick(7 * MINUTE)

    # Picking

    def pick(self, model: type[Row], index: int, *where: Any) -> UUID | None:
        with Session(self.world.engine) as session:
            found = session.exec(select(model.id).where(*where).order_by(col(model.id))).all()
        return found[index % len(found)] if found else None

    def encounter(self, index: int) -> UUID | None:
        """Mostly somebody in bed, at times one who waits, seldom one who has left."""
        in_bed = ("ADMITTED", "ON_LEAVE", "DISCHARGE_PENDING")
        groups = (in_bed, in_bed, ("ARRIVED", "PLANNED"), in_bed, ("ARRIVED", "PLANNED"))
        if index < 9:
            wanted = groups[index % len(groups)]
            found = self.pick(Encounter, index, col(Encounter.status).in_(wanted))
            if found is not None:
                return found
        return self.pick(Encounter, index)

    def waiting(self, index: int) -> UUID | None:
        found = self.pick(Encounter, index, col(Encounter.status).in_(("ARRIVED", "PLANNED")))
        return found if found is not None and index < 9 else self.encounter(index)

    def bed(self, index: int) -> UUID:
        return self.world.beds[BEDS[index % len(BEDS)]]

    def late(self, d: Draw) -> datetime | None:
        if not d.late or not self.rewriting:
            return None
        return self.world.now - timedelta(minutes=d.late)

    def attempt(self, command: Command[Any]) -> bool:
        """A refusal is an answer; anything else that is raised is a bug."""
        try:
            self.world.run(command)
        except Refusal:
            return False
        return True

    def of(self, encounter_id: UUID | None, command: OfEncounter, **values: Any) -> None:
        if encounter_id is not None:
            self.attempt(command(encounter_id=encounter_id, **values))

    # People and waiting

    def arrive(self, d: Draw) -> None:
        sex = (Sex.FEMALE, Sex.MALE, Sex.FEMALE, Sex.MALE, Sex.UNKNOWN)[d.who % 5]
        status = EncounterStatus.PLANNED if d.yes else EncounterStatus.ARRIVED
        self.world.arrive(sex, status=status)

    def say(self, d: Draw) -> None:
        who = self.encounter(d.who)
        if d.yes:
            expected = self.world.now + d.which * HOUR if d.also else None
            self.of(who, SetExpectedDischarge, expected_at=expected)
        else:
            isolation = tuple(Isolation)[d.which % 5]
            self.of(who, StatePlacementNeed, isolation=isolation,
                    organism="MRSA" if d.also else None, at=self.late(d))  # fmt: skip

    def request(self, d: Draw) -> None:
        ward = (None, self.world.ward_a.id, self.world.ward_b.id)[d.which % 3]
        self.of(self.encounter(d.who), do.RequestBed, target_ward_id=ward)

    def hold(self, d: Draw) -> None:
        request = self.pick(BedRequest, d.which, col(BedRequest.until).is_(None))
        if request is not None:
            self.attempt(do.HoldBed(
                request_id=request, bed_id=self.bed(d.bed), kind=tuple(HoldKind)[d.yes],
                expires_at=self.world.now + (1 + 9 * d.who) * MINUTE,
            ))  # fmt: skip

    def turn_request(self, d: Draw) -> None:
        request = self.pick(BedRequest, d.which, col(BedRequest.until).is_(None))
        turns: tuple[Any, ...] = (
            do.CancelRequest, do.ActivateRequest, do.ProposeBed, do.WithdrawProposal,
            do.SendPatient,
        )  # fmt: skip
        if request is not None:
            self.attempt(turns[d.who % 5](request_id=request))

    def release(self, d: Draw) -> None:
        hold = self.pick(BedHold, d.which)
        if hold is not None:
            self.attempt(do.ReleaseHold(hold_id=hold))

    def agree(self, d: Draw) -> None:
        """The usual way: request, hold, send, then admit or move."""
        encounter_id = self.encounter(d.who)
        self.of(encounter_id, do.RequestBed)
        request = self.pick(BedRequest, 0, BedRequest.encounter_id == encounter_id,
                            col(BedRequest.until).is_(None))  # fmt: skip
        if request is None or encounter_id is None:
            return
        self.attempt(do.HoldBed(request_id=request, bed_id=self.bed(d.bed),
                                expires_at=self.world.tick() + HOUR))  # fmt: skip
        if d.yes:
            self.attempt(do.SendPatient(request_id=request))
        if d.also:
            self.world.tick()
            for command in (do.AdmitPatient, do.MovePatient):
                self.attempt(command(encounter_id=encounter_id, bed_id=self.bed(d.bed)))

    # In bed

    def admit(self, d: Draw) -> None:
        self.of(self.waiting(d.who), do.AdmitPatient, bed_id=self.bed(d.bed), at=self.late(d))

    def admit_in_need(self, d: Draw) -> None:
        """With every waiver there is, for this bed."""
        bed_id = self.bed(d.bed)
        ward_id = self.world.get(Bed, bed_id).ward_id
        granted = [
            self.world.run(command(ward_id=ward_id, bed_id=bed_id, reason="SURGE",
                                   valid_until=self.world.now + HOUR)).id
            for command in (do.WaiveBedState, do.WaiveRoomSex, do.WaiveRoomIsolation,
                            do.WaiveStaffedCapacity)
        ]  # fmt: skip
        self.of(self.waiting(d.who), do.AdmitPatient, bed_id=bed_id, waivers=tuple(granted))

    def move(self, d: Draw) -> None:
        self.of(self.encounter(d.who), do.MovePatient, bed_id=self.bed(d.bed), at=self.late(d))

    def swap(self, d: Draw) -> None:
        other = self.encounter(d.bed)
        if other is not None:
            self.of(self.encounter(d.who), do.SwapPatients, other_id=other)

    def order(self, d: Draw) -> None:
        command = do.CancelDischargeOrder if d.yes and d.also else do.OrderDischarge
        self.of(self.encounter(d.who), command)

    def leave(self, d: Draw) -> None:
        away = self.pick(Encounter, d.who, Encounter.status == EncounterStatus.ON_LEAVE)
        if d.yes and away is not None:
            self.of(away, do.EndLeave)
        else:
            self.of(self.encounter(d.who), do.StartLeave)

    def depart(self, d: Draw) -> None:
        self.of(self.encounter(d.who), do.DepartPatient, at=self.late(d))

    def end(self, d: Draw) -> None:
        ends: tuple[OfEncounter, ...] = (do.RecordDeath, do.LeaveUnseen, do.CancelEncounter)
        self.of(self.encounter(d.who), ends[d.which % 3])

    def cancel_stay(self, d: Draw) -> None:
        command: OfEncounter = do.CancelAdmission if d.also else do.CancelMove
        self.of(self.encounter(d.who), command, bed_untouched=d.yes)

    def cancel_departure(self, d: Draw) -> None:
        gone = self.pick(Encounter, d.which, Encounter.status == EncounterStatus.DISCHARGED)
        self.of(gone, do.CancelDeparture)

    def correct(self, d: Draw) -> None:
        stay_id = self.pick(BedStay, d.which, col(BedStay.voided_at).is_(None))
        if stay_id is None:
            return
        stay, by = self.world.get(BedStay, stay_id), timedelta(minutes=(d.who - 5) * 4)
        since = stay.since + by if d.yes else None
        until = None if d.yes else (stay.until or stay.since) + by
        self.attempt(do.CorrectStay(stay_id=stay_id, since=since, until=until, reason="TYPO"))

    # The bed itself

    def clean(self, d: Draw) -> None:
        task = self.pick(CleaningTask, d.which, col(CleaningTask.until).is_(None))
        steps: tuple[Any, ...] = (
            do.StartCleaning, do.SuspendCleaning, do.ResumeCleaning, do.FinishCleaning,
            do.StartCleaning, do.InspectCleaning,
        )  # fmt: skip
        if task is not None:
            self.attempt(steps[d.who % 6](task_id=task))

    def clean_everything(self, _d: Draw) -> None:
        """Else hardly a bed is ever free."""
        steps: tuple[Any, ...] = (do.StartCleaning, do.ResumeCleaning, do.FinishCleaning)
        while (task := self.pick(CleaningTask, 0, col(CleaningTask.until).is_(None))) is not None:
            done = []
            for command in steps:
                self.world.tick()
                done.append(self.attempt(command(task_id=task)))
            assert any(done), "an open task can always go on"

    def soil(self, d: Draw) -> None:
        command = do.MarkDirty if d.yes else do.MarkContaminated
        self.attempt(command(bed_id=self.bed(d.bed), reason="FOUND", at=self.late(d)))

    def service(self, d: Draw) -> None:
        """Rarely taken out of service, more often put back."""
        bed_id, at = self.bed(d.bed), self.late(d)
        until = (at or self.world.now) + HOUR
        commands: tuple[Command[Any], ...] = (
            do.BlockBed(bed_id=bed_id, reason=BlockReason.REPAIR, at=at, expected_until=until),
            do.CloseBed(bed_id=bed_id, reason=BlockReason.BUILDING),
            do.UnblockBed(bed_id=bed_id),
            do.ReopenBed(bed_id=bed_id),
        )
        self.attempt(commands[d.which] if d.which < 2 else commands[2 + d.yes])

    def clock(self, d: Draw) -> None:
        """Holds run out; staff comes, never less than at first: fewer is a fact to be borne."""
        self.attempt(do.ExpireHolds(hospital_id=self.world.hospital.id))
        ward, beds = (self.world.ward_b, 2) if d.yes else (self.world.ward_a, 5)
        self.attempt(SetStaffedBeds(ward_id=ward.id, staffed_beds=beds + d.who % 3))

    def board(self, at: datetime | None, *, ward_b: bool = False) -> Board:
        return self.world.board(self.world.ward_b if ward_b else self.world.ward_a, at)


class PastMachine(BedMachine):
    """Tells things in order; afterwards every board that was shown can be shown again."""

    rewriting = False

    def teardown(self) -> None:
        try:
            for shown in self.boards:
                again = self.board(shown.as_of, ward_b=shown.ward_id == self.world.ward_b.id)
                assert as_seen(again) == as_seen(shown)
        finally:
            super().teardown()


def as_seen(board: Board) -> Board:
    """All but what tells now from then: the source, and the versions of rows."""
    return replace(
        board,
        source="",
        census=replace(board.census, source=""),
        beds=tuple(replace(bed, version=0) for bed in board.beds),
    )
