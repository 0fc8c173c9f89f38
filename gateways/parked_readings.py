"""Parked readings read again: each door knows its own form; values set aside have one of ours."""

from collections.abc import Callable
from uuid import UUID

from sqlmodel import Session

from app.wiring import App
from domain.devices.model import Device
from domain.devices.queries import device_by_code
from domain.inbound.model import Door, InboundMessage
from domain.places.model import Hospital
from domain.telemetry.messages import DeviceMessage
from domain.telemetry.parking import KIND, values_of
from gateways.readings_file import read_again as read_row
from kit.db import reading
from kit.errors import Invalid
from kit.work import Actor

Reader = Callable[[App, Actor, Hospital, InboundMessage, str], tuple[DeviceMessage, ...]]


def is_of_readings(message: InboundMessage) -> bool:
    """Whether a waiting message holds measurements, not an event of a patient or bed."""
    return message.kind == KIND or message.kind.startswith("ORU")


def readings_of(
    app: App, actor: Actor, hospital: Hospital, message: InboundMessage, text: str
) -> tuple[DeviceMessage, ...]:
    """What the text says now. Raises the reason why it still cannot be used."""
    try:
        return values_of(text)
    except Invalid as why:
        reader = READERS.get(message.door)
        if why.reason != "NOT_READINGS" or reader is None:
            raise
    return reader(app, actor, hospital, message, text)


def _by_mqtt(
    app: App, _actor: Actor, hospital: Hospital, message: InboundMessage, text: str
) -> tuple[DeviceMessage, ...]:
    from gateways.mqtt_reading import read_again  # MQTT is an extra

    with reading(app.read_engine) as session:
        device = _sender(session, hospital, message)
    return (read_again(text.encode(), device, message.received_at, message.source),)


def _by_hl7(
    app: App, actor: Actor, hospital: Hospital, message: InboundMessage, text: str
) -> tuple[DeviceMessage, ...]:
    from gateways.hl7_observations import read_again  # HL7 is an extra

    return read_again(app, actor, hospital, text, message.received_at)


def _sender(session: Session, hospital: Hospital, message: InboundMessage) -> UUID:
    """The device of the topic wardgrid/<hospital>/<device>/…, perhaps registered meanwhile."""
    code = (*message.source.split("/"), "", "", "")[2]
    device: Device | None = device_by_code(session, hospital.id, code)
    if device is None or device.retired_at is not None:
        raise Invalid("no device in use has the code of this topic",
                      reason="DEVICE_UNKNOWN", field="topic")  # fmt: skip
    return device.id


def _by_file(
    app: App, _actor: Actor, hospital: Hospital, message: InboundMessage, text: str
) -> tuple[DeviceMessage, ...]:
    with reading(app.read_engine) as session:
        return read_row(session, hospital.id, text, message.received_at)


READERS: dict[Door, Reader] = {
    Door.MQTT: _by_mqtt, Door.HL7: _by_hl7, Door.FILE: _by_file,
}  # fmt: skip
