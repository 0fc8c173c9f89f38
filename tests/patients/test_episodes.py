"""Encounters: begun, arrived, needed, expected, cared for; each with its history."""

from datetime import timedelta

from sqlmodel import Session

from audit.seal import FieldVault
from domain.beds.commands import ArrivePatient, DepartPatient
from domain.patients.commands import (
    AssignCare,
    EndCare,
    MarkMedicallyReady,
    RegisterEncounter,
    SetExpectedDischarge,
    StatePlacementNeed,
    UpdateEncounter,
)
from domain.patients.identity import visit_blind
from domain.patients.model import (
    Encounter,
    EncounterClass,
    EncounterStatus,
    Isolation,
    PlacementNeed,
)
from domain.patients.queries import (
    encounter_by_visit,
    encounters,
    expected_discharges,
    placement_need,
    status_at,
    treats,
)
from kit.errors import Conflict, Invalid, NotFound, Retry
from kit.ids import new_id
from kit.work import NETWORK, Scope
from tests.domain_world import DAY, HOUR, KEYS, World


def test_an_encounter_begins_planned_or_arrived(world: World) -> None:
    patient_id = world.arrive().patient_id
    wrong = RegisterEncounter(patient_id=patient_id, status=EncounterStatus.ADMITTED,
                              ward_id=world.ward_a.id)  # fmt: skip
    assert world.refused(wrong, Invalid, "INVALID").allowed == ("PLANNED", "ARRIVED")
    nowhere = RegisterEncounter(patient_id=patient_id)
    assert world.refused(nowhere, Invalid, "INVALID").field == "wardId"
    planned = world.run(RegisterEncounter(patient_id=patient_id, status=EncounterStatus.PLANNED))
    assert planned.scope == Scope(world.hospital.id)
    world.refused(RegisterEncounter(patient_id=new_id()), NotFound, "NOT_FOUND")


def test_the_planned_arrive_once(world: World) -> None:
    encounter = world.arrive(status=EncounterStatus.PLANNED)
    planned = world.now
    at = world.tick(HOUR)
    arrive = ArrivePatient(encounter_id=encounter.id, ward_id=world.ward_b.id)
    world.run(arrive)
    now = world.get(Encounter, encounter.id)
    assert (now.status, now.ward_id, now.arrived_at) == (
        EncounterStatus.ARRIVED, world.ward_b.id, at,
    )  # fmt: skip
    assert {event.scope.ward for event in world.events} == {world.ward_a.id, world.ward_b.id}
    refusal = world.refused(arrive, Conflict, "ENCOUNTER_STATE")
    assert refusal.allowed == (
        "ADMITTED", "DISCHARGED", "DIED", "LEFT_WITHOUT_BEING_SEEN", "ENTERED_IN_ERROR",
    )  # fmt: skip
    with Session(world.engine) as session:
        told = [status_at(session, encounter.id, when) for when in (planned - HOUR, planned, at)]
    assert told == [None, EncounterStatus.PLANNED, EncounterStatus.ARRIVED]


def test_history_is_told_in_order(world: World) -> None:
    encounter = world.arrive(status=EncounterStatus.PLANNED)
    early = ArrivePatient(encounter_id=encounter.id, ward_id=world.ward_a.id,
                          at=world.now - DAY)  # fmt: skip
    assert world.refused(early, Invalid, "BEFORE_LAST_CHANGE").field == "at"


def test_a_visit_number_finds_one_encounter(world: World) -> None:
    encounter = world.arrive()
    world.run(UpdateEncounter(encounter_id=encounter.id, visit_number="V-77",
                              encounter_class=EncounterClass.EMERGENCY))  # fmt: skip
    other = world.arrive()
    taken = UpdateEncounter(encounter_id=other.id, visit_number="V-77")
    assert world.refused(taken, Conflict, "VISIT_NUMBER_TAKEN").blocking == encounter.id
    with Session(world.engine) as session:
        blind = visit_blind(FieldVault(KEYS).bind(session), "V-77")
        found = encounter_by_visit(session, [NETWORK], world.hospital.id, blind)
        assert found is not None
        assert (found.id, found.encounter_class) == (encounter.id, EncounterClass.EMERGENCY)
        nobody = encounter_by_visit(session, [Scope(new_id())], world.hospital.id, blind)
        assert nobody is None


def test_a_need_replaces_the_last_one_and_the_last_one_is_kept(world: World) -> None:
    encounter = world.arrive()
    first = world.run(StatePlacementNeed(encounter_id=encounter.id, isolation=Isolation.CONTACT,
                                         required_equipment=("PUMP", "OXYGEN", "PUMP")))  # fmt: skip
    assert first.required_equipment == ["OXYGEN", "PUMP"]
    then = world.now
    world.tick(HOUR)
    second = world.run(StatePlacementNeed(encounter_id=encounter.id, version=first.version))
    stale = StatePlacementNeed(encounter_id=encounter.id, version=second.version + 1)
    world.refused(stale, Retry, "STALE_VERSION")
    with Session(world.engine) as session:
        needs: list[PlacementNeed | None] = [
            placement_need(session, [NETWORK], encounter.id, at) for at in (then, None)
        ]
    assert [need.isolation if need else None for need in needs] == ["CONTACT", "NONE"]


def test_expected_discharges_keep_author_and_time(world: World) -> None:
    encounter = world.arrive()
    for days in (2, 5):
        world.tick(HOUR)
        world.run(SetExpectedDischarge(encounter_id=encounter.id,
                                       expected_at=world.now + timedelta(days=days)))  # fmt: skip
    world.tick()
    world.run(SetExpectedDischarge(encounter_id=encounter.id, expected_at=None))
    with Session(world.engine) as session:
        said = expected_discharges(session, [NETWORK], encounter.id)
    assert [one.expected_at is None for one in said] == [False, False, True]
    assert {one.recorded_by for one in said} == {world.actor.id}
    assert [one.until for one in said[:-1]] == [one.since for one in said[1:]]


def test_an_ended_encounter_is_asked_for_nothing_more(world: World) -> None:
    encounter = world.arrive()
    world.tick()
    world.run(DepartPatient(encounter_id=encounter.id))
    account = world.account()
    for command in (
        StatePlacementNeed(encounter_id=encounter.id),
        SetExpectedDischarge(encounter_id=encounter.id, expected_at=None),
        AssignCare(account_id=account, encounter_id=encounter.id),
    ):
        world.refused(command, Conflict, "ENCOUNTER_ENDED")
    ready = MarkMedicallyReady(encounter_id=encounter.id)
    world.refused(ready, Conflict, "NOT_IN_HOUSE")


def test_medically_ready_is_said_and_taken_back(world: World) -> None:
    encounter = world.arrive()
    world.run(MarkMedicallyReady(encounter_id=encounter.id))
    assert world.get(Encounter, encounter.id).medically_ready_at == world.now
    world.run(MarkMedicallyReady(encounter_id=encounter.id, ready=False))
    assert world.get(Encounter, encounter.id).medically_ready_at is None


def test_care_opens_the_patient_to_one_person_and_ends(world: World) -> None:
    encounter, account = world.arrive(), world.account()
    care = world.run(AssignCare(account_id=account, encounter_id=encounter.id))
    with Session(world.engine) as session:
        assert treats(session, account) == {encounter.subject}
    again = AssignCare(account_id=account, encounter_id=encounter.id)
    assert world.refused(again, Conflict, "CARE_ASSIGNED").blocking == care.id
    world.tick()
    world.run(EndCare(assignment_id=care.id))
    world.refused(EndCare(assignment_id=care.id), Conflict, "CARE_ENDED")
    with Session(world.engine) as session:
        assert treats(session, account) == frozenset()


def test_encounters_are_listed_within_reach(world: World) -> None:
    here, there = world.arrive(), world.arrive(ward=world.ward_b)
    with Session(world.engine) as session:
        of_b = encounters(session, [Scope(world.hospital.id, world.ward_b.id)])
        arrived = encounters(session, [NETWORK], status=(EncounterStatus.ARRIVED,))
        of_patient = encounters(session, [NETWORK], patient_id=here.patient_id)
        nobody = encounters(session, [])
    assert [one.id for one in of_b] == [there.id]
    assert [one.id for one in arrived] == [here.id, there.id]
    assert [one.id for one in of_patient] == [here.id]
    assert nobody == []
