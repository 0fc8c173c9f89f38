"""Occupancy over time, minute by minute against an oracle that only looks."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event
from sqlmodel import Session, select

from domain.beds.model import Bed, BedBlock, BedStay
from domain.measures.history import History, Sampling, occupancy_history
from domain.places.model import Ward, WardStaffing
from kit.errors import Invalid, NotFound
from kit.ids import new_id
from kit.work import NETWORK, Scope
from tests.domain_world import DAY, HOUR, MINUTE, NOON, World
from tests.measures.story import Story


def history(
    world: World, since: datetime, until: datetime, ward: Ward | None = None,
    sampling: Sampling = Sampling.TIME,
) -> History:  # fmt: skip
    with Session(world.engine) as session:
        return occupancy_history(session, [NETWORK], world.hospital.id, ward.id if ward else None,
                                 since, until, world.now, sampling)  # fmt: skip


class Oracle:
    """Looks at every row for every moment. Shares nothing with the program but the tables."""

    def __init__(self, world: World, ward: Ward | None) -> None:
        with Session(world.engine, expire_on_commit=False) as session:
            beds = [bed for bed in session.exec(select(Bed)) if bed.censusable]
            self.beds = [bed for bed in beds if ward is None or bed.ward_id == ward.id]
            self.stays = [stay for stay in session.exec(select(BedStay)) if not stay.voided_at]
            self.blocks = list(session.exec(select(BedBlock)))
            staffing = session.exec(select(WardStaffing))
            self.staffing = [s for s in staffing if ward is None or s.ward_id == ward.id]

    def at(self, moment: datetime) -> tuple[int, int, int]:
        """Occupied, open, staffed."""
        lying = {stay.bed_id for stay in self.stays if under_way(stay, moment)}
        blocked = {block.bed_id for block in self.blocks if under_way(block, moment)}
        there = {
            bed.id for bed in self.beds
            if bed.added_at <= moment and (bed.removed_at is None or bed.removed_at > moment)
        }  # fmt: skip
        staffed = sum(one.staffed_beds for one in self.staffing if under_way(one, moment))
        return len(there & lying), len(there - (blocked - lying)), staffed


def under_way(spell: Any, moment: datetime) -> bool:
    return bool(spell.since <= moment and (spell.until is None or spell.until > moment))


def minutes(since: datetime, until: datetime) -> Iterator[datetime]:
    while since < until:
        yield since
        since += MINUTE


def sums(rows: Sequence[tuple[int, int, int]]) -> tuple[int, ...]:
    return tuple(sum(column) for column in zip(*rows, strict=True))


def test_every_step_is_the_mean_of_its_minutes(world: World) -> None:
    begin = world.now
    story = Story(world, 1)
    story.tell(2)
    assert {"CorrectStay", "MovePatient", "CloseBed"} <= set(story.done)
    since, until = begin + timedelta(hours=7), begin + timedelta(hours=7 + 36)
    for ward in (world.ward_a, world.ward_b, None):
        oracle = Oracle(world, ward)
        found = history(world, since, until, ward)
        assert found.step_s == 300
        assert (found.points[0].since, found.points[-1].until) == (since, until)
        for point in found.points:
            rows = [oracle.at(minute) for minute in minutes(point.since, point.until)]
            occupied, opened, staffed = sums(rows)
            assert (point.occupied, point.open, point.staffed) == pytest.approx(
                (occupied / len(rows), opened / len(rows), staffed / len(rows))
            )
            assert point.percent == pytest.approx(100 * occupied / opened)
            assert point.complete == 1.0


def test_a_night_counts_who_is_there_at_midnight_in_the_hospital(world: World) -> None:
    begin = world.now
    Story(world, 3).tell(2)
    oracle = Oracle(world, None)
    found = history(world, begin, world.now, sampling=Sampling.MIDNIGHT)
    assert (found.formula, found.time_zone, found.step_s) == (
        "occupancy_midnight", "Asia/Shanghai", 86400,
    )  # fmt: skip
    nights = [p for p in found.points if p.complete]
    assert len(nights) == 2
    for point in nights:
        assert point.until.astimezone(ZoneInfo("Asia/Shanghai")).hour == 0
        occupied, opened, staffed = oracle.at(point.until)
        assert (point.occupied, point.open, point.staffed) == (occupied, opened, staffed)
        assert point.percent == pytest.approx(100 * occupied / opened)
    assert found.points[-1].percent is None  # the last day's midnight has not come


def test_a_long_interval_has_coarser_steps_that_begin_at_local_midnight(world: World) -> None:
    world.admit("A1")
    world.tick(timedelta(days=1200))
    steps = {}
    for days in (3, 10, 41, 120, 900, 1199):
        found = history(world, world.now - days * DAY, world.now)
        assert len(found.points) <= 1000
        steps[days] = found.step_s
        inner = [p.since.astimezone(ZoneInfo("Asia/Shanghai")) for p in found.points[1:]]
        if found.step_s >= 86400:
            assert {(one.hour, one.minute) for one in inner} == {(0, 0)}
        assert [p.until for p in found.points[:-1]] == [p.since for p in found.points[1:]]
    assert steps == {3: 300, 10: 900, 41: 3600, 120: 10800, 900: 86400, 1199: 7 * 86400}


def test_what_lies_before_the_first_bed_is_a_gap_and_not_empty(world: World) -> None:
    world.admit("A1")
    world.tick(HOUR)
    found = history(world, NOON - HOUR, NOON + HOUR, world.ward_a)
    before, after = found.points[0], found.points[-1]
    assert (before.percent, before.open, before.complete) == (None, 0.0, 0.0)
    assert (after.percent, after.open, after.complete) == (20.0, 5.0, 1.0)


def test_a_history_ends_now_and_says_so(world: World) -> None:
    world.admit("A1")
    found = history(world, NOON, NOON + 10 * DAY)
    assert (found.as_of, found.source, found.points[-1].until) == (world.now, "LIVE", world.now)
    world.tick(DAY)
    past = history(world, NOON, NOON + HOUR)
    assert (past.as_of, past.source) == (NOON + HOUR, "HISTORY")


@pytest.mark.parametrize(
    ("since", "until", "reason"),
    [
        (NOON, NOON, "INTERVAL_EMPTY"),
        (NOON + DAY, NOON + 2 * DAY, "INTERVAL_AHEAD"),
        (NOON - 8000 * DAY, NOON, "INTERVAL_TOO_LONG"),
        (NOON.replace(tzinfo=None), NOON, "INVALID"),
    ],
)
def test_an_interval_that_makes_no_sense_is_refused(
    world: World, since: datetime, until: datetime, reason: str
) -> None:
    with pytest.raises(Invalid) as refused:
        history(world, since, until)
    assert refused.value.reason == reason


def test_a_place_out_of_reach_is_as_unknown_as_none(world: World) -> None:
    here = Scope(world.hospital.id, world.ward_b.id)
    asked: list[tuple[list[Scope], Any, Any]] = [
        ([here], world.hospital.id, None), ([here], None, world.ward_a.id), ([here], None, None),
        ([], None, world.ward_b.id), ([NETWORK], new_id(), None), ([NETWORK], None, new_id()),
        ([NETWORK], new_id(), world.ward_b.id),
    ]  # fmt: skip
    with Session(world.engine) as session:
        for scopes, hospital, ward in asked:
            with pytest.raises(NotFound):
                occupancy_history(session, scopes, hospital, ward, NOON, NOON + DAY, world.now)
        found = occupancy_history(session, [here], None, world.ward_b.id, NOON, world.now,
                                  world.now)  # fmt: skip
    assert found.place.hospital_id == world.hospital.id


def test_a_history_takes_seven_statements_however_much_happened(world: World) -> None:
    Story(world, 4).tell(1)
    statements: list[str] = []
    event.listen(world.engine, "before_cursor_execute", lambda *call: statements.append(call[2]))
    history(world, NOON, world.now)
    assert len([one for one in statements if one.startswith("SELECT")]) == 7
