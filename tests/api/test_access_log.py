"""Who saw or changed what of a patient, for the compliance officer; looking is itself on record."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import orjson
import pytest
from sqlmodel import select
from strawberry.types import ExecutionResult

from api.context import Context
from api.schema import build_schema
from audit.people import people_of
from audit.tables import LEDGER_ENTRY, LEDGER_PERSON
from domain.patients.commands import MergePatients
from kit.db import reading
from kit.errors import NotFound
from kit.work import Actor, Scope
from tests.house import house, sign
from tests.matrix.city import fill
from tests.matrix.corner import City, Corner

SCHEMA = build_schema()
LOG = """query ($p: UUID!, $before: String, $first: Int!) {
  accessLog(patientId: $p, reason: PATIENT_ASKED, first: $first, before: $before) {
    endCursor hasNextPage
    nodes { id at actorId role action outcome purpose operation scope fields changed } } }"""
NAMES = "query ($p: UUID!) { patient(id: $p) { familyNameEn } }"


@pytest.fixture
def city(database_url: str, tmp_path: Path) -> Iterator[City]:
    with house(database_url, tmp_path) as app:
        yield fill(app, database_url, ["EAST"], ["A"])


@pytest.fixture
def corner(city: City) -> Corner:
    return city.corners["EAST/A"]


def execute(city: City, actor: Actor, text: str, given: dict[str, Any]) -> ExecutionResult:
    context = Context(app=city.app, actor=actor)

    async def run() -> Any:
        found = await SCHEMA.execute(text, variable_values=given, context_value=context)
        await context.seal_reads()
        return found

    result: ExecutionResult = anyio.run(run)
    sign(city.app)
    return result


def ask(city: City, actor: Actor, text: str, **given: Any) -> dict[str, Any]:
    result = execute(city, actor, text, given)
    assert result.errors is None, result.errors
    return dict(result.data or {})


def log_of(city: City, patient: Any, first: int = 50, before: str | None = None) -> dict[str, Any]:
    officer = city.enrol("compliance-officer", scope=Scope())
    given = {"p": str(patient), "first": first, "before": before}
    found: dict[str, Any] = ask(city, officer, LOG, **given)["accessLog"]
    return found


def test_who_saw_a_name_and_who_changed_something_is_told(city: City, corner: Corner) -> None:
    patient = corner.ids["patient"]
    manager = city.enrol("bed-manager", scope=Scope(corner.ids["hospital"]))
    assert ask(city, manager, NAMES, p=str(patient))["patient"]["familyNameEn"]
    log = log_of(city, patient)["nodes"]
    newest = log[0]
    assert (newest["actorId"], newest["role"]) == (str(manager.id), "bed-manager")
    assert newest["fields"] == ["Patient.family_name_en"]
    assert newest["changed"] == []
    actions = [one["action"] for one in log]
    assert len(set(actions)) > 2
    assert any("bed_stay.bed_id" in one["changed"] for one in log)
    other = log_of(city, corner.ids["other_patient"])["nodes"]
    assert not {one["id"] for one in other} & {one["id"] for one in log if one["fields"]}


def test_looking_is_on_record_with_its_reason(city: City, corner: Corner) -> None:
    patient = corner.ids["patient"]
    log_of(city, patient)
    again = log_of(city, patient)["nodes"]
    assert again[0]["fields"] == ["Patient.access_log"]
    assert again[0]["action"] == "access_log.read"
    with reading(city.app.engine) as session:
        body = session.execute(
            select(LEDGER_ENTRY.c.body).where(LEDGER_ENTRY.c.id == int(again[0]["id"]))
        ).scalar_one()
    assert orjson.loads(body)["notes"] == [["reason", "PATIENT_ASKED"]]


def test_pages_follow_each_other_without_a_gap(city: City, corner: Corner) -> None:
    patient = corner.ids["patient"]
    whole = [one["id"] for one in log_of(city, patient)["nodes"]]
    found: list[str] = []
    before: str | None = None
    while True:
        page = log_of(city, patient, first=2, before=before)
        found += [one["id"] for one in page["nodes"]]
        before = page["endCursor"]
        if not page["hasNextPage"]:
            break
    assert [one for one in found if one in whole] == whole


def test_what_was_merged_into_the_patient_counts_too(city: City, corner: Corner) -> None:
    survivor, merged = corner.ids["patient"], corner.ids["other_patient"]
    before = {one["id"] for one in log_of(city, merged)["nodes"] if one["changed"]}
    city.do(MergePatients(survivor_id=survivor, merged_id=merged))
    sign(city.app)
    assert before <= {one["id"] for one in log_of(city, survivor)["nodes"]}


def test_every_linked_entry_is_found_by_everybody_it_names(city: City) -> None:
    sign(city.app)
    with reading(city.app.engine) as session:
        bodies = {key: bytes(body) for key, body in session.execute(
            select(LEDGER_ENTRY.c.id, LEDGER_ENTRY.c.body))}  # fmt: skip
        stored: dict[int, set[str]] = {key: set() for key in bodies}
        for person, key in session.execute(
            select(LEDGER_PERSON.c.person, LEDGER_PERSON.c.entry_id)
        ):
            stored[key].add(str(person))
    for key, body in bodies.items():
        entry = orjson.loads(body)
        named = {entry["actor"]["id"], *entry["subjects"]}
        assert people_of(body) == named == stored[key]


@pytest.mark.parametrize("role", ["nurse", "bed-manager", "system-administrator"])
def test_others_find_no_such_patient(city: City, corner: Corner, role: str) -> None:
    actor = city.enrol(role, scope=Scope(corner.ids["hospital"]))
    result = execute(city, actor, LOG, {"p": str(corner.ids["patient"]), "first": 5})
    assert result.errors is not None
    assert isinstance(result.errors[0].original_error, NotFound)
