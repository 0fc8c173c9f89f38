"""The ledger as a file: what is in it, whom it is given to, and that giving it is on record."""

import csv
import io
import re
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import anyio
import httpx
import orjson
import pytest

from audit.entry import Change, Draft, SealedRef, body_of
from audit.form import Link
from audit.search import Found
from domain.privacy import exporting
from gateways import audit_csv, audit_export, balp
from kit.work import NETWORK, Scope
from tests.audit.ledgers import LOG, draft, some_id
from tests.databases import Databases
from tests.fhir.world import FhirWorld, _token, world_of
from tests.gateways.balp_profiles import PROFILES, faults
from tests.house import house, sign
from tests.matrix.city import fill

HASH = re.compile("[0-9a-f]{64}")


@pytest.fixture(scope="module")
def world(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FhirWorld]:
    folder = tmp_path_factory.mktemp("export")
    with databases.migrated("sqlite") as url, house(url, folder) as app:
        found = world_of(fill(app, url, ["EAST", "WEST"], ["A"]))
        sign(app)
        yield found


def send(world: FhirWorld, token: str | None, body: Any, **more: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=world.web)
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            return await client.request(
                more.get("method", "POST"), f"/exports/{more.get('path', 'audit')}",
                content=orjson.dumps(body),
                headers={**headers, "Content-Type": more.get("kind", "application/json")},
            )  # fmt: skip

    return anyio.run(ask)


def officer(world: FhirWorld, scope: Scope = NETWORK) -> str:
    return _token(world.city, world.city.enrol("compliance-officer", scope=scope))


def bodies(world: FhirWorld) -> list[bytes]:
    sign(world.city.app)
    with world.city.app.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT body FROM ledger_entry ORDER BY id")
        return [bytes(body) for (body,) in rows]


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["errors"][0]["extensions"]["code"]


def test_ndjson_holds_the_exact_bodies_and_the_export_is_on_record_first(world: FhirWorld) -> None:
    token, before = officer(world), bodies(world)
    answer = send(world, token, {"format": "ndjson", "outcome": "done"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/x-ndjson; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    lines = [orjson.loads(line) for line in answer.content.splitlines()]
    wanted = [body for body in before if orjson.loads(body)["outcome"] == "done"]
    assert [line["body"].encode() for line in lines] == wanted
    for line in lines:
        assert line["hash"] == sha256(b"\0" + line["body"].encode()).hexdigest()
    assert [line["leaf"] for line in lines] == sorted(line["leaf"] for line in lines)
    entry = orjson.loads(bodies(world)[-1])
    assert (entry["action"], entry["outcome"]) == ("ledger.export", "done")
    notes = dict(entry["notes"])
    assert (notes["format"], notes["search"]) == ("ndjson", "outcome=done")
    assert notes["entries"] == len(lines) == int(answer.headers["x-entries"])


def test_pages_make_one_file_and_more_than_the_most_is_refused_with_a_remedy(
    world: FhirWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = officer(world)
    whole = send(world, token, {"format": "ndjson", "action": "patient.register"}).content
    assert len(whole.splitlines()) > 3
    monkeypatch.setattr(audit_export, "PAGE", 2)
    assert send(world, token, {"format": "ndjson", "action": "patient.register"}).content == whole
    for module in (audit_export, exporting):
        monkeypatch.setattr(module, "MOST_ENTRIES", 3)
    refused = send(world, token, {"format": "ndjson", "action": "patient.register"})
    assert code_of(refused) == (422, "EXPORT_TOO_LARGE")
    assert "shorter time" in refused.json()["errors"][0]["message"]
    entry = orjson.loads(bodies(world)[-1])
    assert (entry["outcome"], dict(entry["notes"])["reason"]) == ("conflict", "EXPORT_TOO_LARGE")


def test_who_may_not_gets_nothing_and_is_on_record(world: FhirWorld) -> None:
    east, west = (world.city.corners[name].scope.hospital for name in ("EAST/A", "WEST/A"))
    nurse = _token(world.city, world.city.enrol("nurse", scope=Scope(east)))
    everything = {"format": "csv"}
    assert code_of(send(world, None, everything)) == (401, "UNAUTHENTICATED")
    assert code_of(send(world, nurse, everything))[0] == 403
    entry = orjson.loads(bodies(world)[-1])
    assert (entry["action"], entry["outcome"]) == ("ledger.export", "denied")
    local = officer(world, Scope(east))
    for body in (everything, {**everything, "hospitalId": str(west)}):
        assert send(world, local, body).status_code in (403, 404)
        assert orjson.loads(bodies(world)[-1])["outcome"] == "denied"
    own = send(world, local, {"format": "ndjson", "hospitalId": str(east)})
    scopes = {orjson.loads(orjson.loads(line)["body"])["scope"].partition("/")[0]
              for line in own.content.splitlines()}  # fmt: skip
    assert scopes == {str(east)}


@pytest.mark.parametrize(
    ("body", "told"),
    [({"format": "xlsx"}, "format"), ({}, "format"), ({"format": "csv", "who": "x"}, "who"),
     ({"format": "csv", "since": "yesterday"}, "since"), ({"format": 1}, "texts"),
     ({"format": "csv", "since": "2026-01-01T00:00:00"}, "since"),
     ({"format": "csv", "wardId": str(some_id(1))}, "hospitalId"),
     ({"format": "csv", "action": "=1+1"}, "action"), ([], "object"),
     ({"format": "csv", "patientId": str(some_id(1))}, "reason")],
)  # fmt: skip
def test_what_is_not_understood_says_which_part(world: FhirWorld, body: Any, told: str) -> None:
    answer = send(world, officer(world), body)
    assert answer.status_code == 422
    assert told in answer.json()["errors"][0]["message"]


def test_other_ways_to_ask_are_refused(world: FhirWorld) -> None:
    token = officer(world)
    assert send(world, token, {}, method="GET").status_code == 405
    assert send(world, token, {}, path="else").status_code == 404
    assert send(world, token, {}, kind="text/plain").status_code == 415


def test_a_patient_is_asked_for_by_a_reason_on_record(world: FhirWorld) -> None:
    patient = str(world.corner.ids["patient"])
    body = {"format": "fhir", "patientId": patient, "reason": "PATIENT_ASKED"}
    answer = send(world, officer(world), body)
    events = [orjson.loads(line) for line in answer.content.splitlines()]
    entry = orjson.loads(bodies(world)[-1])
    assert dict(entry["notes"])["reason"] == "PATIENT_ASKED"
    (subject,) = entry["subjects"]
    named = {one["what"]["identifier"]["value"] for event in events for one in event["entity"]
             if one["type"]["code"] == "1"}  # fmt: skip
    assert subject in named


def test_csv_can_be_read_back_and_holds_no_formula(world: FhirWorld) -> None:
    answer = send(world, officer(world), {"format": "csv"})
    text = answer.content.decode()
    assert not text.startswith("\ufeff")
    assert text.endswith("\r\n")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert len(rows) == int(answer.headers["x-entries"])
    assert all(HASH.fullmatch(row["hash"]) for row in rows)
    admitted = next(row for row in rows if row["action"] == "bed.admit")
    assert "insert" in {change["op"] for change in orjson.loads(admitted["changes"])}


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"])
def test_a_cell_that_begins_like_a_formula_is_disarmed(cell: str) -> None:
    assert audit_csv.safe(cell) == f"'{cell}"
    entry = found(draft(purpose="TREAT", notes={"command": cell}, role="-nobody"))
    (row,) = csv.reader(io.StringIO(audit_csv.rows([entry]).decode(), newline=""))
    by_name = dict(zip(audit_csv.COLUMNS, row, strict=True))
    assert by_name["role"] == "'-nobody"
    assert not any(one.startswith(("=", "+", "-", "@", "\t", "\r")) for one in row)


def found(of: Draft) -> Found:
    body = body_of(of, Link(LOG, str(some_id(9)), 1, "0" * 64, ()))
    return Found(7, of.at, of.actor_id, of.action, of.outcome, of.scope, body, 3, bytes(32))


SEALED = Change("patient", str(some_id(8)), 2, "update",
                {"family_en": (SealedRef(str(some_id(1)), "ab" * 32), None)})  # fmt: skip
GONE = Change("duty", str(some_id(8)), None, "delete", {"state": ("DRAFT", None)})
TWO = (some_id(6), some_id(7))
CASES: dict[str, tuple[Draft, list[str]]] = {
    "create": (draft(), ["PatientCreate"]),
    "update of two": (draft(changes=(SEALED,), subjects=TWO), ["PatientUpdate"] * 2),
    "delete": (draft(changes=(GONE,), subjects=()), ["Delete"]),
    "delete of a patient's": (draft(changes=(GONE,)), ["PatientDelete"]),
    "read": (draft(action="patient.read", changes=(), fields=("Patient.name",)), ["PatientRead"]),
    "read of two": (draft(action="patient.read", changes=(), subjects=TWO,
                          fields=("Patient.name",)), ["PatientQuery"] * 2),
    "read of the log": (draft(action="ledger.read", changes=(), subjects=(), session=None,
                              fields=("LedgerEntry.body",)), ["Query"]),
    "break-glass": (draft(action="break_glass.start", purpose="ETREAT"), ["PatientCreate"]),
    "done without a change": (draft(action="ledger.export", changes=(), resource=None), [""]),
    "denied": (draft(outcome="denied"), [""]),
    "staff only": (draft(subjects=(some_id(40),)), ["Create"]),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_each_kind_of_entry_follows_its_profile_once_per_patient(case: str) -> None:
    entry, profiles = CASES[case]
    made = list(balp.events(found(entry), {some_id(40)}))
    claimed = [one.get("meta", {"profile": [""]})["profile"][0] for one in made]
    assert [url.rpartition(".")[2] for url in claimed] == profiles
    assert [faults(event) for event in made] == [[]] * len(made)
    assert len({event["id"] for event in made}) == len(made)
    codes = {one["code"] for event in made for one in event["subtype"]}
    assert ("110127" in codes) == (case == "break-glass")
    if case == "denied":
        assert [event["outcome"] for event in made] == ["8"]


def test_the_judge_finds_what_is_wrong() -> None:
    """Each line breaks one thing that a profile asks for."""

    def broken(change: Any) -> list[str]:
        (event,) = balp.events(found(draft()), ())
        change(event)
        return faults(event)

    assert broken(lambda event: event["agent"].pop(0))
    assert broken(lambda event: event["agent"][1].pop("network"))
    assert broken(lambda event: event["agent"][2].update(requestor=False))
    assert broken(lambda event: event["entity"].pop(0))
    assert broken(lambda event: event["entity"][1].pop("what"))
    assert broken(lambda event: event.update(action="R"))
    assert broken(lambda event: event.update(outcome="8"))
    assert broken(lambda event: event["subtype"].pop(0))
    assert broken(lambda event: event["entity"][0].update(name="Li"))
    assert set(PROFILES) == {"Create", "Read", "Update", "Delete", "Query"}


def test_every_event_of_a_house_follows_its_profile_and_holds_no_name(world: FhirWorld) -> None:
    answer = send(world, officer(world), {"format": "fhir"})
    events = [orjson.loads(line) for line in answer.content.splitlines()]
    assert len(events) >= int(answer.headers["x-entries"]) > 100
    assert {fault for event in events for fault in faults(event)} == set()
    claimed = {event.get("meta", {"profile": ["-"]})["profile"][0] for event in events}
    assert {url.rpartition(".")[2] for url in claimed} > {"PatientCreate", "PatientUpdate"}
    for name in (b"Lying", b"Held", b"13800138000"):
        assert name not in answer.content
    named = {one["what"]["identifier"]["value"] for event in events for one in event["entity"]
             if one["type"]["code"] == "1"}  # fmt: skip
    with world.city.app.engine.connect() as connection:
        staff = {str(subject).replace("-", "") for (subject,) in
                 connection.exec_driver_sql("SELECT subject FROM staff_member")}  # fmt: skip
    assert staff
    assert not staff & {one.replace("-", "") for one in named}
