"""One row of a file of ward stays ↔ the text that is kept of it, and its event."""

import json
from dataclasses import asdict, fields
from datetime import date, datetime
from typing import Any

from domain.inbound import events
from domain.inbound.events import OfPatient
from domain.inbound.facts import Identifier, Patient, Person, Spot, Visit
from gateways.csv_files import OddRow, StayRow
from kit.clock import parse_time, time_text
from kit.errors import Invalid

_TIMES = ("since", "until")


def text_of(row: StayRow) -> str:
    """The row in our own words: what is sealed, and read again when it is retried."""
    values: dict[str, Any] = asdict(row)
    for name in _TIMES:
        values[name] = time_text(values[name]) if values[name] else None
    return json.dumps(values, ensure_ascii=False, sort_keys=True)


def identity_of(row: StayRow) -> str:
    """Equal for the same stay, wherever it stands in the file and whatever follows it."""
    said = (row.hospital, row.encounter, row.ward, row.room, row.bed, time_text(row.since))
    return json.dumps([*said, row.departure], ensure_ascii=False)


def odd_text(row: OddRow) -> tuple[str, str]:
    """Text and identity of a row that could not be used."""
    if isinstance(row.values, StayRow):
        return text_of(row.values), identity_of(row.values)
    text = json.dumps(dict(row.values), ensure_ascii=False, sort_keys=True)
    return text, text


def row_of(text: str) -> StayRow:
    """The inverse of `text_of`. Raises Invalid for a text that a correction has spoilt."""
    try:
        values = json.loads(text)
        for name in _TIMES:
            values[name] = parse_time(values[name]) if values[name] else None
        values["remarks"] = tuple(values["remarks"])
        known = {one.name for one in fields(StayRow)}
        if not isinstance(values["since"], datetime) or set(values) != known:
            raise KeyError("since")
        return StayRow(**values)
    except (ValueError, KeyError, TypeError, AttributeError) as odd:
        raise Invalid("the text is no stay as it was kept", reason="NOT_A_STAY",
                      field="body") from odd  # fmt: skip


def event_of(row: StayRow, source: str) -> OfPatient:
    """What the row says. `source` is the authority of its patient numbers."""
    person = Person(
        (Identifier(row.patient, source),),
        born=date.fromisoformat(row.born) if row.born else None,
        sex=row.sex[:1],
    )
    visit = Visit(
        number=Identifier(row.encounter, source),
        patient_class=row.patient_class[:1] or "I",
        at=None if row.departure else Spot(row.ward, row.room, row.bed, row.hospital),
    )
    told = Patient(person, visit)
    if row.departure:
        return events.Departed(trigger="DEPARTURE", at=row.since, patient=told)
    return events.StayTold(
        trigger="STAY", at=row.since, patient=told, until=row.until, leaves=row.leaves
    )
