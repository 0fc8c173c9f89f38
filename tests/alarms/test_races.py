"""Two batches of readings at once, as telemetry writes them: one alarm, and nobody is turned away."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Barrier
from typing import Any, ClassVar

import pytest
from sqlalchemy import func
from sqlmodel import Session, select

from app.jobs import PROGRAM
from app.wiring import App
from domain.alarms.commands import AlarmStep, RaiseAlarm
from domain.alarms.lifecycle import Cause, Step, clear_alarm, open_alarm
from domain.alarms.model import Alarm, AlarmEvent, AlarmFlood, EventKind, Severity
from kit.command import Command
from kit.errors import Conflict, Retry
from kit.work import Scope, Work
from tests.alarms.ward import Ward
from tests.databases import Kind
from tests.house import house as started

AT_ONCE = 6


@dataclass(frozen=True)
class _Batch(Command[int]):
    """Opens and clears inside a READ COMMITTED transaction."""

    action = "alarm.raise"
    serializable: ClassVar[bool] = False

    causes: tuple[Cause, ...]
    clear: bool = False

    def scope(self, work: Work) -> Scope:
        return Scope(self.causes[0].hospital_id)

    def apply(self, work: Work) -> int:
        for cause in self.causes:
            if self.clear:
                clear_alarm(work, rule_id=cause.rule_id, entity=cause.entity)
            else:
                open_alarm(work, cause)
        return len(self.causes)


@pytest.fixture
def program(ward: Ward, database_url: str, tmp_path: Path) -> Iterator[App]:
    with started(database_url, tmp_path, clock=lambda: ward.world.now) as app:
        yield app


def at_once(app: App, *commands: Command[Any]) -> list[str]:
    """Run them together; the reasons of those that were refused."""
    gate = Barrier(len(commands))

    def one(command: Command[Any]) -> str | None:
        gate.wait()
        try:
            app.pipeline.run(PROGRAM, command)
        except Conflict as refused:
            return refused.reason
        return None

    with ThreadPoolExecutor(len(commands)) as threads:
        return [reason for reason in threads.map(one, commands) if reason]


def test_batches_that_find_the_same_open_one_alarm_and_one_flood(program: App, ward: Ward) -> None:
    causes = tuple(ward.elsewhere(n, severity=Severity.LOW) for n in range(14))
    assert at_once(program, *[_Batch(causes)] * AT_ONCE) == []
    with Session(ward.world.engine) as session:
        alarms = list(session.exec(select(Alarm)))
        opened = list(session.exec(select(AlarmEvent).where(AlarmEvent.kind == EventKind.OPENED)))
        floods = list(session.exec(select(AlarmFlood)))
    assert (len(alarms), len(opened), len(floods)) == (14, 14, 1)
    assert floods[0].alarms == 14
    assert at_once(program, *[_Batch(causes, clear=True)] * AT_ONCE) == []
    with Session(ward.world.engine) as session:
        over = session.exec(select(AlarmEvent).where(AlarmEvent.kind == EventKind.RESOLVED))
        assert len(list(over)) == 14


def test_readings_and_programs_that_raise_the_same_get_the_same(program: App, ward: Ward) -> None:
    cause = ward.cause()
    both: list[Command[Any]] = [_Batch((cause,)), RaiseAlarm(cause=cause)]
    refused = at_once(program, *both * 3)
    assert set(refused) <= {"LOST_A_RACE", "STALE_VERSION"}  # may be sent again
    assert len(ward.world.sql("SELECT id FROM alarm")) == 1


def test_of_timers_that_race_one_takes_the_step(program: App, ward: Ward) -> None:
    alarm = ward.open(escalation=(Step(1, True, "role:charge-nurse"),))
    ward.world.tick()
    refused = at_once(program, *[AlarmStep(alarm_id=alarm.id)] * AT_ONCE)
    assert len(refused) == AT_ONCE - 1
    assert set(refused) <= {"NOTHING_DUE", "LOST_A_RACE", "STALE_VERSION"}
    assert ward.history(alarm) == ["OPENED", "ESCALATED"]


def test_who_waits_too_long_for_the_others_may_send_it_again(
    program: App, ward: Ward, database_kind: Kind
) -> None:
    if database_kind == "sqlite":
        return  # its one writer is never waited for by another
    alarm = ward.open(escalation=(Step(1, True, "role:charge-nurse"),))
    ward.world.tick()
    key = ward.world.hospital.id.int & 0x7FFF_FFFF_FFFF_FFFF
    with ward.world.engine.begin() as other:
        other.execute(select(func.pg_advisory_xact_lock(key)))
        with pytest.raises(Retry) as refused:
            program.pipeline.run(PROGRAM, AlarmStep(alarm_id=alarm.id))
        assert refused.value.reason == "LOST_A_RACE"
    assert ward.history(alarm) == ["OPENED"]
    program.pipeline.run(PROGRAM, AlarmStep(alarm_id=alarm.id))
    assert ward.history(alarm) == ["OPENED", "ESCALATED"]
