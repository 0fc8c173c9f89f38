"""What IHE's Basic Audit Log Patterns 1.1.4 and FHIR R4 ask of an AuditEvent, as data, and a judge.

Read off the published StructureDefinitions IHE.BasicAudit.{Create,Read,Update,Delete,Query} with
their Patient variants, and hl7.org/fhir/R4/auditevent: cardinalities, fixed codes and slices.
"""

import re
from base64 import b64decode
from collections.abc import Iterator
from datetime import datetime
from typing import Any

DCM = "http://dicom.nema.org/resources/ontology/DCM"
TERMS = "http://terminology.hl7.org/CodeSystem/"
PARTICIPATION = f"{TERMS}v3-ParticipationType"
URL = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit."
XREQUEST = ("https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType", "XrequestId")
SOURCE, DESTINATION = (DCM, "110153"), (DCM, "110152")
WRITERS = {(PARTICIPATION, code) for code in ("AUT", "INF", "CST")}
READERS = {(PARTICIPATION, "IRCP")}

# profile → action, one of the subtypes, client's type, server's type, types of the user
PROFILES: dict[str, tuple[str, set[str], tuple[str, str], tuple[str, str], set[Any]]] = {
    "Create": ("C", {"create"}, SOURCE, DESTINATION, WRITERS),
    "Read": ("R", {"read", "vread"}, DESTINATION, SOURCE, READERS),
    "Update": ("U", {"update", "patch"}, SOURCE, DESTINATION, WRITERS),
    "Delete": ("D", {"delete"}, (DCM, "110150"), (f"{TERMS}provenance-participant-type",
                                                  "custodian"), WRITERS),
    "Query": ("E", {"search", "search-type", "search-system"}, SOURCE, DESTINATION, READERS),
}  # fmt: skip
OBJECT_ROLES = {"3", "4", "20"}  # RestObjectRoles
# HL7 v3 PurposeOfUse, those of its codes that this house knows
PURPOSES = {"TREAT", "ETREAT", "HOPERAT", "HSYSADMIN"}
ELEMENTS = {
    "resourceType", "id", "meta", "type", "subtype", "action", "recorded", "outcome", "outcomeDesc",
    "agent", "source", "entity",
}  # fmt: skip


def faults(event: dict[str, Any]) -> list[str]:
    """Where the event is no R4 AuditEvent, or not what the profile that it claims asks for."""
    found = list(_of_r4(event))
    for url in event.get("meta", {}).get("profile", []):
        found += _of_profile(event, url.removeprefix(URL))
    return found


def coded(element: Any) -> tuple[str, str]:
    """(system, code) of a Coding or of the first of a CodeableConcept."""
    coding = element["coding"][0] if "coding" in element else element
    return coding["system"], coding["code"]


def _of_r4(event: dict[str, Any]) -> Iterator[str]:
    if event["resourceType"] != "AuditEvent" or set(event) - ELEMENTS:
        yield f"elements {sorted(set(event) - ELEMENTS)}"
    if not re.fullmatch(r"[A-Za-z0-9.-]{1,64}", event["id"]):
        yield "id"
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", event["recorded"]):
        yield "recorded"
    datetime.fromisoformat(event["recorded"])
    if event["action"] not in "CRUDE" or event["outcome"] not in {"0", "4", "8", "12"}:
        yield "action or outcome"
    if not event["agent"] or not event["source"].get("observer"):
        yield "agent 1..*, source.observer 1..1"
    for agent in event["agent"]:
        if not isinstance(agent["requestor"], bool):
            yield "agent.requestor 1..1"
        if agent.get("network", {}).get("type", "1") not in {"1", "2", "3", "4", "5"}:
            yield "agent.network.type"
    if sum(agent["requestor"] for agent in event["agent"]) > 1:
        yield "more than one requestor"
    for entity in event.get("entity", []):
        if "name" in entity and "query" in entity:
            yield "sev-1: a name or a query, not both"
        b64decode(entity.get("query", ""), validate=True)


def _of_profile(event: dict[str, Any], name: str) -> Iterator[str]:
    kind = name.removeprefix("Patient")
    action, subtypes, client, server, users = PROFILES[kind]
    if coded(event["type"]) != (f"{TERMS}audit-event-type", "rest"):
        yield "type"
    rest = [one["code"] for one in event["subtype"] if one["system"].endswith("interaction")]
    if len(rest) != 1 or rest[0] not in subtypes:
        yield f"subtype {rest}"
    if event["action"] != action or event["outcome"] != "0":
        yield "action, outcome"
    yield from _agents(event, client, server, users)
    yield from _entities(event, kind)
    patients = [one for one in event["entity"] if coded(one["type"])[1] == "1"]
    if len(patients) != (1 if name.startswith("Patient") else 0):
        yield "entity[patient]"
    for one in patients:
        if coded(one["role"]) != (f"{TERMS}object-role", "1"):
            yield "entity[patient].role"
        if one["what"]["type"] != "Patient" or set(one) - {"what", "type", "role"}:
            yield "entity[patient].what"


def _agents(event: dict[str, Any], client: Any, server: Any, users: set[Any]) -> Iterator[str]:
    by_type = [coded(agent["type"]) for agent in event["agent"]]
    if by_type.count(client) != 1 or by_type.count(server) != 1 or len(by_type) < 2:
        yield "agent[client] 1..1, agent[server] 1..1"
    for agent, kind in zip(event["agent"], by_type, strict=True):
        if not agent.get("who") or "media" in agent:
            yield "agent.who 1..1, agent.media 0..0"
        if kind in (client, server):
            if not agent.get("network"):
                yield "agent.network 1..1"
        elif kind not in users or agent["requestor"] is not True or "network" in agent:
            yield "agent[user]"
        for purpose in agent.get("purposeOfUse", []):
            if coded(purpose)[0] != f"{TERMS}v3-ActReason" or coded(purpose)[1] not in PURPOSES:
                yield "agent.purposeOfUse"


def _entities(event: dict[str, Any], kind: str) -> Iterator[str]:
    objects = [one for one in event["entity"] if coded(one["type"])[1] == "2"]
    requests = [one for one in event["entity"] if coded(one["type"]) == XREQUEST]
    if len(objects) != 1 or len(requests) > 1:
        yield "entity[data] or entity[query] 1..1, entity[transaction] 0..1"
    if any(not one["what"]["identifier"]["value"] for one in requests):
        yield "entity[transaction].what.identifier.value 1..1"
    for one in objects:
        role = coded(one["role"])
        if kind == "Query":
            if role[1] != "24" or "what" in one or "detail" in one or not one.get("query"):
                yield "entity[query]"
        elif role[1] not in OBJECT_ROLES or not one.get("what"):
            yield "entity[data]"
