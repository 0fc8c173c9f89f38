"""What a message to another system says, as plain values; a gateway puts it into a format."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from domain.beds.model import Bed, BedStay
from domain.patients.identity import identifier_place, patient_place, visit_place
from domain.patients.model import Encounter, EncounterStatus, Patient, PatientIdentifier
from domain.places.model import Room, Ward
from kit.clock import parse_time, time_text
from kit.work import Work

NAMES = ("family_zh", "given_zh", "family_en", "given_en")


@dataclass(frozen=True, slots=True)
class Place:
    """Codes; no bed where the patient waits in the ward."""

    ward: str
    room: str = ""
    bed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One patient on one visit, as it stood when the message was planned."""

    numbers: tuple[tuple[str, str], ...]  # (system, value)
    names: tuple[str, str, str, str]  # in the order of NAMES
    sex: str
    born: date | None
    visit: str
    encounter_class: str
    at: Place
    was: Place | None
    admitted_at: datetime | None
    left_at: datetime | None
    died: bool

    def as_text(self) -> str:
        """JSON, to be sealed."""
        return json.dumps(asdict(self), default=_plain, ensure_ascii=False)

    @classmethod
    def of_text(cls, text: str) -> "Facts":
        """The inverse of `as_text`."""
        said: dict[str, Any] = json.loads(text)
        was, born = said["was"], said["born"]
        return cls(
            numbers=tuple((system, value) for system, value in said["numbers"]),
            names=tuple(said["names"]),
            sex=said["sex"],
            born=date.fromisoformat(born) if born else None,
            visit=said["visit"],
            encounter_class=said["encounter_class"],
            at=Place(**said["at"]),
            was=Place(**was) if was else None,
            admitted_at=_time(said["admitted_at"]),
            left_at=_time(said["left_at"]),
            died=said["died"],
        )


def facts_of(work: Work, encounter: Encounter, stay: BedStay | None) -> Facts:
    """Of the patient in this stay, or waiting in the ward. Opens who the patient is."""
    patient = work.get(Patient, encounter.patient_id)
    before = work.get(BedStay, stay.previous_id) if stay and stay.previous_id else None
    return Facts(
        numbers=_numbers(work, patient),
        names=_names(work, patient),
        sex=patient.sex,
        born=patient.birth_date,
        visit=_visit(work, encounter),
        encounter_class=encounter.encounter_class,
        at=place_of(work.session, stay.bed_id) if stay else _ward(work, encounter),
        was=place_of(work.session, before.bed_id) if before else None,
        admitted_at=encounter.arrived_at,
        left_at=encounter.ended_at,
        died=encounter.status == EncounterStatus.DIED,
    )


def place_of(session: Session, bed_id: UUID) -> Place:
    """The codes of a bed and of what it stands in. Raises NoResultFound."""
    found = session.exec(
        select(Ward.code, Room.code, Bed.code)
        .join(Room, col(Room.id) == col(Bed.room_id))
        .join(Ward, col(Ward.id) == col(Bed.ward_id))
        .where(Bed.id == bed_id)
    ).one()
    return Place(*found)


def _ward(work: Work, encounter: Encounter) -> Place:
    return Place(work.get(Ward, encounter.ward_id).code if encounter.ward_id else "")


def _numbers(work: Work, patient: Patient) -> tuple[tuple[str, str], ...]:
    rows: Sequence[PatientIdentifier] = work.session.exec(
        select(PatientIdentifier)
        .where(
            PatientIdentifier.patient_id == patient.id,
            col(PatientIdentifier.retired_at).is_(None),
        )
        .order_by(col(PatientIdentifier.id))
    ).all()
    return tuple((row.system, work.open(row.value, identifier_place(row))) for row in rows)


def _names(work: Work, patient: Patient) -> tuple[str, str, str, str]:
    one, two, three, four = (
        work.open(sealed, patient_place(patient, name))
        if (sealed := getattr(patient, name))
        else ""
        for name in NAMES
    )
    return one, two, three, four


def _visit(work: Work, encounter: Encounter) -> str:
    """The number that everybody knows the visit by, else our own name for it."""
    if encounter.visit_number is None:
        return encounter.id.hex[-20:]
    place = visit_place(encounter.hospital_id, encounter.id, encounter.subject)
    return work.open(encounter.visit_number, place)


def _plain(value: object) -> str:
    return time_text(value) if isinstance(value, datetime) else str(value)


def _time(text: str | None) -> datetime | None:
    return parse_time(text) if text else None
