"""The database is the judge: it refuses what a faulty or racing command would write."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy.exc import IntegrityError, StatementError
from sqlmodel import Session

from domain.beds import admission, stays
from domain.beds.commands import AdmitPatient, CloseBed, DepartPatient, HoldBed
from domain.beds.model import (
    Bed,
    BedBlock,
    BedHold,
    BedHygiene,
    BedRequest,
    BedStay,
    BlockKind,
    BlockReason,
    HoldKind,
    HoldState,
    Hygiene,
    RequestState,
    StayBegin,
    StayEnd,
    StayLeave,
)
from domain.patients.model import Encounter, EncounterPhase, EncounterStatus
from kit.rows import Row
from tests.beds.invariants import broken
from tests.beds.machine import BedMachine
from tests.beds.test_invariants import QUICK
from tests.databases import Databases
from tests.domain_world import HOUR, MINUTE, World


def write(world: World, row: Row) -> None:
    with Session(world.engine, expire_on_commit=False) as session:
        session.add(row)
        session.commit()


def change(world: World, row: Row, **values: Any) -> None:
    with Session(world.engine) as session:
        stored = session.get(type(row), row.id)
        for name, value in values.items():
            setattr(stored, name, value)
        session.commit()


def refused(world: World, why: str, do: Callable[[], object]) -> None:
    before = world.rows()
    with pytest.raises(IntegrityError) as raised:
        do()
    assert why in str(raised.value.orig) or world.engine.dialect.name == "sqlite"
    assert world.rows() == before


def in_bed(world: World, code: str) -> dict[str, Any]:
    bed = world.get(Bed, world.beds[code])
    return {
        "hospital_id": bed.hospital_id, "ward_id": bed.ward_id, "bed_id": bed.id,
        "since": world.now, "recorded_at": world.now, "recorded_by": world.actor.id,
    }  # fmt: skip


def a_stay(world: World, code: str, encounter: Encounter, **more: Any) -> BedStay:
    values = {**in_bed(world, code), "begun_by": StayBegin.ADMIT, **more}
    return BedStay(encounter_id=encounter.id, subject=encounter.subject, **values)


def a_hold(world: World, code: str, request: BedRequest, encounter: Encounter) -> BedHold:
    return BedHold(
        **in_bed(world, code), request_id=request.id, encounter_id=encounter.id,
        subject=encounter.subject, kind=HoldKind.EMPTY, expires_at=world.now + HOUR,
    )  # fmt: skip


def test_one_present_stay_per_bed_and_per_encounter(world: World) -> None:
    encounter, _ = world.admit("A1")
    other = world.arrive()
    world.tick()
    refused(world, "stay", lambda: write(world, a_stay(world, "A1", other)))
    refused(world, "stay", lambda: write(world, a_stay(world, "A2", encounter)))


def test_stays_of_a_bed_never_overlap_also_when_told_late(world: World) -> None:
    encounter, stay = world.admit("A1")
    world.tick(HOUR)
    world.run(DepartPatient(encounter_id=encounter.id))
    other = world.arrive()
    late = a_stay(world, "A1", other, since=stay.since + MINUTE, until=stay.since + 2 * MINUTE,
                  ended_by=StayEnd.DEPARTURE)  # fmt: skip
    refused(world, "overlap", lambda: write(world, late))
    before = a_stay(world, "A1", other, since=stay.since - MINUTE, until=stay.since,
                    ended_by=StayEnd.DEPARTURE)  # fmt: skip
    write(world, before)
    longer = {"until": stay.since + MINUTE}
    refused(world, "overlap", lambda: change(world, before, **longer))


def test_a_stay_starts_on_an_open_clean_bed(world: World) -> None:
    encounter, _ = world.admit("A1")
    world.run(DepartPatient(encounter_id=encounter.id))
    world.run(CloseBed(bed_id=world.beds["A4"], reason=BlockReason.BUILDING))
    other = world.arrive()
    world.tick()
    for code in ("A1", "A4"):
        why = "stay_needs_open_clean_bed"
        refused(world, why, lambda code=code: write(world, a_stay(world, code, other)))  # type: ignore[misc]


def test_a_held_bed_is_for_its_own_patient(world: World) -> None:
    coming, other = world.arrive(), world.arrive()
    request = world.request(coming)
    world.run(HoldBed(request_id=request.id, bed_id=world.beds["A1"],
                      expires_at=world.now + HOUR))  # fmt: skip
    why = "stay_in_bed_held_for_another"
    refused(world, why, lambda: write(world, a_stay(world, "A1", other)))
    refused(world, "hold", lambda: write(world, a_hold(world, "A4", request, coming)))
    second = world.request(other)
    refused(world, "hold", lambda: write(world, a_hold(world, "A1", second, other)))
    refused(world, "hold_of_another", lambda: write(world, a_hold(world, "A5", second, coming)))


def test_an_ended_encounter_takes_no_stay_hold_or_request(world: World) -> None:
    encounter = world.arrive()
    request = world.request(encounter)
    world.tick()
    world.run(DepartPatient(encounter_id=encounter.id))
    asked = BedRequest(
        hospital_id=world.hospital.id, encounter_id=encounter.id, subject=encounter.subject,
        state=RequestState.ACTIVE, since=world.now, recorded_at=world.now,
        recorded_by=world.actor.id,
    )  # fmt: skip
    refused(world, "request_of_ended", lambda: write(world, asked))
    refused(world, "hold_of_ended", lambda: write(world, a_hold(world, "A1", request, encounter)))
    refused(world, "stay_of_ended", lambda: write(world, a_stay(world, "A1", encounter)))


def test_who_still_waits_does_not_end(world: World) -> None:
    encounter = world.arrive()
    world.request(encounter)
    refused(
        world, "ended_encounter_still_waits",
        lambda: change(world, encounter, status=EncounterStatus.DISCHARGED),
    )  # fmt: skip


def test_a_bed_in_use_is_not_removed_closed_or_deleted_and_never_moves(world: World) -> None:
    world.admit("A1")
    bed = world.get(Bed, world.beds["A1"])
    refused(world, "bed_in_use_removed", lambda: change(world, bed, removed_at=world.now))
    closed = BedBlock(**in_bed(world, "A1"), kind=BlockKind.CLOSED, reason=BlockReason.OTHER,
                      owner_id=world.actor.id)  # fmt: skip
    refused(world, "bed_in_use_closed", lambda: write(world, closed))
    refused(world, "bed_does_not_move", lambda: change(world, bed, ward_id=world.ward_b.id))
    refused(world, "bed_does_not_move", lambda: change(world, bed, room_id=world.side.id))

    def delete() -> None:
        with Session(world.engine) as session:
            session.delete(session.get_one(Bed, bed.id))
            session.commit()

    refused(world, "bed_in_use_deleted", delete)


def test_time_runs_forward_and_ends_have_causes(world: World) -> None:
    encounter, stay = world.admit("A1")
    refused(world, "since", lambda: change(world, stay, until=stay.since, ended_by=StayEnd.MOVE))
    refused(world, "cause", lambda: change(world, stay, until=world.now))
    leave = StayLeave(
        hospital_id=world.hospital.id, stay_id=stay.id, encounter_id=encounter.id,
        since=world.now, until=world.now - MINUTE, recorded_at=world.now,
        recorded_by=world.actor.id,
    )  # fmt: skip
    refused(world, "since", lambda: write(world, leave))


def test_histories_have_one_page_at_a_time(world: World) -> None:
    encounter = world.arrive()
    page = BedHygiene(**in_bed(world, "A1"), hygiene=Hygiene.DIRTY)
    refused(world, "hygiene", lambda: write(world, page))
    past = BedHygiene(**{**in_bed(world, "A1"), "since": world.now - 2 * MINUTE},
                      until=world.now, hygiene=Hygiene.DIRTY)  # fmt: skip
    refused(world, "hygiene", lambda: write(world, past))
    phase = EncounterPhase(
        hospital_id=world.hospital.id, encounter_id=encounter.id, since=world.now,
        status=EncounterStatus.ADMITTED, recorded_at=world.now, recorded_by=world.actor.id,
    )  # fmt: skip
    refused(world, "phase", lambda: write(world, phase))


def test_words_are_closed_sets(world: World) -> None:
    encounter, stay = world.admit("A1")
    for row, column in ((encounter, "status"), (stay, "begun_by")):
        before = world.rows()
        with pytest.raises((IntegrityError, StatementError)):
            change(world, row, **{column: "WHATEVER"})
        assert world.rows() == before


def test_a_hold_that_ended_has_an_end(world: World) -> None:
    coming = world.arrive()
    hold = world.run(HoldBed(request_id=world.request(coming).id, bed_id=world.beds["A1"],
                             expires_at=world.now + HOUR))  # fmt: skip
    refused(world, "end", lambda: change(world, hold, state=HoldState.RELEASED))


# The machine of test_invariants.py must see bugs that are planted.


def _forget_the_cleaning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stays, "soil", lambda *_given, **_named: None)


def _forget_the_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "permit", lambda *_given, **_named: ())


@pytest.mark.parametrize("bug", [_forget_the_cleaning, _forget_the_room])
def test_the_machine_sees_a_planted_bug(
    databases: Databases, monkeypatch: pytest.MonkeyPatch, bug: Callable[[Any], None]
) -> None:
    bug(monkeypatch)
    BedMachine.databases = lambda: databases.migrated("sqlite")
    with pytest.raises((AssertionError, IntegrityError)):
        run_state_machine_as_test(BedMachine, settings=QUICK)


def test_without_the_databases_judges_two_share_a_bed_and_it_shows(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    _forget_the_room(monkeypatch)
    other = world.arrive()
    world.admit("A1")
    command = AdmitPatient(encounter_id=other.id, bed_id=world.beds["A1"])
    refused(world, "one_present_stay_per_bed", lambda: world.run(command))
    with world.engine.begin() as connection:
        connection.exec_driver_sql("DROP INDEX one_present_stay_per_bed")
    refused(world, "stays_of_a_bed_overlap", lambda: world.run(command))
    with world.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("DROP TRIGGER stays_of_a_bed_overlap_new")
        else:
            connection.exec_driver_sql(
                "ALTER TABLE bed_stay DROP CONSTRAINT stays_of_a_bed_overlap"
            )
    world.run(command)
    with world.engine.connect() as connection:
        assert broken(connection, world.now) == {
            "1 one present stay per bed": 1,
            "2 stays of a bed or an encounter never overlap": 1,
        }
