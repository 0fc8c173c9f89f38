"""The whole program behind its doors, with a ward in each of two hospitals and people in them."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, TypeVar
from uuid import UUID

import httpx
import pytest
from sqlmodel import Session

from api.program import serve
from app.jobs import PROGRAM
from app.wiring import App, build
from authz.sessions import BEARER
from domain.accounts.model import BearerToken
from domain.accounts.rules import digest
from domain.alarms.commands import RaiseAlarm
from domain.alarms.lifecycle import Cause
from domain.alarms.model import Alarm, AlarmKind, Severity
from domain.devices.commands import RegisterDevice
from domain.devices.model import DeviceKind
from kit.command import Command
from kit.db import open_engine
from kit.ids import new_id
from kit.work import Actor, Scope
from tests.databases import KINDS, Databases
from tests.edge.screen import Screen
from tests.edge.serving import served
from tests.edge.test_ward_screen import ROLES, Hospital, open_ward
from tests.house import KEYS, enrol, settings_for

T = TypeVar("T")
ALARM = "id state severity placeCode value text { zh en } ackedBy version"
LIVE = (
    "subscription ($ward: UUID!, $after: String) { alarms(wardId: $ward, after: $after)"
    f" {{ cursor asOf total unacknowledged critical more alarms {{ {ALARM} }} floods {{ alarms }} }} }}"
)


@dataclass
class House:
    """`here` is a ward with beds 01 and 02; `device` a monitor of it."""

    app: App
    url: str
    here: Hospital
    device: UUID
    _numbers: Iterator[int] = field(default_factory=count)

    @property
    def ward(self) -> Scope:
        return self.here.ward.scope

    def somebody(self, role: str, scope: Scope | None = None) -> tuple[Actor, str]:
        """A person's account with the role, in the ward if not said otherwise, and its token."""
        actor = enrol(self.url, role, scope=scope or self.ward)
        secret, now = BEARER + os.urandom(16).hex(), datetime.now(UTC)  # noqa: TID251
        engine = open_engine(self.url, guarded=False)
        with Session(engine) as session:
            session.add(BearerToken(
                account_id=actor.id, digest=digest(secret), operations="*", made_at=now,
                expires_at=now + timedelta(days=1),
            ))  # fmt: skip
            session.commit()
        engine.dispose()
        self.app.decisions.reload()
        return actor, secret

    def raised(self, **what: Any) -> Alarm:
        """A new alarm at bed 01: of an entity of its own, so that no two are the same."""
        usual: dict[str, Any] = {
            "kind": AlarmKind.THRESHOLD, "severity": Severity.HIGH, "text_en": "SpO2 low",
            "hospital_id": self.here.hospital, "ward_id": self.here.ward.id, "text_zh": "血氧低",
            "entity": f"bed:{next(self._numbers)}", "bed_id": self.here.beds[0],
            "metric": "spo2", "value": 86.0, "threshold": 90.0,
        }  # fmt: skip
        cause = Cause(**usual | what)
        return self.do(PROGRAM, RaiseAlarm(cause=cause))

    def do(self, actor: Actor, command: Command[T]) -> T:
        return self.app.pipeline.run(actor, command).result

    def ask(self, token: str, query: str, language: str = "en", **variables: Any) -> dict[str, Any]:
        """The data of a query or mutation over HTTP."""
        headers = {"authorization": f"Bearer {token}", "accept-language": language}
        with httpx.Client(base_url=f"http://127.0.0.1:{self.here.port}", headers=headers) as http:
            answer = http.post("/graphql", json={"query": query, "variables": variables}).json()
        assert "errors" not in answer, answer
        data: dict[str, Any] = answer["data"]
        return data

    def change(self, token: str, field: str, language: str = "en", **given: Any) -> dict[str, Any]:
        """A mutation: the alarm, or the Problem."""
        kinds = {"alarm": "UUID!", "until": "DateTime!", "reason": "String!", "group": "Boolean",
                 "version": "Int"}  # fmt: skip
        named = {"alarm": "alarmId", "group": "wholeGroup"}
        head = ", ".join(f"${name}: {kinds[name]}" for name in given)
        sent = ", ".join(f"{named.get(name, name)}: ${name}" for name in given)
        query = (
            f"mutation ($key: String!, {head}) {{ {field}({sent}, idempotencyKey: $key) {{"
            f" ... on Alarm {{ {ALARM} shelvedUntil }}"
            " ... on Problem { code reason message allowed blocking } } }"
        )
        data = self.ask(token, query, language, key=str(new_id()), **given)
        found: dict[str, Any] = data[field]
        return found

    def watching(self, token: str, ward: UUID | None = None, after: str | None = None,
                 query: str = LIVE) -> Screen:  # fmt: skip
        return self.asking(token, query, ward=str(ward or self.here.ward.id), after=after)

    def asking(self, token: str, query: str, **variables: Any) -> Screen:
        """A screen with one subscription."""
        screen = Screen(self.here.port, user=None)
        screen.send(type="connection_init", payload={"authorization": f"Bearer {token}"})
        assert screen.receive() == {"type": "connection_ack"}
        screen.send(type="subscribe", id="1", payload={"query": query, "variables": variables})
        return screen


@pytest.fixture(scope="module", params=KINDS)
def house(
    request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    with databases.migrated(request.param) as url:
        actor = enrol(url, *ROLES, "device-technician")
        app = build(settings_for(url, tmp_path_factory.mktemp("house")), keys=KEYS)
        with served(serve(app)) as port:
            here = open_ward(app, actor, port)
            device = here.run(RegisterDevice(
                hospital_id=here.hospital, ward_id=here.ward.id, code="MON1",
                kind=DeviceKind.MONITOR,
            )).device  # fmt: skip
            yield House(app, url, here, device.id)
