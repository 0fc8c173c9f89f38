"""Where each FHIR resource that can be read comes from."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from authz.classes import DataClass
from domain.beds.model import BedStay
from domain.devices.model import Device, DeviceAttachment
from domain.patients.identity import visit_place
from domain.patients.model import Encounter, EncounterStatus
from domain.patients.queries import encounter, encounters
from domain.places.reach import by_keyset, within
from gateways.fhir_audit import entries
from gateways.fhir_check import Issue, NotFhir
from gateways.fhir_locations import locations
from gateways.fhir_observed import observations
from gateways.fhir_reading import Looking, Page, Resource, Source, paged
from gateways.fhir_resources import (
    STATUSES,
    of_device,
    of_encounter,
)
from kit.sealed import Erased


def encounters_seen(looking: Looking) -> Page:
    """Encounters, each with its present bed; the visit number only for who may see identities."""
    if (one := looking.key("_id")) is not None:
        row = encounter(looking.session, looking.scopes, one)
        rows: Sequence[Encounter] = [row] if row else []
    else:
        rows = encounters(
            looking.session, looking.scopes, patient_id=looking.key("patient", "Patient"),
            ward_id=looking.key("location", "Location"), status=_statuses(looking),
            after=looking.key("_page"), limit=looking.count + 1,
        )  # fmt: skip
    stays = _present_stays(looking.session, [row.id for row in rows])
    looking.app.vault.load(looking.session, {row.subject for row in rows})

    def shape(row: Encounter) -> Resource | None:
        if not looking.sees(DataClass.PLACEMENT, row.scope, row.subject):
            return None
        return of_encounter(row, stays.get(row.id), _number(looking, row))

    return paged(rows, looking.count, shape)


def devices(looking: Looking) -> Page:
    """Devices, each with where it is attached now."""
    query = select(Device).where(
        within(looking.scopes, col(Device.hospital_id), col(Device.ward_id)),
        by_keyset(Device.id, looking.key("_page")),
    )
    if (one := looking.key("_id")) is not None:
        query = query.where(Device.id == one)
    if code := looking.wanted.get("identifier"):
        query = query.where(Device.code == code.rpartition("|")[2])
    rows = looking.session.exec(query.order_by(col(Device.id)).limit(looking.count + 1)).all()
    attached = {
        one.device_id: one
        for one in looking.session.exec(
            select(DeviceAttachment).where(
                col(DeviceAttachment.device_id).in_([row.id for row in rows]),
                col(DeviceAttachment.until).is_(None),
            )
        )
    }

    def shape(row: Device) -> Resource | None:
        if not looking.sees(DataClass.DEVICE, row.scope):
            return None
        return of_device(row, attached.get(row.id))

    return paged(rows, looking.count, shape)


def _statuses(looking: Looking) -> list[EncounterStatus]:
    words = looking.wanted.get("status")
    if words is None:
        return []
    wanted = set(words.split(","))
    found = [status for status, word in STATUSES.items() if word in wanted]
    if wanted - set(STATUSES.values()):
        raise NotFhir(Issue("value", "status", f"of {', '.join(sorted(set(STATUSES.values())))}"))
    return found


def _present_stays(session: Session, encounter_ids: Sequence[UUID]) -> dict[UUID, BedStay]:
    query = select(BedStay).where(
        col(BedStay.encounter_id).in_(encounter_ids), col(BedStay.until).is_(None),
        col(BedStay.voided_at).is_(None),
    )  # fmt: skip
    return {stay.encounter_id: stay for stay in session.exec(query)}


def _number(looking: Looking, row: Encounter) -> str | None:
    if row.visit_number is None:
        return None
    if not looking.sees(DataClass.IDENTITY, row.scope, row.subject):
        return None
    place = visit_place(row.hospital_id, row.id, row.subject)
    try:
        number = looking.app.vault.bind(looking.session).open(row.visit_number, place)
    except Erased:
        return None
    looking.shown(row.subject, "Encounter.identifier")
    return number


SOURCES: dict[str, Source] = {
    "Location": Source("place.read", frozenset({"partof", "physical-type"}), locations),
    "Encounter": Source("encounter.read", frozenset({"patient", "location", "status"}),
                        encounters_seen),
    "Device": Source("device.read", frozenset({"identifier"}), devices),
    "Observation": Source("reading.read", frozenset({"device", "code", "date"}), observations),
    "AuditEvent": Source("ledger.read", frozenset({"subtype"}), entries),
}  # fmt: skip


def readable() -> dict[str, Any]:
    """Resource types and what each may be searched by, for the CapabilityStatement."""
    return {kind: sorted(source.parameters) for kind, source in SOURCES.items()}
