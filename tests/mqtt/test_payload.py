"""What a device may say, and what becomes of what it may not."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from domain.telemetry.messages import Raw
from gateways.mqtt_payload import MOST_BYTES, parse, topic_of
from kit.errors import Invalid

EIGHT = datetime(2026, 5, 1, 8, tzinfo=UTC)


def said(value: Any) -> Any:
    return parse(json.dumps(value).encode())


@pytest.mark.parametrize(
    "ts", ["2026-05-01T08:00:00Z", "2026-05-01T16:00:00+08:00", 1777622400, 1777622400.0,
           1777622400000],
)  # fmt: skip
def test_a_time_is_iso_with_its_offset_or_seconds_or_milliseconds(ts: Any) -> None:
    payload = said({"ts": ts, "values": {"hr": 82, "spo2": {"v": 97, "u": "%"}}})
    assert payload.raws == [Raw("hr", 82, None, EIGHT), Raw("spo2", 97, "%", EIGHT)]
    assert payload.unread == []


def test_readings_may_come_bare_and_several_at_once() -> None:
    assert said({"hr": 82}).raws == [Raw("hr", 82, None, None)]
    assert said({"ts": 1777622400, "hr": 82}).raws == [Raw("hr", 82, None, EIGHT)]
    both = said([{"ts": 1777622400, "values": {"hr": 82}}, {"values": {"hr": 83}}])
    assert both.raws == [Raw("hr", 82, None, EIGHT), Raw("hr", 83, None, None)]


def test_battery_number_and_device_are_about_the_device() -> None:
    payload = said({"battery": 71.6, "seq": 12, "device": "M1", "values": {"hr": 82}})
    assert (payload.battery_percent, payload.sequence, payload.device) == (72, 12, "M1")
    assert len(payload.raws) == 1
    odd = said({"battery": 200, "seq": -1, "values": {"hr": 82}})
    assert (odd.battery_percent, odd.sequence, odd.device) == (None, None, None)


def test_two_names_in_one_message_are_both_not_believed() -> None:
    assert said([{"device": "A", "hr": 1}, {"device": "B", "hr": 1}]).device == ""
    assert said({"device": 7, "hr": 1}).device == ""


def test_a_bad_value_is_set_aside_alone_with_its_time() -> None:
    payload = said({"ts": 1777622400, "values": {"hr": [82], "spo2": 97, "rr": True, "temp": None}})
    assert payload.raws == [Raw("spo2", 97, None, EIGHT)]
    assert [(part.field, part.reason) for part in payload.unread] == [
        ("hr", "VALUE_UNREADABLE"), ("rr", "VALUE_UNREADABLE"),
    ]  # fmt: skip
    assert json.loads(payload.unread[0].body) == {"ts": 1777622400, "values": {"hr": [82]}}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "NOT_JSON"),
        (b"{", "NOT_JSON"),
        (b'{"hr": NaN}', "NOT_JSON"),
        (b"\xff\xfe", "NOT_JSON"),
        (b"[" * 5000, "NOT_JSON"),
        (b"7", "NOT_READINGS"),
        (b"[7]", "NOT_READINGS"),
        (b'{"values": 3}', "NOT_READINGS"),
        (b'{"ts": "yesterday", "hr": 1}', "TIME_UNREADABLE"),
        (b'{"ts": "2026-05-01T08:00:00", "hr": 1}', "TIME_UNREADABLE"),
        (b'{"ts": true, "hr": 1}', "TIME_UNREADABLE"),
        (b'{"ts": 1e300, "hr": 1}', "TIME_UNREADABLE"),
        (b'{"ts": "0001-01-01T00:00:00+23:59", "hr": 1}', "TIME_UNREADABLE"),
        (b" " * MOST_BYTES + b"{}", "MESSAGE_TOO_LONG"),
    ],
)
def test_what_makes_no_sense_as_a_whole_is_refused_with_a_reason(body: bytes, reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(body)
    assert refused.value.reason == reason


def test_more_values_than_a_message_may_have_are_refused() -> None:
    with pytest.raises(Invalid) as refused:
        said([{f"m{number}": 1 for number in range(2600)}] * 2)
    assert refused.value.reason == "TOO_MANY_VALUES"


def test_a_topic_names_hospital_and_device() -> None:
    assert topic_of("wardgrid/RH/MON-1/readings") == ("RH", "MON-1")
    for other in ("wardgrid/RH/readings", "x/RH/M/readings", "wardgrid/RH/M/commands", ""):
        assert topic_of(other) is None
