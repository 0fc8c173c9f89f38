"""FHIR R4 over HTTP, below /fhir/<hospital code>: who may post, posts; who may see, reads."""

import logging
from functools import partial
from typing import Any

from app.exchange import Answered, Asked, Exchange
from app.wiring import App
from domain.places.model import Hospital
from gateways.fhir_answers import MEDIA_TYPES, answered, of_fault, of_refusal, refused
from gateways.fhir_capability import statement
from gateways.fhir_check import Issue, NotFhir, parse
from gateways.fhir_reading import look
from gateways.fhir_sources import SOURCES
from gateways.fhir_writing import TAKEN, Writing
from gateways.intake import hospital_of
from kit.errors import NotFound, Refusal
from kit.ids import new_id
from kit.work import Scope

log = logging.getLogger("wardgrid.fhir")


def exchange(app: App) -> Exchange:
    """The door, for the web server to mount."""
    return Exchange(prefix="/fhir", answer=partial(_answer, app), refuse=refused,
                    open_paths=frozenset({"metadata"}))  # fmt: skip


def _answer(app: App, asked: Asked) -> Answered:
    try:
        return _served(app, asked)
    except NotFhir as fault:
        return of_fault(fault)
    except Refusal as why:
        return of_refusal(why)
    except Exception as fault:  # its message may hold a name: the sender gets an id to tell us
        incident = str(new_id())
        log.error("fault", extra={"fault": type(fault).__name__, "incident": incident})
        return refused(500, "FAULT", f"something went wrong; incident {incident}")


def _served(app: App, asked: Asked) -> Answered:
    if asked.path[1:] == ("metadata",) and asked.method == "GET":
        return answered(200, statement())
    if not asked.path:
        raise NotFhir(Issue("not-found", "", "the address is /fhir/<hospital code>/…"), status=404)
    hospital = _hospital(app, asked)
    if asked.method == "GET":
        return _read(app, asked, hospital)
    if asked.method == "POST":
        return _write(app, asked, hospital)
    raise NotFhir(Issue("not-supported", "", "only GET and POST are served"), status=405)


def _hospital(app: App, asked: Asked) -> Hospital:
    """The hospital, if the account may know of it. Raises NotFound for a foreign one, too."""
    unknown = NotFound("there is no such hospital that you may see", field="hospital")
    try:
        hospital = hospital_of(app, asked.path[0])
    except NotFound:
        raise unknown from None
    if not app.decisions.reaches(asked.actor, Scope(hospital.id)):
        raise unknown
    return hospital


def _read(app: App, asked: Asked, hospital: Hospital) -> Answered:
    source = SOURCES.get(asked.path[1]) if len(asked.path) in (2, 3) else None
    if source is None:
        raise NotFhir(Issue("not-supported", "", f"read one of {', '.join(SOURCES)}"), status=404)
    return look(app, asked, hospital, asked.path[1], source)


def _write(app: App, asked: Asked, hospital: Hospital) -> Answered:
    if asked.media_type.partition(";")[0].strip().lower() not in MEDIA_TYPES:
        raise NotFhir(Issue("not-supported", "", "send application/fhir+json"), status=415)
    if len(asked.path) > 2 or (len(asked.path) == 2 and asked.path[1] not in TAKEN):
        raise NotFhir(Issue("not-supported", "", f"post a Bundle here, or {', '.join(TAKEN)}"),
                      status=404)  # fmt: skip
    body: dict[str, Any] = parse(asked.body)
    writing = Writing(app, asked, hospital)
    if len(asked.path) == 1:
        return writing.bundle(body)
    if body.get("resourceType") != asked.path[1]:
        raise NotFhir(Issue("invalid", "resourceType", f"must be {asked.path[1]} here"))
    return writing.one(body)
