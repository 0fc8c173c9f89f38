"""Brings the invented city to life: accounts, places, patients in beds. By ordinary commands."""

import secrets
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import TypeVar
from uuid import UUID

from app.demo_city import DemoHospital, DemoPatient, DemoWard, People, rooms
from app.demo_past import DAYS, past_of
from app.jobs import PROGRAM
from app.wiring import App
from authz.passwords import Cost, Passwords
from authz.sessions import BEARER, new_secret
from authz.totp import new_totp_secret
from domain.accounts.commands import CreateAccount
from domain.accounts.credentials import ChangePassword
from domain.accounts.devices import IssueScreenToken
from domain.accounts.founding import FOUNDING_ROLES, FoundAdministrators, Founder
from domain.accounts.grants import GrantRole
from domain.beds.commands import AddBed, AdmitPatient, RequestBed
from domain.beds.model import Bed
from domain.beds.past import RecordPastStays
from domain.notices.on_call import SetOnCall
from domain.patients.commands import (
    Identifier,
    Identity,
    RegisterEncounter,
    RegisterPatient,
    SetExpectedDischarge,
    StatePlacementNeed,
)
from domain.patients.model import Encounter, Isolation, Sex
from domain.places.commands import AddRoom, OpenHospital, OpenWard
from domain.places.model import CareLevel, Hospital, RoomKind, RoomSex, Ward, WardSex
from kit.command import Command
from kit.errors import Conflict
from kit.ids import new_id
from kit.work import Actor, ActorKind

T = TypeVar("T")

TOGETHER = 16  # commands under way: they share commits
OCCUPIED = 0.82  # of the beds, when the city begins
STAFFED = 0.92


@dataclass(frozen=True, slots=True)
class LogIn:
    """What the demonstration prints for a person to try."""

    role: str
    login_name: str
    password: str = field(repr=False)


@dataclass(slots=True)
class PlacedWard:
    ward: Ward
    plan: DemoWard
    beds: list[Bed]
    came: dict[UUID, datetime] = field(default_factory=dict)  # who lies in a bed, when


class Seeder:
    """Makes the city, a ward at a time. Repeats itself for the same seed."""

    def __init__(self, app: App, seed: int) -> None:
        self._app = app
        self._dice = Random(seed)  # noqa: S311 - a demonstration, not a secret
        self.people = People(seed, app.clock().date())
        self._pool = ThreadPoolExecutor(TOGETHER, thread_name_prefix="demo")
        self._system = self._security = PROGRAM
        self.staff = PROGRAM  # acts for the whole simulated city once `found` has run
        self.log_ins: list[LogIn] = []

    def found(self) -> None:
        """Administrators first, then one person who stands for the staff of the city."""
        passwords = Passwords(Cost(), workers=2)
        founders = tuple(
            Founder(role, role, passwords.hash_here(secrets.token_urlsafe(15)), new_totp_secret())
            for role in FOUNDING_ROLES
        )
        made = self._run(PROGRAM, FoundAdministrators(founders=founders))
        self._app.watch.step()
        by_role = dict(zip((f.role for f in founders), made, strict=True))
        self._system = _person(by_role["system-administrator"].id)
        self._security = _person(by_role["security-administrator"].id)
        self.staff = self._employ(passwords, "staff", "house-supervisor", None)
        passwords.close()

    def open(self, plan: DemoHospital) -> Hospital:
        return self._run(self._system, OpenHospital(
            code=plan.code, name_zh=plan.zh, name_en=plan.en, latitude=plan.latitude,
            longitude=plan.longitude,
        ))  # fmt: skip

    def furnish(self, hospital: Hospital, plan: DemoWard) -> PlacedWard:
        """Open a ward with rooms and beds."""
        built = list(rooms())
        count = sum(room.beds for room in built)
        ward = self._run(self._system, OpenWard(
            hospital_id=hospital.id, code=plan.code, name_zh=plan.zh, name_en=plan.en,
            care_level=CareLevel(plan.level), sex_policy=WardSex(plan.sex_policy),
            specialties=((plan.specialty, 1),), licensed_beds=count,
            staffed_beds=round(count * STAFFED), at=self._app.clock() - timedelta(days=DAYS + 1),
        ))  # fmt: skip
        made = self._all(
            (self._system, AddRoom(ward_id=ward.id, code=room.code, kind=RoomKind(room.kind),
                                   sex_policy=_sex_policy(plan)))
            for room in built
        )  # fmt: skip
        numbers = iter(range(1, count + 1))
        beds = self._all(
            (self._system, AddBed(room_id=row.id, code=f"{next(numbers):02d}",
                                  features=_features(plan), at=ward.opened_at))
            for row, room in zip(made, built, strict=True)
            for _ in range(room.beds)
        )  # fmt: skip
        return PlacedWard(ward, plan, beds)

    def fill(self, placed: PlacedWard) -> None:
        """Put invented patients into most of the ward's beds, rooms kept to one sex."""
        beds = list(placed.beds)
        spare = beds.pop()  # the last side room stays free for whoever comes first
        self._dice.shuffle(beds)
        wanted = [*beds, spare][: round(len(placed.beds) * OCCUPIED)]
        sex_of: dict[UUID, str] = {}
        jobs: list[Callable[[], None]] = []
        for bed in wanted:
            person = self.people.next()
            while placed.plan.sex_policy != "MIXED" and person.sex != sex_of.setdefault(
                bed.room_id, person.sex
            ):
                person = self.people.next()
            hours = min(self._dice.expovariate(1 / placed.plan.stay_hours), 24 * 29)
            now = self._app.clock()
            placed.came[bed.id] = now - timedelta(hours=hours, minutes=5)
            jobs.append(self._admission(placed, bed, person, now))
        list(self._pool.map(lambda job: job(), jobs))

    def remember(self, hospital: Hospital, placed: PlacedWard) -> int:
        """Record what the ward's beds went through before; how many stays."""
        now, dice = self._app.clock(), self._dice
        until = {
            bed.id: placed.came.get(bed.id, now - timedelta(hours=dice.uniform(1, 12)))
            for bed in placed.beds
        }
        stays = past_of(placed.plan, hospital.time_zone, placed.ward.opened_at, until, dice)
        return self.run(RecordPastStays(ward_id=placed.ward.id, stays=tuple(stays)))

    def wait_for_beds(self, hospital: Hospital, ward: Ward, count: int) -> None:
        """Patients who have arrived and need a bed somewhere in the hospital."""
        list(self._pool.map(lambda _: self._waiting(hospital, ward), range(count)))

    def arrive(self, hospital_id: UUID, ward_id: UUID) -> Encounter:
        """One more patient comes to a ward."""
        person = self.people.next()
        patient = self._run(self.staff, _registration(hospital_id, person))
        return self._run(self.staff, RegisterEncounter(patient_id=patient.id, ward_id=ward_id))

    def employ(self, hospital: Hospital, ward: Ward | None = None) -> None:
        """People to log in as: they choose nothing, so their passwords are printed."""
        passwords = Passwords(Cost(), workers=2)
        manager = f"bed-manager-{hospital.code.lower()}"
        self._employ(passwords, manager, "bed-manager", hospital.id)
        if ward is not None:
            nurse = f"charge-nurse-{ward.code.lower()}"
            charge = self._employ(passwords, nurse, "charge-nurse", hospital.id, ward.id)
            self._run(self.staff, SetOnCall(
                hospital_id=hospital.id, ward_id=ward.id, duty="role:charge-nurse",
                account_id=charge.id,
            ))  # fmt: skip
        self._app.watch.step()
        passwords.close()

    def screen(self, ward: Ward) -> str:
        """A token for a screen that shows this ward, for twelve hours."""
        issued = self._run(self.staff, IssueScreenToken(
            ward_id=ward.id, title="demonstration", secret=new_secret(BEARER)
        ))  # fmt: skip
        self._app.watch.step()
        return issued.secret

    def run(self, command: Command[T]) -> T:
        """As the city's staff."""
        return self._run(self.staff, command)

    def run_as(self, actor: Actor, command: Command[T]) -> T:
        """As somebody who was hired."""
        return self._run(actor, command)

    def hire(self, role: str, hospital: Hospital) -> Actor:
        """One more person, with a log-in of that role."""
        passwords = Passwords(Cost(), workers=2)
        person = self._employ(passwords, f"{role}-{hospital.code.lower()}", role, hospital.id)
        passwords.close()
        self._app.watch.step()
        return person

    def close(self) -> None:
        self._pool.shutdown()

    def _run(self, actor: Actor, command: Command[T]) -> T:
        return self._app.pipeline.run(actor, command, key=str(new_id())).result

    def _all(self, commands: Iterable[tuple[Actor, Command[T]]]) -> list[T]:
        return list(self._pool.map(lambda pair: self._run(*pair), list(commands)))

    def _employ(
        self, passwords: Passwords, name: str, role: str, hospital: UUID | None,
        ward: UUID | None = None,
    ) -> Actor:  # fmt: skip
        password = secrets.token_urlsafe(12)
        account = self._run(self._system, CreateAccount(
            login_name=name, password_hash=passwords.hash_here(secrets.token_urlsafe(15))
        ))  # fmt: skip
        self._run(self._security, GrantRole(
            account_id=account.id, role=role, hospital_id=hospital, ward_id=ward
        ))  # fmt: skip
        self._app.watch.step()
        person = _person(account.id)
        self._run(person, ChangePassword(
            credential=account.credential, password_hash=passwords.hash_here(password)
        ))  # fmt: skip
        self.log_ins.append(LogIn(role, name, password))
        return person

    def _admission(
        self, placed: PlacedWard, bed: Bed, person: DemoPatient, now: datetime
    ) -> Callable[[], None]:
        ward, came = placed.ward, placed.came[bed.id]
        leaves = now + timedelta(hours=self._dice.uniform(-3, placed.plan.stay_hours))
        isolated = bed.code in ("21", "22") and self._dice.random() < 0.6

        def admit() -> None:
            patient = self.run(_registration(ward.hospital_id, person))
            encounter = self.run(RegisterEncounter(
                patient_id=patient.id, ward_id=ward.id, at=came, specialty=placed.plan.specialty,
            ))  # fmt: skip
            if isolated:
                self.run(StatePlacementNeed(
                    encounter_id=encounter.id, isolation=Isolation.CONTACT, at=came
                ))  # fmt: skip
            self.run(AdmitPatient(encounter_id=encounter.id, bed_id=bed.id, at=came))
            self.run(SetExpectedDischarge(encounter_id=encounter.id, expected_at=leaves))

        return admit

    def _waiting(self, hospital: Hospital, ward: Ward) -> None:
        encounter = self.arrive(hospital.id, ward.id)
        dice = self._dice
        if dice.random() < 0.3:
            self.run(StatePlacementNeed(
                encounter_id=encounter.id, falls_risk=dice.random() < 0.5,
                isolation=dice.choice((Isolation.NONE, Isolation.CONTACT, Isolation.DROPLET)),
            ))  # fmt: skip
        try:
            self.run(RequestBed(encounter_id=encounter.id, priority=dice.randint(0, 6)))
        except Conflict:  # somebody in the browser was quicker
            return


def _person(account: UUID) -> Actor:
    return Actor(account, ActorKind.PERSON, session=new_id(), purpose="HOPERAT")


def _registration(hospital: UUID, person: DemoPatient) -> RegisterPatient:
    chinese = not person.family.isascii()
    identity = (
        Identity(family_zh=person.family, given_zh=person.given, phone=person.phone)
        if chinese
        else Identity(family_en=person.family, given_en=person.given, phone=person.phone)
    )
    return RegisterPatient(
        hospital_id=hospital, identity=identity, sex=Sex(person.sex), birth_date=person.born,
        identifiers=(Identifier(system="MRN", value=person.number),),
    )  # fmt: skip


def _features(plan: DemoWard) -> tuple[str, ...]:
    return ("MONITOR", "OXYGEN", "VENTILATOR") if plan.level == "ICU" else ("OXYGEN",)


def _sex_policy(plan: DemoWard) -> RoomSex:
    return RoomSex.MIXED if plan.sex_policy == "MIXED" else RoomSex.DYNAMIC
