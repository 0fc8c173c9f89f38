"""`wardgrid serve` with a real broker and a real mail relay, a ward of two beds and its people."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import httpx
from sqlalchemy import Engine, text
from sqlmodel import Session

from app.settings import load
from app.wiring import App, build
from authz.sessions import BEARER
from domain.accounts.model import Account, BearerToken, RoleBinding
from domain.accounts.rules import digest
from domain.beds.commands import AddBed, AdmitPatient
from domain.patients.commands import Identity, RegisterEncounter, RegisterPatient
from domain.patients.model import Sex
from domain.places.commands import AddRoom, OpenHospital, OpenWard
from domain.places.model import RoomKind, RoomSex
from gateways.mqtt_broker import GATEWAY
from kit.command import Command
from kit.db import open_engine
from kit.ids import new_id
from kit.work import NETWORK, Actor, ActorKind, Scope
from tests.faults.serving import Served, Starter, free_port, make_folder
from tests.mqtt.broker import GATEWAY_PASSWORD, Broker
from tests.notices.servers import PASSWORD, USER, Mailbox, Papers, smtp

T = TypeVar("T")
FOUNDERS = ("system-administrator", "bed-manager", "house-supervisor")
SENDER, MAIL = "wardgrid@example.org", "supervisor@example.org"
FAMILY = "Quillonbury"  # of the patient in bed 01: nowhere else in the house


@dataclass(frozen=True)
class Person:
    """Somebody with a role, and the token by which they ask."""

    actor: Actor
    token: str = field(repr=False)

    @property
    def id(self) -> str:
        return str(self.actor.id)


@dataclass(frozen=True)
class Staff:
    """Nurse and charge nurse of the ward, technician and supervisor of the hospital."""

    technician: Person
    nurse: Person
    charge: Person
    supervisor: Person
    system: Person  # another system of the hospital, over HL7 and FHIR


@dataclass
class Plant:
    """`bed` is bed 01, in which a patient lies; `engine` is for looking past the program."""

    served: Served
    broker: Broker
    box: Mailbox
    hospital: UUID
    ward: UUID
    bed: UUID
    staff: Staff
    engine: Engine

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.served.port}"

    def ask(self, who: Person, query: str, **variables: Any) -> dict[str, Any]:
        """The data of a query or mutation."""
        answer = self.send(who, query, **variables)
        assert "errors" not in answer, answer
        data: dict[str, Any] = answer["data"]
        return data

    def send(self, who: Person, query: str, **variables: Any) -> dict[str, Any]:
        """The whole answer, whatever it says."""
        headers = {"authorization": f"Bearer {who.token}", "accept-language": "en"}
        with httpx.Client(base_url=self.address, headers=headers, timeout=30) as http:
            answer: dict[str, Any] = http.post(
                "/graphql", json={"query": query, "variables": variables}
            ).json()
        return answer

    def change(self, who: Person, mutation: str, shown: str, **given: tuple[str, Any]) -> Any:
        """A mutation; each argument is its type and value. Fails where it was refused."""
        head = "".join(f", ${name}: {kind}" for name, (kind, _) in given.items())
        sent = "".join(f"{name}: ${name}, " for name in given)
        data = self.ask(
            who,
            f"mutation ($key: String!{head}) {{ {mutation}({sent} idempotencyKey: $key) {{"
            f" __typename ... on Problem {{ reason message field }} {shown} }} }}",
            key=str(new_id()), **{name: value for name, (_, value) in given.items()},
        )  # fmt: skip
        assert data[mutation]["__typename"] != "Problem", data
        return data[mutation]

    def rows(self, sql: str, **given: Any) -> list[tuple[Any, ...]]:
        """As the database has it now, whether the program lives or not."""
        with self.engine.connect() as connection:
            found = [tuple(row) for row in connection.execute(text(sql), given)]
            connection.rollback()
        return found


@contextmanager
def plant(
    url: str, folder: Path, starter: Starter, broker: Broker, *, paper: Papers | None = None
) -> Iterator[Plant]:
    """Everything started; the program knows its hospital, and no device yet.

    With `paper` the relay wants TLS and a log-in.
    """
    box = Mailbox()
    make_folder(folder, url)
    with smtp(box, paper, login=paper is not None) as relay:
        settings = folder / "wardgrid.toml"
        settings.write_text(settings.read_text() + _outside(broker, relay, paper))
        url = load(folder).database
        founder = person(url, *FOUNDERS)
        with installed(folder) as app:
            hospital, ward, bed = _furnish(app, founder.actor)
            staff = employ(url, hospital, ward)
            _let_in(folder, staff.system)
        engine = open_engine(url, guarded=False)
        served = Served(folder, founder.token, starter)
        served.start()
        try:
            yield Plant(served, broker, box, hospital, ward, bed, staff, engine)
        finally:
            served.stop()
            engine.dispose()


def employ(url: str, hospital: UUID, ward: UUID) -> Staff:
    here, there = Scope(hospital, ward), Scope(hospital)
    return Staff(
        technician=person(url, "device-technician", scope=there),
        nurse=person(url, "nurse", scope=here),
        charge=person(url, "charge-nurse", scope=here),
        supervisor=person(url, "house-supervisor", scope=there),
        system=person(url, "integration", scope=there, kind=ActorKind.SERVICE),
    )


def _let_in(folder: Path, system: Person) -> None:
    """As a peer of the HL7 door, from this machine."""
    peers = folder / "hl7_peers.toml"
    peers.write_text(
        f'[[peer]]\nname = "his"\nhospital = "N"\naccount = "{system.id}"\n'
        'addresses = ["127.0.0.0/8"]\nmessages = ["ADT", "ORU^R01"]\n'
    )
    peers.chmod(0o600)


def person(
    url: str, role: str, *more: str, scope: Scope = NETWORK, kind: ActorKind = ActorKind.PERSON
) -> Person:
    """Somebody's account with the roles and a long token: arranged in the database."""
    now, secret = datetime.now(UTC), BEARER + os.urandom(16).hex()  # noqa: TID251
    name = f"{role}-{new_id()}" if kind is ActorKind.PERSON else None
    account = Account(kind=kind, login_name=name, title=role, made_at=now)
    engine = open_engine(url, guarded=False)
    with Session(engine) as session:
        session.add(account)
        session.flush()
        session.add_all(
            RoleBinding(
                user_id=account.id, role=one, hospital_id=scope.hospital, ward_id=scope.ward,
                valid_from=now, granted_by=new_id(),
            )
            for one in (role, *more)
        )  # fmt: skip
        session.add(BearerToken(
            account_id=account.id, digest=digest(secret), operations="*", made_at=now,
            expires_at=now + timedelta(days=1),
        ))  # fmt: skip
        actor = Actor(account.id, kind)
        session.commit()
    engine.dispose()
    return Person(actor, secret)


@contextmanager
def installed(folder: Path) -> Iterator[App]:
    """The installation in this process, to arrange what only its own keys can seal."""
    app = build(load(folder))
    app.start(jobs=False)
    try:
        yield app
    finally:
        app.stop()


def _furnish(app: App, actor: Actor) -> tuple[UUID, UUID, UUID]:
    def run(command: Command[T]) -> T:
        return app.pipeline.run(actor, command, key=str(new_id())).result

    hospital = run(OpenHospital(code="N", name_zh="北医院", name_en="North"))
    ward = run(OpenWard(hospital_id=hospital.id, code="A", name_zh="甲", name_en="A",
                        licensed_beds=2, staffed_beds=2))  # fmt: skip
    room = run(AddRoom(ward_id=ward.id, code="A1", kind=RoomKind.BAY, sex_policy=RoomSex.MIXED))
    bed, _ = (run(AddBed(room_id=room.id, code=code)) for code in ("01", "02"))
    patient = run(RegisterPatient(
        hospital_id=hospital.id, identity=Identity(family_en=FAMILY), sex=Sex.FEMALE,
        birth_date=date(1950, 5, 5),
    ))  # fmt: skip
    encounter = run(RegisterEncounter(patient_id=patient.id, ward_id=ward.id))
    run(AdmitPatient(encounter_id=encounter.id, bed_id=bed.id))
    return hospital.id, ward.id, bed.id


def _outside(broker: Broker, relay: int, paper: Papers | None) -> str:
    secured = (
        'smtp_tls = "none"\n'
        if paper is None
        else (
            f'smtp_tls = "starttls"\nsmtp_ca = "{paper.file}"\n'
            f'smtp_username = "{USER}"\nsmtp_password = "{PASSWORD}"\n'
        )
    )
    return (
        f'mqtt_url = "mqtt://127.0.0.1:{broker.gateway_port}"\n'
        f'mqtt_username = "{GATEWAY}"\nmqtt_password = "{GATEWAY_PASSWORD}"\n'
        f'mqtt_client_id = "one"\nmqtt_group = "test"\nmqtt_broker_folder = "{broker.folder}"\n'
        f'smtp_host = "localhost"\nsmtp_port = {relay}\nsmtp_from = "{SENDER}"\n'
        f'mllp_port = {free_port()}\nnotice_channels = ["webhook"]\n' + secured
    )
