"""Elective admissions: asked for, dated against the present, planned and planned again."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import Session, col, select

from app.solver_process import SolverLimits
from domain.admissions.asking import RequestAdmissionPlan
from domain.admissions.buffer import EMERGENCIES
from domain.admissions.commands import (
    CancelAdmissionRequest,
    RequestAdmission,
    SetAdmissionDate,
    SetTheatreSession,
)
from domain.admissions.model import AdmissionRequest, AdmissionState
from domain.admissions.plan_kind import AdmissionPlans
from domain.beds.commands import ArrivePatient
from domain.beds.model import BedHold
from domain.forecasts.forecast import LEVELS
from domain.forecasts.model import ForecastSeries, ForecastState, StoredForecast
from domain.forecasts.series import Step
from domain.forecasts.series_rows import key_of
from domain.forecasts.words import ForecastMeasure
from domain.measures.place import Place
from domain.patients.commands import SetExpectedDischarge
from domain.patients.model import EncounterClass, EncounterStatus, Sex
from domain.places.commands import SetStaffedBeds
from domain.plans.commands import ApprovePlan, ExecuteItem
from domain.plans.model import ItemState, Proposal, ProposalItem, SolverRun
from domain.plans.runs import RecordPlan
from kit.canonical import parse_canonical
from kit.errors import Conflict, Invalid
from tests.domain_world import World, world

__all__ = ["world"]

TODAY = date(2026, 3, 2)
CANCELLED = AdmissionState.CANCELLED


def day(number: int) -> date:
    return TODAY + timedelta(days=number)


def asked(world: World, sex: Sex = Sex.FEMALE, **values: Any) -> AdmissionRequest:
    """Somebody who is to come for two nights, three to eight days from today."""
    encounter = world.arrive(sex, status=EncounterStatus.PLANNED)
    return world.run(RequestAdmission(**{
        "encounter_id": encounter.id, "earliest": day(3), "latest": day(8), "nights": 2,
        "specialty": "SURG", **values,
    }))  # fmt: skip


def dated(world: World, row: AdmissionRequest, room: UUID, on: int) -> AdmissionRequest:
    return world.run(SetAdmissionDate(admission_id=row.id, room_id=room, day=day(on)))


def test_a_date_names_ward_and_room_and_counts_as_told(world: World) -> None:
    row = dated(world, asked(world), world.side.id, 3)
    assert (row.state, row.planned_on, row.ward_id, row.room_id, row.told_at) == (
        AdmissionState.DATED, day(3), world.ward_a.id, world.side.id, world.now,
    )  # fmt: skip
    assert [event.name for event in world.events] == ["AdmissionDated"]


def test_only_a_planned_encounter_asks_and_only_once(world: World) -> None:
    row = asked(world)
    again = RequestAdmission(encounter_id=row.encounter_id, earliest=day(3), latest=day(4),
                             nights=1, specialty="SURG")  # fmt: skip
    assert world.refused(again, Conflict, "ADMISSION_OPEN").blocking == row.id
    here = world.arrive()
    other = RequestAdmission(encounter_id=here.id, earliest=day(3), latest=day(4), nights=1,
                             specialty="SURG")  # fmt: skip
    world.refused(other, Conflict, "ENCOUNTER_STATE")
    world.run(CancelAdmissionRequest(admission_id=row.id))
    assert world.run(again).state is AdmissionState.WAITING


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"latest": day(1)}, "latest"),
        ({"nights": 0}, "nights"),
        ({"theatre_minutes": 1441}, "theatreMinutes"),
        ({"priority": 10}, "priority"),
        ({"specialty": None}, "specialty"),
    ],
)
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_request_without_sense_is_refused(
    world: World, values: dict[str, Any], field: str
) -> None:
    encounter = world.arrive(status=EncounterStatus.PLANNED)
    command = RequestAdmission(**{
        "encounter_id": encounter.id, "earliest": day(3), "latest": day(8), "nights": 2,
        "specialty": "SURG", **values,
    })  # fmt: skip
    assert world.refused(command, Invalid, "INVALID").field == field


def test_a_date_has_to_lie_in_the_window(world: World) -> None:
    row = asked(world)
    for on in (2, 9):
        command = SetAdmissionDate(admission_id=row.id, room_id=world.side.id, day=day(on))
        world.refused(command, Conflict, "OUTSIDE_WINDOW")


def test_a_room_takes_no_more_than_it_has_beds(world: World) -> None:
    dated(world, asked(world), world.side.id, 3)
    second = asked(world)
    full = SetAdmissionDate(admission_id=second.id, room_id=world.side.id, day=day(4))
    world.refused(full, Conflict, "ROOM_FULL")
    assert dated(world, second, world.side.id, 5).planned_on == day(5)


def test_who_lies_in_the_room_counts_until_expected_to_leave(world: World) -> None:
    lying, _ = world.admit("A4")
    row = asked(world)
    full = SetAdmissionDate(admission_id=row.id, room_id=world.side.id, day=day(4))
    world.refused(full, Conflict, "ROOM_FULL")
    leaves = world.now + timedelta(days=3)
    world.run(SetExpectedDischarge(encounter_id=lying.id, expected_at=leaves))
    assert dated(world, row, world.side.id, 4).state is AdmissionState.DATED


def test_staff_bounds_the_nights_of_a_ward(world: World) -> None:
    world.run(SetStaffedBeds(ward_id=world.ward_a.id, staffed_beds=1))
    dated(world, asked(world), world.side.id, 3)
    second = asked(world)
    command = SetAdmissionDate(admission_id=second.id, room_id=world.bay.id, day=day(4))
    world.refused(command, Conflict, "STAFFED_CAPACITY")


def test_women_and_men_are_not_dated_into_one_room(world: World) -> None:
    dated(world, asked(world), world.bay.id, 3)
    man = asked(world, Sex.MALE)
    command = SetAdmissionDate(admission_id=man.id, room_id=world.bay.id, day=day(4))
    world.refused(command, Conflict, "ROOM_SEX")
    assert dated(world, man, world.bay.id, 5).planned_on == day(5)


def test_the_theatre_has_the_minutes_or_the_date_is_refused(world: World) -> None:
    first = asked(world, theatre_minutes=90)
    command = SetAdmissionDate(admission_id=first.id, room_id=world.side.id, day=day(3))
    world.refused(command, Conflict, "THEATRE_FULL")
    session = SetTheatreSession(hospital_id=world.hospital.id, specialty="SURG", day=day(3),
                                minutes=120)  # fmt: skip
    world.run(session)
    world.run(command)
    second = asked(world, theatre_minutes=60)
    late = SetAdmissionDate(admission_id=second.id, room_id=world.bay.id, day=day(3))
    world.refused(late, Conflict, "THEATRE_FULL")


def test_a_near_date_holds_a_bed_of_the_room(world: World) -> None:
    row = dated(world, asked(world, earliest=TODAY), world.side.id, 2)
    with Session(world.engine) as session:
        holds = session.exec(select(BedHold)).all()
    assert [(h.bed_id, h.encounter_id) for h in holds] == [(world.beds["A4"], row.encounter_id)]


def test_who_comes_is_no_longer_asked_about(world: World) -> None:
    row = asked(world, earliest=TODAY)
    world.run(ArrivePatient(encounter_id=row.encounter_id, ward_id=world.ward_a.id))
    assert world.get(AdmissionRequest, row.id).state is AdmissionState.CAME
    late = CancelAdmissionRequest(admission_id=row.id)
    world.refused(late, Conflict, "ADMISSION_STATE")


def planned(world: World, nights: int = 14) -> tuple[Proposal, list[ProposalItem]]:
    plan = world.run(
        RequestAdmissionPlan(hospital_id=world.hospital.id, from_day=TODAY, nights=nights)
    )
    run = world.get(SolverRun, plan.run_id)
    answer = AdmissionPlans().solve(bytes(run.problem), SolverLimits(60.0), lambda _: None)
    world.run(RecordPlan(proposal_id=plan.id, answer=answer))
    with Session(world.engine, expire_on_commit=False) as session:
        found = select(ProposalItem).where(ProposalItem.proposal_id == plan.id)
        return plan, list(session.exec(found.order_by(col(ProposalItem.key))))


def carried_out(world: World, plan: Proposal, items: list[ProposalItem]) -> list[str | None]:
    world.run(ApprovePlan(proposal_id=plan.id))
    return [world.run(ExecuteItem(item_id=item.id)).outcome for item in items]


def test_a_plan_gives_everybody_a_date_and_keeps_it_when_asked_again(world: World) -> None:
    rows = [asked(world), asked(world, Sex.MALE), asked(world, priority=2)]
    plan, items = planned(world)
    assert [item.action for item in items] == ["ADMIT_ON"] * 3
    assert {item.detail["day"] for item in items} == {day(3).isoformat()}
    assert carried_out(world, plan, items) == ["DATED"] * 3
    told = {row.id: world.get(AdmissionRequest, row.id) for row in rows}
    assert {row.state for row in told.values()} == {AdmissionState.DATED}
    asked(world, priority=9)  # somebody more urgent does not take back what was told
    again, items = planned(world)
    outcomes = dict(
        zip((item.key for item in items), carried_out(world, again, items), strict=True)
    )
    assert [outcomes[str(row.id)] for row in rows] == ["KEPT"] * 3
    for row in rows:
        now = world.get(AdmissionRequest, row.id)
        assert (now.planned_on, now.ward_id) == (told[row.id].planned_on, told[row.id].ward_id)


def test_who_cannot_come_in_the_horizon_is_told_why(world: World) -> None:
    asked(world, theatre_minutes=60)
    _, items = planned(world)
    assert [(item.state, item.reasons) for item in items] == [
        (ItemState.UNPLACED,
         [{"rule": "THEATRE_TIME", "forbids": 1, "alone": 1, "short_by": None}]),
    ]  # fmt: skip


def test_an_item_whose_request_changed_since_is_stale_alone(world: World) -> None:
    first, second = asked(world), asked(world)
    plan, items = planned(world)
    world.run(ApprovePlan(proposal_id=plan.id))
    dated(world, first, world.side.id, 6)
    by_key = {item.key: item for item in items}
    stale = ExecuteItem(item_id=by_key[str(first.id)].id)
    world.refused(stale, Conflict, "CHANGED_MEANWHILE")
    assert world.run(ExecuteItem(item_id=by_key[str(second.id)].id)).outcome == "DATED"


def test_a_plan_begins_today_or_later(world: World) -> None:
    command = RequestAdmissionPlan(hospital_id=world.hospital.id, from_day=day(-1))
    assert world.refused(command, Invalid, "INVALID").field == "fromDay"


def test_beds_are_kept_back_for_forecast_emergencies_and_the_plan_says_so(world: World) -> None:
    _forecast(world, [0.0, 0.0, 0.0, 1.2, 4.6])
    asked(world)
    plan, _ = planned(world, nights=7)
    run = world.get(SolverRun, plan.run_id)
    problem = parse_canonical(bytes(run.problem))["problem"]
    assert problem["buffer_source"] == "FORECAST_P90+NONE"  # ward B has no forecast
    buffers = {ward["key"]: ward["buffer"] for ward in problem["wards"]}
    assert buffers == {
        str(world.ward_a.id): [0, 0, 0, 2, 5, 0, 0], str(world.ward_b.id): [],
    }  # fmt: skip


def test_a_stale_forecast_keeps_no_bed_back(world: World) -> None:
    _forecast(world, [2.0] * 5, days_ago=2)
    plan, _ = planned(world, nights=3)
    problem = parse_canonical(bytes(world.get(SolverRun, plan.run_id).problem))["problem"]
    assert problem["buffer_source"] == "NONE"


def _forecast(world: World, p90: list[float], days_ago: int = 0) -> None:
    """Emergencies of ward A, forecast at midnight."""
    zone = ZoneInfo(world.hospital.time_zone)
    on = day(-days_ago)
    made = datetime(on.year, on.month, on.day, tzinfo=zone).astimezone(UTC)
    here: dict[str, Any] = {"hospital_id": world.hospital.id, "ward_id": world.ward_a.id}
    place = Place(world.hospital.id, world.ward_a.id)
    series = ForecastSeries(
        measure=ForecastMeasure.ADMISSIONS, encounter_class=EncounterClass.EMERGENCY,
        step=Step.DAY, place_key=key_of(place, EMERGENCIES, Step.DAY), horizon=len(p90), **here,
    )  # fmt: skip
    row = StoredForecast(
        series_id=series.id, state=ForecastState.READY, horizon=len(p90), model="test",
        time_zone=world.hospital.time_zone, as_of=made, made_at=made, requested_at=made,
        requested_by=world.actor.id, quantiles=[p90 for _ in LEVELS], **here,
    )  # fmt: skip
    with Session(world.engine) as session:
        session.add(series)
        session.flush()
        session.add(row)
        session.commit()
