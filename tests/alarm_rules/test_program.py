"""Rules in the running program: rights, the job runner's timers, GraphQL."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import anyio
import pytest
from sqlmodel import Session, select

from api.context import Context
from api.schema import build_schema
from app.wiring import App
from domain.alarms.model import Alarm
from domain.alarms.rule_commands import DraftRule, PublishRule
from domain.devices.model import DeviceStatus
from kit.db import open_engine, reading
from kit.errors import Denied
from kit.ids import new_id
from kit.work import NETWORK, Actor, ActorKind
from tests.alarm_rules.rule_cases import spo2_low
from tests.databases import Databases
from tests.house import house
from tests.matrix.city import fill
from tests.matrix.corner import City

SCHEMA = build_schema()
SILENT = {"id": "no-data", "kind": "absence", "severity": "high",
          "text": {"zh": "{place} 无数据", "en": "no data from {place}"}}  # fmt: skip
LAG = {"id": "disk", "kind": "measure", "metric": "disk_free", "op": "<=", "threshold": 100,
       "severity": "low", "text": {"zh": "磁盘", "en": "disk"}}  # fmt: skip
TRY = """query ($hospitalId: UUID!, $since: DateTime!, $until: DateTime!) {
  tryRule(hospitalId: $hospitalId, since: $since, until: $until, rule: {
    id: "trial", kind: THRESHOLD, metric: "hr", op: ">", threshold: 100, for: "PT1M",
    severity: HIGH, text: {zh: "高", en: "high"}
  }) { readings entities count firings { place } } }"""
DRAFT = """mutation ($hospitalId: UUID!, $key: String!) {
  draftAlarmRule(hospitalId: $hospitalId, idempotencyKey: $key, rule: {
    id: "by-hand", kind: THRESHOLD, metric: "spo2", op: "<", threshold: 90, clear: 92, for: "PT2M",
    severity: HIGH, text: {zh: "低", en: "low"}, deviceKind: MONITOR,
    escalate: [{after: "PT5M", unacked: true, to: "role:charge-nurse", severity: CRITICAL}]
  }) { __typename ... on AlarmRule { code number state severity rule } ... on Problem { reason field } } }"""


@pytest.fixture(scope="module")
def city(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    with (
        databases.migrated("sqlite") as url,
        house(url, tmp_path_factory.mktemp("rules")) as app,
    ):
        yield fill(app, url)


def ask(app: App, actor: Actor, text: str, **given: Any) -> dict[str, Any]:
    async def run() -> Any:
        return await SCHEMA.execute(text, variable_values=given, context_value=Context(app, actor))

    done = anyio.run(run)
    assert done.errors is None, done.errors
    return dict(done.data)


def test_the_same_person_never_publishes_even_with_the_right(city: City) -> None:
    corner = city.corners["EAST/A"]
    both = city.enrol("house-supervisor", "charge-nurse", scope=corner.scope)
    draft = DraftRule(hospital_id=corner.ids["hospital"], ward_id=corner.ids["ward"],
                      rule=spo2_low(id="four-eyes"))  # fmt: skip
    drafted = city.do(draft, both)
    with pytest.raises(Denied) as refused:
        city.do(PublishRule(rule_id=drafted.id), both)
    assert refused.value.reason == "FOUR_EYES"


def test_the_job_runner_finds_silence_and_reports_figures(city: City) -> None:
    corner = city.corners["EAST/A"]
    for rule in (SILENT, LAG):
        draft = DraftRule(hospital_id=corner.ids["hospital"], rule=rule)
        drafted = city.do(draft, city.enrol("bed-manager", scope=NETWORK))
        city.do(PublishRule(rule_id=drafted.id))
    engine = open_engine(city.url, guarded=False)
    with Session(engine) as session:
        row = session.get(DeviceStatus, corner.ids["device"]) or DeviceStatus(
            device_id=corner.ids["device"], hospital_id=corner.ids["hospital"],
            seen_at=city.app.clock(),
        )  # fmt: skip
        row.seen_at = city.app.clock() - timedelta(days=8)
        session.add(row)
        session.commit()
    engine.dispose()
    city.app.jobs.round()
    with reading(city.app.engine) as session:
        found = session.exec(select(Alarm.entity, Alarm.severity).where(Alarm.rule_id != None))  # noqa: E711 - SQL
        assert sorted(found) == [("service:disk_free", "LOW")]  # the device still has its time


def test_a_rule_is_drafted_and_tried_in_graphql(city: City) -> None:
    corner = city.corners["WEST/A"]
    who = Actor(city.enrol("bed-manager", scope=NETWORK).id, ActorKind.SERVICE, session=new_id())
    answer = ask(city.app, who, DRAFT, hospitalId=str(corner.ids["hospital"]), key=str(new_id()))
    drafted = answer["draftAlarmRule"]
    assert (drafted["code"], drafted["number"], drafted["state"]) == ("by-hand", 1, "DRAFT")
    assert drafted["rule"]["escalate"] == [
        {"after": "PT5M", "unacked": True, "to": "role:charge-nurse", "severity": "critical"}
    ]
    assert drafted["rule"]["scope"] == {"deviceKind": "monitor"}
    now = city.app.clock()
    tried = ask(city.app, who, TRY, hospitalId=str(corner.ids["hospital"]),
                since=(now - timedelta(hours=1)).isoformat(), until=now.isoformat())  # fmt: skip
    assert tried["tryRule"]["count"] == 0
