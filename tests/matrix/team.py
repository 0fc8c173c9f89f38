"""Nurses and a doctor of a ward, their duties, and plans for them."""

from datetime import timedelta

from domain.rosters.asking import RequestRosterPlan
from domain.rosters.care_asking import RequestCarePlan
from domain.rosters.doctor_wishes import StateDoctorWish
from domain.rosters.preference_model import DoctorWord
from domain.rosters.swaps import AskSwap
from domain.staff.commands import LinkStaffAccount, RegisterStaff
from domain.staff.duties import AssignDuty
from domain.staff.identity import StaffIdentity
from domain.staff.model import AbsenceKind, Profession
from domain.staff.roster_model import Want
from domain.staff.rosters import OpenRoster, PublishRoster
from domain.staff.shifts import DefineShift
from domain.staff.terms import RecordAbsence, SetContract, SetSkill
from domain.staff.wishes import StateWish
from kit.ids import new_id
from kit.work import Actor, ActorKind
from tests.matrix.corner import City, Corner


def staff(city: City, corner: Corner, number: str) -> None:
    """Two nurses of the ward, a shift, a published roster, and a duty of the first."""
    ids, today = corner.ids, city.app.clock().date()
    for name in ("staff", "other_staff"):
        member = city.do(RegisterStaff(
            hospital_id=ids["hospital"], home_ward_id=ids["ward"], number=f"{number}-{name}",
            profession=Profession.NURSE, joined_on=today - timedelta(days=400),
            identity=StaffIdentity(family_en="Nurse", given_en=number, phone="13800138000"),
        ))  # fmt: skip
        ids[name] = member.id
        city.do(SetContract(staff_id=member.id, from_day=today - timedelta(days=400),
                            weekly_minutes=2400))  # fmt: skip
        city.do(SetSkill(staff_id=member.id, skill="WARD", valid_from=today))
    nurse = city.enrol("nurse", scope=corner.scope).id
    city.do(LinkStaffAccount(staff_id=ids["staff"], account_id=nurse))
    ids["shift"] = city.do(DefineShift(
        ward_id=ids["ward"], code="D", name_zh="白班", name_en="Day", starts_minute=480,
        minutes=480, skill="WARD",
    )).id  # fmt: skip
    first = today + timedelta(days=40)
    ids["roster"] = city.do(
        OpenRoster(ward_id=ids["ward"], from_day=first, until_day=first + timedelta(days=7))
    ).id
    ids["duty"] = city.do(AssignDuty(staff_id=ids["staff"], shift_id=ids["shift"], day=first)).id
    city.do(PublishRoster(roster_id=ids["roster"]))
    ids["swap"] = city.do(
        AskSwap(duty_id=ids["duty"], other_staff_id=ids["other_staff"]),
        Actor(nurse, ActorKind.SERVICE, session=new_id()),
    ).id
    plan = city.do(RequestRosterPlan(
        hospital_id=ids["hospital"], ward_id=ids["ward"], from_day=first, days=2,
    ))  # fmt: skip
    ids["roster_plan"] = plan.id
    ids["absence"] = city.do(RecordAbsence(
        staff_id=ids["other_staff"], absence_kind=AbsenceKind.VACATION,
        from_day=first + timedelta(days=20), until_day=first + timedelta(days=30),
    )).id  # fmt: skip
    ids["wish"] = city.do(
        StateWish(staff_id=ids["staff"], day=first + timedelta(days=15), want=Want.OFF)
    ).id


def care(city: City, corner: Corner, number: str) -> None:
    """A doctor who is on duty today and tomorrow, and a plan of whom to look after."""
    ids, today = corner.ids, city.app.clock().date()
    ids["doctor"] = city.do(RegisterStaff(
        hospital_id=ids["hospital"], home_ward_id=ids["ward"], number=f"{number}-doctor",
        profession=Profession.DOCTOR, joined_on=today - timedelta(days=400),
        identity=StaffIdentity(family_en="Doctor"),
    )).id  # fmt: skip
    account = city.enrol("physician", scope=corner.scope).id
    city.do(LinkStaffAccount(staff_id=ids["doctor"], account_id=account))
    city.do(SetContract(staff_id=ids["doctor"], from_day=today - timedelta(days=400),
                        weekly_minutes=2400))  # fmt: skip
    shift = city.do(DefineShift(
        ward_id=ids["ward"], code="DOC", name_zh="医生班", name_en="Doctor", starts_minute=0,
        minutes=1440, profession=Profession.DOCTOR,
    ))  # fmt: skip
    first = today - timedelta(days=1)
    roster = city.do(
        OpenRoster(ward_id=ids["ward"], from_day=first, until_day=today + timedelta(days=3))
    )
    for day in range(3):
        given = AssignDuty(staff_id=ids["doctor"], shift_id=shift.id,
                           day=first + timedelta(days=day))  # fmt: skip
        city.do(given)
    city.do(PublishRoster(roster_id=roster.id))
    city.do(StateDoctorWish(encounter_id=ids["encounter"], doctor_id=ids["doctor"],
                            word=DoctorWord.WISHED))  # fmt: skip
    asked = RequestCarePlan(hospital_id=ids["hospital"], ward_id=ids["ward"])
    ids["care_plan"] = city.do(asked).id
