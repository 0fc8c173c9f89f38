"""A FHIR Observation of a device → readings. A value without a device belongs to nobody here."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlmodel import Session

from domain.devices.model import Device, DeviceState
from domain.devices.queries import device_by_code
from domain.inbound.model import Door
from domain.places.model import Hospital
from domain.readings.metrics import metric_named
from domain.readings.units import conversion
from domain.telemetry.commands import DeviceMessage, Raw, StoreReadings
from gateways.fhir_check import Issue, NotFhir
from kit.errors import Invalid

Resource = dict[str, Any]

TAKEN = ("final", "preliminary", "amended", "corrected")


def store_command(
    session: Session, observation: Resource, hospital: Hospital, now: datetime
) -> StoreReadings:
    """The command that stores its values. Raises NotFhir with the path of the fault."""
    if observation["status"] not in TAKEN:
        raise _fault("code-invalid", "Observation.status", f"only {', '.join(TAKEN)} are stored")
    device = _device(session, observation.get("device", {}), hospital)
    at = _when(observation)
    raws = tuple(_raws(observation, at))
    if not raws:
        raise _fault("required", "Observation.valueQuantity", "there is no quantity to store")
    message = DeviceMessage(device_id=device.id, received_at=now, raws=raws)
    return StoreReadings(hospital_id=hospital.id, messages=(message,), door=Door.FHIR)


def _device(session: Session, reference: Resource, hospital: Hospital) -> Device:
    key, code = reference.get("reference", ""), reference.get("identifier", {}).get("value", "")
    found: Device | None = None
    if key:
        found = _by_id(session, key.rpartition("/")[2])
    elif code:
        found = device_by_code(session, hospital.id, code)
    else:
        raise _fault("required", "Observation.device",
                     "name it by Device/<id>, or by an identifier with its code")  # fmt: skip
    if found is None or found.hospital_id != hospital.id or found.state is DeviceState.RETIRED:
        raise _fault("not-found", "Observation.device", "no such device here: register it first")
    return found


def _by_id(session: Session, key: str) -> Device | None:
    try:
        return session.get(Device, UUID(key))
    except ValueError:
        return None


def _raws(observation: Resource, at: datetime) -> Iterator[Raw]:
    if "valueQuantity" in observation:
        yield _raw(observation, at, "Observation")
    for number, component in enumerate(observation.get("component", [])):
        if "valueQuantity" in component:
            yield _raw(component, at, f"Observation.component[{number}]")


def _raw(said: Resource, at: datetime, path: str) -> Raw:
    quantity = said["valueQuantity"]
    if "value" not in quantity:
        raise _fault("required", f"{path}.valueQuantity.value", "a quantity needs its value")
    if "comparator" in quantity:
        raise _fault("not-supported", f"{path}.valueQuantity.comparator",
                     "a bound is no measured value")  # fmt: skip
    unit = quantity.get("code") or quantity.get("unit")
    metric = _metric(said["code"], path)
    if unit is not None:
        _require_unit(unit, metric, path)
    return Raw(metric=metric, value=float(Decimal(quantity["value"])), unit=unit, at=at)


def _metric(concept: Resource, path: str) -> str:
    """The first of its names that we know: LOINC, MDC, or plain text."""
    codings = concept.get("coding", [])
    names = [one.get("code", "") for one in codings]
    names += [concept.get("text", ""), *(one.get("display", "") for one in codings)]
    for name in filter(None, names):
        try:
            return metric_named(name).code
        except Invalid:
            continue
    raise _fault("not-found", f"{path}.code",
                 "none of its codings is a metric here; send LOINC or IEEE 11073")  # fmt: skip


def _require_unit(unit: str, metric: str, path: str) -> None:
    known = metric_named(metric)
    try:
        conversion(unit, known.unit, known.molar_mass)
    except Invalid as why:
        raise _fault("value", f"{path}.valueQuantity.code",
                     f"{why.reason}: {known.code} is kept in {known.unit}") from None  # fmt: skip


def _when(observation: Resource) -> datetime:
    text = (
        observation.get("effectiveInstant")
        or observation.get("effectiveDateTime")
        or observation.get("effectivePeriod", {}).get("start")
    )
    if not isinstance(text, str) or "T" not in text:
        raise _fault("required", "Observation.effectiveDateTime", "give date, time and zone")
    return datetime.fromisoformat(text).astimezone(UTC)


def _fault(code: str, path: str, text: str) -> NotFhir:
    return NotFhir(Issue(code, path, text), status=422)
