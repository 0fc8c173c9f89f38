"""What a search of the ledger finds, as a file.

The export is on record and its entry publicly signed before the first byte leaves; then pages are
read one by one as the client takes them, so a large file needs no large memory and a slow client
holds no snapshot. Only what a checkpoint covers is given: it does not change any more.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

import orjson

from app.exchange import Answered, Asked
from app.wiring import App
from audit.search import Found, Wanted, count_signed, newest_size, place_of, signed
from authz.classes import DataClass
from domain.patients.queries import subjects_of
from domain.privacy.exporting import MOST_ENTRIES, AuditFormat, ExportAudit
from domain.privacy.reasons import AccessReason
from gateways import audit_csv, balp
from kit.db import reading
from kit.errors import Denied, Invalid, NotFound
from kit.work import NETWORK, Scope

PAGE = 500
_NDJSON = "application/x-ndjson; charset=utf-8"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked for, read and looked up."""

    wanted: Wanted
    audit_format: AuditFormat
    patients: frozenset[UUID]
    reason: str

    @property
    def place(self) -> Scope:
        return self.wanted.place or NETWORK


def export(app: App, asked: Asked) -> Answered:
    """The entries that are asked for. Raises a Refusal."""
    scopes = _allowed(app, asked)
    given = _object(asked.body)
    with reading(app.read_engine) as session:
        question = _question(given, lambda key: subjects_of(session, scopes, key))
        here = [question.place] if any(at.covers(question.place) for at in scopes) else []
        size = newest_size(session)
        count = count_signed(session, here, question.wanted, size=size, most=MOST_ENTRIES)
    command = ExportAudit(
        hospital_id=question.place.hospital, ward_id=question.place.ward, entries=count, size=size,
        audit_format=question.audit_format, search=question.wanted.codes(),
        patients=question.patients, why=question.reason,
    )  # fmt: skip
    app.pipeline.run(asked.actor, command, operation=asked.operation)
    if DataClass.AUDIT not in app.decisions.classes(asked.actor, question.place):
        raise Denied("you may not see the ledger's entries there", reason="NO_RIGHT")
    pages = _pages(app, question, size)
    as_csv = question.audit_format is AuditFormat.CSV
    name = f"audit-{size}.{'csv' if as_csv else 'ndjson'}"
    return Answered(
        status=200, body=audit_csv.header() if as_csv else b"",
        media_type=_MEDIA[question.audit_format], chunks=map(_writer(app, question), pages),
        headers=(("Content-Disposition", f'attachment; filename="{name}"'),
                 ("X-Entries", str(count))),
    )  # fmt: skip


def _allowed(app: App, asked: Asked) -> tuple[Scope, ...]:
    """Where this account may export. Somebody who may nowhere is refused on record first."""
    scopes = app.decisions.scopes(asked.actor, ExportAudit.action)
    if not scopes:
        why = Denied("you may not export the ledger", reason="NO_RIGHT")
        app.pipeline.record(app.drafts.turned_away(
            app.clock(), asked.actor, ExportAudit.action, asked.operation, why))  # fmt: skip
        raise why
    return scopes


def _pages(app: App, question: _Question, size: int) -> Iterator[list[Found]]:
    after = 0
    while True:
        with reading(app.read_engine) as session:
            page = signed(session, [question.place], question.wanted, size=size, after=after,
                          limit=PAGE)  # fmt: skip
        if not page:
            return
        yield page
        after = page[-1].id


_MEDIA = {
    AuditFormat.CSV: audit_csv.MEDIA_TYPE,
    AuditFormat.NDJSON: _NDJSON,
    AuditFormat.FHIR: balp.MEDIA_TYPE,
}


def _writer(app: App, question: _Question) -> Callable[[list[Found]], bytes]:
    if question.audit_format is AuditFormat.CSV:
        return audit_csv.rows
    return _exact if question.audit_format is AuditFormat.NDJSON else partial(_as_fhir, app)


def _exact(page: Iterable[Found]) -> bytes:
    """Each body as it is hashed, as a JSON text: parsing and writing it anew might change it."""
    lines = (
        {"leaf": one.leaf, "hash": (one.hash or b"").hex(), "body": one.body.decode()}
        for one in page
    )
    return b"".join(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE) for line in lines)


def _as_fhir(app: App, page: list[Found]) -> bytes:
    with reading(app.read_engine) as session:
        events = list(balp.events_of(session, page))
    return b"".join(orjson.dumps(event, option=orjson.OPT_APPEND_NEWLINE) for event in events)


_KEYS = frozenset({
    "format", "actorId", "patientId", "reason", "action", "outcome", "purpose", "hospitalId",
    "wardId", "since", "until",
})  # fmt: skip


def _object(body: bytes) -> dict[str, Any]:
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Invalid("the body is not JSON", reason="NOT_JSON") from None
    if not isinstance(given, dict) or not all(isinstance(one, str) for one in given.values()):
        raise Invalid("send one JSON object whose values are texts", reason="NOT_JSON")
    unknown = sorted(set(given) - _KEYS)
    if unknown:
        raise Invalid(f"of {', '.join(sorted(_KEYS))}", field=unknown[0][:40])
    return given


def _question(given: dict[str, str], subjects: Callable[[UUID], frozenset[UUID]]) -> _Question:
    patient, reason = _read(given, "patientId", UUID), _read(given, "reason", AccessReason)
    patients: frozenset[UUID] = frozenset()
    if patient is not None:
        if reason is None:
            raise Invalid("say why you look into a patient's entries", field="reason",
                          reason="REASON_NEEDED")  # fmt: skip
        patients = subjects(patient)
        if not patients:
            raise NotFound.of("patient", patient)
    wanted = Wanted(
        actor=_read(given, "actorId", UUID), subjects=patients, action=given.get("action"),
        outcome=given.get("outcome"), purpose=given.get("purpose"),
        place=place_of(_read(given, "hospitalId", UUID), _read(given, "wardId", UUID)),
        since=_read(given, "since", _instant), until=_read(given, "until", _instant),
    )  # fmt: skip
    audit_format = _read(given, "format", AuditFormat)
    if audit_format is None:
        raise Invalid("csv, ndjson or fhir", field="format")
    return _Question(wanted, audit_format, patients, reason.value if reason else "")


def _read(given: dict[str, str], name: str, parse: Callable[[str], T]) -> T | None:
    text = given.get(name)
    try:
        return None if text is None else parse(text)
    except ValueError:
        raise Invalid("not a value of this field", field=name) from None


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError
    return at
