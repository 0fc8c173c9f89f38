"""Tables leave the house as groups, for a stated purpose, on record first."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import httpx
import orjson
import pytest

from authz.shipped import shipped_policy
from domain.analysis.words import ANALYTIC
from domain.beds.commands import AddBed
from domain.beds.past import PastStay, RecordPastStays
from kit.work import NETWORK, Actor, Scope
from tests.databases import Databases
from tests.fhir.world import FhirWorld, _token, world_of
from tests.house import house, sign
from tests.matrix.city import fill

MAY = datetime(2026, 5, 4, 9, tzinfo=UTC)
WARDS: dict[str, Any] = {
    "dataset": "STAYS", "dimensions": ["ward", "specialty"], "since": "2026-05", "format": "ndjson",
}  # fmt: skip


@pytest.fixture(scope="module")
def world(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FhirWorld]:
    folder = tmp_path_factory.mktemp("analysis")
    with databases.migrated("sqlite") as url, house(url, folder) as app:
        city = fill(app, url, ["EAST", "WEST"], ["A", "B"])
        past(city, "EAST/A", ["SURG"] * 8 + ["=cmd()"] * 6 + ["RARE"] * 2)
        past(city, "EAST/B", ["SURG"] * 7)
        past(city, "WEST/A", ["SURG"] * 4)
        sign(app)
        yield world_of(city)


def past(city: Any, name: str, specialties: list[str]) -> None:
    corner = city.corners[name]
    bed = city.do(AddBed(room_id=corner.ids["room"], code="old", at=MAY - timedelta(days=30)))
    stays = tuple(
        PastStay(bed_id=bed.id, since=MAY + timedelta(days=n), specialty=one,
                 until=MAY + timedelta(days=n, hours=12 + n % 12))
        for n, one in enumerate(specialties)
    )  # fmt: skip
    city.do(RecordPastStays(ward_id=corner.ids["ward"], stays=stays))


def analyst(world: FhirWorld, scope: Scope = NETWORK) -> Actor:
    return world.city.enrol("analyst", scope=scope)


def send(
    world: FhirWorld, actor: Actor, body: Any, purpose: str | None = "HRESCH"
) -> httpx.Response:
    headers = {"Authorization": f"Bearer {_token(world.city, actor)}",
               "Content-Type": "application/json"}  # fmt: skip
    if purpose:
        headers["Purpose-Of-Use"] = purpose

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=world.web)
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            return await client.post("/exports/analysis", content=orjson.dumps(body),
                                     headers=headers)  # fmt: skip

    return anyio.run(ask)


def lines(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    return [orjson.loads(line) for line in answer.content.splitlines()]


def error(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["errors"][0]["extensions"]["code"]


def entries(world: FhirWorld) -> list[dict[str, Any]]:
    with world.city.app.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT body FROM ledger_entry ORDER BY id")
        return [orjson.loads(bytes(body)) for (body,) in rows]


def test_groups_leave_and_what_is_small_hides_in_another(world: FhirWorld) -> None:
    found = lines(send(world, analyst(world), WARDS))
    told = [(one["hospital"], one["ward"], one["specialty"], one["cases"]) for one in found]
    # Two of a rare specialty stand with the six of another; four of the west are nowhere.
    assert told == [("EAST", "A", "SURG", 8), ("EAST", "B", "SURG", 7), ("EAST", "*", "*", 8)]
    assert [one["median_days"] for one in found] == [0.5, 0.5, 0.5]
    whole = lines(send(world, analyst(world), {**WARDS, "dimensions": []}))
    assert [(one["hospital"], one["month"], one["cases"]) for one in whole] == [
        ("EAST", "2026-05", 23)]  # fmt: skip


def test_the_export_is_on_record_before_it_leaves_and_the_month_is_made_once(
    world: FhirWorld,
) -> None:
    actor = analyst(world)
    first = send(world, actor, WARDS, "HQUALIMP")
    entry = entries(world)[-1]
    assert (entry["action"], entry["outcome"], entry["purpose"]) == (
        "analysis.export", "done", "HQUALIMP")  # fmt: skip
    notes = dict(entry["notes"])
    assert (notes["dataset"], notes["dimensions"], notes["months"]) == (
        "STAYS", "ward specialty", "2026-05..2026-05")  # fmt: skip
    assert (notes["rows"], notes["suppressed"]) == (3, 2)
    assert first.headers["x-rows"] == "3"
    made = [one for one in entries(world) if one["action"] == "analysis.release"]
    assert made
    assert all(len(dict(one["notes"])["digest"]) == 64 for one in made)
    assert send(world, actor, WARDS).content == first.content
    again = [one for one in entries(world) if one["action"] == "analysis.release"]
    assert again == made


def test_no_formula_no_id_and_no_date_is_in_the_file(world: FhirWorld) -> None:
    answer = send(world, analyst(world), {**WARDS, "format": "csv"})
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert rows[0] == ["hospital", "month", "ward", "specialty", "cases", "mean_days",
                       "median_days"]  # fmt: skip
    assert len(rows) == 4
    assert all(not cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
    assert "2026-05-" not in answer.text
    for table in ("patient", "encounter", "ward", "hospital"):
        with world.city.app.engine.connect() as connection:
            ids = connection.exec_driver_sql(f"SELECT id FROM {table}").scalars().all()
        assert not any(str(one) in answer.text for one in ids)


def test_who_says_no_purpose_or_may_not_gets_nothing_and_is_on_record(world: FhirWorld) -> None:
    actor = analyst(world)
    for purpose in (None, "TREAT"):
        assert error(send(world, actor, WARDS, purpose)) == (403, "PURPOSE_REQUIRED")
        last = entries(world)[-1]
        assert (last["action"], last["outcome"]) == ("analysis.export", "denied")
    nurse = world.city.enrol("nurse", scope=world.corner.scope)
    assert error(send(world, nurse, WARDS)) == (403, "NO_RIGHT")
    assert entries(world)[-1]["actor"]["id"] == str(nurse.id)
    own, other = world.city.corners["WEST/A"].ids["hospital"], world.corner.ids["hospital"]
    west = analyst(world, Scope(own))
    assert error(send(world, west, WARDS)) == (403, "NO_RIGHT")  # of the network
    assert lines(send(world, west, {**WARDS, "hospitalId": str(own)})) == []
    assert error(send(world, west, {**WARDS, "hospitalId": str(other)})) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("change", "code"),
    [({"dimensions": ["ward", "age"]}, "NOT_TOGETHER"), ({"dimensions": ["bed"]}, "INVALID"),
     ({"dimensions": ["ward", "ward"]}, "INVALID"), ({"since": "2026-05-04"}, "INVALID"),
     ({"dataset": "PATIENTS"}, "INVALID"), ({"format": "xlsx"}, "INVALID"),
     ({"wardId": "x"}, "INVALID"), ({"hospitalId": "x"}, "INVALID"),
     ({"dimensions": "ward"}, "INVALID")],
)  # fmt: skip
def test_another_question_is_refused(world: FhirWorld, change: dict[str, Any], code: str) -> None:
    assert error(send(world, analyst(world), {**WARDS, **change})) == (422, code)


def test_a_month_that_is_not_over_is_not_there_yet(world: FhirWorld) -> None:
    now = world.city.app.clock()
    assert lines(send(world, analyst(world), {**WARDS, "since": f"{now:%Y-%m}"})) == []


def test_the_policy_asks_for_the_purposes_that_a_release_serves() -> None:
    asked = {one.purpose for one in shipped_policy().purposes if one.action == "analysis.export"}
    assert asked == set(ANALYTIC)
