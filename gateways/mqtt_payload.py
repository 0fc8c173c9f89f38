"""What a device may say in one message: readings with or without a time, one object or several.

    {"ts": "2026-05-01T08:00:00Z", "values": {"hr": 82, "temp": {"v": 98.6, "u": "[degF]"}}}
    [{"ts": 1777622400, "values": {…}}, …]
    {"hr": 82}

docs/mqtt-payload.schema.json says the same as a schema. A value that cannot be read is set aside
alone; a message that cannot be read is set aside whole. Nothing is guessed.
"""

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeGuard

import orjson

from domain.telemetry.messages import Raw
from kit.errors import Invalid

MOST_BYTES = 65_536  # the broker refuses more; a broker that is set up otherwise does not reach us
MOST_VALUES = 5_000  # in one message
LONGEST_WORD = 64  # of a metric, a unit and a value in words
_MILLISECONDS_FROM = 10**11  # seconds until the year 5138; milliseconds since 1973
_SPENT = 10**14
_ABOUT = frozenset(("ts", "battery", "seq", "device", "values"))  # not names of metrics


@dataclass(frozen=True, slots=True)
class Arrived:
    """One message as it came; `number` is what to acknowledge on the connection `era`."""

    topic: str
    body: bytes
    qos: int
    number: int
    era: int
    at_s: float  # of time.time(): one call, made for every message


@dataclass(frozen=True, slots=True)
class Unread:
    """A part of a message that nobody can read: as JSON, with the reason."""

    body: bytes
    reason: str
    text: str
    field: str


@dataclass(slots=True)
class Payload:
    """A message that was understood; `unread` are the parts that were not."""

    raws: list[Raw] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    battery_percent: int | None = None
    sequence: int | None = None
    device: str | None = None  # the code that the message itself names


def parse(body: bytes) -> Payload:
    """Raises Invalid where the message as a whole makes no sense."""
    if len(body) > MOST_BYTES:
        raise Invalid(f"a message has at most {MOST_BYTES} bytes", reason="MESSAGE_TOO_LONG")
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Invalid("the message is no JSON", reason="NOT_JSON") from None
    payload = Payload()
    for entry in said if isinstance(said, list) else (said,):
        if not isinstance(entry, dict):
            raise Invalid("a message is an object or a list of objects", reason="NOT_READINGS")
        _entry(payload, entry)
        if len(payload.raws) + len(payload.unread) > MOST_VALUES:
            raise Invalid(f"a message has at most {MOST_VALUES} values", reason="TOO_MANY_VALUES")
    return payload


def _entry(payload: Payload, entry: dict[str, Any]) -> None:
    at = _time(entry["ts"]) if "ts" in entry else None
    values = entry.get("values")
    if values is None:
        values = {name: value for name, value in entry.items() if name not in _ABOUT}
    elif not isinstance(values, dict):
        raise Invalid("values is an object of metrics", reason="NOT_READINGS", field="values")
    _about_device(payload, entry)
    for name, value in values.items():
        if value is None:
            continue  # the sensor is off: no reading, nothing to keep
        try:
            payload.raws.append(_raw(name, value, at))
        except Invalid as why:
            ts = {"ts": entry["ts"]} if "ts" in entry else {}
            part = orjson.dumps({**ts, "values": {name: value}})
            payload.unread.append(Unread(part, why.reason, why.message, name[:40]))


def _about_device(payload: Payload, entry: dict[str, Any]) -> None:
    battery, sequence, device = entry.get("battery"), entry.get("seq"), entry.get("device")
    if _is_number(battery) and 0 <= battery <= 100:
        payload.battery_percent = round(battery)
    if type(sequence) is int and 0 <= sequence < 2**53:
        payload.sequence = sequence
    if device is not None:
        if payload.device is not None and payload.device != device:
            device = ""  # two names in one message: neither is believed
        payload.device = device if isinstance(device, str) else ""


def _raw(name: str, value: Any, at: datetime | None) -> Raw:
    if not 0 < len(name) <= LONGEST_WORD:
        raise Invalid(f"a metric has 1 to {LONGEST_WORD} characters", reason="METRIC_UNKNOWN")
    unit = None
    if type(value) is dict:
        value, unit = value.get("v"), value.get("u")
        if unit is not None and not _is_word(unit):
            raise Invalid("u is the unit in words", reason="UNIT_UNKNOWN")
    if not _is_number(value) and not _is_word(value):
        raise Invalid("a value is a number, or a word", reason="VALUE_UNREADABLE")
    return Raw(name, value, unit, at)


def _is_number(value: Any) -> TypeGuard[float]:
    return type(value) in (int, float) and math.isfinite(value)


def _is_word(value: Any) -> bool:
    return type(value) is str and 0 < len(value) <= LONGEST_WORD


def _time(ts: Any) -> datetime:
    """ISO 8601 with its offset, or seconds or milliseconds since 1970 in UTC."""
    try:
        if type(ts) is str:
            at = datetime.fromisoformat(ts)
            if at.tzinfo is None:
                raise Invalid("ts needs its offset from UTC, or Z", reason="TIME_UNREADABLE",
                              field="ts")  # fmt: skip
            return at.astimezone(UTC)
        if type(ts) in (int, float) and 0 < ts < _SPENT:
            seconds = ts / 1000 if ts >= _MILLISECONDS_FROM else ts
            return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    raise Invalid("ts is ISO 8601, or seconds or milliseconds since 1970",
                  reason="TIME_UNREADABLE", field="ts")  # fmt: skip


def topic_of(topic: str) -> tuple[str, str] | None:
    """Codes of hospital and device out of wardgrid/<hospital>/<device>/readings."""
    parts = topic.split("/")
    if len(parts) != 4 or parts[0] != "wardgrid" or parts[3] != "readings":
        return None
    return parts[1], parts[2]
