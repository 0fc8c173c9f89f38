"""Two wards with patients, people who can prove who they are, and a clock to turn."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import orjson
import pyotp
import pytest
from sqlmodel import Session, select
from strawberry.types import ExecutionResult

from api.context import Context
from api.schema import build_schema
from app.wiring import App
from audit.tables import LEDGER_ENTRY
from authz.passwords import Cost, Passwords
from domain.accounts.commands import CreateAccount
from domain.accounts.credentials import ConfirmTotp, EnrolTotp
from domain.accounts.model import RoleBinding
from domain.places.commands import OpenHospital, OpenWard
from kit.clock import utc_now
from kit.db import open_engine, reading
from kit.ids import new_id
from kit.work import Actor, Scope
from tests.house import LONG_AGO, enrol, house
from tests.matrix.city import SEEDER_ROLES
from tests.matrix.corner import City, Corner
from tests.matrix.people import arrive

SCHEMA = build_schema()
PASSWORD, SECRET = "seven quiet wards at dawn", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
REQUEST = """mutation ($p: UUID, $w: UUID, $m: Int!, $x: String!, $t: String!, $k: String!) {
  requestBreakGlass(patientId: $p, wardId: $w, reasonCode: URGENT_CARE, minutes: $m,
    reasonText: "collapsed in the corridor", password: $x, totp: $t, idempotencyKey: $k) {
    ... on BreakGlass { id state until patientId reasonText }
    ... on Problem { code reason allowed } } }"""


@dataclass
class Town:
    city: City
    turned: timedelta = timedelta(0)

    @property
    def app(self) -> App:
        return self.city.app

    @property
    def here(self) -> Corner:
        return self.city.corners["EAST/A"]

    @property
    def there(self) -> Corner:
        return self.city.corners["EAST/B"]

    def now(self) -> datetime:
        return utc_now() + self.turned

    def wait(self, **span: float) -> None:
        self.turned += timedelta(**span)
        self.app.jobs.round()
        self.app.watch.step()

    def person(self, role: str, scope: Scope, *, codes: bool = True) -> Actor:
        """Somebody who holds the role and can prove who they are."""
        app, name = self.app, f"{role}.{new_id().hex[-8:]}"
        hashed = anyio.run(app.logins.passwords.hash, PASSWORD)
        made = CreateAccount(login_name=name, password_hash=hashed, must_change=False)
        actor = Actor(self.city.do(made).id, session=new_id())
        if codes:
            self.city.do(EnrolTotp(secret=SECRET), actor)
            self.city.do(ConfirmTotp(step=1, credential=1), actor)
        engine = open_engine(self.city.url, guarded=False)
        with Session(engine) as session:
            session.add(RoleBinding(
                user_id=actor.id, role=role, hospital_id=scope.hospital, ward_id=scope.ward,
                valid_from=LONG_AGO, granted_by=new_id(),
            ))  # fmt: skip
            session.commit()
        engine.dispose()
        app.decisions.reload()
        return actor

    def ask(self, actor: Actor, text: str, **given: Any) -> dict[str, Any]:
        """Data and errors, once what it showed is on record."""
        context = Context(app=self.app, actor=actor)

        async def run() -> Any:
            found = await SCHEMA.execute(text, variable_values=given, context_value=context)
            await context.seal_reads()
            return found

        result: ExecutionResult = anyio.run(run)
        return {"data": result.data, "errors": result.errors}

    def request(self, actor: Actor, minutes: int = 15, **target: Any) -> dict[str, Any]:
        """Break the glass with the right password and the code shown now."""
        given = {"m": minutes, "x": PASSWORD, "t": self.code(), "k": str(new_id()), **target}
        found: dict[str, Any] = self.ask(actor, REQUEST, **given)["data"]["requestBreakGlass"]
        self.app.watch.step()
        return found

    def code(self) -> str:
        """A code is used once: time goes on to the next one."""
        self.turned += timedelta(seconds=30)
        return pyotp.TOTP(SECRET).at(self.now())

    def entries(self, **wanted: str) -> list[dict[str, Any]]:
        """Bodies of the ledger, the oldest first."""
        with reading(self.app.engine) as session:
            rows = session.execute(select(LEDGER_ENTRY.c.body).order_by(LEDGER_ENTRY.c.id))
            bodies = [orjson.loads(bytes(row.body)) for row in rows]
        return [one for one in bodies if wanted.items() <= one.items()]


@pytest.fixture
def town(database_url: str, tmp_path: Path) -> Iterator[Town]:
    made: list[Town] = []
    with house(database_url, tmp_path, clock=lambda: made[0].now() if made else utc_now()) as app:
        app.logins.passwords = Passwords(Cost(memory_kib=64, passes=1), workers=1)
        city = City(app, database_url, enrol(database_url, *SEEDER_ROLES))
        app.decisions.reload()
        made.append(Town(city))
        _settle(city)
        yield made[0]


def _settle(city: City) -> None:
    """A hospital of two wards, two patients in each."""
    hospital = city.do(OpenHospital(code="EAST", name_zh="EAST", name_en="EAST"))
    for code in ("A", "B"):
        ward = city.do(OpenWard(hospital_id=hospital.id, code=code, name_zh=code, name_en=code,
                                licensed_beds=4, staffed_beds=4))  # fmt: skip
        corner = Corner(ward.scope, {"hospital": hospital.id, "ward": ward.id})
        corner.ids["patient"], corner.ids["encounter"] = arrive(city, corner, "Lying")
        corner.ids["other_patient"], _ = arrive(city, corner, "Held")
        city.corners[f"EAST/{code}"] = corner
