"""Stored readings open and clear alarms; what is late, repeated or another's changes nothing."""

from datetime import timedelta

import pytest

from domain.alarms.model import AlarmKind, Severity
from domain.beds.leaving import DepartPatient
from domain.devices.model import DeviceKind
from domain.readings.quality import Quality
from tests.alarm_rules.rule_cases import at_once, spo2_low
from tests.alarm_rules.ward import Ward
from tests.domain_world import NOON

NEWS = {"id": "news2-high", "kind": "score", "op": ">=", "threshold": 7, "severity": "high",
        "text": {"zh": "NEWS2 高 {place}", "en": "NEWS2 high at {place}"}}  # fmt: skip
WELL = {"rr": 16, "spo2": 97, "on_oxygen": 0, "nibp_sys": 120, "hr": 70, "consciousness": 0,
        "temp": 37.0}  # fmt: skip


def test_a_low_saturation_for_long_enough_opens_one_alarm_at_the_bed(ward: Ward) -> None:
    (rule,) = ward.publish(
        spo2_low(
            text={
                "zh": "{metric} 低于 {threshold}{unit}:{place}",
                "en": "{metric} below {threshold} {unit}: {place}",
            }
        )
    )
    ward.device("M1", "A1")
    ward.send("M1", "spo2", [(0, 96), (1, 89), (2, 88)])
    assert ward.alarms() == []
    ward.send("M1", "spo2", [(3, 87), (4, 86)])
    assert ward.alarms() == [("A1", "OPEN")]
    (alarm,) = ward.alarm_rows()
    assert (alarm.kind, alarm.severity, alarm.rule_id) == (
        AlarmKind.THRESHOLD,
        Severity.HIGH,
        rule.id,
    )
    assert (alarm.value, alarm.threshold, alarm.metric) == (87, 90, "spo2")
    assert alarm.text_en == "Oxygen saturation below 90 %: A1"
    assert alarm.text_zh == "血氧饱和度 低于 90%:A1"
    assert alarm.raised_by_at == NOON + timedelta(minutes=3)
    assert alarm.ward_id == ward.world.ward_a.id
    ward.send("M1", "spo2", [(5, 91), (6, 92), (10, 95)])
    assert ward.alarms() == [("A1", "OPEN")]
    ward.send("M1", "spo2", [(11, 96)])
    assert ward.alarms() == [("A1", "RESOLVED")]


def test_quiet_rules_leave_no_rows(ward: Ward) -> None:
    ward.publish(spo2_low(), at_once())
    ward.device("M1", "A1")
    ward.send("M1", "spo2", [(0, 96), (1, 97)])
    ward.send("M1", "hr", [(0, 80), (1, 130), (2, 90)])
    assert ward.phases() == []
    assert ward.alarms() == [("A1", "RESOLVED")]


def test_what_is_attached_nowhere_alarms_for_itself(ward: Ward) -> None:
    ward.publish(at_once())
    ward.device("M1")
    ward.send("M1", "hr", [(0, 130)])
    assert ward.alarms() == [("M1", "OPEN")]


def test_a_late_reading_neither_opens_nor_clears(ward: Ward) -> None:
    ward.publish(at_once())
    ward.device("M1", "A1")
    ward.send("M1", "hr", [(5, 80)])
    ward.send("M1", "hr", [(3, 150)])
    assert ward.alarms() == []
    ward.send("M1", "hr", [(6, 150)])
    ward.send("M1", "hr", [(5.5, 80)])
    assert ward.alarms() == [("A1", "OPEN")]
    ward.send("M1", "hr", [(8, 150)])
    ward.send("M1", "hr", [(7, 80)])
    assert ward.alarms() == [("A1", "OPEN")]


def test_a_batch_that_is_partly_late_is_judged_by_its_newer_part(ward: Ward) -> None:
    ward.publish(at_once())
    ward.device("M1", "A1")
    ward.send("M1", "hr", [(5, 80)])
    ward.send("M1", "hr", [(3, 150), (6, 90)])
    assert ward.alarms() == []
    ward.send("M1", "hr", [(4, 80), (7, 150)])
    assert ward.alarms() == [("A1", "OPEN")]


@pytest.mark.parametrize("quality", [Quality.LATE, Quality.MAINTENANCE, Quality.AHEAD])
def test_readings_unfit_for_alarms_raise_none(ward: Ward, quality: Quality) -> None:
    ward.publish(at_once())
    ward.device("M1", "A1")
    ward.send("M1", "hr", [(5, 150)], quality=quality)
    assert ward.alarms() == []


def test_readings_from_before_the_patient_lay_there_raise_none(ward: Ward) -> None:
    ward.publish(at_once())
    ward.device("M1", "A1")
    ward.world.now = NOON + timedelta(minutes=10)
    ward.world.admit("A1")
    ward.send("M1", "hr", [(5, 150)])
    assert ward.alarms() == []
    ward.send("M1", "hr", [(13, 150)])
    assert ward.alarms() == [("A1", "OPEN")]


def test_what_was_pending_for_one_patient_does_not_count_for_the_next(ward: Ward) -> None:
    ward.publish(spo2_low(**{"for": "PT30M", "maxGap": "PT2H"}))
    ward.device("M1", "A1")
    encounter, _ = ward.world.admit("A1")
    ward.send("M1", "spo2", [(5, 85), (10, 85)])
    assert ward.phases() == ["PENDING"]
    ward.world.now = NOON + timedelta(minutes=20)
    ward.world.run(DepartPatient(encounter_id=encounter.id))
    ward.send("M1", "spo2", [(40, 85)])
    assert ward.alarms() == []


def test_the_most_specific_rule_wins_per_metric_and_severity(ward: Ward) -> None:
    house, other = at_once(id="house"), at_once(id="worse", severity="high", threshold=140)
    kind = at_once(id="monitors", threshold=125, scope={"deviceKind": "monitor"})
    ward.publish(house, other, kind)
    ward.publish(at_once(id="ward-a", threshold=130), ward_id=ward.world.ward_a.id)
    ward.device("M1", "A1")
    ward.device("O1", "A2", kind=DeviceKind.OXIMETER)
    ward.send("M1", "hr", [(1, 128)])
    ward.send("O1", "hr", [(1, 128)])
    assert ward.alarms() == []  # ward A has a rule of its own, and it takes 130
    ward.send("M1", "hr", [(2, 145)])
    assert sorted(str(one.severity) for one in ward.alarm_rows()) == ["HIGH", "MEDIUM"]


def test_a_rule_for_the_other_side_is_not_replaced(ward: Ward) -> None:
    ward.publish(at_once(id="hr-low", op="<", threshold=40))
    ward.publish(at_once(), ward_id=ward.world.ward_a.id)
    ward.device("M1", "A1")
    ward.send("M1", "hr", [(1, 30)])
    assert ward.alarms() == [("A1", "OPEN")]


def test_a_score_waits_for_all_seven_parameters(ward: Ward) -> None:
    ward.publish(NEWS)
    ward.device("M1", "A1")
    bad = {**WELL, "rr": 26, "spo2": 90, "hr": 135}
    for metric, value in bad.items():
        if metric != "temp":
            ward.send("M1", metric, [(1, value)])
    assert ward.alarms() == []
    ward.send("M1", "temp", [(2, 37.0)])
    (alarm,) = ward.alarm_rows()
    assert (alarm.kind, alarm.value, alarm.metric) == (AlarmKind.SCORE, 9.0, "news2")


def test_score_rules_share_what_they_know_of_a_patient(ward: Ward) -> None:
    ward.publish(NEWS, {**NEWS, "id": "news2-low", "threshold": 5, "severity": "low"})
    ward.device("M1", "A1")
    for metric, value in {**WELL, "rr": 26, "spo2": 92}.items():
        ward.send("M1", metric, [(1, value)])
    assert [(str(one.severity), one.value) for one in ward.alarm_rows()] == [("LOW", 5.0)]
    assert sorted(ward.phases()) == ["FIRING", "NORMAL"]  # the parameters, and the alarm
    ward.send("M1", "hr", [(2, 131)])
    assert sorted(str(one.severity) for one in ward.alarm_rows()) == ["HIGH", "LOW"]
    ward.send("M1", "rr", [(3, 14)])
    ward.send("M1", "hr", [(3, 70)])
    assert [state for _, state in ward.alarms()] == ["RESOLVED", "RESOLVED"]


def test_a_score_forgets_what_is_too_old(ward: Ward) -> None:
    ward.publish({**NEWS, "maxGap": "PT4H"})
    ward.device("M1", "A1")
    ward.send("M1", "temp", [(0, 37.0)])
    for metric, value in {**WELL, "rr": 26, "spo2": 90, "hr": 135}.items():
        if metric != "temp":
            ward.send("M1", metric, [(241, value)])
    assert ward.alarms() == []


def test_a_frozen_record_is_an_alarm_of_the_device(ward: Ward) -> None:
    frozen = {
        "id": "frozen",
        "kind": "flatline",
        "metric": "record",
        "for": "PT0S",
        "severity": "medium",
        "text": {"zh": "数据冻结 {place}", "en": "Frozen: {place}"},
    }
    ward.publish(frozen)
    ward.device("M1", "A1")
    ward.send("M1", "hr", [(1, 80)], quality=Quality.FROZEN)
    assert ward.alarms() == [("M1", "OPEN")]
    ward.send("M1", "hr", [(2, 81)])
    assert ward.alarms() == [("M1", "RESOLVED")]


def test_a_stuck_sensor_is_found_over_batches(ward: Ward) -> None:
    flat = {"id": "flat", "kind": "flatline", "metric": "flow", "for": "PT30M", "severity": "low",
            "text": {"zh": "恒定 {place}", "en": "Flat: {place}"}}  # fmt: skip
    ward.publish(flat)
    ward.device("F1", kind=DeviceKind.GAS_SENSOR)
    ward.send("F1", "flow", [(0, 12.1), (1, 12.4)])
    for minute in range(2, 32, 3):
        ward.send("F1", "flow", [(minute, 12.7)])
    assert ward.alarms() == []
    ward.send("F1", "flow", [(35, 12.7)])
    assert ward.alarms() == [("F1", "OPEN")]
    ward.send("F1", "flow", [(36, 12.9)])
    assert ward.alarms() == [("F1", "RESOLVED")]


def test_a_new_version_resets_what_the_old_one_raised(ward: Ward) -> None:
    ward.publish(at_once())
    ward.device("M1", "A1")
    ward.send("M1", "hr", [(1, 130)])
    assert ward.phases() == ["FIRING"]
    ward.publish(at_once(threshold=140))
    assert (ward.alarms(), ward.phases()) == ([("A1", "RESOLVED")], [])
    assert ward.alarm_rows()[0].resolved_by == "RULE_CHANGED"
    ward.send("M1", "hr", [(2, 130)])
    assert ward.alarms() == [("A1", "RESOLVED")]
