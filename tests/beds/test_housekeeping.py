"""Cleaning, blocking, closing, adding and removing beds."""

import pytest

from domain.beds.commands import (
    AddBed,
    AssignCleaning,
    BlockBed,
    BlockBedForLong,
    CloseBed,
    CloseWard,
    DepartPatient,
    FinishCleaning,
    HoldBed,
    InspectCleaning,
    MarkContaminated,
    MarkDirty,
    PrioritiseCleaning,
    RemoveBed,
    ReopenBed,
    ResumeCleaning,
    StartCleaning,
    SuspendCleaning,
    UnblockBed,
    UpdateBed,
)
from domain.beds.model import Bed, BlockReason, CleaningKind, CleaningPriority, CleaningTask
from domain.patients.commands import StatePlacementNeed
from domain.patients.model import Isolation
from domain.places.model import Ward
from kit.errors import Conflict, Invalid, Retry
from kit.ids import new_id
from tests.domain_world import DAY, HOUR, MINUTE, World


def dirty(world: World, code: str = "A1") -> CleaningTask:
    return world.run(MarkDirty(bed_id=world.beds[code], reason="DUST"))


def test_cleaning_goes_through_its_states_and_ends_clean(world: World) -> None:
    task = dirty(world)
    seen = [world.shown("A1").state]
    for command in (StartCleaning, SuspendCleaning, ResumeCleaning, FinishCleaning):
        world.tick()
        world.run(command(task_id=task.id))
        shown = world.shown("A1")
        seen.append(f"{shown.state} {shown.hygiene}")
    assert seen == [
        "DIRTY", "CLEANING CLEANING", "CLEANING SUSPENDED", "CLEANING CLEANING", "READY CLEAN",
    ]  # fmt: skip
    world.run(InspectCleaning(task_id=task.id))
    done = world.get(CleaningTask, task.id)
    assert (done.state, done.until, done.inspected_at) == ("INSPECTED", world.now, world.now)


def test_a_step_out_of_turn_is_refused_with_the_next_ones(world: World) -> None:
    task = dirty(world)
    finish = FinishCleaning(task_id=task.id)
    refusal = world.refused(finish, Conflict, "CLEANING_STATE")
    assert (refusal.blocking, refusal.allowed) == (
        task.id,
        ("ASSIGNED", "IN_PROGRESS", "CANCELLED"),
    )
    world.refused(ResumeCleaning(task_id=task.id), Conflict, "CLEANING_STATE")
    world.tick()
    world.run(StartCleaning(task_id=task.id))
    world.refused(StartCleaning(task_id=task.id), Conflict, "CLEANING_STATE")
    world.tick()
    world.run(SuspendCleaning(task_id=task.id))
    world.refused(StartCleaning(task_id=task.id), Conflict, "CLEANING_STATE")


def test_cleaning_is_given_out_and_made_urgent(world: World) -> None:
    task = dirty(world)
    account = new_id()
    world.tick()
    given = world.run(AssignCleaning(task_id=task.id, account_id=account))
    assert (given.state, given.assigned_to) == ("ASSIGNED", account)
    urgent = PrioritiseCleaning(task_id=task.id, priority=CleaningPriority.STAT)
    world.run(urgent)
    shown = world.shown("A1").cleaning
    assert shown is not None
    assert (shown.state, shown.priority, shown.since) == ("ASSIGNED", "STAT", world.now)
    stale = AssignCleaning(task_id=task.id, account_id=account, version=1)
    world.refused(stale, Retry, "STALE_VERSION")


def test_a_contaminated_bed_takes_a_terminal_clean(world: World) -> None:
    routine = dirty(world)
    world.tick()
    world.run(MarkContaminated(bed_id=world.beds["A1"], reason="SPILL"))
    assert world.get(CleaningTask, routine.id).state == "CANCELLED"
    shown = world.shown("A1")
    assert shown.state == "CONTAMINATED"
    assert shown.cleaning is not None
    assert shown.cleaning.kind == CleaningKind.TERMINAL
    refusal = world.refused(
        MarkContaminated(bed_id=world.beds["A1"], reason="SPILL"), Conflict, "BED_HYGIENE"
    )
    assert refusal.allowed == ("CLEANING",)
    for command in (StartCleaning, FinishCleaning):
        world.tick()
        world.run(command(task_id=shown.cleaning.id))
    assert world.shown("A1").state == "READY"


def test_a_taken_bed_is_not_marked_dirty_but_contaminated(world: World) -> None:
    encounter, stay = world.admit("A1")
    refusal = world.refused(
        MarkDirty(bed_id=world.beds["A1"], reason="DUST"), Conflict, "BED_TAKEN"
    )
    assert refusal.blocking == stay.id
    world.run(MarkContaminated(bed_id=world.beds["A1"], reason="SPILL"))
    assert world.sql("SELECT count(*) FROM cleaning_task") == [(0,)]
    world.tick()
    world.run(DepartPatient(encounter_id=encounter.id))
    shown = world.shown("A1")
    assert shown.cleaning is not None
    assert (shown.state, shown.cleaning.kind) == ("CONTAMINATED", CleaningKind.TERMINAL)


def test_isolation_co_blocks_the_room_on_the_board(world: World) -> None:
    encounter, _ = world.admit("A1")
    world.run(StatePlacementNeed(encounter_id=encounter.id, isolation=Isolation.CONTACT))
    shown = world.shown("A2")
    assert (shown.state, shown.not_available, shown.hl7_status) == ("READY", ("CO_BLOCKED",), "I")


def test_a_short_block_ends_within_a_day_and_a_long_one_takes_its_own_right(world: World) -> None:
    bed_id = world.beds["A1"]
    until = world.now + DAY + MINUTE
    short = BlockBed(bed_id=bed_id, reason=BlockReason.REPAIR, expected_until=until)
    assert world.refused(short, Invalid, "INVALID").allowed == ("BlockBedForLong",)
    world.run(BlockBedForLong(bed_id=bed_id, reason=BlockReason.REPAIR, expected_until=until))
    shown = world.shown("A1")
    assert (shown.state, shown.service, shown.block_reason, shown.blocked_until) == (
        "BLOCKED", "BLOCKED", "REPAIR", until,
    )  # fmt: skip
    assert BlockBed.action != BlockBedForLong.action


def test_a_block_stays_until_somebody_lifts_it(world: World) -> None:
    bed_id = world.beds["A1"]
    block = world.run(BlockBed(bed_id=bed_id, reason=BlockReason.REPAIR,
                               expected_until=world.now + HOUR))  # fmt: skip
    world.tick(DAY)
    assert world.shown("A1").state == "BLOCKED"
    again = BlockBedForLong(bed_id=bed_id, reason=BlockReason.REPAIR)
    assert world.refused(again, Conflict, "BED_BLOCKED").blocking == block.id
    world.refused(ReopenBed(bed_id=bed_id), Conflict, "BED_SERVICE")
    world.run(UnblockBed(bed_id=bed_id))
    assert world.shown("A1").state == "READY"
    assert world.shown("A1", world.now - MINUTE).state == "BLOCKED"
    world.refused(UnblockBed(bed_id=bed_id), Conflict, "BED_SERVICE")


@pytest.mark.parametrize("held", [False, True])
def test_a_bed_in_use_is_neither_closed_nor_removed(world: World, held: bool) -> None:
    bed_id = world.beds["A1"]
    if held:
        request = world.request(world.arrive())
        blocking = world.run(HoldBed(request_id=request.id, bed_id=bed_id,
                                     expires_at=world.now + HOUR)).id  # fmt: skip
    else:
        blocking = world.admit("A1")[1].id
    reason = "BED_HELD" if held else "BED_TAKEN"
    close = CloseBed(bed_id=bed_id, reason=BlockReason.BUILDING)
    for command in (close, RemoveBed(bed_id=bed_id)):
        assert world.refused(command, Conflict, reason).blocking == blocking


def test_a_removed_bed_is_gone_now_but_not_from_the_past(world: World) -> None:
    bed_id = world.beds["A1"]
    there = world.now
    world.tick()
    world.run(RemoveBed(bed_id=bed_id))
    assert "A1" not in world.states(world.ward_a)
    assert "A1" in world.states(world.ward_a, there)
    command = BlockBedForLong(bed_id=bed_id, reason=BlockReason.REPAIR)
    assert world.refused(command, Conflict, "BED_REMOVED").blocking == bed_id
    new = world.run(AddBed(room_id=world.bay.id, code="A1"))
    assert new.id != bed_id


def test_a_code_is_used_once_in_a_ward(world: World) -> None:
    refusal = world.refused(AddBed(room_id=world.side.id, code="A1"), Conflict, "CODE_TAKEN")
    assert (refusal.field, refusal.blocking) == ("code", world.beds["A1"])


def test_a_beds_features_change_by_version(world: World) -> None:
    bed = world.get(Bed, world.beds["A1"])
    world.run(UpdateBed(bed_id=bed.id, features=("OXYGEN", "BARIATRIC"), version=bed.version))
    assert world.shown("A1").features == ("BARIATRIC", "OXYGEN")
    stale = UpdateBed(bed_id=bed.id, visible=False, version=bed.version)
    world.refused(stale, Retry, "STALE_VERSION")


def test_a_ward_closes_when_it_is_empty(world: World) -> None:
    close = CloseWard(ward_id=world.ward_b.id)
    world.refused(close, Conflict, "WARD_IN_USE")
    for code in ("B1", "B2"):
        world.run(RemoveBed(bed_id=world.beds[code]))
    world.run(close)
    assert world.get(Ward, world.ward_b.id).closed_at == world.now
    assert world.refused(close, Conflict, "WARD_CLOSED").blocking == world.ward_b.id


def test_nothing_is_blocked_or_soiled_before_the_patient_came(world: World) -> None:
    before = world.now
    world.tick()
    _, stay = world.admit("A1")
    bed_id = world.beds["A1"]
    block = BlockBed(bed_id=bed_id, reason=BlockReason.REPAIR, at=before,
                     expected_until=world.now + HOUR)  # fmt: skip
    for command in (block, MarkContaminated(bed_id=bed_id, reason="SPILL", at=before)):
        assert world.refused(command, Invalid, "BEFORE_LAST_CHANGE").blocking == stay.id
