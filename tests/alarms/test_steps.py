"""Escalation, re-alarm and time-outs: in order, at their time, each exactly once."""

import random
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

from sqlmodel import Session

from domain.alarms.commands import AcknowledgeAlarm, AlarmStep, UnacknowledgeAlarm
from domain.alarms.lifecycle import Step
from domain.alarms.model import Alarm, AlarmState, Severity
from domain.alarms.timers import alarms_of_departed
from domain.beds.commands import DepartPatient, OrderDischarge
from kit.errors import Conflict
from tests.alarms.stepper import start
from tests.alarms.ward import Ward
from tests.databases import Kind
from tests.domain_world import MINUTE

CHARGE = Step(300, True, "role:charge-nurse", Severity.CRITICAL)
HOUSE = Step(900, False, "role:house-supervisor")
LADDER = (CHARGE, HOUSE)


def told(ward: Ward, alarm: Alarm) -> list[tuple[str, int, str | None]]:
    return [(str(one.kind), one.level, one.to) for one in ward.lines(alarm)]


def pass_time(ward: Ward, minutes: int) -> list[str]:
    """Minute by minute, doing what is due; the kinds of line that came of it."""
    before = len(ward.world.sql("SELECT id FROM alarm_event"))
    for _ in range(minutes):
        ward.world.tick(MINUTE)
        while due := ward.due():
            for step in due:
                ward.world.run(step)
    rows = ward.world.sql("SELECT kind FROM alarm_event ORDER BY at, alarm_id, number")
    return [kind for (kind,) in rows[before:]]


def test_nobody_takes_note_and_it_rises_step_by_step(ward: Ward) -> None:
    alarm = ward.open(escalation=LADDER, realarm_s=600)
    assert alarm.next_step_at == ward.world.now + 5 * MINUTE
    assert pass_time(ward, 4) == []
    assert pass_time(ward, 1) == ["ESCALATED"]
    now = ward.now(alarm)
    assert (now.level, now.severity, now.state) == (1, Severity.CRITICAL, AlarmState.OPEN)
    assert pass_time(ward, 9) == []
    assert pass_time(ward, 1) == ["ESCALATED"]
    assert pass_time(ward, 21) == ["RE_ALARMED", "RE_ALARMED"]
    assert told(ward, alarm) == [
        ("OPENED", 0, None), ("ESCALATED", 1, "role:charge-nurse"),
        ("ESCALATED", 2, "role:house-supervisor"),
        *[("RE_ALARMED", 2, "role:house-supervisor")] * 2,
    ]  # fmt: skip


def test_an_acknowledgement_holds_back_what_waits_for_one_until_it_times_out(ward: Ward) -> None:
    alarm = ward.open(escalation=LADDER, ack_timeout_s=1800)
    ward.world.run(AcknowledgeAlarm(alarm_id=alarm.id))
    assert pass_time(ward, 14) == []
    assert pass_time(ward, 1) == ["ESCALATED"]  # the house supervisor hears of it in any case
    assert ward.now(alarm).state == AlarmState.ACKED
    assert pass_time(ward, 15) == ["ACK_TIMED_OUT"]
    assert ward.now(alarm).state == AlarmState.OPEN
    assert pass_time(ward, 5) == ["ESCALATED"]
    assert told(ward, alarm)[2:] == [
        ("ESCALATED", 1, "role:house-supervisor"), ("ACK_TIMED_OUT", 1, "role:house-supervisor"),
        ("ESCALATED", 2, "role:charge-nurse"),
    ]  # fmt: skip
    assert ward.now(alarm).next_step_at is None


def test_a_step_that_is_taken_stays_taken(ward: Ward) -> None:
    alarm = ward.open(escalation=(CHARGE,))
    assert pass_time(ward, 5) == ["ESCALATED"]
    ward.world.run(AcknowledgeAlarm(alarm_id=alarm.id))
    ward.world.run(UnacknowledgeAlarm(alarm_id=alarm.id))
    assert pass_time(ward, 60) == []
    ward.world.refused(AlarmStep(alarm_id=alarm.id), Conflict, "NOTHING_DUE")


def test_after_a_long_stop_each_missed_step_is_taken_once(ward: Ward) -> None:
    alarm = ward.open(escalation=LADDER, realarm_s=60)
    ward.world.tick(timedelta(hours=5))
    while due := ward.due():
        assert due == [AlarmStep(alarm_id=alarm.id)]
        ward.world.run(due[0])
    assert Counter(kind for kind, _, _ in told(ward, alarm)) == {
        "OPENED": 1, "ESCALATED": 2,
    }  # fmt: skip
    assert ward.now(alarm).next_step_at == ward.world.now + MINUTE


def test_the_worst_step_first(ward: Ward) -> None:
    causes = [ward.elsewhere(n, severity=one, realarm_s=60) for n, one in enumerate(Severity)]
    opened = ward.pour(*causes)
    ward.world.tick(MINUTE)
    assert [step.alarm_id for step in ward.due()] == [one.id for one in reversed(opened)]


def test_an_alarm_ends_when_its_patient_leaves_the_bed(ward: Ward) -> None:
    encounter, _ = ward.world.admit("A1")
    alarm = ward.open(escalation=LADDER)
    silent = ward.open(entity=f"device:{ward.device}", rule_id=None)
    with Session(ward.world.engine) as session:
        assert alarms_of_departed(session, ward.world.now) == []
    ward.world.tick()
    ward.world.run(OrderDischarge(encounter_id=encounter.id))
    ward.world.run(DepartPatient(encounter_id=encounter.id))
    with Session(ward.world.engine) as session:
        (step,) = alarms_of_departed(session, ward.world.now)
    assert step == AlarmStep(alarm_id=alarm.id)
    ward.world.run(step)
    now = ward.now(alarm)
    assert (now.state, now.resolved_by) == (AlarmState.RESOLVED, "PATIENT_LEFT")
    assert ward.now(silent).state == AlarmState.OPEN


def test_the_next_patient_gets_an_alarm_of_their_own(ward: Ward) -> None:
    first, _ = ward.world.admit("A1")
    before = ward.open(value=80.0)
    ward.world.tick()
    ward.world.run(OrderDischarge(encounter_id=first.id))
    ward.world.run(DepartPatient(encounter_id=first.id))
    after = ward.open(value=85.0, measured_at=ward.world.now)
    assert after.id != before.id
    assert (after.encounter_id, after.subject) == (None, None)
    assert (ward.now(before).resolved_by, ward.now(before).value) == ("PATIENT_CHANGED", 80.0)


def test_kills_and_racing_timers_neither_lose_nor_repeat_a_step(
    ward: Ward, database_url: str, database_kind: Kind, tmp_path: Path
) -> None:
    ladder = tuple(Step(60 * n, True, f"role:r{n}") for n in range(1, 6))
    causes = [ward.elsewhere(n, severity=Severity.HIGH, escalation=ladder) for n in range(24)]
    opened = ward.pour(*causes)
    later, dice = ward.world.now + timedelta(hours=1), random.Random(7)
    racing = 1 if database_kind == "sqlite" else 2  # a SQLite file has one writer
    stops = sorted(dice.sample(range(5, 115), 4))
    for stop in [*stops, 120]:
        workers = [start(database_url, tmp_path, later) for _ in range(racing)]
        while (taken := _steps_taken(ward)) < stop:
            assert any(one.is_alive() for one in workers)
            time.sleep(0.002)
        for one in workers:
            one.kill()
            one.join()
        assert taken <= 120
    steps = [("ESCALATED", n, f"role:r{n}") for n in range(1, 6)]
    for alarm in opened:
        assert [line for line in told(ward, alarm) if line[0] != "FLOODED"] == [
            ("OPENED", 0, None), *steps,
        ]  # fmt: skip
        assert [line.number for line in ward.lines(alarm)] == [
            *range(1, ward.now(alarm).events + 1)
        ]


def _steps_taken(ward: Ward) -> int:
    ((count,),) = ward.world.sql("SELECT count(*) FROM alarm_event WHERE kind = 'ESCALATED'")
    return int(count)
