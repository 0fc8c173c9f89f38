"""How alarms begin and end, without people: one per source and entity, about one patient."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from domain.alarms.model import AlarmState, Severity
from tests.alarms.ward import Ward


def test_an_alarm_opens_once_and_takes_the_newest_value(ward: Ward) -> None:
    first = ward.open(value=86.0)
    assert [event.name for event in ward.world.events] == ["AlarmOpened"]
    ward.world.tick()
    again = ward.open(value=84.0)
    assert (again.id, again.value, again.opened_at) == (first.id, 84.0, first.opened_at)
    assert [event.name for event in ward.world.events] == ["AlarmChanged"]
    assert ward.history(first) == ["OPENED"]
    assert len(ward.world.sql("SELECT id FROM alarm")) == 1


def test_a_cleared_alarm_is_over_and_the_next_is_another(ward: Ward) -> None:
    first = ward.open()
    ward.world.tick()
    done = ward.clear(first)
    assert done is not None
    assert (done.state, done.resolved_by, done.resolved_at) == (
        AlarmState.RESOLVED, "CLEARED", ward.world.now,
    )  # fmt: skip
    assert [event.name for event in ward.world.events] == ["AlarmResolved"]
    assert ward.history(first) == ["OPENED", "RESOLVED"]
    assert ward.clear(first) is None
    assert ward.open().id != first.id


def test_a_worse_severity_is_told_again_and_a_better_one_is_not_taken(ward: Ward) -> None:
    alarm = ward.open(severity=Severity.MEDIUM)
    ward.open(severity=Severity.CRITICAL)
    ward.open(severity=Severity.LOW)
    assert ward.now(alarm).severity == Severity.CRITICAL
    told = [(line.kind, line.severity, line.channels) for line in ward.lines(alarm)]
    assert told == [
        ("OPENED", "MEDIUM", ["in-app"]), ("RE_ALARMED", "CRITICAL", ["in-app"]),
    ]  # fmt: skip


def test_an_alarm_is_about_the_patient_who_lay_there(ward: Ward) -> None:
    encounter, _ = ward.world.admit("A1")
    first = ward.open()
    assert (first.encounter_id, first.subject) == (encounter.id, encounter.subject)
    assert ward.open(entity=f"device:{ward.device}", bed_id=None).subject is None


def test_rules_and_kinds_and_entities_are_told_apart(ward: Ward) -> None:
    made = {
        ward.open().id,
        ward.open(rule_id=None).id,
        ward.open(entity=f"bed:{ward.world.beds['A2']}", bed_id=ward.world.beds["A2"]).id,
    }
    assert len(made) == 3


def test_a_long_text_is_cut_and_the_alarm_is_raised(ward: Ward) -> None:
    alarm = ward.open(text_zh="长" * 500, text_en="x" * 500)
    assert (len(alarm.text_zh), len(alarm.text_en)) == (200, 200)


@pytest.mark.parametrize(
    "change", ["UPDATE alarm_event SET reason = 'X'", "DELETE FROM alarm_event"]
)
def test_a_line_of_history_is_never_changed(ward: Ward, change: str) -> None:
    alarm = ward.open()
    with (
        pytest.raises(IntegrityError, match="alarm_event_is_kept"),
        ward.world.engine.begin() as connection,
    ):
        connection.execute(text(change))
    assert [(line.kind, line.reason) for line in ward.lines(alarm)] == [("OPENED", None)]
