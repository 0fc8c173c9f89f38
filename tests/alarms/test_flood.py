"""More alarms than people can follow: what is told one by one, and what together."""

from collections import Counter

from sqlmodel import Session, select

from domain.alarms.commands import FloodStep
from domain.alarms.lifecycle import Step
from domain.alarms.model import Alarm, AlarmFlood, EventKind, Severity
from domain.alarms.timers import floods_due
from kit.errors import Conflict
from tests.alarms.ward import Ward
from tests.domain_world import MINUTE

LOW, MEDIUM, HIGH, CRITICAL = Severity
MAIL = ("in-app", "email")
CYCLE = (LOW, MEDIUM, LOW, HIGH, LOW, MEDIUM, LOW, LOW, CRITICAL, LOW)


def pour(ward: Ward, severities: tuple[Severity, ...] | list[Severity], first: int = 0,
         **what: object) -> list[Alarm]:  # fmt: skip
    """Open that many alarms at this moment."""
    causes = (
        ward.elsewhere(first + n, severity=one, notify=MAIL, **what)
        for n, one in enumerate(severities)
    )
    return ward.pour(*causes)


def floods(ward: Ward) -> list[AlarmFlood]:
    with Session(ward.world.engine) as session:
        return list(session.exec(select(AlarmFlood)))


def step(ward: Ward) -> AlarmFlood:
    with Session(ward.world.engine) as session:
        (due,) = floods_due(session, ward.world.now)
    done: AlarmFlood = ward.world.run(due)
    return done


def test_ten_are_no_flood_and_the_eleventh_is(ward: Ward) -> None:
    opened = pour(ward, [LOW] * 11)
    assert [one.flood for one in opened] == [False] * 10 + [True]
    last = ward.lines(opened[-1])
    assert [(one.kind, one.channels, one.count) for one in last] == [
        ("OPENED", [], None), ("FLOODED", list(MAIL), 11),
    ]  # fmt: skip
    (flood,) = floods(ward)
    assert (flood.alarms, flood.untold, flood.place, flood.next_step_at) == (
        11, 0, ward.world.ward_a.scope.path, ward.world.now + 10 * MINUTE,
    )  # fmt: skip


def test_slow_alarms_and_those_of_other_places_are_no_flood(ward: Ward) -> None:
    for number in range(22):
        pour(ward, [LOW], first=number)
        ward.world.tick(MINUTE)
    pour(ward, [LOW] * 5, first=100, ward_id=ward.world.ward_b.id)
    pour(ward, [LOW] * 5, first=200, ward_id=None)
    assert floods(ward) == []


def test_wards_and_the_hospital_as_a_whole_flood_by_themselves(ward: Ward) -> None:
    pour(ward, [LOW] * 11)
    pour(ward, [LOW] * 11, first=100, ward_id=ward.world.ward_b.id)
    pour(ward, [LOW] * 11, first=200, ward_id=None)
    places = {one.place: one.alarms for one in floods(ward)}
    hospital = ward.world.hospital.scope
    assert places == {
        ward.world.ward_a.scope.path: 11, ward.world.ward_b.scope.path: 11, hospital.path: 11,
    }  # fmt: skip


def test_a_thousand_alarms_are_few_notices_and_no_critical_one_waits(ward: Ward) -> None:
    opened = pour(ward, CYCLE * 100)
    rows = ward.world.sql(
        "SELECT a.severity, e.kind, e.channels FROM alarm_event e JOIN alarm a ON a.id = e.alarm_id"
    )
    told = Counter(
        (severity, kind) for severity, kind, channels in rows if "email" in str(channels)
    )
    assert told == {
        ("CRITICAL", "OPENED"): 100, ("HIGH", "OPENED"): 100,
        ("LOW", "OPENED"): 6, ("MEDIUM", "OPENED"): 2, ("LOW", "FLOODED"): 1,
    }  # fmt: skip
    assert len(opened) == 1000
    critical = next(one for one in reversed(opened) if one.severity is CRITICAL)
    assert [(line.kind, line.at, line.channels) for line in ward.lines(critical)] == [
        ("OPENED", ward.world.now, list(MAIL))
    ]
    (flood,) = floods(ward)
    assert (flood.alarms, flood.untold) == (1000, 791)
    ward.world.tick(10 * MINUTE)
    step(ward)
    digest = [one for one in ward.lines(opened[10]) if one.kind == EventKind.FLOODED]
    assert [(one.count, one.channels) for one in digest] == [(11, list(MAIL)), (791, list(MAIL))]


def test_a_flood_ends_after_a_quiet_window_and_is_stepped_once(ward: Ward) -> None:
    pour(ward, [LOW] * 11)
    (flood,) = floods(ward)
    ward.world.refused(FloodStep(flood_id=flood.id), Conflict, "NOTHING_DUE")
    ward.world.tick(5 * MINUTE)
    pour(ward, [MEDIUM] * 11, first=50)
    ward.world.tick(5 * MINUTE)
    going = step(ward)
    assert (going.until, going.untold, going.next_step_at) == (
        None, 0, ward.world.now + 10 * MINUTE,
    )  # fmt: skip
    ward.world.refused(FloodStep(flood_id=flood.id), Conflict, "NOTHING_DUE")
    ward.world.tick(10 * MINUTE)
    over = step(ward)
    assert (over.until, over.next_step_at, over.alarms) == (ward.world.now, None, 22)
    counts = [line.count for line in ward.lines(ward.world.get(Alarm, flood.alarm_id))]
    assert counts == [None, 11, 11]
    (quiet,) = pour(ward, [LOW], first=99)
    assert (quiet.flood, ward.lines(quiet)[0].channels) == (False, list(MAIL))


def test_what_rises_in_a_flood_is_counted_and_afterwards_told(ward: Ward) -> None:
    ladder = (Step(60, True, "role:charge-nurse"), Step(1800, True, "role:house-supervisor"))
    pour(ward, [LOW] * 11)
    (slow,) = pour(ward, [LOW], first=50, escalation=ladder)
    (worse,) = pour(ward, [LOW], first=60, escalation=(Step(60, True, "role:x", HIGH),))
    assert floods(ward)[0].untold == 2
    ward.world.tick(MINUTE)
    ward.step(slow)
    ward.step(worse)
    assert floods(ward)[0].untold == 3
    ward.world.tick(9 * MINUTE)
    assert step(ward).until == ward.world.now
    ward.world.tick(20 * MINUTE)
    ward.step(slow)
    assert [line.channels for line in ward.lines(slow)] == [[], [], list(MAIL)]
    assert [line.channels for line in ward.lines(worse)] == [[], list(MAIL)]
