"""A ward's team: nurses under contract, a day and a night shift, a fortnight's roster."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from domain.staff.commands import LinkStaffAccount, RegisterStaff
from domain.staff.duties import AssignDuty
from domain.staff.identity import StaffIdentity
from domain.staff.model import Profession, StaffMember
from domain.staff.queries import GivenDuty, duties_of_ward
from domain.staff.roster_model import Duty, Roster, ShiftKind, ShiftType
from domain.staff.rosters import OpenRoster, PublishRoster
from domain.staff.shifts import DefineShift
from domain.staff.terms import SetContract, SetSkill
from kit.work import NETWORK, Actor
from tests.domain_world import World

MONDAY = date(2026, 3, 30)  # four weeks after the world's first day, summer time begun
JOINED = date(2025, 1, 1)


@dataclass
class Team:
    """`people` by number; `at` gives a day of the roster, 0 for its first Monday."""

    world: World
    people: dict[str, StaffMember] = field(default_factory=dict)
    accounts: dict[str, UUID] = field(default_factory=dict)
    shifts: dict[str, ShiftType] = field(default_factory=dict)
    roster: Roster = field(init=False)

    def hire(self, number: str, **how: Any) -> StaffMember:
        """A nurse of ward A with WARD, forty hours a week and an account."""
        w = self.world
        terms = {"weekly_minutes": how.pop("weekly_minutes", 2400),
                 "most_weekly_minutes": how.pop("most_weekly_minutes", 2880)}  # fmt: skip
        skill_until = how.pop("skill_until", None)
        values = {"profession": Profession.NURSE, "home_ward_id": w.ward_a.id, **how}
        member = w.run(RegisterStaff(
            hospital_id=w.hospital.id, number=number, joined_on=JOINED,
            identity=StaffIdentity(family_en=f"Family{number}", given_en="Given"), **values,
        ))  # fmt: skip
        w.run(SetContract(staff_id=member.id, from_day=JOINED, **terms))
        w.run(SetSkill(staff_id=member.id, skill="WARD", valid_from=JOINED,
                       expires_on=skill_until))  # fmt: skip
        self.accounts[number] = w.account()
        self.people[number] = w.run(
            LinkStaffAccount(staff_id=member.id, account_id=self.accounts[number])
        )
        return self.people[number]

    def shift(self, code: str, starts_minute: int, minutes: int, **how: Any) -> ShiftType:
        values: dict[str, Any] = {"skill": "WARD", "least_staff": 1, **how}
        self.shifts[code] = self.world.run(DefineShift(
            ward_id=self.world.ward_a.id, code=code, name_zh=code, name_en=code,
            starts_minute=starts_minute, minutes=minutes, **values,
        ))  # fmt: skip
        return self.shifts[code]

    def give(self, number: str, code: str, day: int) -> Duty:
        return self.world.run(AssignDuty(
            staff_id=self.people[number].id, shift_id=self.shifts[code].id, day=self.at(day)
        ))  # fmt: skip

    def at(self, day: int) -> date:
        return MONDAY + timedelta(days=day)

    def publish(self) -> Roster:
        return self.world.run(PublishRoster(roster_id=self.roster.id))

    def signed_in(self, number: str) -> None:
        """Whoever acts from now on."""
        self.world.actor = Actor(self.accounts[number])

    def on_duty(self) -> list[tuple[str, str, int, str]]:
        """Number, shift, day of the roster and state of every duty that stands."""
        with Session(self.world.engine) as session:
            ward = self.world.ward_a.id
            found = duties_of_ward(session, [NETWORK], ward, self.at(-60), self.at(60))
            return [self._told(one) for one in found]

    def _told(self, one: GivenDuty) -> tuple[str, str, int, str]:
        return (one.member.number, one.shift.code, (one.duty.day - MONDAY).days,
                one.duty.state.value)  # fmt: skip


def build_team(world: World) -> Team:
    """Three nurses, a day and a night shift, a draft of a fortnight."""
    made = Team(world)
    for number in ("N1", "N2", "N3"):
        made.hire(number)
    made.shift("D", 8 * 60, 8 * 60)
    made.shift("N", 21 * 60, 10 * 60, shift_kind=ShiftKind.NIGHT)
    made.roster = world.run(
        OpenRoster(ward_id=world.ward_a.id, from_day=made.at(0), until_day=made.at(14))
    )
    return made
