"""Effects of messages on records: changed, deleted, merged, linked; and two patients swapped."""

from domain.beds.commands import CancelAdmission, CancelEncounter, SwapPatients
from domain.beds.presence import stay_of
from domain.inbound.arrivals import ALREADY_THERE
from domain.inbound.doing import Doing
from domain.inbound.events import (
    BedsSwapped,
    Merger,
    PatientsLinked,
    PatientsMerged,
    Updated,
    VisitDeleted,
)
from domain.inbound.people import (
    class_of,
    known_encounter,
    known_patient,
    present,
    system_of,
    update,
)
from domain.inbound.spots import bed_of
from domain.inbound.visits import expect_departure, require_visit
from domain.patients.commands import AddIdentifier, Identifier, MergePatients, UpdateEncounter
from domain.patients.states import LIVE
from kit.errors import Conflict

VISIT_UNKNOWN = "VISIT_UNKNOWN"
LOCATION_DIFFERS = "LOCATION_DIFFERS"  # A08 moves nobody
MERGED_BEFORE = "MERGED_BEFORE"


def updated(doing: Doing, event: Updated) -> None:
    """Who the patient is and what is expected; where the patient lies only a move can say."""
    told = event.patient
    patient = present(doing, told.person)
    if "RegisterPatient" not in doing.effects:
        update(doing, patient, told.person)
    encounter = known_encounter(doing.work, doing.hospital_id, told, patient)
    if encounter is None:
        doing.remark(VISIT_UNKNOWN)
        return
    doing.encounter = encounter
    if encounter.status in LIVE and told.visit.patient_class:
        said = class_of(told.visit)
        if encounter.encounter_class != said:
            doing.do(UpdateEncounter(encounter_id=encounter.id, encounter_class=said))
    expect_departure(doing, event)
    _compare_place(doing, event)


def deleted(doing: Doing, event: VisitDeleted) -> None:
    """The visit was entered in error: out of the bed as if never in it, then closed as such."""
    encounter = require_visit(doing, event.patient)
    if stay_of(doing.work, encounter.id) is not None:
        doing.do(CancelAdmission(encounter_id=encounter.id, at=event.at))
    doing.do(CancelEncounter(encounter_id=encounter.id, at=event.at))


def merged(doing: Doing, event: PatientsMerged) -> None:
    """All pairs, or none of them."""
    for merger in event.mergers:
        _merge(doing, merger)


def linked(doing: Doing, event: PatientsLinked) -> None:
    """Links are not kept: only a merge makes two records one."""
    first, second = (
        known_patient(doing.work, doing.hospital_id, one.identifiers, doing.assigner)
        for one in (event.first, event.second)
    )
    if first is None or second is None or first.id != second.id:
        raise Conflict("a link without a merge is not kept: merge the two records, or discard",
                       reason="LINK_NOT_KEPT", field="PID-3")  # fmt: skip
    doing.patient = first
    doing.remark(ALREADY_THERE)


def swapped(doing: Doing, event: BedsSwapped) -> None:
    """Both at one instant; the beds that the message names must be each other's."""
    stays = []
    for told in (event.first, event.second):
        encounter = require_visit(doing, told)
        stay = stay_of(doing.work, encounter.id)
        if stay is None:
            raise Conflict("one of the two lies in no bed", reason="NOT_IN_BED",
                           field="PV1-3", blocking=encounter.id)  # fmt: skip
        stays.append(stay)
    beds = [
        bed_of(doing.work, doing.hospital_id, told.visit.at) for told in (event.first, event.second)
    ]
    one, other = stays
    if [bed.id for bed in beds] == [one.bed_id, other.bed_id]:
        doing.remark(ALREADY_THERE)
        return
    if [bed.id for bed in beds] != [other.bed_id, one.bed_id]:
        raise Conflict("the beds of the message are not the beds of the two patients",
                       reason="SWAP_DISAGREES", field="PV1-3", blocking=one.id)  # fmt: skip
    doing.do(SwapPatients(
        encounter_id=one.encounter_id, other_id=other.encounter_id, at=event.at
    ))  # fmt: skip


def _merge(doing: Doing, merger: Merger) -> None:
    """A record that is not known here only brings its number: later messages may use it."""
    survivor = present(doing, merger.stays)
    for number in merger.goes:
        gone = known_patient(doing.work, doing.hospital_id, (number,), doing.assigner)
        if gone is None:
            system = system_of(number, doing.assigner)
            old = Identifier(system=system, value=number.value)
            doing.do(AddIdentifier(patient_id=survivor.id, identifier=old))
        elif gone.id == survivor.id:
            doing.remark(MERGED_BEFORE)
        else:
            doing.do(MergePatients(survivor_id=survivor.id, merged_id=gone.id))


def _compare_place(doing: Doing, event: Updated) -> None:
    spot = event.patient.visit.at
    if doing.encounter is None or spot is None or not spot.bed:
        return
    stay = stay_of(doing.work, doing.encounter.id)
    try:
        bed = bed_of(doing.work, doing.hospital_id, spot)
    except Conflict:
        doing.remark(LOCATION_DIFFERS)
        return
    if stay is None or stay.bed_id != bed.id:
        doing.remark(LOCATION_DIFFERS)
