"""The whole program with a relay and a target of its own, people on call, and a clock to move."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from sqlmodel import Session, col, select

from app.jobs import PROGRAM
from app.settings import Profile, Settings
from app.wiring import App
from domain.accounts.model import Account, RoleBinding
from domain.alarms.lifecycle import Cause
from domain.alarms.model import Alarm, AlarmKind, Severity
from domain.alarms.stepping import RaiseAlarm
from domain.beds.commands import AddBed
from domain.notices.contacts import AddContact
from domain.notices.duties import AddDutyContact
from domain.notices.model import Delivery
from domain.notices.on_call import SetOnCall
from domain.notices.words import Channel, Language
from domain.places.commands import AddRoom, OpenHospital, OpenWard
from domain.places.model import RoomKind
from gateways.notice_channels import senders_of
from gateways.notices_out import NoticesOut
from kit.clock import utc_now
from kit.command import Command
from kit.db import open_engine, reading
from kit.ids import new_id
from kit.work import Actor, ActorKind
from tests.house import LOG, LONG_AGO, enrol, house
from tests.notices.servers import PASSWORD, USER, Papers

T = TypeVar("T")
SECRET = "canary-secret-of-the-webhook"
MAIL = "canary.li@example.org"
HOOK_PATH = "/canary-path"
PATIENT = "canary-patient"
WAIT_S = 20.0


@dataclass
class Clock:
    """The real one, moved ahead."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self.ahead


@dataclass
class Program:
    """One hospital with one ward; `seeder` may set everything up."""

    app: App
    url: str
    folder: Path
    clock: Clock
    seeder: Actor
    people: dict[str, UUID] = field(default_factory=dict)

    def do(self, command: Command[T], actor: Actor | None = None) -> T:
        return self.app.pipeline.run(actor or self.seeder, command).result

    def furnish(self) -> None:
        hospital = self.do(OpenHospital(code="NORTH", name_zh="北", name_en="North"))
        ward = self.do(OpenWard(hospital_id=hospital.id, code="ICU", name_zh="ICU", name_en="ICU",
                                licensed_beds=4, staffed_beds=4))  # fmt: skip
        room = self.do(AddRoom(ward_id=ward.id, code="1", kind=RoomKind.SIDE))
        self.bed = self.do(AddBed(room_id=room.id, code="B1")).id
        self.hospital, self.ward = hospital.id, ward.id

    def on_call(self, name: str, duty: str, address: str) -> None:
        """Somebody of that role in the ward, on call, with a mail address."""
        engine = open_engine(self.url, guarded=False)
        with Session(engine) as session:
            made = Account(kind=ActorKind.PERSON, login_name=name, made_at=LONG_AGO)
            session.add(made)
            session.flush()
            session.add(RoleBinding(
                user_id=made.id, role=duty.partition(":")[2], hospital_id=self.hospital,
                ward_id=self.ward, valid_from=LONG_AGO, granted_by=new_id(),
            ))  # fmt: skip
            session.commit()
            self.people[name] = made.id
        engine.dispose()
        self.app.decisions.reload()
        self.do(SetOnCall(hospital_id=self.hospital, ward_id=self.ward, duty=duty,
                          account_id=self.people[name]))  # fmt: skip
        self.do(AddContact(address=address, language=Language.EN), self.actor(name))

    def actor(self, name: str) -> Actor:
        """The person, logged in."""
        return Actor(self.people[name], session=new_id())

    def hook(self, port: int) -> None:
        """A system that is told of what nurses are; arranged past the check for https."""
        contact = self.do(AddDutyContact(
            hospital_id=self.hospital, ward_id=self.ward, duty="role:nurse", secret=SECRET,
            channel=Channel.WEBHOOK, address=f"https://localhost:{port}{HOOK_PATH}",
        )).contact  # fmt: skip
        self.hook_id = contact.id

    def alarm(self, severity: Severity = Severity.HIGH, **what: Any) -> Alarm:
        usual: dict[str, Any] = {
            "kind": AlarmKind.THRESHOLD, "severity": severity, "entity": f"bed:{self.bed}",
            "hospital_id": self.hospital, "ward_id": self.ward, "bed_id": self.bed,
            "metric": "spo2", "value": 86.0, "text_zh": "血氧低", "text_en": "SpO2 low",
            "notify": ("in-app", "email", "webhook"),
        }  # fmt: skip
        return self.do(RaiseAlarm(cause=Cause(**usual | what)), PROGRAM)

    def later(self, by: timedelta) -> None:
        """Time passes; what time brings about is done."""
        self.clock.ahead += by
        self.app.jobs.round()

    def deliveries(self, channel: Channel) -> list[Delivery]:
        with reading(self.app.engine) as session:
            asked = select(Delivery).where(Delivery.channel == channel)
            return list(session.exec(asked.order_by(col(Delivery.id))))

    def until(self, true: Callable[[], bool]) -> None:
        """Wait for something that happens in another thread."""
        deadline = time.monotonic() + WAIT_S
        while not true():
            assert time.monotonic() < deadline, "it did not happen"
            time.sleep(0.02)

    def until_state(self, channel: Channel, *states: str) -> list[Delivery]:
        self.until(lambda: [str(one.state) for one in self.deliveries(channel)] == list(states))
        return self.deliveries(channel)

    @contextmanager
    def sending(
        self, *, relay: int | None = None, paper: Papers | None = None, target: int | None = None,
        wrap: Callable[[dict[Channel, Any]], dict[Channel, Any]] = lambda senders: senders,
    ) -> Iterator[NoticesOut]:  # fmt: skip
        """The door, open."""
        self.app.metrics.__init__()  # type: ignore[misc]  # gauges of a second door in one process
        settings = Settings(
            data_folder=self.folder, profile=Profile.DEVELOPMENT, log_origin=LOG,
            smtp_host="localhost" if relay else None, smtp_port=relay or 25,
            smtp_from="wardgrid@example.org", smtp_tls="starttls" if paper else "none",
            smtp_ca=paper.file if paper else None, smtp_username=USER if paper else None,
            smtp_password=PASSWORD if paper else None, notice_channels=("webhook",),
            notice_targets_inside=(f"localhost:{target}",) if target else (),
        )  # fmt: skip
        door = NoticesOut(self.app, wrap(senders_of(settings, self.clock)))
        door.start()
        try:
            yield door
        finally:
            door.stop()
            self.app.on_commit.remove(door.wake)

    hospital: UUID = field(init=False)
    ward: UUID = field(init=False)
    bed: UUID = field(init=False)
    hook_id: UUID = field(init=False)


@contextmanager
def program(url: str, folder: Path) -> Iterator[Program]:
    seeder = enrol(url, "system-administrator", "house-supervisor")
    clock = Clock()
    with house(url, folder, clock=clock) as app:
        made = Program(app, url, folder, clock, seeder)
        made.furnish()
        yield made
