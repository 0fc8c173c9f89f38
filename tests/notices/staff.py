"""People on call in the small hospital of tests/domain_world.py, with their contacts."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import Session, col, select

from domain.accounts.model import Account
from domain.alarms.model import Alarm
from domain.notices.contacts import AddContact
from domain.notices.duties import AddDutyContact
from domain.notices.model import Contact, Delivery, NoticePlan
from domain.notices.on_call import SetOnCall
from domain.notices.planning import PlanDeliveries
from domain.notices.sending import ClaimDelivery, RecordDelivery
from domain.notices.timers import notices_to_plan
from domain.notices.words import Channel, Outcome, Parcel
from kit.work import Actor, ActorKind
from tests.alarms.ward import Ward
from tests.domain_world import World

NURSE, CHARGE, SUPERVISOR = "role:nurse", "role:charge-nurse", "role:house-supervisor"
HOOK = "https://hooks.example.org/wardgrid"
SECRET = "a secret for signing".replace(" ", "-")
MAIL = ("in-app", "email")


@dataclass
class Staff:
    """Names for accounts, and alarms of ward A."""

    ward: Ward
    people: dict[str, UUID] = field(default_factory=dict)

    @property
    def world(self) -> World:
        return self.ward.world

    def on_call(self, name: str, duty: str, *, ward: bool = True, **when: Any) -> UUID:
        """Put somebody, made where unknown, on a duty of ward A or of the hospital."""
        account = self.people.get(name) or self.person(name)
        self.world.run(SetOnCall(
            hospital_id=self.world.hospital.id, account_id=account, duty=duty,
            ward_id=self.world.ward_a.id if ward else None, **when,
        ))  # fmt: skip
        return account

    def person(self, name: str) -> UUID:
        with Session(self.world.engine) as session:
            made = Account(kind=ActorKind.PERSON, login_name=name, made_at=self.world.now)
            session.add(made)
            session.commit()
            self.people[name] = made.id
        return self.people[name]

    def contact(self, name: str, **what: Any) -> Contact:
        """The person adds an address of their own."""
        before, self.world.actor = self.world.actor, Actor(self.people[name])
        try:
            address = what.pop("address", f"{name}@example.org")
            return self.world.run(AddContact(address=address, **what)).contact
        finally:
            self.world.actor = before

    def hook(self, duty: str, **what: Any) -> Contact:
        usual: dict[str, Any] = {
            "hospital_id": self.world.hospital.id, "ward_id": self.world.ward_a.id, "duty": duty,
            "channel": Channel.WEBHOOK, "address": HOOK, "secret": SECRET,
        }  # fmt: skip
        return self.world.run(AddDutyContact(**usual | what)).contact

    def alarm(self, **what: Any) -> Alarm:
        return self.ward.open(**{"notify": MAIL} | what)

    def plan(self) -> int:
        """What the timer asks for, done."""
        with Session(self.world.engine) as session:
            due = notices_to_plan(session, self.world.now)
        assert all(isinstance(one, PlanDeliveries) for one in due)
        return sum(self.world.run(one) for one in due)

    def deliveries(self, **where: Any) -> list[Delivery]:
        with Session(self.world.engine, expire_on_commit=False) as session:
            asked = select(Delivery).filter_by(**where).order_by(col(Delivery.id))
            return list(session.exec(asked))

    def told(self) -> list[tuple[str, str, str]]:
        """Who was told over what, and the state, as planned."""
        names = {key: name for name, key in self.people.items()}
        return [
            (names[one.account_id] if one.account_id else "duty", str(one.channel), str(one.state))
            for one in self.deliveries()
        ]

    def plans(self) -> list[NoticePlan]:
        with Session(self.world.engine, expire_on_commit=False) as session:
            return list(session.exec(select(NoticePlan).order_by(col(NoticePlan.id))))

    def claim(self, delivery: Delivery) -> Parcel | None:
        return self.world.run(ClaimDelivery(delivery_id=delivery.id))

    def record(self, parcel: Parcel, outcome: Outcome) -> Delivery:
        return self.world.run(RecordDelivery(
            delivery_id=parcel.delivery_id, attempt=parcel.attempt, outcome=outcome
        ))  # fmt: skip

    def wait(self, seconds: float) -> None:
        self.world.tick(timedelta(seconds=seconds))


@pytest.fixture
def staff(ward: Ward) -> Staff:
    return Staff(ward)
