"""A transfer from the first word to the last, and what each side's rows then say."""

from dataclasses import replace

from sqlmodel import Session, select

from audit.seal import FieldVault
from domain.beds.commands import DepartPatient, ReleaseHold
from domain.beds.model import BedHold, BedStay
from domain.beds.requests import RequestBed
from domain.patients.commands import (
    Identifier,
    Identity,
    RegisterEncounter,
    RegisterPatient,
    StatePlacementNeed,
)
from domain.patients.identity import patient_place
from domain.patients.model import Encounter, EncounterStatus, Isolation, Patient, Sex
from domain.places.model import ApprovalMode, ApprovalModeSwitch, Hospital, ModeReason
from domain.places.modes import SwitchApprovalMode
from domain.transfers.commands import (
    AcceptTransfer,
    AnswerTransfer,
    ArriveTransfer,
    AskAboutTransfer,
    AuthoriseTransfer,
    CompleteTransfer,
    DispatchTransfer,
)
from domain.transfers.model import Transfer
from domain.transfers.words import InfoTopic, TransferState
from kit.errors import Conflict
from tests.domain_world import KEYS
from tests.transfers.network import HOUR, MINUTE, Network

S = TransferState


def test_the_whole_way_moves_the_patient_from_one_hospital_to_the_other(network: Network) -> None:
    encounter, stay = network.admit("A1")
    network.consent(encounter.id)
    asked = network.now
    transfer = network.ask(encounter)
    assert (transfer.state, transfer.put_at) == (S.UNDER_REVIEW, asked)
    assert transfer.answer_by == asked + 2 * HOUR
    network.tick()
    accepted = network.run(AcceptTransfer(transfer_id=transfer.id))
    assert (accepted.state, accepted.accepted_at) == (S.ACCEPTED, network.now)
    network.tick()
    network.hold(transfer)
    assert network.get(Transfer, transfer.id).state == S.BED_HELD
    left = network.tick()
    network.run(DispatchTransfer(transfer_id=transfer.id))
    assert network.shown("A1").state == "OCCUPIED"
    came = network.tick(20 * MINUTE)
    arrived = network.run(ArriveTransfer(transfer_id=transfer.id))
    network.tick()
    done = network.run(CompleteTransfer(transfer_id=transfer.id))
    assert (done.state, done.until, done.end_reason) == (S.COMPLETED, network.now, None)
    assert left < came

    there = network.get(Encounter, encounter.id)
    assert (there.status, there.ended_at) == (EncounterStatus.DISCHARGED, came)
    assert there.disposition == "TRANSFERRED"
    gone = network.get(BedStay, stay.id)
    assert (gone.until, str(gone.ended_by)) == (came, "DEPARTURE")
    assert network.shown("A1").state == "DIRTY"
    assert arrived.receiving_encounter_id is not None
    here = network.get(Encounter, arrived.receiving_encounter_id)
    assert (here.status, here.ward_id) == (EncounterStatus.ADMITTED, network.ward_c.id)
    assert (here.hospital_id, here.arrived_at) == (network.south.id, came)
    assert network.shown("C1").state == "OCCUPIED"
    assert network.steps(transfer) == [
        ("REQUESTED", None), ("UNDER_REVIEW", "PEACETIME"), ("ACCEPTED", None),
        ("BED_HELD", None), ("IN_TRANSIT", None), ("ARRIVED", None), ("COMPLETED", None),
    ]  # fmt: skip


def test_who_it_is_is_sealed_anew_for_the_receiving_hospital(network: Network) -> None:
    patient = network.run(RegisterPatient(
        hospital_id=network.hospital.id, sex=Sex.MALE, privacy=True, sensitivity=("HIV",),
        identity=Identity(family_zh="王", given_zh="小明", phone="138"),
        identifiers=(Identifier(system="NATIONAL", value="11010519491231002X"),
                     Identifier(system="MRN", value="N-1")),
    ))  # fmt: skip
    encounter = network.run(
        RegisterEncounter(patient_id=patient.id, ward_id=network.ward_a.id, specialty="CARDIOLOGY")
    )
    network.run(StatePlacementNeed(encounter_id=encounter.id, isolation=Isolation.CONTACT,
                                   organism="MRSA", required_equipment=("MONITOR",)))  # fmt: skip
    transfer = network.ask(encounter)
    assert (transfer.sex, transfer.isolation, transfer.specialty) == (
        Sex.MALE, Isolation.CONTACT, "CARDIOLOGY",
    )  # fmt: skip
    accepted = network.run(AcceptTransfer(transfer_id=transfer.id))
    copy = network.patient_of(accepted.receiving_encounter_id)
    assert (copy.hospital_id, copy.sex, copy.privacy) == (network.south.id, Sex.MALE, True)
    assert copy.sensitivity == ["HIV"]
    assert copy.subject != patient.subject == transfer.subject
    assert accepted.receiving_subject == copy.subject
    assert copy.family_zh != patient.family_zh
    assert opened(network, copy, "family_zh") == "王"
    assert opened(network, copy, "phone") == "138"
    assert systems(network, copy) == ["NATIONAL"]
    need = network.sql(
        "SELECT organism, isolation FROM placement_need WHERE encounter_id = :id",
        id=_key(network, accepted.receiving_encounter_id),
    )
    assert need == [("MRSA", "CONTACT")]


def test_a_person_whom_the_hospital_knows_keeps_one_record(network: Network) -> None:
    number = Identifier(system="NATIONAL", value="11010519491231002X")
    known = network.run(RegisterPatient(
        hospital_id=network.south.id, identity=Identity(family_en="Known"), identifiers=(number,),
    ))  # fmt: skip
    patient = network.run(RegisterPatient(
        hospital_id=network.hospital.id, identity=Identity(family_en="Same"),
        identifiers=(replace(number, value="110105 19491231-002x"),),
    ))  # fmt: skip
    encounter = network.run(RegisterEncounter(patient_id=patient.id, ward_id=network.ward_a.id))
    accepted = network.run(AcceptTransfer(transfer_id=network.ask(encounter).id))
    assert network.patient_of(accepted.receiving_encounter_id).id == known.id
    assert opened(network, network.get(Patient, known.id), "family_en") == "Known"


def test_a_question_is_answered_with_the_needs_of_the_moment(network: Network) -> None:
    transfer = network.at(S.UNDER_REVIEW)
    asked = network.run(AskAboutTransfer(
        transfer_id=transfer.id, topics=(InfoTopic.RESULTS, InfoTopic.INFECTION)
    ))  # fmt: skip
    assert (asked.state, asked.info_topics) == (S.INFO_NEEDED, ["INFECTION", "RESULTS"])
    network.run(StatePlacementNeed(encounter_id=transfer.encounter_id,
                                   isolation=Isolation.DROPLET))  # fmt: skip
    assert network.get(Transfer, transfer.id).isolation == Isolation.NONE
    network.tick()
    answered = network.run(AnswerTransfer(transfer_id=transfer.id))
    assert (answered.state, answered.isolation, answered.info_topics) == (
        S.UNDER_REVIEW, Isolation.DROPLET, [],
    )  # fmt: skip
    assert answered.answer_by == network.now + 2 * HOUR


def test_in_surge_the_network_puts_the_request_to_the_hospital(network: Network) -> None:
    network.run(SwitchApprovalMode(hospital_id=network.south.id, mode=ApprovalMode.SURGE,
                                   reason=ModeReason.MASS_CASUALTY))  # fmt: skip
    encounter, _ = network.admit("A1")
    transfer = network.ask(encounter)
    assert (transfer.state, transfer.put_at) == (S.REQUESTED, None)
    assert [event.scope.hospital for event in network.events] == [network.hospital.id]
    why = network.refused(AcceptTransfer(transfer_id=transfer.id), Conflict, "TRANSFER_STATE")
    assert why.allowed == ("UNDER_REVIEW", "ESCALATED", "CANCELLED", "DIED")
    put = network.run(AuthoriseTransfer(transfer_id=transfer.id))
    assert (put.state, put.put_at) == (S.UNDER_REVIEW, network.now)
    hospitals = {event.scope.hospital for event in network.events}
    assert hospitals == {network.hospital.id, network.south.id}
    assert network.steps(transfer) == [("REQUESTED", None), ("UNDER_REVIEW", None)]


def test_a_switch_of_mode_is_kept_with_its_reason(network: Network) -> None:
    surge = SwitchApprovalMode(hospital_id=network.hospital.id, mode=ApprovalMode.SURGE,
                               reason=ModeReason.OUTBREAK)  # fmt: skip
    switch = network.run(surge)
    assert network.get(Hospital, network.hospital.id).approval_mode == ApprovalMode.SURGE
    kept = network.get(ApprovalModeSwitch, switch.id)
    assert (kept.reason, kept.at, kept.switched_by) == (
        ModeReason.OUTBREAK, network.now, network.actor.id,
    )  # fmt: skip
    why = network.refused(surge, Conflict, "SAME_MODE")
    assert why.allowed == ("PEACETIME",)


def test_the_bed_follows_the_ordinary_hold_and_is_lost_with_it(network: Network) -> None:
    transfer = network.at(S.ACCEPTED)
    hold = network.hold(transfer)
    assert network.get(Transfer, transfer.id).state == S.BED_HELD
    network.tick()
    network.run(ReleaseHold(hold_id=hold.id))
    assert network.get(Transfer, transfer.id).state == S.ACCEPTED
    why = network.refused(DispatchTransfer(transfer_id=transfer.id), Conflict, "TRANSFER_STATE")
    assert why.allowed == ("BED_HELD", "CANCELLED", "DIED")


def test_an_expired_hold_lets_nobody_leave(network: Network) -> None:
    transfer = network.at(S.BED_HELD)
    network.tick(2 * HOUR)
    network.refused(DispatchTransfer(transfer_id=transfer.id), Conflict, "NO_BED_HELD")


def test_a_patient_whose_bed_was_lost_on_the_way_gets_another_or_waits_in_a_ward(
    network: Network,
) -> None:
    transfer = network.at(S.IN_TRANSIT)
    held = network.sql("SELECT id FROM bed_hold WHERE state = 'ACTIVE'")
    assert len(held) == 1
    with Session(network.engine) as session:
        hold = session.exec(select(BedHold)).one()
    network.run(ReleaseHold(hold_id=hold.id))
    assert network.get(Transfer, transfer.id).state == S.IN_TRANSIT
    why = network.refused(ArriveTransfer(transfer_id=transfer.id), Conflict, "NO_BED_HELD")
    assert why.allowed == ("bedId", "wardId")
    arrived = network.run(ArriveTransfer(transfer_id=transfer.id, ward_id=network.ward_c.id))
    assert arrived.receiving_encounter_id is not None
    here = network.get(Encounter, arrived.receiving_encounter_id)
    assert (here.status, here.ward_id) == (EncounterStatus.ARRIVED, network.ward_c.id)
    assert network.get(Encounter, transfer.encounter_id).status == EncounterStatus.DISCHARGED


def test_a_departure_recorded_on_the_way_frees_the_bed_and_keeps_the_transfer(
    network: Network,
) -> None:
    transfer = network.at(S.IN_TRANSIT)
    network.run(DepartPatient(encounter_id=transfer.encounter_id))
    assert network.shown("A1").state == "DIRTY"
    assert network.get(Transfer, transfer.id).state == S.IN_TRANSIT
    network.tick()
    assert network.run(ArriveTransfer(transfer_id=transfer.id)).state == S.ARRIVED


def test_a_patient_without_a_bed_is_transferred_from_where_they_wait(network: Network) -> None:
    encounter = network.arrive()
    network.run(RequestBed(encounter_id=encounter.id))
    network.consent(encounter.id)
    transfer = network.ask(encounter)
    network.run(AcceptTransfer(transfer_id=transfer.id))
    network.hold(transfer)
    network.tick()
    network.run(DispatchTransfer(transfer_id=transfer.id))
    network.tick()
    network.run(ArriveTransfer(transfer_id=transfer.id))
    assert network.get(Encounter, encounter.id).status == EncounterStatus.DISCHARGED
    open_requests = network.sql("SELECT state FROM bed_request WHERE until IS NULL")
    assert open_requests == []


def opened(network: Network, patient: Patient, column: str) -> str:
    with Session(network.engine) as session:
        vault = FieldVault(KEYS, lambda: network.now).bind(session)
        return vault.open(getattr(patient, column), patient_place(patient, column))


def systems(network: Network, patient: Patient) -> list[str]:
    rows = network.sql(
        "SELECT system FROM patient_identifier WHERE patient_id = :id", id=_key(network, patient.id)
    )
    return [system for (system,) in rows]


def _key(network: Network, key: object) -> str:
    """As the database's own driver wants it: SQLite keeps 32 hexadecimal digits."""
    return str(key).replace("-", "") if network.engine.dialect.name == "sqlite" else str(key)
