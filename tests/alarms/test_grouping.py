"""Alarms that belong together: who leads, who speaks, who leads next."""

from domain.alarms.commands import AcknowledgeAlarm, ResolveAlarm
from domain.alarms.lifecycle import Step
from domain.alarms.model import Alarm, AlarmKind, AlarmState, Severity
from domain.devices.model import DeviceKind
from tests.alarms.ward import Ward
from tests.domain_world import MINUTE

MAIL = ("in-app", "email")


def silent(ward: Ward, device: object, **what: object) -> Alarm:
    return ward.open(kind=AlarmKind.NO_DATA, rule_id=None, entity=f"device:{device}",
                     device_id=device, bed_id=None, metric=None, value=None,
                     **{"notify": MAIL} | what)  # fmt: skip


def leads(ward: Ward, *alarms: Alarm) -> list[Alarm | None]:
    """The lead of each: the alarm of that number, or None."""
    by_id = {one.id: one for one in alarms}
    found = [ward.now(one).group_id for one in alarms]
    return [by_id[key] if key else None for key in found]


def test_alarms_of_one_bed_within_two_minutes_are_led_by_the_first(ward: Ward) -> None:
    first = ward.open(notify=MAIL)
    ward.world.tick(2 * MINUTE)
    second = ward.open(rule_id=None, notify=MAIL, severity=Severity.MEDIUM)
    third = ward.open(rule_id=None, kind=AlarmKind.RATE, notify=MAIL)
    ward.world.tick(MINUTE)
    fourth = ward.open(rule_id=None, kind=AlarmKind.RANGE, notify=MAIL)
    assert leads(ward, first, second, third, fourth) == [None, first, first, first]
    ward.world.tick(3 * MINUTE)
    assert ward.open(rule_id=None, kind=AlarmKind.SCORE).group_id is None
    assert ward.history(second) == ["OPENED", "GROUPED"]
    assert [ward.lines(one)[0].channels for one in (first, second, third)] == [
        list(MAIL), ["in-app"], ["in-app"],
    ]  # fmt: skip


def test_a_worse_alarm_and_a_critical_one_speak_for_themselves(ward: Ward) -> None:
    ward.open(notify=MAIL, severity=Severity.MEDIUM)
    worse = ward.open(rule_id=None, notify=MAIL, severity=Severity.HIGH)
    worst = ward.open(rule_id=None, kind=AlarmKind.RATE, notify=MAIL, severity=Severity.CRITICAL)
    equal = ward.open(rule_id=None, kind=AlarmKind.RANGE, notify=MAIL, severity=Severity.CRITICAL)
    told = [ward.lines(one)[0].channels for one in (worse, worst, equal)]
    assert told == [list(MAIL)] * 3


def test_a_member_speaks_once_its_lead_is_taken_note_of(ward: Ward) -> None:
    lead = ward.open(notify=MAIL)
    ladder = (Step(60, True, "role:charge-nurse"), Step(120, True, "role:house-supervisor"))
    member = ward.open(rule_id=None, notify=MAIL, escalation=ladder)
    ward.world.tick(MINUTE)
    ward.step(member)
    ward.world.run(AcknowledgeAlarm(alarm_id=lead.id))
    ward.world.tick(MINUTE)
    ward.step(member)
    assert [(line.kind, line.channels) for line in ward.lines(member)] == [
        ("OPENED", ["in-app"]), ("GROUPED", []), ("ESCALATED", ["in-app"]),
        ("ESCALATED", list(MAIL)),
    ]  # fmt: skip


def test_when_the_lead_is_over_the_worst_member_leads(ward: Ward) -> None:
    lead = ward.open()
    eldest, worst, last = (
        ward.open(rule_id=None, kind=kind, severity=severity)
        for kind, severity in (
            (AlarmKind.RATE, Severity.LOW), (AlarmKind.RANGE, Severity.HIGH),
            (AlarmKind.SCORE, Severity.HIGH),
        )
    )  # fmt: skip
    ward.clear(lead)
    assert leads(ward, eldest, worst, last) == [worst, None, worst]
    ward.world.run(ResolveAlarm(alarm_id=worst.id, reason="DONE"))
    assert leads(ward, eldest, last) == [last, None]


def test_a_whole_group_is_acknowledged_but_for_critical_ones(ward: Ward) -> None:
    lead = ward.open()
    member = ward.open(rule_id=None)
    critical = ward.open(rule_id=None, kind=AlarmKind.RATE, severity=Severity.CRITICAL)
    over = ward.open(rule_id=None, kind=AlarmKind.RANGE)
    ward.world.run(ResolveAlarm(alarm_id=over.id, reason="DONE"))
    ward.world.run(AcknowledgeAlarm(alarm_id=lead.id, whole_group=True))
    assert [ward.now(one).state for one in (lead, member, critical, over)] == [
        AlarmState.ACKED, AlarmState.ACKED, AlarmState.OPEN, AlarmState.RESOLVED,
    ]  # fmt: skip


def test_a_silent_gateway_leads_its_silent_devices_whoever_was_first(ward: Ward) -> None:
    gateway = ward.add_device("GW1", DeviceKind.GATEWAY)
    early, late = (ward.add_device(code, gateway=gateway) for code in ("D1", "D2"))
    other = ward.add_device("D3")
    before = silent(ward, early)
    kin = ward.open(device_id=early, bed_id=None, entity=f"device:{early}")
    ward.world.tick(10 * MINUTE)
    lead = silent(ward, gateway)
    ward.world.tick(10 * MINUTE)
    after, stranger = silent(ward, late), silent(ward, other)
    assert leads(ward, before, kin, after, stranger, lead) == [lead, lead, lead, None, None]
    assert [ward.lines(one)[0].channels for one in (after, stranger)] == [["in-app"], list(MAIL)]
