"""From messages as they came to what the pipeline stores, hospital by hospital."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from domain.inbound.model import Door
from domain.telemetry.commands import DeviceMessage, StoreReadings, Unreadable
from gateways.mqtt_directory import Known
from gateways.mqtt_payload import Arrived, Payload, parse, topic_of
from kit.errors import Invalid

ANOTHER_DEVICE = "ANOTHER_DEVICE"
_WHY = {
    "DEVICE_UNKNOWN": "no device of the hospital has this code",
    "DEVICE_RETIRED": "the device is retired",
    "DEVICE_REVOKED": "the device has no credential in force",
    ANOTHER_DEVICE: "the message names another device than its topic",
    "FAULT": "the message could not be stored",
}
SUSPECT = frozenset((*_WHY,)) - {"FAULT"}  # the broker should not have let it through


@dataclass(frozen=True, slots=True)
class Part:
    """What one message comes to: readings, or things set aside, or both."""

    arrived: Arrived
    hospital_id: UUID
    messages: tuple[DeviceMessage, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    readings: int = 0
    suspect: Known | None = None  # whom an alarm is about

    def as_fault(self) -> "Part":
        """The same message, kept as it came because storing it fails."""
        source, received = self.arrived.topic, _instant(self.arrived)
        whole = _aside(source, received, self.arrived.body, "FAULT", _WHY["FAULT"])
        return Part(self.arrived, self.hospital_id, unreadable=(whole,))


@dataclass(slots=True)
class Load:
    """What is stored for one hospital in one transaction."""

    hospital_id: UUID
    parts: list[Part] = field(default_factory=list)

    def command(self) -> StoreReadings:
        return StoreReadings(
            hospital_id=self.hospital_id,
            messages=tuple(m for part in self.parts for m in part.messages),
            unreadable=tuple(u for part in self.parts for u in part.unreadable),
            door=Door.MQTT,
        )


def read(arrived: Arrived, known: Known) -> Part:
    """Never raises: what cannot be read is kept with the reason."""
    reason = known.refusal if known.device_id else "DEVICE_UNKNOWN"
    if reason:
        return _refused(arrived, known, reason)
    try:
        payload = parse(arrived.body)
    except Invalid as why:
        whole = _aside(arrived.topic, _instant(arrived), arrived.body, why.reason, why.message,
                       why.field, known.device_id)  # fmt: skip
        return Part(arrived, known.hospital_id, unreadable=(whole,))
    if payload.device is not None and payload.device != _code(arrived):
        return _refused(arrived, known, ANOTHER_DEVICE)
    return _understood(arrived, known, payload)


def read_again(
    body: bytes, device_id: UUID, received_at: datetime, topic: str = ""
) -> DeviceMessage:
    """A parked message after its correction. Raises Invalid where it still makes no sense."""
    payload, named = parse(body), topic_of(topic)
    if payload.device is not None and named is not None and payload.device != named[1]:
        raise Invalid(_WHY[ANOTHER_DEVICE], reason=ANOTHER_DEVICE, field="device")
    if payload.unread:
        first = payload.unread[0]
        raise Invalid(first.text, reason=first.reason, field=first.field)
    return _message(payload, device_id, received_at)


def _understood(arrived: Arrived, known: Known, payload: Payload) -> Part:
    received, device = _instant(arrived), known.device_id
    if device is None:
        raise AssertionError("an unknown device was refused before")
    unreadable = tuple(
        _aside(arrived.topic, received, part.body, part.reason, part.text, part.field, device)
        for part in payload.unread
    )
    return Part(
        arrived, known.hospital_id, (_message(payload, device, received),), unreadable,
        len(payload.raws),
    )  # fmt: skip


def _message(payload: Payload, device_id: UUID, received_at: datetime) -> DeviceMessage:
    return DeviceMessage(
        device_id, received_at, tuple(payload.raws), payload.battery_percent, payload.sequence
    )


def _refused(arrived: Arrived, known: Known, reason: str) -> Part:
    whole = _aside(arrived.topic, _instant(arrived), arrived.body, reason, _WHY[reason],
                   device_id=known.device_id)  # fmt: skip
    return Part(arrived, known.hospital_id, unreadable=(whole,), suspect=known)


def _aside(
    source: str, received_at: datetime, body: bytes, reason: str, text: str,
    field: str | None = None, device_id: UUID | None = None,
) -> Unreadable:  # fmt: skip
    return Unreadable(Door.MQTT, source[:200], received_at, body, reason, text, field, device_id)


def _instant(arrived: Arrived) -> datetime:
    return datetime.fromtimestamp(arrived.at_s, UTC)


def _code(arrived: Arrived) -> str:
    return arrived.topic.split("/")[2]


def loads(parts: Sequence[Part]) -> list[Load]:
    """By hospital, each in the order in which its messages came."""
    found: dict[UUID, Load] = {}
    for part in parts:
        found.setdefault(part.hospital_id, Load(part.hospital_id)).parts.append(part)
    return list(found.values())
