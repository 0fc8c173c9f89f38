"""Readings as FHIR reads them: of one device, or one by its id."""

from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from authz.classes import DataClass
from domain.devices.model import Device
from domain.readings.metrics import catalogue, metric_named
from domain.readings.model import CHANNEL
from domain.readings.observed import Observed, observed
from gateways.fhir_check import Issue, NotFhir
from gateways.fhir_reading import Looking, Page, Resource, paged
from gateways.fhir_resources import of_observation
from kit.clock import EPOCH
from kit.errors import Invalid


def observations(looking: Looking) -> Page:
    """Readings of one device; what is about a patient only for who may see that patient's."""
    if "_id" in looking.wanted:
        device, rows = _one(looking)
    else:
        device, rows = _many(looking)

    def shape(row: Observed) -> Resource | None:
        clinical = catalogue()[row.metric].of_patient and row.subject is not None
        kind = DataClass.CLINICAL if clinical else DataClass.DEVICE
        if not looking.sees(kind, row.scope, row.subject):
            return None
        if clinical and row.subject is not None:
            looking.shown(row.subject, "Observation.valueQuantity")
        return of_observation(row, device.id)

    return paged(rows, looking.count, shape)


def _many(looking: Looking) -> tuple[Device, list[Observed]]:
    device = _reachable(looking, _device_asked(looking))
    since, until = _interval(looking)
    return device, observed(looking.session, device, since, until, metric=_metric(looking),
                            after=_mark(looking, "_page"), limit=looking.count + 1)  # fmt: skip


def _one(looking: Looking) -> tuple[Device, list[Observed]]:
    """By the id that it had in a page: its time and its channel."""
    at, channel = _mark(looking, "_id") or (0, 0)
    found = looking.session.connection().execute(
        sa.select(CHANNEL.c.device_id).where(CHANNEL.c.id == channel)
    )
    device = _reachable(looking, found.scalar())
    moment = EPOCH + timedelta(microseconds=at)
    rows = observed(looking.session, device, moment, moment + timedelta(microseconds=1), limit=50)
    return device, [row for row in rows if row.channel == channel]


def _reachable(looking: Looking, device_id: UUID | None) -> Device:
    device = looking.session.get(Device, device_id) if device_id else None
    if device is None or not looking.reached(device.scope):
        raise NotFhir(Issue("not-found", "device", "no such device that you may see"), status=404)
    return device


def _device_asked(looking: Looking) -> UUID:
    found = looking.key("device", "Device")
    if found is None:
        raise NotFhir(Issue("required", "device", "search by device: Device/<id>"))
    return found


def _interval(looking: Looking) -> tuple[datetime, datetime]:
    """The last day, or between `date=ge…` and `date=lt…`, each a time with its zone."""
    now = looking.app.clock()
    since, until = now - timedelta(days=1), now + timedelta(minutes=5)
    for said in filter(None, looking.wanted.get("date", "").split(",")):
        try:
            at = datetime.fromisoformat(said[2:])
        except ValueError:
            raise NotFhir(Issue("value", "date", "ge<time>,lt<time>, each with its zone")) from None
        if at.tzinfo is None:
            raise NotFhir(Issue("value", "date", "a time needs its zone"))
        if said[:2] == "ge":
            since = at
        elif said[:2] == "lt":
            until = at
        else:
            raise NotFhir(Issue("not-supported", "date", "ge<time>,lt<time>"))
    return since, until


def _metric(looking: Looking) -> str | None:
    text = looking.wanted.get("code")
    if text is None:
        return None
    try:
        return metric_named(text.rpartition("|")[2]).code
    except Invalid as why:
        raise NotFhir(Issue("not-found", "code", why.message)) from None


def _mark(looking: Looking, name: str) -> tuple[int, int] | None:
    text = looking.wanted.get(name)
    if text is None:
        return None
    at, _, channel = text.partition("-")
    if not (at.isdecimal() and channel.isdecimal() and len(text) < 40):
        raise NotFhir(Issue("value", name, "is no id of a reading here"))
    return int(at), int(channel)
