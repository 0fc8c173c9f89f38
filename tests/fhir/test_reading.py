"""GET: what may be seen is shown, page by page; what may not is as if it were not there."""

import json
from uuid import uuid4

import pytest

from app.drafts import Operation
from kit.ids import new_id
from kit.work import Scope
from tests.fhir.world import FhirWorld, issues
from tests.gateways.balp_profiles import faults


def test_the_capability_statement_needs_no_token_and_names_what_is_served(world: FhirWorld) -> None:
    answer = world.stranger().get("metadata")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/fhir+json; charset=utf-8"
    body = answer.json()
    assert (body["resourceType"], body["fhirVersion"]) == ("CapabilityStatement", "4.0.1")
    served = {one["type"]: [c["code"] for c in one["interaction"]]
              for one in body["rest"][0]["resource"]}  # fmt: skip
    assert served == {
        "AuditEvent": ["read", "search-type"],
        "Device": ["read", "search-type", "create"],
        "Encounter": ["read", "search-type", "create"],
        "Location": ["read", "search-type", "create"],
        "Observation": ["read", "search-type", "create"],
    }


@pytest.mark.parametrize("path", ["Encounter", "Location", "nothing", "metadata/more"])
def test_without_a_token_everything_else_is_a_log_in(world: FhirWorld, path: str) -> None:
    answer = world.stranger().get(path)
    assert (answer.status_code, issues(answer)) == (401, [("", "login")])
    assert answer.headers["www-authenticate"] == "Bearer"


def test_locations_are_the_site_its_wards_rooms_and_beds_in_pages(world: FhirWorld) -> None:
    client = world.client("bed-manager")
    seen: list[tuple[str, str]] = []
    answer = client.get("Location", _count="4")
    while True:
        body = answer.json()
        seen += [(one["resource"]["physicalType"]["coding"][0]["code"], one["resource"]["id"])
                 for one in body["entry"]]  # fmt: skip
        assert len(body["entry"]) <= 4
        following = [one["url"] for one in body["link"] if one["relation"] == "next"]
        if not following:
            break
        answer = client.follow(following[0])
    assert [kind for kind, _ in seen] == ["si", *["wa"] * 2, *["ro"] * 2, *["bd"] * 12]
    assert len(set(seen)) == len(seen)


def test_a_bed_shows_its_state_by_table_0116(world: FhirWorld) -> None:
    client = world.client("bed-manager")
    ids = world.corner.ids
    states = {
        name: client.get(f"Location/{ids[name]}").json()["operationalStatus"]["code"]
        for name in ("taken_bed", "held_bed", "dirty_bed", "spare_bed")
    }
    # the neighbour in the taken bed is isolated
    assert states == {"taken_bed": "O", "held_bed": "U", "dirty_bed": "H", "spare_bed": "I"}


def test_an_encounter_names_its_patient_by_pseudonym_and_its_bed(world: FhirWorld) -> None:
    ids = world.corner.ids
    body = world.client("bed-manager").get(f"Encounter/{ids['encounter']}").json()
    assert body["status"] == "in-progress"
    assert body["subject"] == {"reference": f"Patient/{ids['patient']}"}
    assert [one["location"]["reference"] for one in body["location"]] == [
        f"Location/{ids['ward']}", f"Location/{ids['taken_bed']}",
    ]  # fmt: skip
    assert "Lying" not in json.dumps(body)


def test_a_role_without_placement_facts_sees_no_encounter(world: FhirWorld) -> None:
    answer = world.client("analyst").get("Encounter")
    assert (answer.status_code, issues(answer)) == (403, [("", "forbidden")])


def test_another_hospital_is_as_unknown_as_none(world: FhirWorld) -> None:
    client = world.client("bed-manager")
    foreign = world.city.corners["WEST/A"].ids
    for kind, key in (("Encounter", "encounter"), ("Location", "bed"), ("Location", "ward")):
        there, nowhere = client.get(f"{kind}/{foreign[key]}"), client.get(f"{kind}/{uuid4()}")
        assert (there.status_code, nowhere.status_code) == (404, 404)
        assert there.text.replace(str(foreign[key]), "") == nowhere.text.replace(
            nowhere.request.url.path.rpartition("/")[2], ""
        )
    client.hospital = "WEST"
    west = client.get("Location")
    client.hospital = "NOWHERE"
    assert (west.status_code, west.text) == (404, client.get("Location").text)


def test_a_ward_sees_its_own_encounters_only(world: FhirWorld) -> None:
    ward = world.corner.scope
    client = world.client("nurse", scope=Scope(ward.hospital, ward.ward))
    found = client.get("Encounter", _count="100").json()["entry"]
    here = {one["resource"]["location"][0]["location"]["reference"] for one in found}
    assert here == {f"Location/{ward.ward}"}


@pytest.mark.parametrize(
    ("query", "path"),
    [({"birthdate": "1950"}, "birthdate"), ({"_count": "many"}, "_count"),
     ({"status": "here"}, "status"), ({"_page": "x"}, "_page"),
     ({"patient": "Patient/1"}, "patient")],
)  # fmt: skip
def test_a_search_that_is_not_understood_says_which_part(
    world: FhirWorld, query: dict[str, str], path: str
) -> None:
    answer = world.client("bed-manager").get("Encounter", **query)
    assert (answer.status_code, [one for one, _ in issues(answer)]) == (400, [path])


def test_the_ledger_is_read_as_audit_events_and_the_reading_is_recorded(world: FhirWorld) -> None:
    client = world.client("compliance-officer")
    before = world.sql("SELECT count(*) FROM ledger_entry")
    found = client.get("AuditEvent", _count="5").json()["entry"]
    assert [one["resource"]["resourceType"] for one in found] == ["AuditEvent"] * 5
    assert world.sql("SELECT count(*) FROM ledger_entry") == before + 1
    one = client.get(f"AuditEvent/{found[2]['resource']['id']}").json()
    assert one == found[2]["resource"]
    refused = world.client("bed-manager").get("AuditEvent")
    assert (refused.status_code, issues(refused)) == (403, [("", "forbidden")])


def test_audit_events_follow_their_profiles_and_no_page_loses_or_repeats_one(
    world: FhirWorld,
) -> None:
    """Three reads of three patients each, two events a page: entries are torn apart."""
    client, app = world.client("compliance-officer"), world.city.app
    assert client.actor
    for _ in range(3):
        app.pipeline.record(app.drafts.read(
            app.clock(), client.actor, "bed.board", world.corner.scope, Operation("Board"),
            {new_id() for _ in range(3)}, {"Stay.initials"}, {},
        ))  # fmt: skip
    answer = client.get("AuditEvent", _count="100", subtype="bed.board").json()
    whole = [one["resource"] for one in answer["entry"]]
    assert [faults(one) for one in whole] == [[]] * 9
    assert [one["id"].partition(".")[2] for one in whole] == ["0", "1", "2"] * 3
    small: list[str] = []
    answer = client.get("AuditEvent", _count="2", subtype="bed.board").json()
    while later := [one["url"] for one in answer["link"] if one["relation"] == "next"]:
        small += [one["resource"]["id"] for one in answer["entry"]]
        answer = client.follow(later[0]).json()
    small += [one["resource"]["id"] for one in answer["entry"]]
    assert small == [one["id"] for one in whole]


@pytest.mark.parametrize("key", ["7", "7.x", "x.0", "7.0.0", "9" * 30 + ".0"])
def test_a_key_that_is_none_of_an_audit_event_is_refused(world: FhirWorld, key: str) -> None:
    answer = world.client("compliance-officer").get(f"AuditEvent/{key}")
    assert answer.status_code in (400, 404)
