"""POST: each resource has its effect, once; what is wrong is told with its path and kept out."""

import copy
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import Session, col, select

from domain.beds.commands import AddBed, DepartPatient
from domain.beds.model import Bed, BedStay
from domain.devices.commands import AttachDevice, RegisterDevice
from domain.devices.model import DeviceKind, Protocol
from domain.inbound.model import InboundMessage, InboundState
from domain.patients.model import Encounter, EncounterStatus
from domain.places.commands import AddRoom, OpenWard
from domain.places.model import RoomKind, Ward
from gateways.parked import retry
from kit.clock import time_text
from kit.db import reading
from kit.work import Scope
from tests.fhir.world import Client, FhirWorld, example, issues
from tests.gateways.public_data import public_data

NUMBERS = iter(range(10_000))


@pytest.fixture(scope="module")
def sender(world: FhirWorld) -> Client:
    return world.client("integration")


def encounter(world: FhirWorld, status: str, number: str, **more: Any) -> dict[str, Any]:
    """An Encounter of a patient who is known by the same number; an hour ago."""
    at = world.city.app.clock() - timedelta(hours=1)
    return {
        "resourceType": "Encounter",
        "identifier": [{"system": "urn:example:visits", "value": number}],
        "status": status,
        "class": {"code": "IMP"},
        "subject": {"identifier": {"system": "urn:example:patients", "value": number}},
        "period": {"start": time_text(at), "end": time_text(at + timedelta(minutes=30))},
        **more,
    }


def at_bed(world: FhirWorld, bed: Bed) -> dict[str, Any]:
    """The `location` of a patient who came into the bed just now."""
    return {"location": [{
        "location": {"reference": f"Location/{bed.id}"}, "status": "active",
        "period": {"start": time_text(world.city.app.clock())},
    }]}  # fmt: skip


def side_rooms(world: FhirWorld, *codes: str) -> list[Bed]:
    """A new bed in a room of its own for each code."""
    rooms = [world.city.do(AddRoom(ward_id=world.corner.ids["ward"], code=code,
                                   kind=RoomKind.SIDE)) for code in codes]  # fmt: skip
    return [world.city.do(AddBed(room_id=room.id, code=room.code)) for room in rooms]


def next_number() -> str:
    return f"V{next(NUMBERS)}"


def rows(world: FhirWorld) -> dict[str, int]:
    tables = ("encounter", "patient", "bed_stay", "bed", "device", "inbound_message")
    return {table: world.sql(f"SELECT count(*) FROM {table}") for table in tables}


def stays(world: FhirWorld, key: str) -> list[tuple[str, bool]]:
    """(bed code, present) of an encounter's stays, first to last."""
    with Session(world.city.app.engine) as session:
        found = session.exec(
            select(Bed.code, BedStay.until).join(Bed, col(Bed.id) == col(BedStay.bed_id))
            .where(BedStay.encounter_id == UUID(key)).order_by(col(BedStay.since))
        ).all()  # fmt: skip
        session.rollback()
    return [(code, until is None) for code, until in found]


def test_an_encounter_is_planned_admitted_moved_and_finished(
    world: FhirWorld, sender: Client
) -> None:
    number = next_number()
    planned = sender.post("Encounter", encounter(world, "planned", number))
    assert planned.status_code == 201, planned.text
    key = planned.headers["location"].rpartition("/")[2]
    assert stays(world, key) == []
    for bed in side_rooms(world, "S1", "S2"):
        body = encounter(world, "in-progress", number, **at_bed(world, bed))
        answer = sender.post("Encounter", body)
        assert answer.status_code == 201, answer.text
    assert stays(world, key) == [("S1", False), ("S2", True)]
    ended = encounter(world, "finished", number)
    ended["period"]["end"] = time_text(world.city.app.clock())
    assert sender.post("Encounter", ended).status_code == 201
    with reading(world.city.app.engine) as session:
        row = session.get(Encounter, UUID(key))
        assert row is not None
        assert row.status is EncounterStatus.DISCHARGED
    assert stays(world, key) == [("S1", False), ("S2", False)]


def test_the_same_resource_twice_has_one_effect(world: FhirWorld, sender: Client) -> None:
    body = encounter(world, "planned", next_number())
    assert sender.post("Encounter", body).status_code == 201
    before = rows(world)
    assert sender.post("Encounter", body).status_code == 200
    assert rows(world) == {**before, "inbound_message": before["inbound_message"] + 1}


def test_an_unknown_place_is_kept_and_applied_once_it_is_known(
    world: FhirWorld, sender: Client
) -> None:
    code = f"NEW{next(NUMBERS)}"
    number = next_number()
    place = {"location": [{"location": {"identifier": {"value": code}}}]}
    answer = sender.post("Encounter", encounter(world, "arrived", number, **place))
    assert answer.status_code == 202
    assert "WARD_UNKNOWN" in answer.json()["issue"][0]["diagnostics"]
    world.city.do(OpenWard(
        hospital_id=world.corner.ids["hospital"], code=code, name_zh=code, name_en=code,
        licensed_beds=1, staffed_beds=1,
    ))  # fmt: skip
    assert sender.actor is not None
    with reading(world.city.app.engine) as session:
        waiting = session.exec(
            select(InboundMessage.id).where(InboundMessage.state == InboundState.PARKED,
                                            InboundMessage.spot == f"{code}/-/-")
        ).one()  # fmt: skip
    told = retry(world.city.app, "EAST", [waiting], actor=sender.actor)
    assert (told.applied, told.parked) == (1, 0)


@pytest.mark.parametrize(
    ("change", "status", "path"),
    [
        ({"status": "here"}, 400, "Encounter.status"),
        ({"class": None}, 400, "Encounter.class"),
        ({"colour": "red"}, 400, "Encounter.colour"),
        ({"identifier": []}, 400, "Encounter.identifier"),
        ({"identifier": [{"system": "x"}]}, 422, "Encounter.identifier"),
        ({"subject": {"reference": "Patient/1"}}, 422, "Encounter.subject.identifier"),
        ({"period": {"start": "yesterday"}}, 400, "Encounter.period.start"),
        ({"period": {"start": "2026-01-01"}}, 422, "Encounter.period.start"),
        ({"modifierExtension": [{"url": "u"}]}, 400, "Encounter.modifierExtension"),
        ({"location": [{"location": {"reference": "Location/9"}}]}, 422,
         "Encounter.location[0].location.reference"),
        ({"status": "unknown"}, 422, "Encounter.status"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_path_and_changes_nothing(
    world: FhirWorld, sender: Client, change: dict[str, Any], status: int, path: str
) -> None:
    body = {**encounter(world, "arrived", next_number()), **change}
    before = rows(world)
    answer = sender.post("Encounter", {k: v for k, v in body.items() if v is not None})
    assert (answer.status_code, issues(answer)[0][0]) == (status, path), answer.text
    assert rows(world) == before


@pytest.mark.parametrize(
    ("body", "media_type", "status"),
    [(b"{", "application/fhir+json", 400), (b"[]", "application/fhir+json", 400),
     (b'{"a": NaN}', "application/fhir+json", 400), (b"\xff", "application/fhir+json", 400),
     (b'{"resourceType": "Encounter", "status": "a", "status": "b"}', "application/json", 400),
     (b"<Encounter/>", "application/fhir+xml", 415),
     (b'{"resourceType": "Device"}', "application/json", 400),
     (b" " * 1_048_577, "application/json", 413)],
)  # fmt: skip
def test_what_is_no_resource_is_refused(
    world: FhirWorld, sender: Client, body: bytes, media_type: str, status: int
) -> None:
    before = rows(world)
    answer = sender.post("Encounter", body, media_type)
    assert answer.status_code == status
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert rows(world) == before


@pytest.mark.parametrize(
    ("name", "path"),
    [("InvalidObservation.json", "Observation.text"),
     ("ObservationWithInvalidStatus.json", "Observation.status"),
     ("ObservationWithInvalidDecimalSpecification.json", "Observation.valueQuantity.value"),
     ("ObservationWithBloodPressure.json", "Observation.interpretation"),
     ("ObservationWithTemperature.json", "Observation.interpretation")],
)  # fmt: skip
def test_the_public_invalid_examples_are_refused_with_the_path_of_the_fault(
    sender: Client, name: str, path: str
) -> None:
    answer = sender.post("Observation", example(public_data("fhir_r4"), name))
    assert (answer.status_code, issues(answer)[0][0]) == (400, path)


def bundle(kind: str, *resources: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, "entry": [
        {"fullUrl": url, "resource": one,
         "request": {"method": "POST", "url": one["resourceType"]}}
        for url, one in resources
    ]}  # fmt: skip


def patient(number: str) -> dict[str, Any]:
    return {"resourceType": "Patient",
            "identifier": [{"system": "urn:example:patients", "value": number}],
            "name": [{"family": "Chalmers", "given": ["Peter", "James"]}],
            "gender": "male", "birthDate": "1974-12-25"}  # fmt: skip


def of_patient(world: FhirWorld, url: str, status: str = "planned") -> dict[str, Any]:
    return {**encounter(world, status, next_number()), "subject": {"reference": url}}


def test_a_transaction_takes_the_patient_from_the_bundle(world: FhirWorld, sender: Client) -> None:
    url = "urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0a"
    sent = bundle("transaction", (url, patient(next_number())), ("", of_patient(world, url)))
    del sent["entry"][1]["fullUrl"]
    answer = sender.post("", sent)
    assert answer.status_code == 200, answer.text
    statuses = [one["response"]["status"] for one in answer.json()["entry"]]
    assert statuses == ["200", "201"]
    key = answer.json()["entry"][1]["response"]["location"].rpartition("/")[2]
    found = world.client("bed-manager").get(f"Encounter/{key}").json()
    assert found["status"] == "planned"


def test_a_transaction_with_one_fault_does_nothing_and_names_the_entry(
    world: FhirWorld, sender: Client
) -> None:
    good = encounter(world, "planned", next_number())
    bad = encounter(world, "finished", next_number())  # nobody knows this visit
    before = rows(world)
    answer = sender.post("", bundle("transaction", ("urn:uuid:a", good), ("urn:uuid:b", bad)))
    assert answer.status_code == 409
    assert issues(answer)[0][0].startswith("Bundle.entry[1].resource")
    malformed = copy.deepcopy(good) | {"status": "here"}
    answer = sender.post("", bundle("transaction", ("urn:uuid:a", good),
                                    ("urn:uuid:b", malformed)))  # fmt: skip
    assert (answer.status_code, issues(answer)[0][0]) == (
        400, "Bundle.entry[1].resource.status",
    )  # fmt: skip
    assert rows(world) == before


def test_a_batch_does_what_it_can_and_tells_the_rest(world: FhirWorld, sender: Client) -> None:
    good = encounter(world, "planned", next_number())
    answer = sender.post("", bundle(
        "batch", ("urn:uuid:a", {**good, "status": "here"}), ("urn:uuid:b", good),
        ("urn:uuid:c", {"resourceType": "Practitioner"}),
    ))  # fmt: skip
    assert [one["response"]["status"] for one in answer.json()["entry"]] == ["400", "201", "422"]
    first = answer.json()["entry"][0]["response"]["outcome"]["issue"][0]
    assert first["expression"] == ["Bundle.entry[0].resource.status"]


def test_places_are_added_by_whoever_may(world: FhirWorld, sender: Client) -> None:
    def location(kind: str, code: str, part_of: str | None = None) -> dict[str, Any]:
        told: dict[str, Any] = {
            "resourceType": "Location", "identifier": [{"value": code}], "name": code,
            "physicalType": {"coding": [{"code": kind}]},
        }  # fmt: skip
        return told | ({"partOf": {"reference": part_of}} if part_of else {})

    code = f"F{next(NUMBERS)}"
    before = rows(world)
    assert sender.post("Location", location("wa", code)).status_code == 403
    assert rows(world) == before
    admin = world.client("system-administrator")
    ward = admin.post("Location", location("wa", code)).headers["location"].rpartition("/fhir/EAST/")[2]  # fmt: skip
    room = admin.post("Location", location("ro", "1", ward)).headers["location"].rpartition("/fhir/EAST/")[2]  # fmt: skip
    bed = admin.post("Location", location("bd", "1A", room))
    assert bed.status_code == 201
    with reading(world.city.app.engine) as session:
        row = session.get(Bed, UUID(bed.headers["location"].rpartition("/")[2]))
        assert row is not None
        assert (row.code, session.get(Ward, row.ward_id).code) == ("1A", code)  # type: ignore[union-attr]
    said = {**location("bd", "1A", room),
            "operationalStatus": {"system": "http://terminology.hl7.org/CodeSystem/v2-0116",
                                  "code": "K"}}  # fmt: skip
    assert sender.post("Location", said).status_code == 201
    shown = world.client("bed-manager").get(f"Location/{row.id}").json()
    assert shown["operationalStatus"]["code"] == "K"


def test_a_device_is_registered_and_its_observation_stored_and_read(world: FhirWorld) -> None:
    technician = world.client("device-technician")
    code = f"FHIR-{next(NUMBERS)}"
    made = technician.post("Device", {
        "resourceType": "Device", "identifier": [{"value": code}], "type": {"text": "monitor"},
    })  # fmt: skip
    assert made.status_code == 201, made.text
    key = made.headers["location"].rpartition("/")[2]
    assert technician.get(f"Device/{key}").json()["type"] == {"text": "monitor"}
    sender = world.client("integration")
    seen = {
        "resourceType": "Observation", "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "8310-5"}]},
        "device": {"identifier": {"value": code}},
        "effectiveDateTime": time_text(world.city.app.clock()),
        "valueQuantity": {"value": 98.6, "unit": "°F", "code": "[degF]"},
    }  # fmt: skip
    assert sender.post("Observation", seen).status_code == 201
    assert sender.post("Observation", seen).status_code == 200  # the same again
    wrong = {**seen, "valueQuantity": {"value": 1, "code": "mm[Hg]"}}
    answer = sender.post("Observation", wrong)
    assert (answer.status_code, issues(answer)) == (
        422, [("Observation.valueQuantity.code", "value")],
    )  # fmt: skip
    nobody = {**seen, "device": {"identifier": {"value": "NOBODY"}}}
    assert issues(sender.post("Observation", nobody)) == [("Observation.device", "not-found")]
    reader = world.client("charge-nurse")
    found = reader.get("Observation", device=f"Device/{key}").json()
    values = [one["resource"]["valueQuantity"] for one in found["entry"]]
    assert values == [{"value": 37.0, "unit": "Cel", "code": "Cel",
                       "system": "http://unitsofmeasure.org"}]  # fmt: skip
    again = reader.get(f"Observation/{found['entry'][0]['resource']['id']}").json()
    assert again == found["entry"][0]["resource"]
    assert "entry" not in technician.get("Observation", device=f"Device/{key}").json()
    for odd in ("9" * 30 + "-1", "1-" + "9" * 30, "-1", "1-0x"):
        assert reader.get(f"Observation/{odd}").status_code == 400
    assert reader.get("Observation/1-999999999").status_code == 404


def test_a_patients_reading_shows_to_who_may_see_it_and_is_recorded(world: FhirWorld) -> None:
    ids, clock = world.corner.ids, world.city.app.clock
    device = world.city.do(RegisterDevice(
        hospital_id=ids["hospital"], ward_id=ids["ward"], code=f"BED-{next(NUMBERS)}",
        kind=DeviceKind.MONITOR, protocol=Protocol.FHIR,
    ), world.city.enrol("device-technician", scope=Scope(ids["hospital"]))).device  # fmt: skip
    charge = world.client("charge-nurse", scope=world.corner.scope)
    assert charge.actor is not None
    world.city.do(AttachDevice(device_id=device.id, bed_id=ids["taken_bed"]), charge.actor)
    seen = {
        "resourceType": "Observation", "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
        "device": {"reference": f"Device/{device.id}"}, "effectiveInstant": time_text(clock()),
        "valueQuantity": {"value": 82, "code": "/min"},
    }  # fmt: skip
    assert world.client("integration").post("Observation", seen).status_code == 201
    before = world.sql("SELECT count(*) FROM ledger_entry")
    shown = charge.get("Observation", device=f"Device/{device.id}", code="hr").json()
    assert [one["resource"]["valueQuantity"]["value"] for one in shown["entry"]] == [82]
    assert world.sql("SELECT count(*) FROM ledger_entry") == before + 1
    assert shown["entry"][0]["resource"]["encounter"]["reference"] == (
        f"Encounter/{ids['encounter']}"
    )
    for role in ("device-technician", "bed-manager"):  # no clinical data of anybody
        assert "entry" not in world.client(role).get(
            "Observation", device=f"Device/{device.id}"
        ).json()  # fmt: skip
    assert world.sql("SELECT count(*) FROM ledger_entry") == before + 1


def test_nothing_of_a_person_reaches_an_error(world: FhirWorld, sender: Client) -> None:
    url = "urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0a"
    who = patient(next_number())
    sent = bundle("transaction", (url, who), ("urn:uuid:b", of_patient(world, url, "finished")))
    text = sender.post("", sent).text
    assert "Chalmers" not in text
    assert who["identifier"][0]["value"] not in json.dumps(json.loads(text))


def test_the_values_of_whoever_left_do_not_show_any_more(world: FhirWorld) -> None:
    ids = world.corner.ids
    (bed,) = side_rooms(world, "S9")
    technician = world.city.enrol("device-technician", scope=Scope(ids["hospital"]))
    device = world.city.do(RegisterDevice(
        hospital_id=ids["hospital"], ward_id=ids["ward"], code=f"BED-{next(NUMBERS)}",
        kind=DeviceKind.MONITOR, protocol=Protocol.FHIR,
    ), technician).device  # fmt: skip
    charge, sender = world.client("charge-nurse"), world.client("integration")
    assert charge.actor is not None
    world.city.do(AttachDevice(device_id=device.id, bed_id=bed.id), charge.actor)
    came = encounter(world, "in-progress", next_number(), **at_bed(world, bed))
    lying = UUID(sender.post("Encounter", came).headers["location"].rpartition("/")[2])
    sent = {
        "resourceType": "Observation", "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
        "device": {"reference": f"Device/{device.id}"},
        "effectiveInstant": time_text(world.city.app.clock()),
        "valueQuantity": {"value": 82, "code": "/min"},
    }  # fmt: skip
    assert sender.post("Observation", sent).status_code == 201
    (seen,) = charge.get("Observation", device=f"Device/{device.id}").json()["entry"]
    world.city.do(DepartPatient(encounter_id=lying))
    assert "entry" not in charge.get("Observation", device=f"Device/{device.id}").json()
    assert charge.get(f"Observation/{seen['resource']['id']}").status_code == 404
