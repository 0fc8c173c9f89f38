"""Stays that were over before the house began."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlmodel import Session

from domain.beds.past import PastStay, RecordPastStays
from domain.measures.formulas import MeasureName
from domain.measures.interval import figures
from kit.errors import Conflict, Invalid, Refusal
from kit.work import NETWORK, Scope
from tests.domain_world import DAY, HOUR, World, world

__all__ = ["world"]


def past(world: World, code: str, began: float, lasted: float) -> PastStay:
    """A stay that began so many hours ago, and how many it lasted."""
    since = world.now - began * HOUR
    return PastStay(bed_id=world.beds[code], since=since, until=since + lasted * HOUR)


def record(world: World, *stays: PastStay) -> RecordPastStays:
    return RecordPastStays(ward_id=world.ward_a.id, stays=stays)


def test_past_stays_count_as_if_they_had_been_told_at_the_time(world: World) -> None:
    world.tick(10 * DAY)
    done = world.run(record(world, past(world, "A1", 72, 24), past(world, "A1", 48, 24),
                            past(world, "A4", 50, 12)))  # fmt: skip
    assert done == 3
    with Session(world.engine) as session:
        found = figures(session, [NETWORK], world.hospital.id, None, world.now - 4 * DAY,
                        world.now, world.now, (MeasureName.ADMISSIONS, MeasureName.DISCHARGES,
                                               MeasureName.ALOS))  # fmt: skip
    assert [one.value for one in found] == [3, 3, 60 / 72]
    assert [event.name for event in world.events] == ["PastRecorded"]
    assert world.shown("A1", world.now - 60 * HOUR).state == "OCCUPIED"
    assert world.shown("A1").state == "READY"
    assert world.sql("SELECT COUNT(*) FROM encounter_phase")[0][0] == 6
    assert world.scope(record(world)) == Scope(world.hospital.id, world.ward_a.id)


def test_who_lies_there_now_is_in_nobodys_way_and_somebody_elses_past_is(world: World) -> None:
    world.tick(10 * DAY)
    _, stay = world.admit("A1")
    world.tick(DAY)
    world.run(record(world, past(world, "A1", 48, 12)))
    refusal = world.refused(record(world, past(world, "A1", 30, 12)), Conflict, "PAST_OVERLAPS")
    assert refusal.blocking == stay.id
    world.refused(record(world, past(world, "A2", 30, 12), past(world, "A2", 20, 5)), Conflict,
                  "PAST_OVERLAPS")  # fmt: skip


def aware(at: datetime) -> datetime:
    return at.replace(tzinfo=None)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda one, now: {"until": now + timedelta(hours=1)}, "NOT_PAST"),
        (lambda one, now: {"until": one["since"]}, "NOT_PAST"),
        (lambda one, now: {"since": aware(one["since"])}, "INVALID"),
        (lambda one, now: {"bed_id": uuid4()}, "BED_ELSEWHERE"),
        (lambda one, now: {"since": now - 99 * DAY}, "BEFORE_THE_BED"),
    ],
)
def test_what_cannot_have_been_is_refused(world: World, change: Any, reason: str) -> None:
    world.tick(10 * DAY)
    good: dict[str, Any] = {"bed_id": world.beds["A1"], "since": world.now - DAY,
                            "until": world.now - HOUR}  # fmt: skip
    refusal: Refusal = world.refused(
        record(world, PastStay(**(good | change(good, world.now)))), Invalid, reason
    )
    assert refusal.field == "stays.0"


def test_nothing_and_too_much_are_refused(world: World) -> None:
    world.refused(record(world), Invalid, "TOO_MANY_STAYS")


def test_a_bed_of_another_ward_is_elsewhere(world: World) -> None:
    world.tick(10 * DAY)
    other: UUID = world.beds["B1"]
    stay = PastStay(bed_id=other, since=world.now - DAY, until=world.now - HOUR)
    world.refused(record(world, stay), Invalid, "BED_ELSEWHERE")
