"""What is usual is learnt from the past by hour of the week, and judged by."""

import random
from datetime import datetime, timedelta

from sqlalchemy import insert, select
from sqlmodel import Session

from domain.alarms.model import AlarmKind
from domain.alarms.rule_baselines import hour_of_week, learnt
from domain.alarms.rule_model import METRIC_BASELINE
from domain.alarms.timing import LearnBaselines, RuleTimer
from domain.devices.model import DeviceKind
from domain.readings.model import ROLLUP
from kit.clock import EPOCH, microseconds
from tests.alarm_rules.ward import MINUTE, Ward
from tests.domain_world import NOON

UNUSUAL = {"id": "unusual", "kind": "deviation", "metric": "pressure", "sigmas": 6, "clear": 3,
           "floor": 1, "severity": "low", "text": {"zh": "异常", "en": "unusual"}}  # fmt: skip


def test_hours_are_counted_from_monday_by_the_hospitals_clock() -> None:
    monday = microseconds(NOON)  # 2026-03-02, a Monday, at 12 in UTC
    assert hour_of_week(monday, "UTC") == 12
    assert hour_of_week(monday, "Asia/Shanghai") == 20
    assert hour_of_week(monday, "America/New_York") == 7
    assert hour_of_week(monday - 13 * 3_600_000_000, "UTC") == 167


def test_an_hour_needs_enough_values() -> None:
    at = microseconds(NOON)
    few = [(at + n * 60_000_000, 5.0) for n in range(19)]
    assert learnt(few, "UTC") == {}
    assert learnt([*few, (at + 19 * 60_000_000, 7.0)], "UTC") == {12: ((5.0, 0.0), 20)}


def past(ward: Ward, channel: int, weeks: int) -> None:
    """A pressure of 400, by night 300, a value a quarter of an hour."""
    chance, rows = random.Random(3), []
    since = NOON - timedelta(weeks=weeks)
    for number in range(weeks * 7 * 96):
        at = since + timedelta(minutes=15 * number)
        value = _usual(at) + chance.gauss(0, 2)
        rows.append({"channel_id": channel, "resolution": 60, "since": microseconds(at), "count": 1,
                     "minutes": 1, "min": value, "max": value, "sum": value, "last": value})  # fmt: skip
    with Session(ward.world.engine) as session:
        session.connection().execute(insert(ROLLUP), rows)
        session.commit()


def _usual(at: datetime) -> float:
    return 400.0 if 8 <= at.hour < 20 else 300.0


def test_a_rule_judges_by_what_the_timer_has_learnt(ward: Ward) -> None:
    ward.publish(UNUSUAL)
    ward.device("P1", kind=DeviceKind.GAS_SENSOR)
    ward.send("P1", "pressure", [(0, 300.0)])
    assert ward.alarms() == []  # nothing is known yet, so nothing is unusual
    past(ward, ward.channels[ward.devices["P1"], "pressure"], weeks=6)
    with Session(ward.world.engine) as session:
        commands = RuleTimer()(session, ward.world.now)
    assert commands == [LearnBaselines(hospital_id=ward.world.hospital.id)]
    assert ward.world.run(commands[0]) == 1
    with ward.world.engine.connect() as connection:
        known = list(connection.execute(select(METRIC_BASELINE.c.hour, METRIC_BASELINE.c.count)))
    assert len(known) == 168
    assert {count for _, count in known} == {23, 24}
    ward.send("P1", "pressure", [(2, 401.0), (3, 300.0)])
    assert [(one.kind, one.value) for one in ward.alarm_rows()] == [(AlarmKind.DEVIATION, 300.0)]
    ward.send("P1", "pressure", [(4, 399.0)])
    night = (NOON + timedelta(hours=10) - NOON) / MINUTE
    ward.send("P1", "pressure", [(night, 300.0)])
    assert [state for _, state in ward.alarms()] == ["RESOLVED"]


def test_a_channel_without_a_past_is_not_asked_again_at_once(ward: Ward) -> None:
    ward.publish(UNUSUAL)
    ward.device("P1")
    ward.send("P1", "pressure", [(0, 300.0)])
    learn = LearnBaselines(hospital_id=ward.world.hospital.id)
    assert ward.world.run(learn) == 1
    assert ward.world.run(learn) == 0
    ward.world.now = max(ward.world.now, EPOCH) + timedelta(hours=25)
    assert ward.world.run(learn) == 1
