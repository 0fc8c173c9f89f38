"""Duties: one at a time, for people who may; drafts, publishing, wishes, handover."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from domain.patients.care import AssignCare
from domain.patients.queries import treats
from domain.places.model import CareLevel
from domain.staff.duties import AssignDuty, CancelDuty, PlannedDuty, SetRosterLine
from domain.staff.handovers import HandOverPatients
from domain.staff.model import AbsenceKind, Profession
from domain.staff.policies import SetStaffingPolicy
from domain.staff.queries import duties_of_member
from domain.staff.ratios import SetNurseRatio, ratio_of, shipped_ratios
from domain.staff.roster_model import Duty, DutyState, Roster, RosterState, Want, Wish
from domain.staff.rosters import CloseRoster, OpenRoster, PublishRoster
from domain.staff.shifts import RetireShift
from domain.staff.terms import RecordAbsence
from domain.staff.wishes import StateOwnWish, WithdrawOwnWish
from kit.errors import Conflict, Invalid
from kit.work import Actor
from tests.staff.team import Team


def test_a_duty_runs_by_the_clock_of_the_hospital(team: Team) -> None:
    night = team.give("N1", "N", 0)
    assert (night.since, night.until) == (
        datetime(2026, 3, 30, 13, tzinfo=UTC), datetime(2026, 3, 30, 23, tzinfo=UTC),
    )  # fmt: skip
    assert night.state is DutyState.PLANNED


def test_nobody_has_two_duties_at_a_time_whoever_asks(team_on_both: Team) -> None:
    team = team_on_both
    night = team.give("N1", "N", 0)
    team.shift("X", 5 * 60, 4 * 60)  # begins while the night still runs
    again = AssignDuty(staff_id=team.people["N1"].id, shift_id=team.shifts["X"].id, day=team.at(1))
    why = team.world.refused(again, Conflict, "DUTY_OVERLAP")
    assert why.blocking == night.id
    with Session(team.world.engine) as session:
        session.add(Duty(
            hospital_id=night.hospital_id, ward_id=night.ward_id, roster_id=night.roster_id,
            staff_id=night.staff_id, shift_id=team.shifts["X"].id, day=team.at(0),
            since=night.until - timedelta(hours=1), until=night.until + timedelta(hours=1),
            state=DutyState.PUBLISHED,
        ))  # fmt: skip
        with pytest.raises(IntegrityError, match="duties_of_a_person_overlap"):
            session.commit()


def test_a_cancelled_duty_makes_room(team: Team) -> None:
    night = team.give("N1", "N", 0)
    team.world.run(CancelDuty(duty_id=night.id))
    team.world.refused(CancelDuty(duty_id=night.id), Conflict, "DUTY_CANCELLED")
    team.give("N1", "N", 0)
    assert team.on_duty() == [("N1", "N", 0, "PLANNED")]


def test_nobody_is_on_duty_who_may_not(team: Team) -> None:
    world = team.world
    team.hire("EXPIRED", skill_until=team.at(0))  # the first day on which it does not count
    team.hire("DOCTOR", profession=Profession.DOCTOR)
    team.hire("ELSEWHERE", home_ward_id=world.ward_b.id)
    away = team.hire("AWAY")
    world.run(RecordAbsence(staff_id=away.id, absence_kind=AbsenceKind.TRAINING,
                            from_day=team.at(0), until_day=team.at(1)))  # fmt: skip
    for number, reason in (("EXPIRED", "SKILL_NOT_VALID"), ("DOCTOR", "OTHER_PROFESSION"),
                           ("AWAY", "ABSENT"), ("ELSEWHERE", "OTHER_WARD")):  # fmt: skip
        given = AssignDuty(staff_id=team.people[number].id, shift_id=team.shifts["D"].id,
                           day=team.at(0))  # fmt: skip
        world.refused(given, Conflict, reason)
    team.give("AWAY", "D", 1)


def test_a_line_keeps_what_stands_and_changes_the_rest(team: Team) -> None:
    kept, dropped = team.give("N1", "D", 0), team.give("N1", "D", 1)
    wanted = tuple(PlannedDuty(day=team.at(n), shift_id=team.shifts["D"].id) for n in (0, 3))
    line = SetRosterLine(staff_id=team.people["N1"].id, ward_id=team.world.ward_a.id,
                         from_day=team.at(0), until_day=team.at(14), planned=wanted)  # fmt: skip
    team.world.run(line)
    assert team.on_duty() == [("N1", "D", 0, "PLANNED"), ("N1", "D", 3, "PLANNED")]
    assert team.world.get(Duty, kept.id).state is DutyState.PLANNED
    assert team.world.get(Duty, dropped.id).ended_by == "REPLANNED"
    outside = PlannedDuty(day=team.at(14), shift_id=team.shifts["D"].id)
    wrong = SetRosterLine(staff_id=team.people["N1"].id, ward_id=team.world.ward_a.id,
                          from_day=team.at(0), until_day=team.at(14), planned=(outside,))  # fmt: skip
    team.world.refused(wrong, Invalid, "INVALID")


def test_rosters_of_a_ward_never_overlap(team_on_both: Team) -> None:
    team = team_on_both
    over = OpenRoster(ward_id=team.world.ward_a.id, from_day=team.at(13), until_day=team.at(20))
    assert team.world.refused(over, Conflict, "ROSTER_OVERLAP").blocking == team.roster.id
    with Session(team.world.engine) as session:
        session.add(Roster(hospital_id=team.roster.hospital_id, ward_id=team.roster.ward_id,
                           from_day=team.at(13), until_day=team.at(20)))  # fmt: skip
        with pytest.raises(IntegrityError, match="rosters_of_a_ward_overlap"):
            session.commit()
    beyond = AssignDuty(staff_id=team.people["N1"].id, shift_id=team.shifts["D"].id,
                        day=team.at(14))  # fmt: skip
    team.world.refused(beyond, Conflict, "NO_ROSTER")


def test_a_draft_is_told_to_nobody_and_a_published_roster_to_everyone(team: Team) -> None:
    team.give("N1", "D", 0)

    def told() -> list[date]:
        with Session(team.world.engine) as session:
            found = duties_of_member(session, team.people["N1"].id, team.at(0), team.at(14))
            return [one.duty.day for one in found]

    assert told() == []
    team.publish()
    assert told() == [team.at(0)]
    assert [event.name for event in team.world.events] == ["RosterPublished"]
    why = team.world.refused(PublishRoster(roster_id=team.roster.id), Conflict, "ROSTER_STATE")
    assert why.allowed == ("CLOSED",)
    team.give("N2", "D", 0)
    assert team.on_duty()[1] == ("N2", "D", 0, "PUBLISHED")  # it holds at once


def test_a_roster_closes_after_its_last_day_and_then_stands_still(team: Team) -> None:
    team.publish()
    team.world.refused(CloseRoster(roster_id=team.roster.id), Conflict, "ROSTER_RUNS")
    team.world.now = datetime(2026, 4, 13, 12, tzinfo=UTC)
    assert team.world.run(CloseRoster(roster_id=team.roster.id)).state is RosterState.CLOSED
    late = AssignDuty(staff_id=team.people["N1"].id, shift_id=team.shifts["D"].id, day=team.at(0))
    team.world.refused(late, Conflict, "ROSTER_CLOSED")


def test_wishes_come_in_time_and_are_answered_when_the_roster_is_told(team: Team) -> None:
    team.signed_in("N1")
    off = team.world.run(StateOwnWish(day=team.at(0), want=Want.OFF))
    on = team.world.run(StateOwnWish(day=team.at(1), want=Want.ON, shift_id=team.shifts["D"].id))
    replaced = team.world.run(StateOwnWish(day=team.at(2), want=Want.ON))
    again = team.world.run(StateOwnWish(day=team.at(2), want=Want.OFF, weight=9))
    team.give("N1", "N", 1)
    team.publish()
    granted = {key: team.world.get(Wish, key).granted for key in (off.id, on.id, again.id)}
    assert granted == {off.id: True, on.id: False, again.id: True}
    assert team.world.get(Wish, replaced.id).withdrawn_at is not None
    team.world.run(SetStaffingPolicy(hospital_id=team.world.hospital.id, wish_deadline_days=30))
    late = StateOwnWish(day=team.at(0), want=Want.ON)
    assert team.world.refused(late, Conflict, "WISH_LATE").allowed == ("2026-04-01",)
    team.world.refused(WithdrawOwnWish(wish_id=off.id), Conflict, "WISH_LATE")


def test_a_retired_shift_is_given_no_more(team: Team) -> None:
    team.world.run(RetireShift(shift_id=team.shifts["D"].id))
    given = AssignDuty(staff_id=team.people["N1"].id, shift_id=team.shifts["D"].id, day=team.at(0))
    team.world.refused(given, Conflict, "SHIFT_RETIRED")


def test_the_shipped_ratios_are_those_of_the_law() -> None:
    numbers = {code: ratio.patients_per_nurse for (_, code), ratio in shipped_ratios().items()}
    assert numbers == {"ICU": 2, "HDU": 3, "ED": 4, "AMU": 4, "WARD": 5, "THEATRE": 1, "LOUNGE": 5,
                       "PAEDIATRICS": 4, "PSYCHIATRY": 6}  # fmt: skip


def test_a_wards_own_ratio_comes_before_the_hospitals(team: Team) -> None:
    world = team.world

    def known() -> tuple[int, str, int]:
        with Session(world.engine) as session:
            found = ratio_of(session, world.ward_a)
            return found.patients_per_nurse, found.source, found.nurses_for(9)

    assert known() == (5, "title22-70217-1", 2)
    level = SetNurseRatio(hospital_id=world.hospital.id, care_level=CareLevel.WARD,
                          patients_per_nurse=8)  # fmt: skip
    world.run(level)
    assert known() == (8, "hospital", 2)
    world.tick()
    world.run(SetNurseRatio(hospital_id=world.hospital.id, ward_id=world.ward_a.id,
                            care_level=CareLevel.WARD, patients_per_nurse=3))  # fmt: skip
    assert known() == (3, "ward", 3)
    other = SetNurseRatio(hospital_id=world.hospital.id, ward_id=world.ward_a.id,
                          care_level=CareLevel.ICU, patients_per_nurse=1)  # fmt: skip
    assert world.refused(other, Invalid, "INVALID").allowed == ("WARD",)


def test_patients_handed_over_are_the_colleagues_alone(team: Team) -> None:
    world = team.world
    encounter = world.arrive()
    world.run(AssignCare(account_id=team.accounts["N1"], encounter_id=encounter.id))
    world.tick()
    given = HandOverPatients(ward_id=world.ward_a.id, to_account_id=team.accounts["N2"],
                             encounter_ids=(encounter.id,))  # fmt: skip
    team.signed_in("N3")
    world.refused(given, Conflict, "NOT_IN_CARE")
    team.signed_in("N1")
    world.run(given)
    with Session(world.engine) as session:
        assert treats(session, team.accounts["N1"]) == frozenset()
        assert treats(session, team.accounts["N2"]) == {encounter.subject}
    stranger = HandOverPatients(ward_id=world.ward_a.id, to_account_id=world.account(),
                                encounter_ids=(encounter.id,))  # fmt: skip
    world.actor = Actor(team.accounts["N2"])
    world.refused(stranger, Invalid, "NO_COLLEAGUE")
