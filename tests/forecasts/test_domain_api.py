"""A forecast from the question to the screen: GraphQL, the process that makes it, and rights."""

from collections.abc import Awaitable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import anyio
from graphql import ExecutionResult, execute, parse
from strawberry.execution import optimized_is_awaitable

from api.context import Context
from app.wiring import App
from domain.beds.commands import AddBed
from domain.beds.past import PastStay, RecordPastStays
from domain.places.commands import AddRoom, OpenHospital, OpenWard
from domain.places.model import Hospital, RoomKind, Ward
from kit.ids import new_id
from kit.work import Actor, ActorKind, Scope
from tests.house import enrol, house
from tests.matrix.asking import GRAPHQL, SCHEMA

DAY = timedelta(days=1)
REQUEST = """mutation ($h: UUID!, $w: UUID, $key: String!) {
  requestForecast(hospitalId: $h, wardId: $w, measure: CENSUS, horizon: 3, idempotencyKey: $key) {
    ... on ForecastRequest { id state horizon } ... on Problem { code reason } } }"""
READ = """query ($w: UUID!, $at: DateTime) { forecast(wardId: $w, measure: CENSUS, asOf: $at) {
  id state measure step unit model source stale ageSeconds asOf madeAt timeZone horizon fellBack
  drift windowSteps historyHash backtest { steps mase seasonalNaiveMase covered80 } running { mase }
  outcome { steps }
  points { since until seasonalNaive eightWeekMean
           expected { low95 low80 median high80 high95 } } } }"""
LIST = (
    """query ($h: UUID!) { forecasts(hospitalId: $h, first: 10) { nodes { id state failure } } }"""
)
DEMAND = """query ($h: UUID!) { demand(hospitalId: $h, horizon: 2) {
  hospital { stale days { since } }
  wards { code staffedBeds patientsPerNurse runsShort stale source
          days { patients { median } short nurses { nurses registered } } } }
  networkDemand { code days { since } } }"""


def ask(app: App, actor: Actor, text: str, **given: Any) -> Any:
    async def run() -> ExecutionResult:
        result = execute(
            GRAPHQL, parse(text), context_value=Context(app, actor), variable_values=given,
            is_awaitable=cast("Any", optimized_is_awaitable),
            executor_class=SCHEMA.execution_context_class,
        )  # fmt: skip
        return await result if isinstance(result, Awaitable) else result

    done = anyio.run(run)
    assert not done.errors, done.errors
    return done.data


def ward_with_a_past(app: App, seeder: Actor) -> tuple[Hospital, Ward]:
    """One bed that is taken every night but Sunday's, for six weeks, by UTC's clock."""

    def run(command: Any) -> Any:
        return app.pipeline.run(seeder, command).result

    now = app.clock()
    opened = now - 45 * DAY
    hospital = run(OpenHospital(code="H", name_zh="医院", name_en="H", time_zone="UTC"))
    ward = run(OpenWard(hospital_id=hospital.id, code="W", name_zh="病区", name_en="W",
                        licensed_beds=2, staffed_beds=1, at=opened))  # fmt: skip
    room = run(AddRoom(ward_id=ward.id, code="1", kind=RoomKind.SIDE))
    bed = run(AddBed(room_id=room.id, code="1", at=opened))
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    evenings = [today - number * DAY + timedelta(hours=20) for number in range(2, 44)]
    stays = [PastStay(bed_id=bed.id, since=at, until=at + timedelta(hours=12))
             for at in evenings if at.weekday() != 6]  # fmt: skip
    assert run(RecordPastStays(ward_id=ward.id, stays=tuple(stays))) == len(stays)
    return hospital, ward


def test_a_forecast_is_asked_for_made_and_read(database_url: str, tmp_path: Path) -> None:
    seeder = enrol(database_url, "system-administrator", "house-supervisor")
    with house(database_url, tmp_path) as app:
        hospital, ward = ward_with_a_past(app, seeder)
        manager, nurse = (
            Actor(enrol(database_url, role, scope=Scope(hospital.id)).id, ActorKind.SERVICE)
            for role in ("bed-manager", "nurse")
        )
        app.decisions.reload()
        here = {"h": str(hospital.id), "w": str(ward.id)}
        refused = ask(app, nurse, REQUEST, **here, key=str(new_id()))["requestForecast"]
        assert refused == {"code": "DENIED", "reason": "NO_RIGHT"}
        asked = ask(app, manager, REQUEST, **here, key=str(new_id()))["requestForecast"]
        assert (asked["state"], asked["horizon"]) == ("COMPUTING", 3)
        again = ask(app, manager, REQUEST, **here, key=str(new_id()))["requestForecast"]
        assert again == {"code": "CONFLICT", "reason": "FORECAST_UNDER_WAY"}
        app.jobs.forecasting.make(hospital.id)
        found = ask(app, manager, READ, w=here["w"])["forecast"]
        assert found["id"] == asked["id"]
        _check(found, app.clock())
        before = (app.clock() - DAY).isoformat()
        assert ask(app, manager, READ, w=here["w"], at=before)["forecast"] is None
        listed = ask(app, manager, LIST, h=here["h"])["forecasts"]["nodes"]
        assert listed == [{"id": asked["id"], "state": "READY", "failure": None}]
        _check_demand(ask(app, manager, DEMAND, h=here["h"]))


def _check(found: dict[str, Any], now: datetime) -> None:
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    assert (found["measure"], found["step"], found["unit"]) == ("CENSUS", "DAY", "{patients}")
    assert (found["state"], found["source"], found["stale"]) == ("READY", "FORECAST", False)
    assert (found["timeZone"], found["asOf"]) == ("UTC", today.isoformat())
    assert (found["fellBack"], found["drift"], found["running"]) == (False, False, None)
    assert found["outcome"] is None
    assert 0 <= found["ageSeconds"] <= DAY.total_seconds()
    assert [one["since"] for one in found["points"]] == [
        (today + number * DAY).isoformat() for number in range(3)
    ]
    for number, one in enumerate(found["points"]):
        week_ago = today + (number - 7) * DAY
        assert one["seasonalNaive"] == (week_ago.weekday() != 6)
        levels = list(one["expected"].values())
        assert levels == sorted(levels)


def _check_demand(found: dict[str, Any]) -> None:
    (ward,) = found["demand"]["wards"]
    assert (ward["code"], ward["staffedBeds"], ward["patientsPerNurse"]) == ("W", 1, 5)
    assert (ward["stale"], ward["source"], len(ward["days"])) == (False, "FORECAST", 2)
    for day in ward["days"]:
        few = day["patients"]["median"] > 0
        assert day["nurses"] == {"nurses": int(few), "registered": int(few)}
    assert found["demand"]["hospital"] == {"stale": True, "days": []}
    assert found["networkDemand"] == [{"code": "H", "days": []}]
