"""What stands in the way of a transfer, and what a patient's own moves do to an open one."""

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from domain.beds.commands import AdmitPatient, CancelAdmission, CancelEncounter, StartLeave
from domain.patients.model import Encounter, EncounterStatus
from domain.transfers.commands import (
    AskAboutTransfer,
    CancelTransfer,
    DispatchTransfer,
    EscalateTransfer,
    OverrideConsent,
    RecordConsent,
    RequestTransfer,
)
from domain.transfers.escalating import transfers_overdue
from domain.transfers.model import Consent, Transfer
from domain.transfers.states import answer_by
from domain.transfers.told import age_band
from domain.transfers.words import (
    CancelReason,
    ConsentBy,
    ConsentWord,
    OverrideCause,
    TransferReason,
    TransferState,
    Urgency,
)
from kit.errors import Conflict, Invalid
from tests.domain_world import NOON
from tests.transfers.network import DAY, HOUR, MINUTE, Network

S = TransferState


def test_a_patient_has_one_open_transfer_and_the_database_says_so(network: Network) -> None:
    transfer = network.at(S.UNDER_REVIEW)
    again = RequestTransfer(encounter_id=transfer.encounter_id, to_hospital_id=network.south.id,
                            reason=TransferReason.SPECIALTY)  # fmt: skip
    why = network.refused(again, Conflict, "TRANSFER_OPEN")
    assert why.blocking == transfer.id
    second = Transfer.model_validate(transfer.model_dump(exclude={"id"}))
    with Session(network.engine) as session:
        session.add(second)
        with pytest.raises(IntegrityError):
            session.flush()


def test_only_a_patient_of_this_house_goes_to_another_one(network: Network) -> None:
    encounter, stay = network.admit("A1")
    ask = {"encounter_id": encounter.id, "reason": TransferReason.CAPACITY}
    here = RequestTransfer(to_hospital_id=network.hospital.id, **ask)  # type: ignore[arg-type]
    network.refused(here, Invalid, "SAME_HOSPITAL")
    planned = network.arrive(status=EncounterStatus.PLANNED)
    there = RequestTransfer(to_hospital_id=network.south.id, encounter_id=planned.id,
                            reason=TransferReason.CAPACITY)  # fmt: skip
    network.refused(there, Conflict, "NOT_IN_HOUSE")
    network.run(StartLeave(encounter_id=encounter.id))
    away = RequestTransfer(to_hospital_id=network.south.id, **ask)  # type: ignore[arg-type]
    network.refused(away, Conflict, "ON_LEAVE")
    assert stay.until is None


def test_nobody_leaves_without_a_consent(network: Network) -> None:
    transfer = network.at(S.BED_HELD)
    key = transfer.encounter_id
    with Session(network.engine) as session:
        network.sql("SELECT 1")
        session.delete(session.exec(select(Consent)).one())
        session.commit()
    why = network.refused(DispatchTransfer(transfer_id=transfer.id), Conflict, "CONSENT_MISSING")
    assert why.allowed == ("RecordConsent", "OverrideConsent")
    over = network.run(OverrideConsent(encounter_id=key, cause=OverrideCause.UNCONSCIOUS))
    assert (over.word, over.said_by) == (ConsentWord.OVERRIDDEN, ConsentBy.STAFF)
    assert network.run(DispatchTransfer(transfer_id=transfer.id)).state == S.IN_TRANSIT


def test_a_refusal_ends_the_transfer_and_no_emergency_undoes_it(network: Network) -> None:
    transfer = network.at(S.BED_HELD)
    network.run(RecordConsent(encounter_id=transfer.encounter_id, given=False,
                              said_by=ConsentBy.PROXY))  # fmt: skip
    over = network.get(Transfer, transfer.id)
    assert (over.state, over.end_reason) == (S.CANCELLED, "CONSENT_REFUSED")
    network.refused(
        OverrideConsent(encounter_id=transfer.encounter_id, cause=OverrideCause.EVACUATION),
        Conflict, "CONSENT_REFUSED",
    )  # fmt: skip
    again = RequestTransfer(encounter_id=transfer.encounter_id, to_hospital_id=network.south.id,
                            reason=TransferReason.CAPACITY)  # fmt: skip
    network.refused(again, Conflict, "CONSENT_REFUSED")
    words = network.sql("SELECT word, until IS NULL FROM consent ORDER BY since")
    assert [(word, bool(present)) for word, present in words] == [
        ("GIVEN", False), ("REFUSED", True),
    ]  # fmt: skip


def test_staff_do_not_consent_for_a_patient(network: Network) -> None:
    encounter, _ = network.admit("A1")
    said = RecordConsent(encounter_id=encounter.id, given=True, said_by=ConsentBy.STAFF)
    why = network.refused(said, Invalid, "INVALID")
    assert why.allowed == ("PATIENT", "GUARDIAN", "PROXY", "COURT")


def test_what_was_prepared_is_given_back_when_a_transfer_ends_early(network: Network) -> None:
    transfer = network.at(S.BED_HELD)
    assert transfer.receiving_encounter_id is not None
    assert network.shown("C1").state == "HELD"
    network.run(CancelTransfer(transfer_id=transfer.id, reason=CancelReason.UNFIT_TO_TRAVEL))
    assert network.shown("C1").state == "READY"
    expected = network.get(Encounter, transfer.receiving_encounter_id)
    assert expected.status == EncounterStatus.ERROR
    assert network.sql("SELECT state, end_reason FROM bed_request") == [
        ("CANCELLED", "TRANSFER_OFF")
    ]
    assert network.get(Encounter, transfer.encounter_id).status == EncounterStatus.ADMITTED


def test_the_expected_patient_arrives_by_the_transfer_alone(network: Network) -> None:
    transfer = network.at(S.BED_HELD)
    assert transfer.receiving_encounter_id is not None
    admit = AdmitPatient(encounter_id=transfer.receiving_encounter_id, bed_id=network.beds["C1"])
    why = network.refused(admit, Conflict, "TRANSFER_PENDING")
    assert why.blocking == transfer.id


def test_a_receiver_who_strikes_the_expected_encounter_ends_the_transfer(
    network: Network,
) -> None:
    transfer = network.at(S.ACCEPTED)
    assert transfer.receiving_encounter_id is not None
    network.run(CancelEncounter(encounter_id=transfer.receiving_encounter_id))
    over = network.get(Transfer, transfer.id)
    assert (over.state, over.end_reason) == (S.CANCELLED, "NOT_EXPECTED_ANY_MORE")


def test_an_arrival_is_cancelled_only_after_the_admission_is(network: Network) -> None:
    transfer = network.at(S.ARRIVED)
    assert transfer.receiving_encounter_id is not None
    cancel = CancelTransfer(transfer_id=transfer.id, reason=CancelReason.MISTAKE)
    network.refused(cancel, Conflict, "PATIENT_ARRIVED")
    network.run(CancelAdmission(encounter_id=transfer.receiving_encounter_id))
    if network.get(Encounter, transfer.receiving_encounter_id).status == EncounterStatus.ARRIVED:
        network.run(CancelEncounter(encounter_id=transfer.receiving_encounter_id))
    network.tick()
    assert network.run(cancel).state == S.CANCELLED


def test_a_question_without_a_topic_is_none(network: Network) -> None:
    transfer = network.at(S.UNDER_REVIEW)
    network.refused(AskAboutTransfer(transfer_id=transfer.id, topics=()), Invalid, "INVALID")


def test_the_clock_escalates_what_nobody_answers(network: Network) -> None:
    transfer = network.at(S.UNDER_REVIEW)
    early = EscalateTransfer(transfer_id=transfer.id)
    network.refused(early, Conflict, "NOT_OVERDUE")
    assert overdue(network) == []
    network.tick(2 * HOUR)
    assert overdue(network) == [early]
    escalated = network.run(early)
    assert (escalated.state, escalated.answer_by) == (S.ESCALATED, None)
    assert network.steps(transfer)[-1] == ("ESCALATED", "NO_ANSWER")
    assert overdue(network) == []


def test_deadlines_are_those_of_the_data() -> None:
    assert {urgency: answer_by(urgency, NOON) - NOON for urgency in Urgency} == {
        Urgency.EMERGENCY: 30 * MINUTE, Urgency.URGENT: 2 * HOUR, Urgency.ROUTINE: DAY,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("years", "band"), [(0, "0-9"), (9, "0-9"), (69, "60-69"), (89, "80-89"), (104, "90+")]
)
def test_an_age_is_told_as_a_band(years: int, band: str) -> None:
    born = NOON.date().replace(year=NOON.year - years)
    assert age_band(born, NOON.date()) == band


def test_an_unknown_age_has_no_band() -> None:
    assert age_band(None, NOON.date()) is None


def overdue(network: Network) -> list[object]:
    with Session(network.engine) as session:
        return list(transfers_overdue(session, network.now))
