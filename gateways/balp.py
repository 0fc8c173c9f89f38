"""Entries of the ledger as FHIR R4 AuditEvent by IHE Basic Audit Log Patterns 1.1.4.

One event for each patient of an entry, ids only. The profiles are of what succeeded; a refusal is
an AuditEvent that claims none. What the ledger does not hold is said to be absent: the address of
the client, and the text of a query, of which there is its name and its digest.
Source: profiles.ihe.net/ITI/BALP 1.1.4, hl7.org/fhir/R4/auditevent, DICOM PS3.16 CID 401.
"""

from base64 import b64encode
from collections.abc import Collection, Iterator, Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlmodel import Session

from audit.search import Found
from domain.accounts.queries import accounts_among
from domain.staff.queries import staff_among
from gateways.fhir_resources import OWN, instant

Resource = dict[str, Any]

MEDIA_TYPE = "application/fhir+ndjson; charset=utf-8"
PROFILE = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit."
REQUEST_ID = "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType"
DCM = "http://dicom.nema.org/resources/ontology/DCM"
HL7 = "http://terminology.hl7.org/CodeSystem/"
ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
INTERACTION = "http://hl7.org/fhir/restful-interaction"

# kind of profile → AuditEvent.action, interaction, type of the client's agent, of the server's,
# of the person's
_SOURCE, _DESTINATION = (DCM, "110153"), (DCM, "110152")
_RECIPIENT, _AUTHOR = (f"{HL7}v3-ParticipationType", "IRCP"), (f"{HL7}v3-ParticipationType", "AUT")
_KINDS = {
    "Create": ("C", "create", _SOURCE, _DESTINATION, _AUTHOR),
    "Read": ("R", "read", _DESTINATION, _SOURCE, _RECIPIENT),
    "Update": ("U", "update", _SOURCE, _DESTINATION, _AUTHOR),
    "Delete": ("D", "delete", (DCM, "110150"), (f"{HL7}provenance-participant-type", "custodian"),
               _AUTHOR),
    "Query": ("E", "search", _SOURCE, _DESTINATION, _RECIPIENT),
    "": ("E", "operation", _SOURCE, _DESTINATION, _AUTHOR),  # no profile of BALP
}  # fmt: skip
_OF_CHANGE = {"insert": "Create", "update": "Update", "delete": "Delete"}
_STOPPED = {"code": "110138", "display": "Emergency Override Stopped"}
_EMERGENCY = {
    "break_glass.start": {"code": "110127", "display": "Emergency Override Started"},
    **dict.fromkeys(("break_glass.stop", "break_glass.revoke", "break_glass.expire"), _STOPPED),
}
_OUTCOMES = {"done": "0", "conflict": "4", "fault": "8", "denied": "8"}


def events_of(session: Session, entries: Sequence[Found]) -> Iterator[Resource]:
    """The events of several entries, in their order."""
    named = {UUID(one) for entry in entries for one in orjson.loads(entry.body)["subjects"]}
    house = staff_among(session, named) | accounts_among(session, named)
    for entry in entries:
        yield from events(entry, house)


def events(entry: Found, house: Collection[UUID]) -> Iterator[Resource]:
    """One event per patient; one where it concerns none. The `house`'s own are no patients."""
    body: dict[str, Any] = orjson.loads(entry.body)
    patients = [one for one in body["subjects"] if UUID(one) not in house]
    kind = _kind(body, len(patients))
    if not patients:
        yield _event(entry, body, kind, 0, None)
    for number, patient in enumerate(patients):
        yield _event(entry, body, kind, number, patient)


def _kind(body: dict[str, Any], patients: int) -> str:
    """Of BALP's patterns. A read that shows one patient is a Read, every other a Query."""
    if body["change"]:
        return _OF_CHANGE[body["change"][0]["op"]]
    if body["fields"]:
        return "Read" if patients == 1 else "Query"
    return ""


def _event(
    entry: Found, body: dict[str, Any], kind: str, number: int, patient: str | None
) -> Resource:
    action, interaction, *_ = _KINDS[kind]
    emergency = _EMERGENCY.get(body["action"])
    told: Resource = {
        "resourceType": "AuditEvent",
        "id": f"{entry.id}.{number}",
        "type": {"system": f"{HL7}audit-event-type", "code": "rest"},
        "subtype": [
            {"system": INTERACTION, "code": interaction},
            {"system": f"{OWN}:action", "code": body["action"]},
            *([{"system": DCM, **emergency}] if emergency else []),
        ],
        "action": action,
        "recorded": instant(entry.at),
        "outcome": _OUTCOMES[body["outcome"]],
        "outcomeDesc": body["outcome"],
        "agent": _agents(body, kind),
        "source": {"observer": _named("log", body["log"]),
                   "type": [{"system": f"{HL7}security-source-type", "code": "4"}]},
        "entity": list(_entities(entry, body, kind, patient)),
    }  # fmt: skip
    if kind and body["outcome"] == "done":
        told["meta"] = {"profile": [f"{PROFILE}{'Patient' if patient else ''}{kind}"]}
    return told


def _agents(body: dict[str, Any], kind: str) -> list[Resource]:
    *_, client, server, person = _KINDS[kind]
    actor = body["actor"]
    session = actor["session"]
    user: Resource = {
        "type": _coded(*person),
        "who": _named("account", actor["id"]),
        "requestor": True,
    }
    if actor["role"]:
        user["role"] = [_coded(f"{OWN}:role", actor["role"])]
    if body["purpose"]:
        user["purposeOfUse"] = [_coded(f"{HL7}v3-ActReason", body["purpose"])]
    unknown = {"_address": {"extension": [{"url": ABSENT, "valueCode": "unknown"}]}}
    return [
        {"type": _coded(*client), "requestor": False, "network": unknown,
         "who": _named("session", session) if session else {"display": "no session"}},
        {"type": _coded(*server), "requestor": False, "who": _named("log", body["log"]),
         "network": {"address": body["log"], "type": "5"}},
        user,
    ]  # fmt: skip


def _entities(
    entry: Found, body: dict[str, Any], kind: str, patient: str | None
) -> Iterator[Resource]:
    if patient is not None:
        yield {"what": {"type": "Patient", **_named("subject", patient)},
               "type": _entity("1"), "role": _role("1")}  # fmt: skip
    if kind == "Query":
        asked = {"operation": body["op"]["name"], "sha256": body["op"]["document"],
                 "fields": body["fields"], "notes": body["notes"]}  # fmt: skip
        text = orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)
        yield {"type": _entity("2"), "role": _role("24"), "query": b64encode(text).decode()}
    else:
        yield {"what": _what(entry, body), "type": _entity("2"), "role": _role("4")}
    if body["op"]["request"]:
        yield {"what": {"identifier": {"value": body["op"]["request"]}},
               "type": {"system": REQUEST_ID, "code": "XrequestId"}}  # fmt: skip
    yield {"what": _named("leaf", str(entry.leaf)), "type": _entity("4"),
           "detail": [{"type": "sha256", "valueString": (entry.hash or b"").hex()}]}  # fmt: skip


def _what(entry: Found, body: dict[str, Any]) -> Resource:
    resource = body["resource"]
    if resource is None:
        return _named("entry", str(entry.id))
    return _named(f"row:{resource['type']}", resource["id"])


def _named(kind: str, value: str) -> Resource:
    return {"identifier": {"system": f"{OWN}:{kind}", "value": value}}


def _entity(code: str) -> Resource:
    return {"system": f"{HL7}audit-entity-type", "code": code}


def _role(code: str) -> Resource:
    return {"system": f"{HL7}object-role", "code": code}


def _coded(system: str, code: str) -> Resource:
    return {"coding": [{"system": system, "code": code}]}
