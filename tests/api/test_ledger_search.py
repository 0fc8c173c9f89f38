"""Searching the ledger by person, action, purpose and place; what was asked is itself on record."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import anyio
import orjson
import pytest
from sqlalchemy import select, text
from strawberry.types import ExecutionResult

from api.context import Context
from api.schema import build_schema
from audit.search import Wanted, search, statement
from audit.tables import LEDGER_ENTRY
from domain.patients.commands import MergePatients
from domain.patients.model import Patient
from kit.db import reading
from kit.errors import Invalid, NotFound
from kit.work import NETWORK, Actor, Scope
from tests.audit.ledgers import NOON, some_id
from tests.databases import Databases
from tests.house import house, sign
from tests.matrix.city import fill
from tests.matrix.corner import City, Corner

SCHEMA = build_schema()
SEARCH = """query ($a: UUID, $p: UUID, $w: UUID, $h: UUID, $r: AccessReason, $s: UUID,
  $what: String, $how: String, $why: String, $since: DateTime, $until: DateTime, $b: String,
  $first: Int! = 100) {
  ledgerEntries(first: $first, actorId: $a, patientId: $p, reason: $r, subjectId: $s, wardId: $w,
    hospitalId: $h, action: $what, outcome: $how, purpose: $why, since: $since, until: $until,
    before: $b) {
    endCursor hasNextPage
    nodes { id at actorId role action outcome purpose scope subjectIds fields leaf
      changes { table rowId op field old { toldAs text } new { toldAs text } } } } }"""
RESOLVE = """query ($h: UUID!, $v: String!) {
  subjectOfNumber(hospitalId: $h, system: "MRN", value: $v, reason: COMPLAINT) {
    patientId subjectIds } }"""


@pytest.fixture(scope="module")
def city(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """One for all tests of this file; `test_access_log.py` searches on PostgreSQL too."""
    folder = tmp_path_factory.mktemp("house")
    with databases.migrated("sqlite") as url, house(url, folder) as app:
        city = fill(app, url, ["EAST", "WEST"], ["A"])
        sign(app)
        yield city


@pytest.fixture
def corner(city: City) -> Corner:
    return city.corners["EAST/A"]


def execute(city: City, actor: Actor, question: str, **given: Any) -> ExecutionResult:
    context = Context(app=city.app, actor=actor)
    sent = {name: str(value) if name not in ("first",) else value for name, value in given.items()}

    async def run() -> Any:
        found = await SCHEMA.execute(question, variable_values=sent, context_value=context)
        await context.seal_reads()
        return found

    result: ExecutionResult = anyio.run(run)
    sign(city.app)
    return result


def ask(city: City, actor: Actor, question: str, **given: Any) -> dict[str, Any]:
    result = execute(city, actor, question, **given)
    assert result.errors is None, result.errors
    return next(iter(dict(result.data or {}).values()))


def refusal(city: City, actor: Actor, question: str, **given: Any) -> Any:
    errors = execute(city, actor, question, **given).errors
    assert errors
    return errors[0].original_error


def newest_body(city: City) -> dict[str, Any]:
    with reading(city.app.engine) as session:
        query = select(LEDGER_ENTRY.c.body).order_by(LEDGER_ENTRY.c.id.desc()).limit(1)
        body: dict[str, Any] = orjson.loads(bytes(session.execute(query).scalar_one()))
    return body


def everything(city: City) -> list[dict[str, Any]]:
    with reading(city.app.engine) as session:
        rows = session.execute(select(LEDGER_ENTRY.c.body).order_by(LEDGER_ENTRY.c.id.desc()))
        return [orjson.loads(bytes(body)) for (body,) in rows]


def test_each_filter_finds_what_bodies_say_and_the_search_is_on_record(
    city: City, corner: Corner
) -> None:
    officer = city.enrol("compliance-officer", scope=NETWORK)
    bodies = everything(city)
    ward = f"{corner.ids['hospital']}/{corner.ids['ward']}"
    action, actor = bodies[3]["action"], bodies[-1]["actor"]["id"]
    since = bodies[20]["at"]
    asked: list[tuple[dict[str, Any], Any]] = [
        ({"what": action}, lambda one: one["action"] == action),
        ({"a": actor}, lambda one: actor in (one["actor"]["id"], *one["subjects"])),
        ({"why": "TREAT"}, lambda one: one["purpose"] == "TREAT"),
        ({"why": "ETREAT"}, lambda one: one["purpose"] == "ETREAT"),
        ({"h": corner.ids["hospital"], "w": corner.ids["ward"]}, lambda one: one["scope"] == ward),
        ({"h": corner.ids["hospital"]},
         lambda one: one["scope"].startswith(str(corner.ids["hospital"]))),
        ({"since": since}, lambda one: one["at"] >= since),
        ({"until": since, "how": "done"}, lambda one: one["at"] < since),
        ({"how": "denied"}, lambda one: one["outcome"] == "denied"),
    ]  # fmt: skip
    for given, fits in asked:
        before = everything(city)
        found = ask(city, officer, SEARCH, **given)["nodes"]
        wanted = [one for one in before if fits(one)][:100]
        assert [one["action"] for one in found] == [one["action"] for one in wanted], given
        assert [one["subjectIds"] for one in found] == [one["subjects"] for one in wanted]
    note = dict(newest_body(city)["notes"])
    assert newest_body(city)["fields"] == ["LedgerEntry.body"]
    assert note == {"search": "outcome=denied"}


def test_pages_follow_each_other_and_changes_show_before_and_after(
    city: City, corner: Corner
) -> None:
    officer = city.enrol("compliance-officer", scope=NETWORK)
    first = ask(city, officer, SEARCH, what="bed.admit", first=1)
    more = ask(city, officer, SEARCH, what="bed.admit", first=1, b=first["endCursor"])
    assert first["hasNextPage"]
    assert int(more["nodes"][0]["id"]) < int(first["nodes"][0]["id"])
    told = {one["field"]: one for one in first["nodes"][0]["changes"] if one["op"] == "insert"}
    assert told["bed_id"]["old"] == {"toldAs": "NOTHING", "text": None}
    assert told["bed_id"]["new"]["toldAs"] == "VALUE"
    registered = ask(city, officer, SEARCH, what="patient.register")["nodes"]
    changes = [change for entry in registered for change in entry["changes"]]
    ways = {one["field"]: one["new"] for one in changes if one["table"] == "patient"}
    assert ways["family_en"]["toldAs"] == "SEALED"
    assert len(ways["family_en"]["text"]) == 64
    assert ways["birth_date"]["toldAs"] in ("SEALED", "HIDDEN")


def test_a_patient_is_asked_for_with_a_reason_only(city: City, corner: Corner) -> None:
    officer = city.enrol("compliance-officer", scope=NETWORK)
    survivor, merged = corner.ids["patient"], corner.ids["other_patient"]
    city.do(MergePatients(survivor_id=survivor, merged_id=merged))
    assert refusal(city, officer, SEARCH, p=survivor).reason == "REASON_NEEDED"
    found = ask(city, officer, SEARCH, p=survivor, r="COMPLAINT")["nodes"]
    subjects = {one for entry in found for one in entry["subjectIds"]}
    body = newest_body(city)
    assert len(body["subjects"]) == 2  # the merged record's too
    assert set(body["subjects"]) <= subjects
    assert body["fields"] == ["LedgerEntry.body", "Patient.subject"]
    assert dict(body["notes"])["reason"] == "COMPLAINT"
    assert dict(body["notes"])["search"] == "subjects=" + "+".join(body["subjects"])


def test_a_number_becomes_a_subject_with_a_reason_and_only_in_reach(
    city: City, corner: Corner
) -> None:
    officer = city.enrol("compliance-officer", scope=NETWORK)
    here = corner.ids["hospital"]
    number = f"{corner.ids['ward']} Waiting"
    told = ask(city, officer, RESOLVE, h=here, v=number)
    with reading(city.app.engine) as session:
        patient = session.get(Patient, UUID(told["patientId"]))
    assert patient is not None
    assert told["subjectIds"] == [str(patient.subject)]
    body = newest_body(city)
    assert (body["action"], body["fields"]) == ("access_log.read", ["Patient.subject"])
    assert body["notes"] == [["reason", "COMPLAINT"]]
    west = Scope(city.corners["WEST/A"].ids["hospital"])
    elsewhere = city.enrol("compliance-officer", scope=west)
    nurse = city.enrol("nurse", scope=Scope(here))
    for actor in (elsewhere, nurse):
        assert isinstance(refusal(city, actor, RESOLVE, h=here, v=number), NotFound)
    assert isinstance(refusal(city, officer, RESOLVE, h=here, v="nobody's"), NotFound)


def test_what_is_no_code_and_a_ward_without_hospital_are_refused(
    city: City, corner: Corner
) -> None:
    officer = city.enrol("compliance-officer", scope=NETWORK)
    for given, field in (({"what": "=cmd|'x'"}, "action"), ({"how": "perhaps"}, "outcome"),
                         ({"w": corner.ids["ward"]}, "hospitalId"), ({"b": "1 OR 1"}, "before"),
                         ({"why": "给"}, "purpose")):  # fmt: skip
        why = refusal(city, officer, SEARCH, **given)
        assert isinstance(why, Invalid)
        assert why.field == field
    west = Scope(city.corners["WEST/A"].ids["hospital"])
    elsewhere = city.enrol("compliance-officer", scope=west)
    assert ask(city, elsewhere, SEARCH, h=corner.ids["hospital"])["nodes"] == []


INDEXED = {
    "ledger_entry_action": Wanted(action="bed.admit"),
    "ledger_entry_outcome": Wanted(outcome="denied"),
    "ledger_entry_scope": Wanted(place=Scope(some_id(1), some_id(2))),
    "ledger_entry_at": Wanted(since=NOON, until=NOON),
    "ledger_person": Wanted(subjects=[some_id(1)]),
    "ledger_purpose": Wanted(purpose="ETREAT"),
}


def test_every_filter_has_its_index(engine: Any) -> None:
    explain = "EXPLAIN QUERY PLAN " if engine.dialect.name == "sqlite" else "EXPLAIN "
    for index, wanted in INDEXED.items():
        query = statement([NETWORK], wanted).order_by(LEDGER_ENTRY.c.id.desc()).limit(100)
        with reading(engine) as session:
            connection = session.connection()
            if engine.dialect.name == "postgresql":  # a table without rows is sooner read whole
                connection.execute(text("SET LOCAL enable_seqscan = off"))
            made = query.compile(engine, compile_kwargs={"literal_binds": True})
            plan = "\n".join(str(row) for row in connection.exec_driver_sql(explain + str(made)))
            assert search(session, [NETWORK], wanted) == []
        assert index in plan, plan
        assert "SCAN ledger_entry\n" not in plan, plan
        assert "Seq Scan on ledger_entry" not in plan, plan
