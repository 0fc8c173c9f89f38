"""A wrong rule is refused with the name of the field; a right one reads the same again."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.alarms.model import Severity
from domain.alarms.rule_body import duration_of, seconds_of
from domain.alarms.rule_checks import read_rule
from domain.alarms.rule_measures import MEASURES, About
from domain.alarms.rule_phase import MINUTE
from domain.alarms.rule_plain import plain_of
from domain.alarms.steps import Step
from domain.measures.now import NowName
from gateways.alarm_rules import check, default_rules
from kit.errors import Invalid
from tests.alarm_rules.rule_cases import TEXT, spo2_low

STEPS = [{"after": "PT5M", "unacked": True, "to": "role:charge-nurse", "severity": "critical"},
         {"after": "PT15M", "to": "list:on-call"}]  # fmt: skip
RANGE = {"id": "r", "kind": "range", "metric": "temp", "low": 35, "high": 39, "severity": "low",
         "text": TEXT}  # fmt: skip
WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"kind": "magic"}, "RULE_VALUE", "kind"),
    ({"id": "Not Good"}, "RULE_CODE", "id"),
    ({"id": None}, "RULE_FIELD_MISSING", "id"),
    ({"metric": "aura"}, "METRIC_UNKNOWN", "metric"),
    ({"metric": None}, "RULE_FIELD_MISSING", "metric"),
    ({"unit": "parsec"}, "UNIT_UNKNOWN", "unit"),
    ({"unit": "mmHg"}, "UNIT_MISMATCH", "unit"),
    ({"op": "!="}, "RULE_OPERATOR", "op"),
    ({"threshold": "90"}, "RULE_NUMBER", "threshold"),
    ({"threshold": float("nan")}, "RULE_NUMBER", "threshold"),
    ({"threshold": True}, "RULE_NUMBER", "threshold"),
    ({"threshold": None}, "RULE_FIELD_MISSING", "threshold"),
    ({"clear": 89}, "RULE_CLEAR", "clear"),
    ({"for": "2 minutes"}, "RULE_DURATION", "for"),
    ({"for": "P1M"}, "RULE_DURATION", "for"),
    ({"for": "P400D"}, "RULE_DURATION", "for"),
    ({"minSamples": 0}, "RULE_NUMBER", "minSamples"),
    ({"minSamples": 1.5}, "RULE_NUMBER", "minSamples"),
    ({"maxGap": "PT0S"}, "RULE_DURATION", "maxGap"),
    ({"severity": "apocalyptic"}, "RULE_VALUE", "severity"),
    ({"sigmas": 3}, "RULE_FIELD_UNKNOWN", "sigmas"),
    ({"__import__": 1}, "RULE_FIELD_UNKNOWN", "__import__"),
    ({"scope": {"deviceKind": "toaster"}}, "RULE_VALUE", "scope.deviceKind"),
    ({"scope": {"hospital": "H1"}}, "RULE_FIELD_UNKNOWN", "scope.hospital"),
    ({"scope": "everywhere"}, "RULE_VALUE", "scope"),
    ({"notify": ["pigeon"]}, "RULE_VALUE", "notify.0"),
    ({"notify": ["email", "email"]}, "RULE_VALUE", "notify"),
    ({"notify": []}, "RULE_VALUE", "notify"),
    ({"escalate": [STEPS[1], STEPS[0]]}, "RULE_STEPS", "escalate.1.after"),
    ({"escalate": [STEPS[0], STEPS[0]]}, "RULE_STEPS", "escalate.1.after"),
    ({"escalate": [{"after": "PT5M", "to": "everybody"}]}, "RULE_TO", "escalate.0.to"),
    ({"escalate": [{"after": "soon", "to": "role:x"}]}, "RULE_DURATION", "escalate.0.after"),
    ({"escalate": [{"to": "role:x"}]}, "RULE_FIELD_MISSING", "escalate.0.after"),
    ({"escalate": ["now"]}, "RULE_VALUE", "escalate.0"),
    ({"suppress": {"maintenance": "yes"}}, "RULE_VALUE", "suppress.maintenance"),
    ({"suppress": {"dependsOn": "luck"}}, "RULE_VALUE", "suppress.dependsOn"),
    ({"reAlarm": "PT1S"}, "RULE_DURATION", "reAlarm"),
    ({"text": None}, "RULE_FIELD_MISSING", "text"),
    ({"text": {"zh": "低"}}, "RULE_TEXT", "text.en"),
    ({"text": {"zh": "低", "en": "x" * 161}}, "RULE_TEXT", "text.en"),
    ({"text": {"zh": "低", "en": "{value} low"}}, "RULE_TEXT_PLACEHOLDER", "text.en"),
    ({"text": {"zh": "低", "en": "{place.__class__}"}}, "RULE_TEXT_PLACEHOLDER", "text.en"),
    ({"text": {"zh": "低", "en": "{place!r}"}}, "RULE_TEXT_PLACEHOLDER", "text.en"),
    ({"text": {"zh": "低", "en": "{place:9999}"}}, "RULE_TEXT_PLACEHOLDER", "text.en"),
    ({"text": {"zh": "低", "en": "{place"}}, "RULE_TEXT_PLACEHOLDER", "text.en"),
    ({"text": {"zh": "低", "en": "{}"}}, "RULE_TEXT_PLACEHOLDER", "text.en"),
    ({"text": {"zh": "<b>低</b>", "en": "low"}}, "RULE_TEXT_MARKUP", "text.zh"),
    ({"text": {"zh": "低", "en": "low\r\nBcc: x"}}, "RULE_TEXT_MARKUP", "text.en"),
    ({"text": {"zh": "低", "en": "[here](javascript:x)"}}, "RULE_TEXT_MARKUP", "text.en"),
    ({"text": {"zh": "低", "en": "see https://x"}}, "RULE_TEXT_MARKUP", "text.en"),
    ({"text": {"zh": "低", "en": "\u202elow"}}, "RULE_TEXT_MARKUP", "text.en"),
]


@pytest.mark.parametrize(("wrong", "reason", "field"), WRONG, ids=[repr(one[0]) for one in WRONG])
def test_what_is_wrong_is_refused_by_the_name_of_its_field(
    wrong: dict[str, Any], reason: str, field: str
) -> None:
    plain = {**spo2_low(), **wrong}
    with pytest.raises(Invalid) as refused:
        read_rule({key: value for key, value in plain.items() if value is not None})
    assert (refused.value.reason, refused.value.field) == (reason, field)


@pytest.mark.parametrize(
    ("plain", "field"),
    [({**RANGE, "low": 40}, "high"), ({**RANGE, "clearLow": 34}, "clearLow"),
     ({**RANGE, "clearHigh": 40}, "clearHigh")],
)  # fmt: skip
def test_a_range_is_in_order(plain: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_rule(plain)
    assert (refused.value.reason, refused.value.field) == ("RULE_CLEAR", field)


def test_the_rule_of_the_manual_is_read_as_it_is_meant() -> None:
    body = read_rule(spo2_low(escalate=STEPS, reAlarm="PT30M", scope={"deviceKind": "monitor"}))
    assert (body.code, body.metric, body.unit, body.op) == ("spo2-low", "spo2", "%", "<")
    assert (body.threshold, body.clear, body.severity) == (90.0, 92.0, Severity.HIGH)
    assert (body.delays.on, body.delays.off) == (2 * MINUTE, 5 * MINUTE)
    assert (body.delays.min_samples, body.delays.max_gap) == (2, 10 * MINUTE)
    assert (body.device_kind, body.realarm_s) == ("MONITOR", 1800)
    assert body.escalation == (
        Step(300, True, "role:charge-nurse", Severity.CRITICAL), Step(900, False, "list:on-call"),
    )  # fmt: skip


def test_limits_may_be_given_in_another_unit() -> None:
    body = read_rule({**RANGE, "unit": "[degF]", "low": 95, "high": 102.2})
    assert (body.unit, body.low, body.high) == ("Cel", 35.0, 39.0)
    rate = {"id": "r", "kind": "rate", "metric": "temp", "op": ">", "threshold": 1.8,
            "unit": "[degF]", "window": "PT10M", "severity": "low", "text": TEXT}  # fmt: skip
    assert read_rule(rate).threshold == 1.0  # a change: where the scale begins does not matter
    glucose = {**spo2_low(), "metric": "glucose", "unit": "mg/dL", "threshold": 70, "clear": 80}
    assert read_rule(glucose).threshold == pytest.approx(3.886, abs=0.001)


def test_a_metric_may_be_named_as_devices_do() -> None:
    assert read_rule(spo2_low(metric="2708-6")).metric == "spo2"


def test_every_default_rule_is_right_and_reads_the_same_again() -> None:
    found = list(check(default_rules()))
    assert len(found) >= 40
    assert [one.code for one in found if one.problem is not None] == []
    assert len({one.code for one in found}) == len(found)
    for one in found:
        assert one.plain is not None
        body = read_rule(one.plain)
        assert plain_of(body) == one.plain
        assert read_rule(plain_of(body)) == body


def test_the_default_rules_cover_what_can_go_wrong() -> None:
    bodies = [read_rule(one.plain) for one in check(default_rules()) if one.plain]
    assert {str(body.kind) for body in bodies} >= {
        "THRESHOLD", "SCORE", "ABSENCE", "FLATLINE", "MEASURE", "CUSUM", "DEVIATION",
    }  # fmt: skip
    assert {body.metric for body in bodies} >= {
        "spo2", "hr", "rr", "nibp_sys", "temp", "news2", "silence", "record", "device_clock_skew",
        "device_battery", "occupancy", "cleaning_turnaround", "boarding_time", "ledger_lag",
    }  # fmt: skip


def test_every_measure_of_places_can_be_named_by_a_rule() -> None:
    of_places = {name for name, one in MEASURES.items() if one.about is About.PLACE}
    assert of_places == set(NowName)


@given(st.integers(0, 31 * 86_400))
def test_durations_read_as_they_are_written(seconds: int) -> None:
    assert seconds_of(duration_of(seconds)) == seconds


@pytest.mark.parametrize("text", ["", "P", "PT", "PT1.5M", "1M", "PT-1M", "P1Y", "PT１M"])
def test_other_ways_to_write_a_duration_are_not_taken(text: str) -> None:
    assert seconds_of(text) is None
