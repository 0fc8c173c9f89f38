"""Effects of messages by which a patient comes to a ward or a bed, or will come."""

from datetime import datetime

from domain.beds.commands import (
    AdmitPatient,
    ArrivePatient,
    ChangeRequest,
    EndLeave,
    MovePatient,
    RequestBed,
)
from domain.beds.model import Bed
from domain.beds.presence import request_of, stay_of
from domain.inbound.cleaning import make_ready
from domain.inbound.doing import Doing
from domain.inbound.events import (
    AdmissionPending,
    Admitted,
    Arrived,
    BecameInpatient,
    BecameOutpatient,
    Moved,
    MovePending,
    OfPatient,
    PreAdmitted,
)
from domain.inbound.facts import Patient, Spot
from domain.inbound.people import class_of, known_encounter, present, visit_number
from domain.inbound.spots import bed_of, ward_of
from domain.inbound.visits import expect_departure, require_in_house
from domain.patients.commands import RegisterEncounter, UpdateEncounter
from domain.patients.model import Encounter, EncounterStatus
from domain.places.model import Ward
from kit.errors import Conflict

ALREADY_THERE = "ALREADY_THERE"
ADMITTED_BY_MOVE = "ADMITTED_BY_MOVE"  # the message that admitted the patient never came


def admitted(doing: Doing, event: Admitted | BecameInpatient) -> None:
    """In a bed; or, where only the ward is named, in the ward and waiting for a bed."""
    spot = event.patient.visit.at
    ward = ward_of(doing.work, doing.hospital_id, spot)
    if spot is None or not spot.bed:
        _wait_in(doing, event, ward)
    else:
        bed = bed_of(doing.work, doing.hospital_id, spot)
        come_into(doing, event, bed, move=event.trigger != "A01")
    expect_departure(doing, event)


def arrived(doing: Doing, event: Arrived | BecameOutpatient) -> None:
    """In the ward; in a bed only if the message names one."""
    spot = event.patient.visit.at
    ward = ward_of(doing.work, doing.hospital_id, spot)
    if spot is None or not spot.bed:
        _come_to(doing, event, ward)
    else:
        bed = bed_of(doing.work, doing.hospital_id, spot)
        come_into(doing, event, bed, move=event.trigger != "A04")
    expect_departure(doing, event)


def moved(doing: Doing, event: Moved) -> None:
    """In another bed. Of an unknown visit the bed is true all the same: it admits."""
    bed = bed_of(doing.work, doing.hospital_id, event.patient.visit.at)
    come_into(doing, event, bed)
    if "AdmitPatient" in doing.effects:
        doing.remark(ADMITTED_BY_MOVE)
    expect_departure(doing, event)


def pre_admitted(doing: Doing, event: PreAdmitted | AdmissionPending) -> None:
    """Expected: a planned encounter, for A14 with a request for a bed."""
    patient = event.patient
    ward = _expected_ward(doing, patient)
    encounter = _found(doing, patient)
    if encounter is None:
        encounter = _register(doing, patient, ward, EncounterStatus.PLANNED, event.at)
    elif encounter.status != EncounterStatus.PLANNED:
        doing.remark(ALREADY_THERE)
        return
    expect_departure(doing, event)
    if isinstance(event, AdmissionPending):
        _ask(doing, encounter, ward, patient.visit.expected_admission, event.at)


def move_pending(doing: Doing, event: MovePending) -> None:
    """Another bed is needed: in the pending ward (PV1-42), else in that of PV1-3."""
    encounter = require_in_house(doing, event.patient)
    visit = event.patient.visit
    pending = visit.pending or visit.at
    ward = ward_of(doing.work, doing.hospital_id, pending, "PV1-42" if visit.pending else "PV1-3")
    _ask(doing, encounter, ward, None, event.at)


def go_to(doing: Doing, encounter: Encounter, bed: Bed, at: datetime) -> None:
    """Have the patient in this bed from `at` on, from wherever the patient was."""
    stay = stay_of(doing.work, encounter.id)
    if stay is not None and stay.bed_id == bed.id:
        doing.remark(ALREADY_THERE)
        return
    if stay is not None and at <= stay.since:
        raise Conflict(
            f"the patient lies in another bed since {stay.since.isoformat()}, and this message"
            " tells of no later time",
            reason="LATER_PLACE_KNOWN", field="EVN-6", blocking=stay.id,
        )  # fmt: skip
    make_ready(doing, bed, at)
    if stay is None:
        doing.do(AdmitPatient(encounter_id=encounter.id, bed_id=bed.id, at=at))
        return
    if encounter.status == EncounterStatus.ON_LEAVE:
        doing.do(EndLeave(encounter_id=encounter.id, at=at))
    doing.do(MovePatient(encounter_id=encounter.id, bed_id=bed.id, at=at))


def come_into(doing: Doing, event: OfPatient, bed: Bed, *, move: bool = True) -> Encounter:
    """Into the bed. An admission never moves: whoever lies elsewhere was admitted before."""
    encounter = _found(doing, event.patient)
    if encounter is None:
        ward = doing.work.get(Ward, bed.ward_id)
        encounter = _register(doing, event.patient, ward, EncounterStatus.ARRIVED, event.at)
    stay = stay_of(doing.work, encounter.id)
    if not move and stay is not None and stay.bed_id != bed.id and event.at > stay.since:
        raise Conflict(
            f"the patient lies in another bed since {stay.since.isoformat()}: move, or correct",
            reason="ALREADY_ADMITTED", field="PV1-3", blocking=stay.id,
        )  # fmt: skip
    go_to(doing, encounter, bed, event.at)
    _take_class(doing, encounter, event.patient)
    return encounter


def _wait_in(doing: Doing, event: OfPatient, ward: Ward) -> None:
    encounter = _come_to(doing, event, ward)
    if stay_of(doing.work, encounter.id) is None:
        _ask(doing, encounter, ward, None, event.at)


def _come_to(doing: Doing, event: OfPatient, ward: Ward) -> Encounter:
    encounter = _found(doing, event.patient)
    if encounter is None:
        return _register(doing, event.patient, ward, EncounterStatus.ARRIVED, event.at)
    if encounter.status == EncounterStatus.PLANNED:
        doing.do(ArrivePatient(encounter_id=encounter.id, ward_id=ward.id, at=event.at))
    elif encounter.ward_id != ward.id:
        raise Conflict(
            "the patient is in another ward; a move needs the bed", reason="NO_BED_NAMED",
            field="PV1-3", blocking=encounter.id,
        )  # fmt: skip
    else:
        doing.remark(ALREADY_THERE)
    _take_class(doing, encounter, event.patient)
    return encounter


def _found(doing: Doing, told: Patient) -> Encounter | None:
    patient = present(doing, told.person)
    doing.encounter = known_encounter(doing.work, doing.hospital_id, told, patient)
    if doing.encounter is not None and doing.encounter.patient_id != patient.id:
        raise Conflict("the visit belongs to another patient here: merge or correct",
                       reason="VISIT_OF_ANOTHER", field="PV1-19",
                       blocking=doing.encounter.id)  # fmt: skip
    return doing.encounter


def _register(
    doing: Doing, told: Patient, ward: Ward | None, status: EncounterStatus, at: datetime
) -> Encounter:
    patient = doing.patient or present(doing, told.person)
    doing.encounter = doing.do(RegisterEncounter(
        patient_id=patient.id, status=status, ward_id=ward.id if ward else None,
        encounter_class=class_of(told.visit), visit_number=visit_number(told) or None, at=at,
    ))  # fmt: skip
    return doing.encounter


def _take_class(doing: Doing, encounter: Encounter, told: Patient) -> None:
    said = class_of(told.visit)
    if told.visit.patient_class and encounter.encounter_class != said:
        doing.do(UpdateEncounter(encounter_id=encounter.id, encounter_class=said))


def _expected_ward(doing: Doing, told: Patient) -> Ward | None:
    spot: Spot | None = told.visit.pending or told.visit.at
    if spot is None or not spot.ward:
        return None
    return ward_of(doing.work, doing.hospital_id, spot, "PV1-42" if told.visit.pending else "PV1-3")


def _ask(
    doing: Doing, encounter: Encounter, ward: Ward | None, needed_by: datetime | None, at: datetime
) -> None:
    target = ward.id if ward else None
    request = request_of(doing.work, encounter.id)
    if request is None:
        doing.do(RequestBed(encounter_id=encounter.id, target_ward_id=target,
                            needed_by=needed_by, at=at))  # fmt: skip
    else:
        doing.do(ChangeRequest(request_id=request.id, target_ward_id=target, needed_by=needed_by))
