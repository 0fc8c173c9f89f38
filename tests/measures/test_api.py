"""Status, measures, charts and map in GraphQL: what each viewer gets of them."""

import base64
import json
from collections.abc import Awaitable
from datetime import timedelta
from pathlib import Path
from threading import current_thread
from typing import Any, cast

import anyio
import pytest
from graphql import ExecutionResult, execute, parse, validate
from sqlalchemy import event
from strawberry.execution import optimized_is_awaitable

from api.context import Context
from api.limits import FREE, TRUSTED, over_limit
from api.status import STATUS_EVENTS
from api.trusted import trusted_operations
from domain.alarms.commands import AcknowledgeAlarm
from domain.beds.commands import CancelRequest
from domain.places.commands import OpenHospital
from domain.telemetry.commands import DeviceMessage, Raw, StoreReadings
from kit.work import NETWORK, Actor, Scope
from tests.matrix.asking import GRAPHQL, SCHEMA
from tests.matrix.conftest import city
from tests.matrix.corner import PROGRAM, City

__all__ = ["city"]
HOUR = timedelta(hours=1)


def ask(
    city: City, actor: Actor, text: str, context: Context | None = None, **given: Any
) -> Any:  # fmt: skip
    """The answer's data; the first error as (code, reason)."""

    async def run() -> ExecutionResult:
        result = execute(
            GRAPHQL, parse(text), context_value=context or Context(city.app, actor), variable_values=given,
            is_awaitable=cast("Any", optimized_is_awaitable),
            executor_class=SCHEMA.execution_context_class,
        )  # fmt: skip
        return await result if isinstance(result, Awaitable) else result

    done = anyio.run(run)
    if done.errors:
        known: Any = done.errors[0].extensions or getattr(done.errors[0], "original_error", None)
        return known if isinstance(known, dict) and known else {
            "code": type(known).__name__, "reason": getattr(known, "reason", str(done.errors[0]))
        }  # fmt: skip
    return done.data


def here(city: City) -> dict[str, Any]:
    ids = city.corners["EAST/A"].ids
    return {"h": str(ids["hospital"]), "w": str(ids["ward"])}


def interval(city: City) -> dict[str, Any]:
    now = city.app.clock()
    return {"since": (now - HOUR).isoformat(), "until": (now + HOUR).isoformat()}


@pytest.fixture(scope="module")
def supervisor(city: City) -> Actor:
    corner = city.corners["EAST/A"]
    return city.enrol("house-supervisor", scope=Scope(corner.ids["hospital"]))


@pytest.fixture(scope="module")
def analyst(city: City) -> Actor:
    return city.enrol("analyst", scope=NETWORK)


@pytest.fixture(scope="module", autouse=True)
def taken_note_of(city: City, supervisor: Actor) -> None:
    """Somebody has acknowledged the alarm of EAST/B."""
    city.do(AcknowledgeAlarm(alarm_id=city.corners["EAST/B"].ids["alarm"]), supervisor)


STATUS = """query ($h: UUID!) { hospitalStatus(hospitalId: $h) { code
  devices { state devices } alarms { severity open unresolved }
  capacity { asOf source stale occupied inUse open readyNow waiting occupancyPercent pressure
             carers beds { state beds } }
  wards { code capacity { asOf source occupied } devices { state devices }
          alarms { severity open unresolved } } } }"""


def test_a_hospital_shows_beds_devices_and_alarms_with_source_and_age(
    city: City, supervisor: Actor
) -> None:
    found = ask(city, supervisor, STATUS, h=here(city)["h"])["hospitalStatus"]
    capacity, ward = found["capacity"], found["wards"][0]
    states = {one["state"]: one["beds"] for one in capacity["beds"] if one["beds"]}
    assert sum(states.values()) == capacity["open"] == 12
    assert (states["OCCUPIED"], capacity["occupied"], capacity["waiting"]) == (2, 2, 4)
    assert (capacity["source"], capacity["stale"], capacity["pressure"]) == ("LIVE", False, "GREEN")
    assert [one["code"] for one in found["wards"]] == ["A", "B"]
    assert ward["capacity"]["source"] == "LIVE"
    assert ward["capacity"]["asOf"] == capacity["asOf"]
    assert ward["devices"] == [{"state": "REGISTERED", "devices": 2}]
    assert found["devices"] == [{"state": "REGISTERED", "devices": 4}]
    assert [one["alarms"] for one in (*found["wards"], found)] == [
        [{"severity": "HIGH", "open": open_, "unresolved": many}]
        for open_, many in ((1, 1), (0, 1), (1, 2))
    ]


def test_who_sees_capacity_only_sees_no_devices_and_no_alarms(city: City, analyst: Actor) -> None:
    found = ask(city, analyst, STATUS, h=here(city)["h"])["hospitalStatus"]
    assert (found["devices"], found["alarms"]) == (None, None)
    assert found["capacity"]["occupied"] == 2
    assert found["wards"][0]["devices"] is None


def test_a_network_has_the_hospitals_that_one_may_see(
    city: City, supervisor: Actor, analyst: Actor
) -> None:
    text = "{ networkStatus { asOf nodes { code capacity { asOf source occupied } } } }"
    for actor, codes in ((analyst, ["EAST", "FAR", "WEST"]), (supervisor, ["EAST"])):
        found = ask(city, actor, text)["networkStatus"]["nodes"]
        assert [one["code"] for one in found] == codes
        occupied = {one["code"]: one["capacity"]["occupied"] for one in found}
        assert {code: many for code, many in occupied.items() if code != "FAR"} == dict.fromkeys(
            [code for code in codes if code != "FAR"], 2
        )


def test_a_status_takes_as_many_statements_for_two_hospitals_as_for_one(
    city: City, supervisor: Actor, analyst: Actor
) -> None:
    text = "{ networkStatus { nodes { capacity { occupied } alarms { open } wards { code } } } }"
    counted = []
    for actor in (supervisor, analyst):
        ask(city, actor, text)  # what is cached per person is cached now
        seen: list[str] = []

        def note(*call: Any, seen: list[str] = seen) -> None:
            if current_thread().name.startswith("AnyIO"):  # not the feed's own questions
                seen.append(call[2])

        event.listen(city.app.engine, "before_cursor_execute", note)
        ask(city, actor, text)
        event.remove(city.app.engine, "before_cursor_execute", note)
        counted.append(len([one for one in seen if one.startswith("SELECT")]))
    assert counted[0] == counted[1] <= 11


def test_a_map_has_points_and_lists_who_has_none(city: City, analyst: Actor) -> None:
    city.do(OpenHospital(code="ISLE", name_zh="岛", name_en="Isle", latitude=31.25,
                         longitude=121.5))  # fmt: skip
    found = ask(city, analyst, "{ hospitalMap { asOf geoJson unplaced { code name { zh } } } }")
    drawn = json.loads(found["hospitalMap"]["geoJson"])
    assert drawn["type"] == "FeatureCollection"
    (feature,) = drawn["features"]
    assert feature["geometry"] == {"type": "Point", "coordinates": [121.5, 31.25]}
    assert (feature["properties"]["code"], feature["properties"]["pressure"]) == ("ISLE", None)
    capacity = feature["properties"]["capacity"]
    assert (capacity["source"], capacity["stale"], capacity["open"]) == ("LIVE", True, 0)
    assert capacity["asOf"] == found["hospitalMap"]["asOf"]
    assert [one["code"] for one in found["hospitalMap"]["unplaced"]] == ["EAST", "FAR", "WEST"]


HISTORY = """query ($w: UUID, $since: DateTime!, $until: DateTime!) {
  occupancyHistory(wardId: $w, since: $since, until: $until) {
    asOf source formula unit stepSeconds timeZone
    points { since until occupied open percent complete } } }"""


def test_a_history_has_steps_formula_and_source(city: City, supervisor: Actor) -> None:
    given = interval(city)
    found = ask(city, supervisor, HISTORY, w=here(city)["w"], **given)["occupancyHistory"]
    assert (found["source"], found["formula"], found["unit"], found["stepSeconds"]) == (
        "LIVE", "occupancy", "%", 300,
    )  # fmt: skip
    assert found["points"][0]["percent"] is None
    assert found["points"][-1]["until"] == found["asOf"]
    network = ask(city, supervisor, HISTORY, w=None, **given)
    assert network["reason"] == "NOT_FOUND"


MEASURES = """query ($h: UUID, $since: DateTime!, $until: DateTime!) {
  measures(hospitalId: $h, since: $since, until: $until,
           names: [OCCUPANCY, ADMISSIONS, RATIO_COMPLIANCE]) {
    measure name { zh en } value unit formula text { zh en } numerator cases lack asOf source } }"""


def test_few_patients_are_told_to_those_who_see_beds_only(
    city: City, supervisor: Actor, analyst: Actor
) -> None:
    given = {"h": here(city)["h"], **interval(city)}
    own, far = (ask(city, actor, MEASURES, **given)["measures"] for actor in (supervisor, analyst))
    assert [one["lack"] for one in own] == [None, None, None]
    assert (own[1]["value"], own[1]["cases"]) == (2.0, 2)
    assert [one["lack"] for one in far] == [None, "TOO_FEW", None]
    assert (far[1]["value"], far[1]["numerator"], far[1]["cases"]) == (None, None, 0)
    assert far[0]["value"] == pytest.approx(own[0]["value"], rel=0.2)
    assert own[0]["name"]["zh"] == "病床使用率(按时间加权)"
    assert own[0]["text"]["en"].startswith("Bed-days occupied")


def test_too_little_history_is_a_typed_refusal(city: City, supervisor: Actor) -> None:
    text = """query ($h: UUID, $since: DateTime!, $until: DateTime!) {
      anomalies(hospitalId: $h, series: OCCUPANCY, since: $since, until: $until) {
        points { score } } }"""
    now = city.app.clock()
    given: dict[str, Any] = {"since": (now - 5 * HOUR).isoformat(), "until": now.isoformat()}
    assert ask(city, supervisor, text, h=here(city)["h"], **given)["reason"] == "HISTORY_TOO_SHORT"


CHART = """query ($w: UUID, $since: DateTime!, $until: DateTime!, $f: ChartFormat!) {
  occupancyChart(wardId: $w, since: $since, until: $until, format: $f, language: EN) {
    mediaType text base64 language asOf source formula } }"""


def test_a_chart_comes_as_text_or_as_base64_with_its_rights(city: City, supervisor: Actor) -> None:
    given = {"w": here(city)["w"], **interval(city)}
    drawn = ask(city, supervisor, CHART, f="SVG", **given)["occupancyChart"]
    assert (drawn["mediaType"], drawn["base64"]) == ("image/svg+xml", None)
    assert "EAST A" in drawn["text"]
    drawn = ask(city, supervisor, CHART, f="PNG", **given)["occupancyChart"]
    assert drawn["text"] is None
    assert base64.b64decode(drawn["base64"]).startswith(b"\x89PNG")
    given["w"] = str(city.corners["WEST/A"].ids["ward"])
    assert ask(city, supervisor, CHART, f="SVG", **given)["reason"] == "NOT_FOUND"


def test_a_status_follows_what_happens(city: City, supervisor: Actor) -> None:
    ids = city.corners["EAST/B"].ids
    text = "query ($w: UUID!) { wardStatus(wardId: $w) { capacity { waiting } } }"
    before = ask(city, supervisor, text, w=str(ids["ward"]))["wardStatus"]["capacity"]["waiting"]
    city.do(CancelRequest(request_id=ids["request"]))
    after = ask(city, supervisor, text, w=str(ids["ward"]))["wardStatus"]["capacity"]["waiting"]
    assert (before, after) == (2, 1)


def test_live_status_wakes_for_events_that_there_are_and_never_for_readings() -> None:
    domain = Path(__file__).parents[2] / "domain"
    code = "".join(file.read_text() for file in domain.rglob("*.py"))
    assert {name for name in STATUS_EVENTS if f'"{name}"' not in code} == set()
    assert "ReadingsStored" not in STATUS_EVENTS


@pytest.mark.parametrize("name", ["HospitalStatusChanged", "OccupancyHistory", "WardStatusChanged"])
def test_screens_may_send_the_operations_that_are_listed(name: str) -> None:
    document = parse(trusted_operations()[name])
    assert validate(GRAPHQL, document) == []
    assert over_limit(document, GRAPHQL, TRUSTED) == []


def test_a_free_document_may_ask_for_a_whole_history_and_for_a_chart_once() -> None:
    points = HISTORY.replace("since until occupied", "since occupied")
    assert over_limit(parse(points), GRAPHQL, FREE) == []
    twice = "query ($s: DateTime!) { a: %s b: %s }" % (
        ("occupancyChart(since: $s, until: $s) { text }",) * 2
    )
    assert len(over_limit(parse(twice), GRAPHQL, FREE)) == 1


READINGS = """query ($b: UUID) { readingsChart(bedId: $b, metric: "hr", language: EN) {
  mediaType metric text base64 language } }"""


def test_a_chart_of_readings_is_for_those_who_may_see_them_and_goes_on_record(
    city: City, supervisor: Actor
) -> None:
    corner = city.corners["EAST/A"]
    ids, now = corner.ids, city.app.clock()
    nurse = city.enrol("charge-nurse", scope=corner.scope)
    bed = str(ids["taken_bed"])
    assert ask(city, nurse, READINGS, b=bed)["reason"] == "NO_READINGS"
    message = DeviceMessage(device_id=ids["device"], received_at=now,
                            raws=(Raw("HR", 82.0, "/min", now),))  # fmt: skip
    city.do(StoreReadings(hospital_id=ids["hospital"], messages=(message,)), PROGRAM)
    context = Context(city.app, nurse)
    drawn = ask(city, nurse, READINGS, context, b=bed)["readingsChart"]
    assert (drawn["mediaType"], drawn["metric"], drawn["base64"]) == ("image/svg+xml", "hr", None)
    assert "taken_bed" in drawn["text"]
    assert {name for _, name in context.disclosures.shown} == {
        "ReadingsChart.text", "ReadingsChart.language",
    }  # fmt: skip
    hidden = Context(city.app, supervisor)
    drawn = ask(city, supervisor, READINGS, hidden, b=bed)["readingsChart"]
    assert (drawn["text"], drawn["language"]) == (None, None)
    assert (hidden.disclosures.shown, hidden.disclosures.denied) == (
        set(), {"ReadingsChart.text", "ReadingsChart.base64", "ReadingsChart.language"},
    )  # fmt: skip
    elsewhere = str(city.corners["WEST/A"].ids["taken_bed"])
    assert ask(city, nurse, READINGS, b=elsewhere)["reason"] == "NOT_FOUND"
