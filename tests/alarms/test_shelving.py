"""For how long an alarm may be put aside: by severity, as the hospital says."""

from datetime import datetime, timedelta
from itertools import product

from sqlmodel import Session

from domain.alarms.commands import SetAlarmLimit, ShelveAlarm, ShelveCriticalAlarm
from domain.alarms.limits import Limits, limits_of, shipped_limits
from domain.alarms.model import Alarm, AlarmState, Severity
from kit.errors import Invalid
from tests.alarms.ward import Ward

SECOND = timedelta(seconds=1)
LONGEST = {"LOW": 86_400, "MEDIUM": 28_800, "HIGH": 3_600, "CRITICAL": 900}


def put_aside(ward: Ward, alarm: Alarm, until: datetime) -> ShelveAlarm:
    return ShelveAlarm(alarm_id=alarm.id, until=until, reason="NUISANCE")


def test_the_longest_shelf_is_by_severity(ward: Ward) -> None:
    for number, severity in enumerate(Severity):
        alarm = ward.open(severity=severity, entity=f"service:{number}", bed_id=None)
        latest = ward.world.now + LONGEST[severity] * SECOND
        refused = ward.world.refused(
            put_aside(ward, alarm, latest + SECOND), Invalid, "SHELF_TOO_LONG"
        )
        assert (refused.field, refused.allowed) == ("until", (latest.isoformat(),))
        ward.world.refused(put_aside(ward, alarm, ward.world.now), Invalid, "SHELF_TOO_LONG")
        done = ward.world.run(put_aside(ward, alarm, latest))
        assert (done.state, done.shelved_until, done.next_step_at) == (
            AlarmState.SHELVED, latest, latest,
        )  # fmt: skip
        assert done.shelved_by == ward.world.actor.id


def test_a_hospital_says_otherwise(ward: Ward) -> None:
    limit = SetAlarmLimit(hospital_id=ward.world.hospital.id, severity=Severity.HIGH,
                          longest_shelf_s=120, ack_timeout_s=300)  # fmt: skip
    ward.world.run(limit)
    alarm = ward.open()
    assert alarm.ack_timeout_s == 300
    late = ward.world.now + 121 * SECOND
    ward.world.refused(put_aside(ward, alarm, late), Invalid, "SHELF_TOO_LONG")
    ward.world.run(put_aside(ward, alarm, late - SECOND))
    again = ward.world.run(
        SetAlarmLimit(hospital_id=ward.world.hospital.id, severity=Severity.HIGH,
                      longest_shelf_s=180, ack_timeout_s=300)
    )  # fmt: skip
    assert (again.longest_shelf_s, again.version) == (180, 2)
    with Session(ward.world.engine) as session:
        known = {one: limits_of(session, ward.world.hospital.id, one) for one in Severity}
    assert known == shipped_limits() | {Severity.HIGH: Limits(180, 300)}


def test_a_limit_of_no_use_is_refused(ward: Ward) -> None:
    for which, seconds in product(("longest_shelf_s", "ack_timeout_s"), (59, 604_801)):
        given = {"longest_shelf_s": 600, "ack_timeout_s": 600, which: seconds}
        limit = SetAlarmLimit(hospital_id=ward.world.hospital.id, severity=Severity.LOW, **given)
        ward.world.refused(limit, Invalid, "INVALID")


def test_a_reason_is_a_code_and_a_time_has_a_zone(ward: Ward) -> None:
    alarm = ward.open()
    until = ward.world.now + 60 * SECOND
    for reason, at in (
        ("", until), ("x" * 33, until), ("因为", until), ("CODE", until.replace(tzinfo=None)),
    ):  # fmt: skip
        shelf = ShelveAlarm(alarm_id=alarm.id, until=at, reason=reason)
        ward.world.refused(shelf, Invalid, "INVALID")


def test_a_critical_alarm_takes_a_right_of_its_own() -> None:
    assert (ShelveAlarm.action, ShelveCriticalAlarm.action) == (
        "alarm.shelve", "alarm.shelve_critical",
    )  # fmt: skip
