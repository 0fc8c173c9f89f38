"""Whom an alarm's event is told: duty, place, severity, quiet hours; and when there is nobody."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from domain.accounts.model import Account
from domain.alarms.model import Severity
from domain.alarms.stepping import AlarmStep
from domain.alarms.steps import Step
from domain.notices.quiet import Quiet
from domain.notices.unplanned import before, hospitals_with_unplanned
from domain.notices.words import Channel, Reach
from kit.ids import at_millisecond
from tests.notices.staff import CHARGE, NURSE, SUPERVISOR, Staff


def test_everybody_on_call_in_the_ward_is_told_in_the_inbox_and_by_mail(staff: Staff) -> None:
    staff.on_call("li", NURSE)
    staff.on_call("wang", CHARGE)
    staff.contact("li")
    alarm = staff.alarm()
    assert staff.plan() == 1
    assert sorted(staff.told()) == [
        ("li", "EMAIL", "PENDING"), ("li", "IN_APP", "SENT"), ("wang", "IN_APP", "SENT"),
    ]  # fmt: skip
    (plan,) = staff.plans()
    assert (plan.reach, plan.people, plan.messages, plan.alarm_id) == ("WARD", 2, 1, alarm.id)
    assert [(one.name, one.scope) for one in staff.world.events] == [
        ("NoticesPlanned", staff.world.ward_a.scope)
    ]


def test_an_event_is_planned_once(staff: Staff) -> None:
    staff.on_call("li", NURSE)
    staff.alarm()
    assert (staff.plan(), staff.plan()) == (1, 0)
    assert len(staff.deliveries()) == 1


def test_what_nobody_is_to_be_told_of_is_not_planned(staff: Staff) -> None:
    staff.on_call("li", NURSE)
    alarm = staff.alarm()
    staff.plan()
    staff.ward.clear(alarm)
    assert staff.ward.history(alarm) == ["OPENED", "RESOLVED"]
    assert staff.plan() == 0


def test_a_channel_that_the_rule_does_not_name_is_not_used(staff: Staff) -> None:
    staff.on_call("li", NURSE)
    staff.contact("li")
    staff.hook(NURSE)
    staff.alarm(notify=("in-app",))
    staff.plan()
    assert staff.told() == [("li", "IN_APP", "SENT")]


def test_an_escalation_goes_to_the_duty_it_names_and_so_to_another_person(staff: Staff) -> None:
    staff.on_call("li", NURSE)
    staff.on_call("wang", CHARGE, ward=False)
    staff.on_call("zhao", SUPERVISOR, ward=False)
    for name in ("li", "wang", "zhao"):
        staff.contact(name)
    steps = (Step(300, True, CHARGE, Severity.CRITICAL), Step(900, False, SUPERVISOR))
    alarm = staff.alarm(escalation=steps)
    told = []
    for pause in (0, 300, 600):
        staff.wait(pause)
        if pause:
            staff.world.run(AlarmStep(alarm_id=alarm.id))
        known = len(staff.told())
        staff.plan()
        told.append(staff.told()[known:])
    assert told == [
        [(name, "IN_APP", "SENT"), (name, "EMAIL", "PENDING")] for name in ("li", "wang", "zhao")
    ]
    assert [one.reach for one in staff.plans()] == ["WARD", "HOSPITAL", "HOSPITAL"]
    assert [one.severity for one in staff.deliveries(channel=Channel.EMAIL)] == [
        "HIGH", "CRITICAL", "CRITICAL",
    ]  # fmt: skip


def test_nobody_on_the_duty_falls_to_the_house_supervisor(staff: Staff) -> None:
    staff.on_call("zhao", SUPERVISOR, ward=False)
    staff.alarm()
    staff.plan()
    assert staff.told() == [("zhao", "IN_APP", "SENT")]
    assert [one.reach for one in staff.plans()] == ["SUPERVISOR"]


def test_nobody_at_all_is_on_record_and_told(staff: Staff) -> None:
    alarm = staff.alarm()
    staff.plan()
    assert staff.told() == []
    (plan,) = staff.plans()
    assert (plan.reach, plan.people, plan.messages) == ("NOBODY", 0, 0)
    assert [(one.name, one.ids) for one in staff.world.events] == [
        ("NobodyReached", {"alarm": str(alarm.id)})
    ]
    assert staff.plan() == 0


@pytest.mark.parametrize("when", ["over", "not begun", "disabled"])
def test_who_is_not_on_call_now_is_not_told(staff: Staff, when: str) -> None:
    world = staff.world
    if when == "over":
        staff.on_call("li", NURSE, until=world.now + timedelta(minutes=5))
        staff.wait(300)
    elif when == "not begun":
        staff.on_call("li", NURSE, since=world.now + timedelta(minutes=5))
    else:
        account = staff.on_call("li", NURSE)
        with Session(world.engine) as session:
            row = session.get(Account, account)
            assert row is not None
            row.disabled_at = world.now
            session.commit()
    staff.alarm()
    staff.plan()
    assert [one.reach for one in staff.plans()] == [Reach.NOBODY]


def test_another_ward_s_people_are_not_told(staff: Staff) -> None:
    staff.on_call("li", NURSE)
    staff.alarm(ward_id=staff.world.ward_b.id, bed_id=None, entity="device:x")
    staff.plan()
    assert [one.reach for one in staff.plans()] == [Reach.NOBODY]


def test_somebody_on_two_duties_is_told_once(staff: Staff) -> None:
    staff.on_call("li", NURSE)
    staff.on_call("li", CHARGE)
    staff.contact("li")
    staff.alarm()
    staff.plan()
    assert staff.told() == [("li", "IN_APP", "SENT"), ("li", "EMAIL", "PENDING")]


def test_a_group_of_the_duty_is_told_without_anybody_on_call(staff: Staff) -> None:
    staff.hook(NURSE)
    staff.hook("list:other", ward_id=None)
    staff.alarm(notify=("webhook",))
    staff.plan()
    assert staff.told() == [("duty", "WEBHOOK", "PENDING")]


def test_a_severity_below_the_contact_s_is_not_sent(staff: Staff) -> None:
    staff.on_call("li", NURSE)
    staff.contact("li", least_severity=Severity.HIGH)
    staff.alarm(severity=Severity.MEDIUM)
    staff.plan()
    assert staff.told() == [("li", "IN_APP", "SENT")]
    staff.alarm(severity=Severity.HIGH, entity="service:x", bed_id=None)
    staff.plan()
    assert staff.told()[-1] == ("li", "EMAIL", "PENDING")


@pytest.mark.parametrize(
    ("severity", "state"),
    [(Severity.LOW, "PENDING"), (Severity.HIGH, "SUPPRESSED"), (Severity.CRITICAL, "PENDING")],
)
def test_quiet_hours_silence_their_severity_by_the_hospital_s_clock(
    staff: Staff, severity: Severity, state: str
) -> None:
    """It is about noon in UTC, 20:00 in Shanghai."""
    staff.on_call("li", NURSE)
    quiet = Quiet(severity=Severity.HIGH, from_minute=19 * 60, until_minute=6 * 60)
    staff.contact("li", quiet_hours=(quiet,))
    staff.alarm(severity=severity)
    staff.plan()
    assert [(one.state, one.code) for one in staff.deliveries(channel=Channel.EMAIL)] == [
        (state, "QUIET" if state == "SUPPRESSED" else None)
    ]
    assert [one.messages for one in staff.plans()] == [0 if state == "SUPPRESSED" else 1]


def test_the_worst_of_many_is_planned_first(staff: Staff) -> None:
    staff.on_call("li", NURSE)
    for number, severity in enumerate((Severity.LOW, Severity.CRITICAL, Severity.MEDIUM)):
        staff.alarm(severity=severity, entity=f"service:{number}", bed_id=None, rule_id=None)
    assert staff.plan() == 3
    assert [one.severity for one in staff.deliveries()] == ["CRITICAL", "MEDIUM", "LOW"]


def test_only_what_came_since_an_hour_before_the_newest_plan_is_compared(staff: Staff) -> None:
    key = at_millisecond(7_200_000)
    assert before(key, timedelta(hours=1)).int >> 80 == 3_600_000
    assert before(at_millisecond(5), timedelta(hours=1)).int == 0
    staff.on_call("li", NURSE)
    staff.alarm()
    with Session(staff.world.engine) as session:
        assert hospitals_with_unplanned(session) == [staff.world.hospital.id]
    staff.plan()
    with Session(staff.world.engine) as session:
        assert hospitals_with_unplanned(session) == []
