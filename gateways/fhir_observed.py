"""Readings as FHIR reads them: of one device, or one by its id."""

from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from authz.classes import DataClass
from domain.readings.metrics import metric_named
from domain.readings.model import CHANNEL
from domain.readings.observed import Observed, observed
from domain.readings.whose import Whose, of_device
from gateways.fhir_check import Issue, NotFhir
from gateways.fhir_reading import Looking, Page, Resource, paged
from gateways.fhir_resources import of_observation
from kit.clock import EPOCH
from kit.errors import Invalid

_INSTANT = timedelta(microseconds=1)


def observations(looking: Looking) -> Page:
    """Readings of one device, of who lies at it now, or of nobody: as in GraphQL."""
    device_id, whose, rows = _one(looking) if "_id" in looking.wanted else _many(looking)
    if not looking.sees(DataClass.CLINICAL, whose.scope, whose.subject):
        return Page([])

    def shape(row: Observed) -> Resource:
        if whose.subject is not None:
            looking.shown(whose.subject, "Observation.valueQuantity")
        return of_observation(row, device_id, whose.encounter_id)

    return paged(rows, looking.count, shape)


def _many(looking: Looking) -> tuple[UUID, Whose, list[Observed]]:
    device_id = _device_asked(looking)
    whose = of_device(looking.session, looking.scopes, device_id, *_interval(looking))
    rows = observed(looking.session, whose, metric=_metric(looking),
                    after=_mark(looking, "_page"), limit=looking.count + 1)  # fmt: skip
    return device_id, whose, rows


def _one(looking: Looking) -> tuple[UUID, Whose, list[Observed]]:
    """By the id that it had in a page: its time and its channel."""
    at, channel = _mark(looking, "_id") or (0, 0)
    device_id = looking.session.connection().execute(
        sa.select(CHANNEL.c.device_id).where(CHANNEL.c.id == channel)
    ).scalar()  # fmt: skip
    if device_id is None:
        raise NotFhir(Issue("not-found", "_id", "no such reading that you may see"), status=404)
    moment = EPOCH + timedelta(microseconds=at)
    whose = of_device(looking.session, looking.scopes, device_id, moment, moment + _INSTANT)
    rows = observed(looking.session, whose, after=(at, channel - 1), limit=1)
    return device_id, whose, [row for row in rows if row.channel == channel]


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
    if not (_number(at) and _number(channel)):
        raise NotFhir(Issue("value", name, "is no id of a reading here"))
    return int(at), int(channel)


def _number(text: str) -> bool:
    """Digits, few enough for a time in microseconds or a channel."""
    return text.isascii() and text.isdecimal() and len(text) <= 16
