"""What GraphQL shows of shifts, rosters and duties."""

from datetime import date, datetime
from typing import Self

import strawberry

from api.bed_views import as_id, maybe_id
from api.places import Names
from api.sight import Sight, View, classified, shows
from api.staff_views import StaffMemberView, at_most
from authz.classes import DataClass
from domain.places.model import CareLevel
from domain.staff.model import Profession
from domain.staff.queries import GivenDuty
from domain.staff.roster_model import (
    Duty,
    DutyEnd,
    DutyState,
    DutySwap,
    Handover,
    RatioPolicy,
    Roster,
    RosterState,
    ShiftKind,
    ShiftType,
    StaffingPolicy,
    SwapState,
)

for _words in (DutyEnd, DutyState, RosterState, ShiftKind, SwapState):
    strawberry.enum(_words)


@classified(DataClass.GENERAL)
@strawberry.type(name="SkillShare")
class SkillShareView:
    """So many of a shift's people hold this skill."""

    skill: str
    count: int


@classified(DataClass.GENERAL)
@strawberry.type(name="ShiftType")
class ShiftTypeView(View):
    """A shift of a ward, by the hospital's clock: minutes after midnight, and how long."""

    id: strawberry.ID
    ward_id: strawberry.ID
    code: str
    name: Names
    kind: ShiftKind
    profession: Profession
    starts_minute: int
    minutes: int
    skill: str | None
    skill_mix: list[SkillShareView] = strawberry.field(metadata=at_most(10))
    least_staff: int
    by_ratio: bool
    duty: str | None
    retired_at: datetime | None

    @classmethod
    def of(cls, row: ShiftType, sight: Sight) -> Self:
        return cls(
            sight=sight, id=as_id(row.id), ward_id=as_id(row.ward_id), code=row.code,
            name=Names(zh=row.name_zh, en=row.name_en), kind=row.kind, profession=row.profession,
            starts_minute=row.starts_minute, minutes=row.minutes, skill=row.skill,
            skill_mix=[SkillShareView(skill=m["skill"], count=m["count"]) for m in row.skill_mix],
            least_staff=row.least_staff, by_ratio=row.by_ratio, duty=row.duty,
            retired_at=row.retired_at,
        )  # fmt: skip


@classified(DataClass.ROSTER)
@strawberry.type(name="Roster")
class RosterView(View):
    """The duties of a ward from a day until before another."""

    id: strawberry.ID = shows(DataClass.GENERAL)
    ward_id: strawberry.ID = shows(DataClass.GENERAL)
    version: int = shows(DataClass.GENERAL)
    from_day: date | None
    until_day: date | None
    state: RosterState | None
    published_at: datetime | None
    published_by: strawberry.ID | None

    @classmethod
    def of(cls, row: Roster, sight: Sight) -> Self:
        return cls(
            sight=sight, id=as_id(row.id), ward_id=as_id(row.ward_id), version=row.version,
            from_day=row.from_day, until_day=row.until_day, state=row.state,
            published_at=row.published_at, published_by=maybe_id(row.published_by),
        )  # fmt: skip


@classified(DataClass.ROSTER)
@strawberry.type(name="Duty")
class DutyView(View):
    """One person in one shift of one day."""

    id: strawberry.ID = shows(DataClass.GENERAL)
    ward_id: strawberry.ID = shows(DataClass.GENERAL)
    version: int = shows(DataClass.GENERAL)
    staff_id: strawberry.ID | None
    shift_id: strawberry.ID | None
    day: date | None
    since: datetime | None
    until: datetime | None
    state: DutyState | None
    ended_by: DutyEnd | None = shows(DataClass.STAFF)
    replaces_id: strawberry.ID | None

    @classmethod
    def of(cls, row: Duty, sight: Sight) -> Self:
        return cls(
            sight=sight, id=as_id(row.id), ward_id=as_id(row.ward_id), version=row.version,
            staff_id=as_id(row.staff_id), shift_id=as_id(row.shift_id), day=row.day,
            since=row.since, until=row.until, state=row.state, ended_by=row.ended_by,
            replaces_id=maybe_id(row.replaces_id),
        )  # fmt: skip


@classified(DataClass.GENERAL)
@strawberry.type
class RosterDuty(View):
    """A duty with its shift and whose it is."""

    duty: DutyView
    shift: ShiftTypeView
    member: StaffMemberView

    @classmethod
    def of(cls, given: GivenDuty, sight: Sight) -> Self:
        return cls(
            sight=sight, duty=DutyView.of(given.duty, sight),
            shift=ShiftTypeView.of(given.shift, sight),
            member=StaffMemberView.of(given.member, sight),
        )  # fmt: skip


@classified(DataClass.GENERAL)
@strawberry.type
class WardRoster(View):
    """A ward's rosters and duties of some days."""

    rosters: list[RosterView] = strawberry.field(metadata=at_most(10))
    duties: list[RosterDuty] = strawberry.field(metadata=at_most(60))


@classified(DataClass.GENERAL)
@strawberry.type
class OwnDuty(View):
    """A duty of one's own."""

    id: strawberry.ID
    ward_id: strawberry.ID
    shift: ShiftTypeView
    day: date
    since: datetime
    until: datetime

    @classmethod
    def of(cls, given: GivenDuty, sight: Sight) -> Self:
        duty = given.duty
        return cls(
            sight=sight, id=as_id(duty.id), ward_id=as_id(duty.ward_id),
            shift=ShiftTypeView.of(given.shift, sight), day=duty.day, since=duty.since,
            until=duty.until,
        )  # fmt: skip


@classified(DataClass.GENERAL)
@strawberry.type(name="DutySwap")
class DutySwapView(View):
    """A duty offered to a colleague, against another or for nothing, and what became of it."""

    id: strawberry.ID
    duty_id: strawberry.ID
    staff_id: strawberry.ID
    other_staff_id: strawberry.ID
    other_duty_id: strawberry.ID | None
    state: SwapState
    asked_at: datetime
    answered_at: datetime | None
    decided_at: datetime | None

    @classmethod
    def of(cls, row: DutySwap, sight: Sight) -> Self:
        return cls(
            sight=sight, id=as_id(row.id), duty_id=as_id(row.duty_id),
            staff_id=as_id(row.staff_id), other_staff_id=as_id(row.other_staff_id),
            other_duty_id=maybe_id(row.other_duty_id), state=row.state, asked_at=row.asked_at,
            answered_at=row.answered_at, decided_at=row.decided_at,
        )  # fmt: skip


@classified(DataClass.GENERAL)
@strawberry.type(name="StaffingPolicy")
class StaffingPolicyView(View):
    """By which rules a hospital plans its people."""

    hospital_id: strawberry.ID
    labour_rules: str
    wish_deadline_days: int
    swaps_need_planner: bool
    forecast_percent: int

    @classmethod
    def of(cls, row: StaffingPolicy, sight: Sight) -> Self:
        return cls(
            sight=sight, hospital_id=as_id(row.hospital_id), labour_rules=row.labour_rules,
            wish_deadline_days=row.wish_deadline_days, swaps_need_planner=row.swaps_need_planner,
            forecast_percent=row.forecast_percent,
        )  # fmt: skip


@classified(DataClass.GENERAL)
@strawberry.type(name="NurseRatio")
class NurseRatioView(View):
    """At most so many patients to a nurse."""

    id: strawberry.ID
    hospital_id: strawberry.ID
    ward_id: strawberry.ID | None
    care_level: CareLevel
    patients_per_nurse: int
    since: datetime

    @classmethod
    def of(cls, row: RatioPolicy, sight: Sight) -> Self:
        return cls(
            sight=sight, id=as_id(row.id), hospital_id=as_id(row.hospital_id),
            ward_id=maybe_id(row.ward_id), care_level=row.care_level,
            patients_per_nurse=row.patients_per_nurse, since=row.since,
        )  # fmt: skip


@classified(DataClass.GENERAL)
@strawberry.type(name="WardRatio")
class WardRatioView(View):
    """The nurse ratio that holds in a ward, and whose rule it is: ward, hospital, or a law."""

    ward_id: strawberry.ID
    patients_per_nurse: int
    source: str


@classified(DataClass.GENERAL)
@strawberry.type(name="Handover")
class HandoverView(View):
    """One person gave patients into another's care."""

    id: strawberry.ID
    ward_id: strawberry.ID
    from_account_id: strawberry.ID
    to_account_id: strawberry.ID
    at: datetime

    @classmethod
    def of(cls, row: Handover, sight: Sight) -> Self:
        return cls(
            sight=sight, id=as_id(row.id), ward_id=as_id(row.ward_id),
            from_account_id=as_id(row.from_account_id), to_account_id=as_id(row.to_account_id),
            at=row.at,
        )  # fmt: skip
