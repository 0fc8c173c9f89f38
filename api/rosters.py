"""Shifts, rosters and duties in GraphQL."""

from datetime import date, timedelta
from uuid import UUID

import strawberry

from api.bed_views import as_id
from api.mutation import mutation
from api.query import Reader, query
from api.roster_views import (
    DutyView,
    HandoverView,
    NurseRatioView,
    OwnDuty,
    RosterDuty,
    RosterView,
    ShiftTypeView,
    StaffingPolicyView,
    WardRatioView,
    WardRoster,
)
from api.staff_views import OwnWish, StaffMemberView
from domain.places.model import CareLevel
from domain.places.reach import hospital_in_reach, ward_in_reach
from domain.staff import duties, handovers, policies, queries, ratios, rosters, shifts
from domain.staff.days import today
from domain.staff.model import Profession
from domain.staff.roster_model import ShiftKind
from kit.errors import Invalid
from kit.work import NETWORK

MOST_DAYS = 62


@strawberry.input
class SkillShareInput:
    """So many of a shift's people hold this skill."""

    skill: str
    count: int


@strawberry.input
class PlannedDutyInput:
    """A shift on a day."""

    day: date
    shift_id: UUID


@strawberry.type
class RosterQueries:
    @query("roster.read", at_most=50)
    def shift_types(self, reader: Reader, ward_id: UUID) -> list[ShiftTypeView]:
        """The shifts of a ward by the time they begin; retired ones too."""
        ward = ward_in_reach(reader.session, reader.scopes, ward_id)
        rows = queries.shift_types(reader.session, reader.scopes, ward_id)
        return [ShiftTypeView.of(row, reader.sight(ward.scope)) for row in rows]

    @query("roster.read")
    def roster(self, reader: Reader, ward_id: UUID, from_day: date, days: int) -> WardRoster:
        """Who is on duty in a ward on these days, drafts included."""
        ward = ward_in_reach(reader.session, reader.scopes, ward_id)
        until = from_day + _days(days)
        drawn = queries.rosters(reader.session, reader.scopes, ward_id, from_day, until)
        given = queries.duties_of_ward(reader.session, reader.scopes, ward_id, from_day, until)
        reader.unlock({one.member.subject for one in given})
        sight = reader.sight(ward.scope)
        return WardRoster(
            sight=sight,
            rosters=[RosterView.of(row, sight) for row in drawn],
            duties=[RosterDuty.of(one, sight) for one in given],
        )

    @query("roster.read")
    def staffing_policy(self, reader: Reader, hospital_id: UUID) -> StaffingPolicyView:
        """By which rules a hospital plans its people."""
        hospital = hospital_in_reach(reader.session, reader.scopes, hospital_id)
        row = policies.staffing_policy(reader.session, hospital.id)
        return StaffingPolicyView.of(row, reader.sight(hospital.scope))

    @query("roster.read")
    def nurse_ratio(self, reader: Reader, ward_id: UUID) -> WardRatioView:
        """How many patients one nurse has at most in a ward."""
        ward = ward_in_reach(reader.session, reader.scopes, ward_id)
        ratio = ratios.ratio_of(reader.session, ward)
        return WardRatioView(sight=reader.sight(ward.scope), ward_id=as_id(ward.id),
                             patients_per_nurse=ratio.patients_per_nurse,
                             source=ratio.source)  # fmt: skip

    @query("duty.read_own", at_most=100)
    def my_duties(
        self, reader: Reader, from_day: date | None = None, days: int = 28
    ) -> list[OwnDuty]:
        """One's own published duties, from today or the day given."""
        member = queries.member_of_account(reader.session, reader.actor.id)
        if member is None:
            return []
        first = from_day or today(reader.session, member.hospital_id, reader.now)
        given = queries.duties_of_member(reader.session, member.id, first, first + _days(days))
        return [OwnDuty.of(one, reader.sight(NETWORK)) for one in given]

    @query("duty.read_own", at_most=100)
    def my_wishes(self, reader: Reader) -> list[OwnWish]:
        """One's own wishes, the latest day first."""
        member = queries.member_of_account(reader.session, reader.actor.id)
        if member is None:
            return []
        wishes = queries.terms_of(reader.session, member).wishes
        return [OwnWish.of(row, reader.sight(NETWORK)) for row in wishes]


@strawberry.type
class RosterMutations:
    @mutation(returns=ShiftTypeView)
    def define_shift(
        self,
        ward_id: UUID,
        code: str,
        name_zh: str,
        name_en: str,
        starts_minute: int,
        minutes: int,
        shift_kind: ShiftKind = ShiftKind.DAY,
        profession: Profession = Profession.NURSE,
        skill: str | None = None,
        skill_mix: list[SkillShareInput] | None = None,
        least_staff: int = 1,
        by_ratio: bool = True,
        duty: str | None = None,
    ) -> shifts.DefineShift:
        mix = tuple(shifts.SkillShare(skill=m.skill, count=m.count) for m in skill_mix or ())
        return shifts.DefineShift(
            ward_id=ward_id, code=code, name_zh=name_zh, name_en=name_en, shift_kind=shift_kind,
            profession=profession, starts_minute=starts_minute, minutes=minutes, skill=skill,
            skill_mix=mix, least_staff=least_staff, by_ratio=by_ratio, duty=duty,
        )  # fmt: skip

    @mutation(returns=ShiftTypeView)
    def retire_shift(self, shift_id: UUID) -> shifts.RetireShift:
        return shifts.RetireShift(shift_id=shift_id)

    @mutation(returns=StaffingPolicyView)
    def set_staffing_policy(
        self,
        hospital_id: UUID,
        labour_rules: str | None = None,
        wish_deadline_days: int | None = None,
        swaps_need_planner: bool | None = None,
        forecast_percent: int | None = None,
    ) -> policies.SetStaffingPolicy:
        return policies.SetStaffingPolicy(
            hospital_id=hospital_id, labour_rules=labour_rules,
            wish_deadline_days=wish_deadline_days, swaps_need_planner=swaps_need_planner,
            forecast_percent=forecast_percent,
        )  # fmt: skip

    @mutation(returns=NurseRatioView)
    def set_nurse_ratio(
        self,
        hospital_id: UUID,
        care_level: CareLevel,
        patients_per_nurse: int,
        ward_id: UUID | None = None,
    ) -> ratios.SetNurseRatio:
        return ratios.SetNurseRatio(hospital_id=hospital_id, ward_id=ward_id,
                                    care_level=care_level,
                                    patients_per_nurse=patients_per_nurse)  # fmt: skip

    @mutation(returns=RosterView)
    def open_roster(self, ward_id: UUID, from_day: date, until_day: date) -> rosters.OpenRoster:
        return rosters.OpenRoster(ward_id=ward_id, from_day=from_day, until_day=until_day)

    @mutation(returns=RosterView)
    def publish_roster(self, roster_id: UUID, version: int | None = None) -> rosters.PublishRoster:
        return rosters.PublishRoster(roster_id=roster_id, version=version)

    @mutation(returns=RosterView)
    def close_roster(self, roster_id: UUID) -> rosters.CloseRoster:
        return rosters.CloseRoster(roster_id=roster_id)

    @mutation(returns=DutyView)
    def assign_duty(self, staff_id: UUID, shift_id: UUID, day: date) -> duties.AssignDuty:
        return duties.AssignDuty(staff_id=staff_id, shift_id=shift_id, day=day)

    @mutation(returns=DutyView)
    def cancel_duty(self, duty_id: UUID, version: int | None = None) -> duties.CancelDuty:
        return duties.CancelDuty(duty_id=duty_id, version=version)

    @mutation(returns=StaffMemberView)
    def set_roster_line(
        self,
        staff_id: UUID,
        ward_id: UUID,
        from_day: date,
        until_day: date,
        planned: list[PlannedDutyInput],
    ) -> duties.SetRosterLine:
        return duties.SetRosterLine(
            staff_id=staff_id, ward_id=ward_id, from_day=from_day, until_day=until_day,
            planned=tuple(
                duties.PlannedDuty(day=one.day, shift_id=one.shift_id) for one in planned
            ),
        )  # fmt: skip

    @mutation(returns=HandoverView)
    def hand_over_patients(
        self, ward_id: UUID, to_account_id: UUID, encounter_ids: list[UUID]
    ) -> handovers.HandOverPatients:
        return handovers.HandOverPatients(
            ward_id=ward_id, to_account_id=to_account_id, encounter_ids=tuple(encounter_ids)
        )


def _days(days: int) -> timedelta:
    if not 1 <= days <= MOST_DAYS:
        raise Invalid(f"ask for 1 to {MOST_DAYS} days", field="days")
    return timedelta(days=days)
