"""Observations of devices, sent as ORU^R01, stored as readings; what cannot be used waits."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, or_, select

from app.wiring import App
from domain.devices.model import Device, DeviceAttachment, DeviceState, Protocol
from domain.devices.queries import metrics_of
from domain.inbound.facts import Spot
from domain.inbound.model import Door
from domain.inbound.spots import bed_of
from domain.places.model import Hospital
from domain.places.times import during
from domain.readings.metrics import metric_named
from domain.telemetry.commands import DeviceMessage, Raw, Stored, StoreReadings, Unreadable
from domain.telemetry.parking import TOO_MANY
from gateways.hl7_adt import undeclared
from gateways.hl7_observed import Observation, observations
from gateways.mllp_answers import AA, AE, Verdict
from gateways.mllp_peers import Peer
from kit.db import reading
from kit.errors import Conflict, Invalid, Refusal
from kit.work import Actor, Work


@dataclass(slots=True)
class Sorted:
    """The values by device, and what waits, by the reason why."""

    raws: dict[UUID, list[Raw]] = field(default_factory=lambda: defaultdict(list))
    waiting: dict[str, list[tuple[Observation, Refusal]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def messages(self, received_at: datetime) -> tuple[DeviceMessage, ...]:
        return tuple(
            DeviceMessage(device_id=device, received_at=received_at, raws=tuple(raws))
            for device, raws in self.raws.items()
        )


def take_observations(
    app: App, actor: Actor, hospital: Hospital, peer: Peer, found: Sequence[Observation]
) -> Verdict:
    """Store every usable value and park the others, in one transaction.

    Raises Denied where the account may not store readings, and any fault.
    """
    now = app.clock()
    told = sort(app, actor, hospital, found)
    stored = app.pipeline.run(actor, StoreReadings(
        hospital_id=hospital.id, messages=told.messages(now), door=Door.HL7,
        unreadable=tuple(
            _kept(peer, now, _together(one for one, _ in group), group[0][1])
            for group in told.waiting.values()
        ),
    )).result  # fmt: skip
    return _verdict(stored, peer.parked)


def read_again(
    app: App, actor: Actor, hospital: Hospital, text: str, received_at: datetime
) -> tuple[DeviceMessage, ...]:
    """The values of a message that waited. Raises the reason why it must go on waiting."""
    found = observations(undeclared(text).encode(), ZoneInfo(hospital.time_zone))
    told = sort(app, actor, hospital, found)
    for group in told.waiting.values():
        raise group[0][1]
    return told.messages(received_at)


def sort(app: App, actor: Actor, hospital: Hospital, found: Iterable[Observation]) -> Sorted:
    """Find the device of each observation and its name for the metric."""
    told = Sorted()
    with reading(app.read_engine) as session:
        work = Work(session, app.clock(), actor, app.late_vault, _no_part)
        known: dict[tuple[tuple[str, ...], Spot | None, datetime | None], Device] = {}
        aliases: dict[UUID, dict[str, str]] = {}
        for one in found:
            try:
                if one.problem is not None:
                    raise one.problem
                key = (one.devices, one.spot, one.at)
                device = known.get(key) or _device(work, hospital.id, one)
                known[key] = device
                if device.id not in aliases:
                    aliases[device.id] = _aliases(session, device)
                name = _metric(aliases[device.id], one)
                raw = Raw(name, one.value or 0.0, one.unit, one.at)
                told.raws[device.id].append(raw)
            except Refusal as why:
                told.waiting[why.reason].append((one, why))
    return told


def _device(work: Work, hospital_id: UUID, one: Observation) -> Device:
    """By the identifier that the message gives; only where it gives none, by the bed."""
    usable = select(Device).where(
        Device.hospital_id == hospital_id, Device.protocol == Protocol.HL7,
        Device.state != DeviceState.RETIRED,
    )  # fmt: skip
    if one.devices:
        named = or_(col(Device.code).in_(one.devices), col(Device.serial).in_(one.devices))
        found = list(work.session.exec(usable.where(named)))
        where, problem = "OBX-18", "no HL7 device here has this code or serial number"
    else:
        where, problem = "PV1-3", "no HL7 device is attached to this bed"
        bed = bed_of(work, hospital_id, one.spot)
        at_bed = select(DeviceAttachment.device_id).where(
            DeviceAttachment.bed_id == bed.id, during(DeviceAttachment, one.at)
        )
        found = list(work.session.exec(usable.where(col(Device.id).in_(at_bed))))
    if len(found) > 1:
        raise Conflict("several devices fit: name the device in OBX-18",
                       reason="DEVICE_AMBIGUOUS", field=where)  # fmt: skip
    if not found:
        raise Invalid(f"{problem}: register or attach it, then retry",
                      reason="DEVICE_UNKNOWN", field=where)  # fmt: skip
    return found[0]


def _aliases(session: Session, device: Device) -> dict[str, str]:
    own = metrics_of(session, (device.id,))[device.id]
    return {alias: row.metric for alias, row in own.items()}


def _metric(aliases: Mapping[str, str], one: Observation) -> str:
    """The first of the names that means something here. Raises Invalid METRIC_UNKNOWN."""
    unknown = Invalid("OBX-3 names no metric", reason="METRIC_UNKNOWN", field="OBX-3")
    for name in one.names:
        try:
            metric_named(name, aliases)
        except Invalid as why:
            unknown = Invalid(why.message, reason=why.reason, field="OBX-3")
        else:
            return name
    raise unknown


def _together(found: Iterable[Observation]) -> str:
    """One message of the segments as they were written, each group's head once."""
    lines: list[str] = []
    for one in found:
        *above, own = one.lines if len(one.lines) > 1 else ("", *one.lines)
        lines += [line for line in above if line and line not in lines]
        lines.append(own)
    return "\r".join(lines)


def _kept(peer: Peer, now: datetime, text: str, why: Refusal) -> Unreadable:
    return Unreadable(
        door=Door.HL7, source=peer.name, received_at=now,
        body=undeclared(text).encode(),
        reason=why.reason, text=why.message, field=why.field,
    )  # fmt: skip


def _verdict(stored: Stored, parked: str) -> Verdict:
    reasons = sorted((stored.reasons or {}).items(), key=lambda item: (-item[1], item[0]))
    if not reasons:
        return Verdict(code=AA)
    odd = stored.parked + stored.rejected
    if TOO_MANY in (stored.reasons or {}):  # not kept either: the sender must know
        return Verdict(code=AE, reason=TOO_MANY, text="too many values wait already")
    return Verdict(
        code=parked if stored.parked else AA, reason=reasons[0][0], field="OBX-5",
        text=f"{odd} of {stored.received} values were not stored as readings",
    )  # fmt: skip


def _no_part(_work: Work, _command: object) -> None:
    raise AssertionError("looking up a place changes nothing")
