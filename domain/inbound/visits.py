"""The visit that a message is about, and what it expects of it."""

from sqlmodel import col, select

from domain.inbound.doing import Doing
from domain.inbound.events import OfPatient
from domain.inbound.facts import Patient
from domain.inbound.people import known_encounter, known_patient
from domain.patients.commands import SetExpectedDischarge
from domain.patients.model import Encounter, ExpectedDischarge
from domain.patients.states import IN_HOUSE, LIVE
from kit.errors import Conflict


def require_visit(doing: Doing, told: Patient) -> Encounter:
    """The encounter. Raises Conflict VISIT_UNKNOWN: an earlier message has not come, or waits."""
    doing.patient = known_patient(
        doing.work, doing.hospital_id, told.person.identifiers, doing.assigner
    )
    doing.encounter = known_encounter(doing.work, doing.hospital_id, told, doing.patient)
    if doing.encounter is None:
        raise Conflict("no encounter has this visit number: its admission has not come, or waits",
                       reason="VISIT_UNKNOWN", field="PV1-19")  # fmt: skip
    if doing.patient is not None and doing.encounter.patient_id != doing.patient.id:
        raise Conflict("the visit belongs to another patient here: merge or correct",
                       reason="VISIT_OF_ANOTHER", field="PV1-19",
                       blocking=doing.encounter.id)  # fmt: skip
    return doing.encounter


def require_in_house(doing: Doing, told: Patient) -> Encounter:
    """The encounter of a patient who is here: a planned one has another request to lose."""
    encounter = require_visit(doing, told)
    if encounter.status not in IN_HOUSE:
        raise Conflict(f"the encounter is {encounter.status}; the patient is not here",
                       reason="NOT_IN_HOUSE", field="PV1-19", blocking=encounter.id)  # fmt: skip
    return encounter


def expect_departure(doing: Doing, event: OfPatient) -> None:
    """Take over PV2-9, if it is there and new."""
    expected, encounter = event.patient.visit.expected_discharge, doing.encounter
    if expected is None or encounter is None or encounter.status not in LIVE:
        return
    said = doing.work.session.exec(
        select(ExpectedDischarge).where(
            ExpectedDischarge.encounter_id == encounter.id, col(ExpectedDischarge.until).is_(None)
        )
    ).first()
    if said is not None and (said.expected_at == expected or said.since > event.at):
        return  # known, or something later is
    doing.do(SetExpectedDischarge(encounter_id=encounter.id, expected_at=expected, at=event.at))
