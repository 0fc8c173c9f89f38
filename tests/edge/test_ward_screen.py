"""The whole house behind its doors: a ward's screen, from the token to the last event."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import httpx
import pytest

from api.program import serve
from api.trusted import trusted_operations
from app.wiring import App, build
from authz.sessions import BEARER, new_secret
from domain.accounts.devices import IssueScreenToken, RevokeToken
from domain.beds.commands import AddBed, AdmitPatient
from domain.patients.commands import Identity, RegisterEncounter, RegisterPatient
from domain.patients.model import Sex
from domain.places.commands import AddRoom, OpenHospital, OpenWard
from domain.places.model import RoomKind, RoomSex, Ward
from kit.command import Command
from kit.ids import new_id
from kit.work import Actor
from tests.edge.screen import Screen
from tests.edge.serving import served
from tests.house import KEYS, enrol, settings_for

T = TypeVar("T")
BOARD = trusted_operations()["BedBoardChanged"]
ROLES = ("system-administrator", "security-administrator", "house-supervisor", "bed-manager",
         "charge-nurse")  # fmt: skip


@dataclass
class Hospital:
    """A running house with one ward of two beds."""

    app: App
    actor: Actor
    port: int
    ward: Ward
    beds: list[UUID]
    hospital: UUID

    def run(self, command: Command[T]) -> T:
        return self.app.pipeline.run(self.actor, command, key=str(new_id())).result

    def screen_token(self, ward: UUID | None = None) -> tuple[str, UUID]:
        secret = new_secret(BEARER)
        issued = self.run(
            IssueScreenToken(ward_id=ward or self.ward.id, title="screen", secret=secret)
        )
        self.app.watch.step()
        return secret, issued.token.id

    def arrive_and_admit(self, bed: UUID) -> None:
        identity = Identity(family_zh="欧阳", given_zh="明", phone="13800138000")
        patient = self.run(RegisterPatient(
            hospital_id=self.hospital, identity=identity, sex=Sex.FEMALE,
            birth_date=date(1950, 5, 5),
        ))  # fmt: skip
        encounter = self.run(RegisterEncounter(patient_id=patient.id, ward_id=self.ward.id))
        self.run(AdmitPatient(encounter_id=encounter.id, bed_id=bed))

    def reads(self, action: str) -> list[Any]:
        """Ledger entries of that action."""
        with self.app.engine.connect().execution_options(readonly=True) as connection:
            rows = connection.exec_driver_sql("SELECT body FROM ledger_entry").fetchall()
        return [row[0] for row in rows if f'"{action}"'.encode() in bytes(row[0])]


def open_ward(app: App, actor: Actor, port: int) -> Hospital:
    def run(command: Command[T]) -> T:
        return app.pipeline.run(actor, command, key=str(new_id())).result

    hospital = run(OpenHospital(code="NORTH", name_zh="北医院", name_en="North"))
    ward = run(OpenWard(hospital_id=hospital.id, code="A", name_zh="甲", name_en="A",
                        licensed_beds=2, staffed_beds=2))  # fmt: skip
    room = run(AddRoom(ward_id=ward.id, code="A1", kind=RoomKind.BAY, sex_policy=RoomSex.MIXED))
    beds = [run(AddBed(room_id=room.id, code=code)).id for code in ("01", "02")]
    return Hospital(app, actor, port, ward, beds, hospital.id)


@pytest.fixture
def hospital(database_url: str, tmp_path: Path) -> Iterator[Hospital]:
    actor = enrol(database_url, *ROLES)
    app = build(settings_for(database_url, tmp_path), keys=KEYS)
    with served(serve(app)) as port:
        yield open_ward(app, actor, port)


def screen_of(hospital: Hospital, token: str) -> Screen:
    screen = Screen(hospital.port, user=None)
    screen.send(type="connection_init", payload={"authorization": f"Bearer {token}"})
    assert screen.receive() == {"type": "connection_ack"}
    screen.watch(hospital.ward.id, query=BOARD)
    return screen


def event(screen: Screen) -> dict[str, Any]:
    message = screen.receive()
    assert message["type"] == "next", message
    assert "errors" not in message["payload"], message
    shown: dict[str, Any] = message["payload"]["data"]["bedBoardChanged"]
    return shown


def test_a_screen_follows_its_ward_until_its_token_is_revoked(hospital: Hospital) -> None:
    token, token_id = hospital.screen_token()
    with screen_of(hospital, token) as screen:
        first = event(screen)
        assert [bed["state"] for bed in first["board"]["beds"]] == ["READY", "READY"]
        assert hospital.reads("view.start") == []
        hospital.arrive_and_admit(hospital.beds[0])
        board = event(screen)["board"]
        while board["occupied"] == 0:  # the arrival alone may show as somebody who waits
            board = event(screen)["board"]
        taken, free = board["beds"]
        assert (taken["state"], free["state"]) == ("OCCUPIED", "READY")
        assert taken["stay"]["initials"] == "欧阳某"
        assert len(hospital.reads("view.start")) == 1
        hospital.run(RevokeToken(token_id=token_id))
        assert screen.closed() == (4403, "The session has ended")
    wait_for(lambda: len(hospital.reads("view.stop")) == 1)


def test_a_screen_sees_no_other_ward_and_no_other_operation(hospital: Hospital) -> None:
    token, _ = hospital.screen_token()
    other = hospital.run(OpenWard(
        hospital_id=hospital.hospital, code="B", name_zh="乙", name_en="B", licensed_beds=1,
        staffed_beds=1,
    ))  # fmt: skip
    with screen_of(hospital, token) as screen:
        event(screen)
        answers = []
        for ward in (other.id, UUID(int=7)):
            screen.watch(ward, key="other", query=BOARD)
            answers.append(screen.receive())
        for answer, ward in zip(answers, (other.id, UUID(int=7)), strict=True):
            answer["payload"][0]["message"] = answer["payload"][0]["message"].replace(
                str(ward), "WARD"
            )
        assert answers[0] == answers[1]
        assert answers[0]["payload"][0]["extensions"]["code"] == "NOT_FOUND"
        screen.watch(key="free", query="subscription { bedBoardChanged(wardId: 1) { version } }")
        assert screen.receive()["payload"][0]["extensions"]["code"] == "TRUSTED_ONLY"
    headers = {"authorization": f"Bearer {token}"}
    asked = {"query": "{ hospitals(first: 1) { nodes { id } } }"}
    with httpx.Client(base_url=f"http://127.0.0.1:{hospital.port}", headers=headers) as http:
        refused = http.post("/graphql", json=asked).json()
        assert refused["errors"][0]["extensions"]["code"] == "TRUSTED_ONLY"
        assert http.get("/readyz").json() == {"ready": True, "failing": []}


def wait_for(true: Any) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)
