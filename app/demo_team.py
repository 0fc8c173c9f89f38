"""The invented team of a ward: nurses and doctors, their contracts, three shifts and some wishes.

Numbers follow a Chinese general ward: one nurse for eight patients, three shifts of eight hours.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from uuid import UUID

from app.demo_names import CHINESE_GIVEN, CHINESE_SURNAMES
from app.demo_seed import PlacedWard, Seeder
from domain.places.model import CareLevel, Hospital
from domain.staff.commands import RegisterStaff
from domain.staff.identity import StaffIdentity
from domain.staff.model import AbsenceKind, Profession, StaffMember
from domain.staff.policies import SetStaffingPolicy
from domain.staff.ratios import SetNurseRatio
from domain.staff.roster_model import ShiftKind, Want
from domain.staff.shifts import DefineShift
from domain.staff.terms import RecordAbsence, SetContract, SetSkill
from domain.staff.wishes import StateWish
from kit.work import Actor

NURSES, DOCTORS = 18, 3
PATIENTS_PER_NURSE = 8
WEEKLY_MINUTES = 40 * 60
MOST_WEEKLY_MINUTES = 44 * 60
SHIFTS = (
    ("A", "早班", "Early", ShiftKind.EARLY, 8 * 60),
    ("P", "中班", "Late", ShiftKind.LATE, 16 * 60),
    ("N", "夜班", "Night", ShiftKind.NIGHT, 0),
)


@dataclass(frozen=True, slots=True)
class Team:
    """Who plans, and for whom."""

    planner: Actor
    ward: PlacedWard
    nurses: tuple[StaffMember, ...]
    doctors: tuple[StaffMember, ...]


def hire_team(seeder: Seeder, hospital: Hospital, placed: PlacedWard, seed: int, day: date) -> Team:
    """Everybody under contract with valid skills, one nurse on holiday, some with wishes."""
    planner = seeder.hire("roster-planner", hospital)
    dice = Random(seed)  # noqa: S311 - a demonstration, not a secret
    seeder.run_as(planner, SetStaffingPolicy(
        hospital_id=hospital.id, labour_rules="CN", wish_deadline_days=1
    ))  # fmt: skip
    seeder.run_as(planner, SetNurseRatio(
        hospital_id=hospital.id, ward_id=placed.ward.id, patients_per_nurse=PATIENTS_PER_NURSE,
        care_level=CareLevel(placed.plan.level),
    ))  # fmt: skip
    for code, zh, en, kind, starts in SHIFTS:
        seeder.run_as(planner, DefineShift(
            ward_id=placed.ward.id, code=code, name_zh=zh, name_en=en, shift_kind=kind,
            starts_minute=starts, minutes=8 * 60, skill="WARD_NURSING", duty="role:nurse",
        ))  # fmt: skip
    nurses = tuple(_hire(seeder, planner, hospital, placed, dice, day, Profession.NURSE, number)
                   for number in range(NURSES))  # fmt: skip
    doctors = tuple(_hire(seeder, planner, hospital, placed, dice, day, Profession.DOCTOR, number)
                    for number in range(DOCTORS))  # fmt: skip
    _absences_and_wishes(seeder, planner, nurses, day)
    return Team(planner, placed, nurses, doctors)


def _hire(
    seeder: Seeder, planner: Actor, hospital: Hospital, placed: PlacedWard, dice: Random,
    day: date, profession: Profession, number: int,
) -> StaffMember:  # fmt: skip
    nurse = profession is Profession.NURSE
    member = seeder.run_as(planner, RegisterStaff(
        hospital_id=hospital.id, home_ward_id=placed.ward.id, profession=profession,
        number=f"{placed.plan.code}-{profession.value[0]}{number + 1:02d}",
        specialty=None if nurse else placed.plan.specialty, languages=("zh",),
        identity=StaffIdentity(family_zh=dice.choice(CHINESE_SURNAMES),
                               given_zh=dice.choice(CHINESE_GIVEN["F" if nurse else "M"])),
        joined_on=day - timedelta(days=dice.randint(200, 3000)),
    ))  # fmt: skip
    seeder.run_as(planner, SetContract(
        staff_id=member.id, from_day=member.joined_on, weekly_minutes=WEEKLY_MINUTES,
        most_weekly_minutes=MOST_WEEKLY_MINUTES,
    ))  # fmt: skip
    if nurse:
        seeder.run_as(planner, SetSkill(
            staff_id=member.id, skill="WARD_NURSING", level=dice.randint(2, 5),
            valid_from=member.joined_on, expires_on=day + timedelta(days=400),
        ))  # fmt: skip
    return member


def _absences_and_wishes(
    seeder: Seeder, planner: Actor, nurses: tuple[StaffMember, ...], day: date
) -> None:
    away: UUID = nurses[0].id
    seeder.run_as(planner, RecordAbsence(
        staff_id=away, absence_kind=AbsenceKind.VACATION, from_day=day,
        until_day=day + timedelta(days=14),
    ))  # fmt: skip
    for number, member in enumerate(nurses[1:6]):
        seeder.run_as(planner, StateWish(
            staff_id=member.id, day=day + timedelta(days=3 + number), want=Want.OFF,
            weight=3 + number,
        ))  # fmt: skip
