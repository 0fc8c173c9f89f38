"""Makes a person's rows nameless: what could find or name the person goes, the history stays."""

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from sqlmodel import col, or_, select

from domain.inbound.model import InboundMessage
from domain.outbound.model import OutboundMessage, OutboundState
from domain.patients.model import Encounter, Patient, PatientIdentifier
from kit.blind import put
from kit.work import Work

_OfSomebody = Patient | Encounter | PatientIdentifier | InboundMessage
UNSENT = (OutboundState.WAITING, OutboundState.PARKED)


def forget(work: Work, records: Sequence[Patient]) -> set[UUID]:
    """Drop numbers, blind indexes and dates of the records, and refuse to open anything of their
    subjects from now on; the subjects. Their keys are destroyed later."""
    patients = [one.id for one in records]
    encounters = work.session.exec(
        select(Encounter).where(col(Encounter.patient_id).in_(patients))
    ).all()
    numbers = work.session.exec(
        select(PatientIdentifier).where(col(PatientIdentifier.patient_id).in_(patients))
    ).all()
    messages = _messages(work, patients, [one.id for one in encounters])
    subjects = {*_subjects(records), *_subjects(encounters), *_subjects(numbers)}
    subjects |= _subjects(messages)
    for record in records:
        put(record, "family_zh_blind", None)
        put(record, "family_en_blind", None)
        record.birth_date, record.weight_g, record.sensitivity = None, None, []
        record.erased_at = work.now
    for encounter in encounters:
        put(encounter, "visit_blind", None)
    for message in messages:
        put(message, "visit", None)
    for number in numbers:
        work.session.delete(number)
    _withhold(work, subjects)
    for subject in sorted(subjects):
        work.vault.erase(subject)
    work.subjects |= subjects
    return subjects


def destroy(work: Work, subjects: Iterable[UUID]) -> int:
    """Delete the keys of all of them, every generation; how many there were."""
    found = set(subjects)
    work.subjects |= found
    return sum(work.vault.destroy(subject) for subject in sorted(found))


def subjects_of(work: Work, records: Sequence[Patient]) -> set[UUID]:
    """Whose keys belong to the records, also after `forget`."""
    patients = [one.id for one in records]
    encounters = work.session.exec(
        select(Encounter).where(col(Encounter.patient_id).in_(patients))
    ).all()
    messages = _messages(work, patients, [one.id for one in encounters])
    return {*_subjects(records), *_subjects(encounters), *_subjects(messages)}


def _subjects(rows: Iterable[_OfSomebody]) -> set[UUID]:
    return {row.subject for row in rows}


def _messages(
    work: Work, patients: Collection[UUID], encounters: Collection[UUID]
) -> Sequence[InboundMessage]:
    return work.session.exec(
        select(InboundMessage).where(
            or_(
                col(InboundMessage.patient_id).in_(patients),
                col(InboundMessage.encounter_id).in_(encounters),
            )
        )
    ).all()


def _withhold(work: Work, subjects: Collection[UUID]) -> None:
    """Messages that were not sent yet cannot be any more: their facts do not open."""
    unsent = select(OutboundMessage).where(
        col(OutboundMessage.state).in_(UNSENT),
        or_(
            col(OutboundMessage.subject).in_(subjects),
            col(OutboundMessage.other_subject).in_(subjects),
        ),
    )
    for message in work.session.exec(unsent):
        message.state, message.reason = OutboundState.DISCARDED, None
        message.settled_at = work.now
