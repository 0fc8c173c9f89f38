"""Delays that end by the clock, silence, measures; each found again after a restart."""

from datetime import timedelta

from sqlmodel import Session

from domain.alarms.model import AlarmKind
from domain.alarms.timing import EvaluateTimed, ReportService, RuleTimer, due, service_reports
from domain.beds.cleaning import MarkDirty
from domain.devices.model import Device, DeviceKind, DeviceState
from kit.errors import Invalid
from tests.alarm_rules.rule_cases import at_once, spo2_low
from tests.alarm_rules.ward import MINUTE, SECOND, Ward
from tests.domain_world import NOON

TEXT = {"zh": "{place} 无数据", "en": "no data from {place}"}
SILENT = {"id": "no-data", "kind": "absence", "severity": "medium", "text": TEXT}
HELD = {"for": "PT2M", "minSamples": 1, "clearFor": "PT0S"}


def tick(ward: Ward, minutes: float) -> int:
    """Let the timers run at this time; how many commands they sent."""
    ward.world.now = NOON + minutes * MINUTE
    with Session(ward.world.engine) as session:
        commands = list(due(session, ward.world.now))
    for command in commands:
        ward.world.run(command)
    return len(commands)


def test_a_delay_ends_without_a_new_reading(ward: Ward) -> None:
    ward.publish(spo2_low(**HELD))
    ward.device("M1", "A1")
    ward.send("M1", "spo2", [(1, 85)])
    assert (tick(ward, 2.9), ward.alarms()) == (0, [])
    assert tick(ward, 3) == 1
    assert ward.alarms() == [("A1", "OPEN")]
    assert ward.alarm_rows()[0].raised_by_at == NOON + 3 * MINUTE
    assert tick(ward, 4) == 0


def test_a_delay_does_not_end_for_a_device_that_went_offline(ward: Ward) -> None:
    ward.publish(spo2_low(**HELD))
    ward.device("M1", "A1", state=DeviceState.STALE)
    ward.send("M1", "spo2", [(1, 85)])
    tick(ward, 3)
    assert ward.alarms() == []


def test_a_hole_keeps_a_delay_from_ending_by_time(ward: Ward) -> None:
    ward.publish(spo2_low(**{**HELD, "for": "PT30M"}))
    ward.device("M1", "A1")
    ward.send("M1", "spo2", [(1, 85)])
    assert tick(ward, 40) == 0


def test_silence_is_one_alarm_that_ends_when_the_device_is_heard(ward: Ward) -> None:
    ward.publish(SILENT)
    ward.device("M1", "A1")
    ward.seen("M1", NOON)
    assert tick(ward, 1) == 0
    assert tick(ward, 1 + 1 / 60) == 1
    assert ward.alarms() == [("M1", "OPEN")]
    (alarm,) = ward.alarm_rows()
    assert (alarm.kind, alarm.text_en, alarm.value) == (AlarmKind.NO_DATA, "no data from M1", None)
    assert tick(ward, 5) == 0
    ward.seen("M1", NOON + 6 * MINUTE)
    assert tick(ward, 6.5) == 1
    assert ward.alarms() == [("M1", "RESOLVED")]
    assert ward.alarm_rows()[0].resolved_by == "HEARD"


def test_a_rule_may_wait_longer_than_the_device(ward: Ward) -> None:
    ward.publish({**SILENT, "for": "PT10M"})
    ward.device("M1", "A1")
    ward.seen("M1", NOON)
    assert tick(ward, 9) == 0
    assert tick(ward, 10.1) == 1


def test_a_silent_gateway_is_one_alarm_and_its_devices_none(ward: Ward) -> None:
    ward.publish(SILENT)
    ward.device("G1", kind=DeviceKind.GATEWAY)
    for number in (1, 2, 3):
        ward.device(f"M{number}", f"A{number}", gateway="G1")
        ward.seen(f"M{number}", NOON + number * 10 * SECOND)
    for minutes in (1.2, 1.3, 1.4, 1.51, 3, 10):
        tick(ward, minutes)
    assert ward.alarms() == [("G1", "OPEN")]
    ward.seen("M1", NOON + 10 * MINUTE)
    tick(ward, 10.5)
    tick(ward, 11)
    assert ward.alarms() == [("G1", "RESOLVED")]
    ward.seen("M1", NOON + 12 * MINUTE)
    tick(ward, 12)  # the other two had their time to be heard again
    assert ward.alarms() == [("G1", "RESOLVED"), ("M2", "OPEN"), ("M3", "OPEN")]


def test_one_silent_device_behind_a_gateway_that_is_heard_is_told(ward: Ward) -> None:
    ward.publish(SILENT)
    ward.device("G1", kind=DeviceKind.GATEWAY)
    for code in ("M1", "M2"):
        ward.device(code, gateway="G1")
        ward.seen(code, NOON)
    ward.seen("M2", NOON + 2 * MINUTE)
    tick(ward, 2.1)
    assert ward.alarms() == [("M1", "OPEN")]
    tick(ward, 10)  # now nothing comes from behind the gateway
    assert ward.alarms() == [("M1", "RESOLVED"), ("G1", "OPEN")]
    assert ward.alarm_rows()[0].resolved_by == "GATEWAY_SILENT"


def test_a_device_in_maintenance_or_retired_is_not_missed(ward: Ward) -> None:
    ward.publish(SILENT)
    ward.device("M1", state=DeviceState.MAINTENANCE)
    ward.device("M2")
    ward.seen("M1", NOON)
    ward.seen("M2", NOON)
    tick(ward, 5)
    assert ward.alarms() == [("M2", "OPEN")]
    with Session(ward.world.engine) as session:
        device = session.get(Device, ward.devices["M2"])
        assert device is not None
        device.state, device.retired_at = DeviceState.RETIRED, ward.world.now
        session.commit()
    tick(ward, 6)
    assert ward.alarms() == [("M2", "RESOLVED")]


def test_after_a_start_devices_have_their_time_to_be_heard(ward: Ward) -> None:
    ward.publish(SILENT)
    ward.device("M1")
    ward.seen("M1", NOON)
    timer = RuleTimer()
    with Session(ward.world.engine) as session:
        assert timer(session, NOON + 30 * MINUTE) == []
        assert timer(session, NOON + 31 * MINUTE) == []
        (command,) = timer(session, NOON + 31 * MINUTE + 6 * SECOND)
    ward.world.now = NOON + 31 * MINUTE + 6 * SECOND
    assert ward.world.run(command) == 1
    assert ward.alarms() == [("M1", "OPEN")]


def test_a_restart_between_two_steps_neither_loses_nor_repeats_one(ward: Ward) -> None:
    ward.publish(spo2_low(**HELD), SILENT)
    ward.device("M1", "A1")
    ward.seen("M1", NOON + 1 * MINUTE)
    ward.send("M1", "spo2", [(1, 85)])
    ward.world.now = NOON + 4 * MINUTE
    command = EvaluateTimed(hospital_id=ward.world.hospital.id)
    with Session(ward.world.engine) as session:  # killed before the commit
        command.apply(ward.world._work(session))
        session.rollback()
    assert ward.alarms() == []
    assert ward.world.run(command) == 2
    assert sorted(ward.alarms()) == [("A1", "OPEN"), ("M1", "OPEN")]
    assert ward.world.run(command) == 0
    assert len(ward.alarm_rows()) == 2


def test_battery_and_clock_are_judged_per_device(ward: Ward) -> None:
    low = {"id": "battery", "kind": "measure", "metric": "device_battery", "op": "<",
           "threshold": 20, "clear": 30, "severity": "low", "text": TEXT}  # fmt: skip
    skew = {"id": "clock", "kind": "measure", "metric": "device_clock_skew", "op": ">",
            "threshold": 2, "unit": "min", "severity": "medium", "text": TEXT}  # fmt: skip
    ward.publish(low, skew)
    ward.device("M1", "A1")
    ward.seen("M1", NOON, battery_percent=19, skew_ms=-121_000)
    tick(ward, 1)
    kinds = sorted((str(one.kind), one.value) for one in ward.alarm_rows())
    assert kinds == [("CLOCK_SKEW", 121.0), ("MEASURE", 19.0)]
    ward.seen("M1", NOON, battery_percent=25, skew_ms=0)
    tick(ward, 2)
    assert sorted(state for _, state in ward.alarms()) == ["OPEN", "RESOLVED"]


def test_a_measure_of_each_ward_fires_after_its_delay(ward: Ward) -> None:
    dirty = {
        "id": "cleaning",
        "kind": "measure",
        "metric": "cleaning_turnaround",
        "op": ">",
        "threshold": 45,
        "per": "ward",
        "for": "PT5M",
        "severity": "medium",
        "text": TEXT,
    }
    ward.publish(dirty)
    ward.world.run(MarkDirty(bed_id=ward.world.beds["B1"], reason="SPILL", at=NOON))
    tick(ward, 40)
    assert ward.alarms() == []
    tick(ward, 46)
    assert ward.alarms() == []
    assert tick(ward, 48) == 0
    tick(ward, 51)
    assert ward.alarms() == [("ward B", "OPEN")]


def test_a_figure_of_the_program_is_reported_where_it_matters(ward: Ward) -> None:
    lag = {
        "id": "lag",
        "kind": "measure",
        "metric": "ledger_lag",
        "op": ">",
        "threshold": 30,
        "severity": "high",
        "text": {"zh": "账本滞后", "en": "The ledger lags"},
    }
    ward.publish(lag)
    with Session(ward.world.engine) as session:
        assert service_reports(session, "ledger_lag", 5, ward.world.now) == []
        (report,) = service_reports(session, "ledger_lag", 31, ward.world.now)
    ward.world.run(report)
    assert ward.alarms() == [("service:ledger_lag", "OPEN")]
    assert ward.alarm_rows()[0].kind is AlarmKind.SERVICE
    unknown = ReportService(hospital_id=ward.world.hospital.id, name="weather", value=1.0)
    ward.world.refused(unknown, Invalid, "MEASURE_UNKNOWN")


def test_a_restart_with_rules_of_readings_only_finds_nothing_to_do(ward: Ward) -> None:
    ward.publish(at_once())
    ward.device("M1", "A1")
    ward.seen("M1", NOON)
    assert tick(ward, 60) == 0
    assert ward.world.now - NOON == timedelta(hours=1)
