"""The hospital that treated a patient before is preferred, and the plan says so."""

from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session, col

from domain.beds.admission import AdmitPatient
from domain.beds.leaving import DepartPatient
from domain.beds.requests import CancelRequest
from domain.patients.commands import (
    Identifier,
    Identity,
    RegisterEncounter,
    RegisterPatient,
    UpdateEncounter,
)
from domain.patients.model import Encounter, EncounterStatus, Patient, Sex
from domain.places.commands import OpenHospital, OpenWard, UpdateWard
from domain.places.model import Hospital, Ward
from domain.transfers.model import Transfer
from domain.transfers.words import TransferState
from tests.transfers.network import Network
from tests.transfers.test_plan import frozen, planned

NATIONAL = "110101195005050012"


def on_the_map(city: Network) -> Hospital:
    """NORTH, SOUTH 20 km away, EAST 7 km away; the latter two treat hearts."""
    east = city.run(OpenHospital(code="EAST", name_zh="东医院", name_en="East"))
    ward = city.run(OpenWard(hospital_id=east.id, code="E", name_zh="E", name_en="E",
                             licensed_beds=4, staffed_beds=4))  # fmt: skip
    for treats in (ward, city.ward_c):
        city.run(UpdateWard(ward_id=treats.id, specialties=(("CARDIOLOGY", 1),)))
    with Session(city.engine) as session:
        for row, degrees in ((city.hospital, 31.23), (east, 31.29), (city.south, 31.41)):
            session.execute(  # a test arranges what no command changes
                update(Hospital).where(col(Hospital.id) == row.id)
                .values(latitude=degrees, longitude=121.47)
            )  # fmt: skip
        session.commit()
    return east


def person(city: Network, hospital: Hospital, number: str | None) -> Patient:
    numbers = () if number is None else (Identifier(system="NATIONAL", value=number),)
    return city.run(RegisterPatient(
        hospital_id=hospital.id, sex=Sex.FEMALE, identifiers=numbers,
        identity=Identity(family_en="Li", given_en="Na"),
    ))  # fmt: skip


def comes(city: Network, patient: Patient, ward: Ward) -> Encounter:
    city.tick()
    return city.run(RegisterEncounter(patient_id=patient.id, status=EncounterStatus.ARRIVED,
                                      ward_id=ward.id))  # fmt: skip


def treated(city: Network, patient: Patient, ward: Ward, bed: str) -> None:
    """An episode from the arrival to the departure."""
    encounter = comes(city, patient, ward)
    city.tick()
    city.run(AdmitPatient(encounter_id=encounter.id, bed_id=city.beds[bed]))
    city.tick()
    city.run(DepartPatient(encounter_id=encounter.id))


def waits(city: Network, patient: Patient) -> Encounter:
    encounter = comes(city, patient, city.ward_a)
    city.run(UpdateEncounter(encounter_id=encounter.id, specialty="CARDIOLOGY"))
    city.request(encounter, priority=2)
    city.tick()
    return encounter


def test_a_hospital_that_treated_the_person_before_outweighs_a_nearer_one(network: Network) -> None:
    """SOUTH knows the first by the national number; nobody knows the second, who goes nearer."""
    east = on_the_map(network)
    treated(network, person(network, network.south, NATIONAL), network.ward_c, "C1")
    known = waits(network, person(network, network.hospital, NATIONAL))
    unknown = waits(network, person(network, network.hospital, None))
    assert sorted(str(one.continuity) for one in frozen(network).patients) == sorted(
        ["None", str(network.south.id)]
    )
    _, items = planned(network)
    goes = {item.encounter_id: item for item in items}
    assert goes[known.id].detail["hospital"] == str(network.south.id)
    assert goes[unknown.id].detail["hospital"] == str(east.id)
    to_east: Any = next(
        one for one in goes[known.id].alternatives if one["hospital"] == str(east.id)
    )
    assert {"code": "CONTINUITY", "penalty": 20} in to_east["terms"]


def test_the_last_episode_counts_and_one_that_runs_does_not(network: Network) -> None:
    """Here before, then at SOUTH; the episode in which the patient waits says nothing."""
    mine = person(network, network.hospital, NATIONAL)
    theirs = person(network, network.south, NATIONAL)
    waits(network, mine)
    (running,) = frozen(network).patients
    assert running.continuity is None
    network.run(CancelRequest(request_id=UUID(running.key)))
    treated(network, mine, network.ward_a, "A4")
    treated(network, theirs, network.ward_c, "C1")
    waits(network, mine)
    assert [one.continuity for one in frozen(network).patients] == [str(network.south.id)]


def test_without_a_common_number_the_transfer_tells_who_knows_them(network: Network) -> None:
    transfer = network.get(Transfer, network.at(TransferState.COMPLETED).id)
    there = transfer.receiving_encounter_id
    assert there is not None
    network.request(network.get(Encounter, there))
    network.tick()
    (patient,) = frozen(network).patients
    assert (patient.origin, patient.continuity) == (str(network.south.id), str(network.hospital.id))
