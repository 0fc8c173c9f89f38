"""Who of the patients may not be shown to a reader: directives weighed against who reads."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, or_, select

from domain.patients.directive_model import ConsentDirective, DirectiveWord
from domain.patients.model import Patient
from kit.work import Scope


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who reads: for what purpose, by which roles, granted in which places."""

    purpose: str
    roles: frozenset[str]
    places: frozenset[Scope]

    def meant_by(self, directive: ConsentDirective) -> bool:
        """True where everything that the directive names is true of the viewer."""
        named = directive.ward_id
        return (
            directive.purpose in (None, self.purpose)
            and (directive.role is None or directive.role in self.roles)
            and (named is None or any(place.ward == named for place in self.places))
        )


def refused(directives: Iterable[ConsentDirective], viewer: Viewer) -> frozenset[UUID]:
    """Patients who deny themselves to the viewer: what names more decides, and DENY a tie."""
    found: defaultdict[UUID, list[ConsentDirective]] = defaultdict(list)
    for directive in directives:
        if viewer.meant_by(directive):
            found[directive.patient_id].append(directive)
    return frozenset(patient for patient, said in found.items() if _denies(said))


def _denies(said: Collection[ConsentDirective]) -> bool:
    narrowest = max(one.narrowness for one in said)
    return any(one.word is DirectiveWord.DENY for one in said if one.narrowness == narrowest)


def in_force(session: Session, at: datetime, viewer: Viewer) -> Sequence[ConsentDirective]:
    """Directives that hold at a moment and may mean the viewer, of the hospitals that the session
    may read. Those for other purposes, the most by far, stay in the database."""
    wards = [place.ward for place in viewer.places if place.ward is not None]
    return session.exec(
        select(ConsentDirective).where(
            col(ConsentDirective.withdrawn_at).is_(None),
            col(ConsentDirective.since) <= at,
            or_(col(ConsentDirective.until).is_(None), col(ConsentDirective.until) > at),
            _unset_or_among(ConsentDirective.purpose, [viewer.purpose]),
            _unset_or_among(ConsentDirective.role, viewer.roles),
            _unset_or_among(ConsentDirective.ward_id, wards),
        )
    ).all()


def _unset_or_among(column: Any, values: Collection[Any]) -> ColumnElement[bool]:
    return or_(col(column).is_(None), col(column).in_(values))


def refusing_subjects(session: Session, at: datetime, viewer: Viewer) -> frozenset[UUID]:
    """What rows call the patients who may not be shown to the viewer, merged records included."""
    patients = refused(in_force(session, at, viewer), viewer)
    return subjects_of_records(session, patients) if patients else frozenset()


def subjects_of_records(session: Session, patients: Collection[UUID]) -> frozenset[UUID]:
    """The subjects of these records and of those merged into them, into these, and so on."""
    subjects: set[UUID] = set()
    asked = col(Patient.id).in_(patients)
    while rows := session.exec(select(Patient.id, Patient.subject).where(asked)).all():
        subjects.update(subject for _, subject in rows)
        asked = col(Patient.merged_into).in_([key for key, _ in rows])
    return frozenset(subjects)


def directives_of(
    session: Session, patient_id: UUID, *, limit: int, after: UUID | None = None
) -> Sequence[ConsentDirective]:
    """All that a patient has said, in force or not, the newest first."""
    query = select(ConsentDirective).where(ConsentDirective.patient_id == patient_id)
    if after is not None:
        query = query.where(col(ConsentDirective.id) < after)
    return session.exec(query.order_by(col(ConsentDirective.id).desc()).limit(limit)).all()
