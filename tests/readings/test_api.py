"""Readings in GraphQL: shown to who may see the patient, as recorded disclosures, and live."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import anyio
import pytest
from strawberry.types import get_object_definition

from api.context import Context
from api.live_reading import LiveReader
from api.schema import Subscription, build_schema
from api.sight import look
from api.subscription import LIVE, Live
from app.jobs import PROGRAM
from domain.telemetry.commands import DeviceMessage, Raw, StoreReadings
from kit.ids import new_id
from kit.work import Actor, ActorKind, Scope
from tests.databases import Databases
from tests.house import house
from tests.matrix.city import fill
from tests.matrix.corner import City

SCHEMA = build_schema()
HISTORY = """query($bed: UUID, $device: UUID) { deviceReadings(metric: "hr", bedId: $bed,
  deviceId: $device) { metric unit widthS last flags completeness encounterId } }"""
LATEST = """query($bed: UUID, $device: UUID) { latestReadings(bedId: $bed, deviceId: $device) {
  metric nameZh unit value flags } }"""


@pytest.fixture(scope="module")
def city(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    with (
        databases.migrated("sqlite") as url,
        house(url, tmp_path_factory.mktemp("city")) as app,
    ):
        made = fill(app, url)
        _store(made, 88.0)
        yield made


def _store(city: City, value: float, where: str = "EAST/A") -> None:
    ids, now = city.corners[where].ids, city.app.clock()
    raws = (Raw("hr", value, "bpm", now), Raw("temp", 99.5, "Deg. F", now))
    stored = city.do(
        StoreReadings(hospital_id=ids["hospital"],
                      messages=(DeviceMessage(ids["device"], now, raws),)), PROGRAM,
    )  # fmt: skip
    assert stored.stored == 2


def _ask(city: City, role: str, document: str, **variables: Any) -> tuple[Any, Context]:
    actor = _someone(city, role)
    context = Context(city.app, actor)

    async def asked() -> Any:
        return await SCHEMA.execute(document, variable_values=variables, context_value=context)

    done = anyio.run(asked)
    assert done.errors is None, done.errors
    (answer,) = done.data.values()
    return answer, context


def _someone(city: City, role: str, where: str = "EAST/A") -> Actor:
    corner = city.corners[where]
    held = city.enrol(role, scope=Scope(corner.ids["hospital"], corner.ids["ward"]))
    return Actor(held.id, ActorKind.SERVICE, session=new_id())


def test_the_history_of_an_occupied_bed_is_a_disclosure_about_its_patient(city: City) -> None:
    ids = city.corners["EAST/A"].ids
    for place in ({"bed": str(ids["taken_bed"])}, {"device": str(ids["device"])}):
        shown, context = _ask(city, "charge-nurse", HISTORY, **place)
        assert (shown["metric"], shown["unit"], shown["widthS"]) == ("hr", "/min", 0)
        assert (shown["last"], shown["flags"]) == ([88.0], [""])
        assert shown["encounterId"] is not None
        subjects = {subject for subject, _ in context.disclosures.shown}
        assert len(subjects) == 1
        assert ("ReadingSeries.last") in {label for _, label in context.disclosures.shown}


def test_the_newest_values_come_in_canonical_units(city: City) -> None:
    ids = city.corners["EAST/A"].ids
    shown, _ = _ask(city, "charge-nurse", LATEST, device=str(ids["device"]))
    assert shown == [
        {"metric": "hr", "nameZh": "心率", "unit": "/min", "value": 88.0, "flags": ""},
        {"metric": "temp", "nameZh": "体温", "unit": "Cel", "value": 37.5, "flags": ""},
    ]


def test_who_does_not_treat_the_patient_sees_that_there_is_something_and_not_what(
    city: City,
) -> None:
    ids = city.corners["EAST/A"].ids
    shown, context = _ask(city, "nurse", LATEST, device=str(ids["device"]))
    assert [one["value"] for one in shown] == [None, None]
    assert context.disclosures.shown == set()
    assert "LatestReading.value" in context.disclosures.denied
    series, _ = _ask(city, "nurse", HISTORY, bed=str(ids["taken_bed"]))
    assert (series["last"], series["completeness"]) == (None, None)


def test_an_empty_bed_has_no_history(city: City) -> None:
    shown, _ = _ask(city, "charge-nurse", LATEST, bed=str(city.corners["EAST/A"].ids["bed"]))
    assert shown == []


def test_live_values_are_of_who_lies_there_and_go_on_from_a_cursor(city: City) -> None:
    ids = city.corners["EAST/B"].ids
    _store(city, 88.0, "EAST/B")
    fields = get_object_definition(Subscription, strict=True).fields
    live: Live = next(f.metadata[LIVE] for f in fields if f.python_name == "device_readings")
    reader, given = LiveReader(city.app, new_id()), {"device_id": ids["device"]}
    context = Context(city.app, _someone(city, "charge-nurse", "EAST/B"))
    (topic,) = reader.topics(context, live, given)
    assert topic.scope == Scope(ids["hospital"], ids["ward"])
    first = _opened(reader, context, live, given)
    _store(city, 91.0, "EAST/B")
    second = _opened(reader, context, live, given)
    assert [values for _, values in (first, second)] == [[88.0, 37.5], [91.0, 37.5]]
    assert first[0] != second[0]
    assert live.latest_wins


def _opened(
    reader: LiveReader, context: Context, live: Live, given: dict[str, UUID]
) -> tuple[str, list[Any]]:
    with reader.opened(context, live, given) as view:
        return view.cursor, [look(one, "value") for one in view.readings]
