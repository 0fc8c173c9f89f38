"""A horizon leans on what a named person has waived, for its place and nights, and says so."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

from domain.admissions.commands import SetAdmissionDate
from domain.admissions.model import AdmissionRequest, AdmissionState
from domain.beds.waiver_model import Waiver
from domain.beds.waivers import RevokeWaiver, WaiveRoomSex, WaiveStaffedCapacity
from domain.patients.model import Sex
from domain.places.commands import SetStaffedBeds, UpdateRoom
from domain.places.model import RoomSex
from domain.plans.commands import ApprovePlan, ExecuteItem
from domain.plans.model import ItemState, Proposal, ProposalItem
from kit.errors import Conflict
from kit.work import Actor
from tests.admissions_domain.test_dates import asked, day, planned
from tests.domain_world import World, world

__all__ = ["world"]

DATED = AdmissionState.DATED


def ward_a_only(world: World, *, staffed: int) -> None:
    world.run(SetStaffedBeds(ward_id=world.ward_b.id, staffed_beds=0))
    world.run(SetStaffedBeds(ward_id=world.ward_a.id, staffed_beds=staffed))


def on_day_three(world: World, sex: Sex = Sex.FEMALE, **values: Any) -> AdmissionRequest:
    return asked(world, sex, latest=day(3), nights=1, **values)


def waived(items: list[ProposalItem]) -> list[tuple[str, list[str], list[str]]]:
    """State, rules broken with leave, and who gave it."""
    return sorted(
        (item.state.value, item.waived,
         [one["granted_by"] for one in item.detail.get("waivers", ())])
        for item in items
    )  # fmt: skip


def approved_by_two(world: World, plan: Proposal) -> None:
    """What leans on a waiver takes two people, and none of them is who asked."""
    for _ in range(2):
        world.actor = Actor(uuid4())
        world.run(ApprovePlan(proposal_id=plan.id))


def test_an_overfull_ward_is_planned_only_where_somebody_waived_it(world: World) -> None:
    """Staff for one, two to come. The waiver of four days covers day three and no later night."""
    ward_a_only(world, staffed=1)
    rows = [on_day_three(world), on_day_three(world)]
    _, items = planned(world)
    assert [(state, rules) for state, rules, _ in waived(items)] == [
        ("PROPOSED", []), ("UNPLACED", []),
    ]  # fmt: skip
    short = world.run(WaiveStaffedCapacity(
        ward_id=world.ward_a.id, reason="FLU", valid_until=world.now + timedelta(days=2)
    ))  # fmt: skip
    assert len([one for one in planned(world)[1] if one.waived]) == 0
    world.run(RevokeWaiver(waiver_id=short.id))
    leave = world.run(WaiveStaffedCapacity(
        ward_id=world.ward_a.id, bed_id=world.beds["A1"], reason="FLU",
        valid_until=world.now + timedelta(days=4),
    ))  # fmt: skip
    plan, items = planned(world)
    by = str(leave.granted_by)
    assert waived(items) == [("PROPOSED", ["STAFFED_CAPACITY"], [by])] * 2
    approved_by_two(world, plan)
    for item in items:
        world.run(ExecuteItem(item_id=item.id))
    assert [world.get(AdmissionRequest, row.id).state for row in rows] == [DATED, DATED]
    by_hand = SetAdmissionDate(admission_id=on_day_three(world).id, room_id=world.bay.id,
                               day=day(3), waivers=(leave.id,))  # fmt: skip
    world.refused(by_hand, Conflict, "STAFFED_CAPACITY")  # one bed beyond, and it is taken


def test_a_mixed_room_is_planned_where_it_was_waived_and_stale_once_that_is_revoked(
    world: World,
) -> None:
    """The side rooms are taken, so a woman and a man can only share the bay."""
    for code in ("A4", "A5"):
        world.admit(code)
    ward_a_only(world, staffed=7)
    rows = [on_day_three(world), on_day_three(world, Sex.MALE)]
    assert [state for state, _, _ in waived(planned(world)[1])] == ["PROPOSED", "UNPLACED"]
    leave: Waiver = world.run(WaiveRoomSex(
        ward_id=world.ward_a.id, bed_id=world.beds["A1"], reason="FLU",
        valid_until=world.now + timedelta(days=6),
    ))  # fmt: skip
    plan, items = planned(world)
    assert waived(items) == [("PROPOSED", ["MIXED_SEX"], [str(leave.granted_by)])] * 2
    assert all("MIXED_SEX" not in item.kept for item in items)
    approved_by_two(world, plan)
    world.run(ExecuteItem(item_id=items[0].id))
    world.run(RevokeWaiver(waiver_id=leave.id))
    world.refused(ExecuteItem(item_id=items[1].id), Conflict, "WAIVER_UNUSABLE")
    states = sorted(world.get(AdmissionRequest, row.id).state.value for row in rows)
    assert states == ["DATED", "WAITING"]
    assert world.get(ProposalItem, items[1].id).state is ItemState.APPROVED


def test_by_hand_a_waiver_may_be_for_the_patient_alone_and_for_no_other(world: World) -> None:
    ward_a_only(world, staffed=0)
    row, other = on_day_three(world), on_day_three(world)
    leave = world.run(WaiveStaffedCapacity(
        ward_id=world.ward_a.id, encounter_id=row.encounter_id, reason="FLU",
        valid_until=world.now + timedelta(days=4),
    ))  # fmt: skip
    given: dict[str, Any] = {"room_id": world.bay.id, "day": day(3), "waivers": (leave.id,)}
    world.refused(SetAdmissionDate(admission_id=other.id, **given), Conflict, "WAIVER_UNUSABLE")
    without = SetAdmissionDate(admission_id=row.id, room_id=world.bay.id, day=day(3))
    world.refused(without, Conflict, "STAFFED_CAPACITY")
    assert world.run(SetAdmissionDate(admission_id=row.id, **given)).state is DATED


def test_by_hand_a_women_s_room_takes_a_man_where_that_was_waived(world: World) -> None:
    world.run(UpdateRoom(room_id=world.bay.id, sex_policy=RoomSex.FIXED_FEMALE))
    man = on_day_three(world, Sex.MALE)
    leave = world.run(WaiveRoomSex(ward_id=world.ward_a.id, reason="FLU",
                                   valid_until=world.now + timedelta(days=4)))  # fmt: skip
    alone = SetAdmissionDate(admission_id=man.id, room_id=world.bay.id, day=day(3))
    world.refused(alone, Conflict, "ROOM_SEX")
    assert world.run(replace(alone, waivers=(leave.id,))).state is DATED


def test_by_hand_a_waiver_of_another_ward_is_refused_and_not_passed_over(world: World) -> None:
    row = on_day_three(world)
    leave = world.run(WaiveRoomSex(ward_id=world.ward_b.id, reason="FLU",
                                   valid_until=world.now + timedelta(days=4)))  # fmt: skip
    dated = SetAdmissionDate(admission_id=row.id, room_id=world.bay.id, day=day(3),
                             waivers=(leave.id,))  # fmt: skip
    world.refused(dated, Conflict, "WAIVER_UNUSABLE")
    assert world.get(AdmissionRequest, row.id).state is AdmissionState.WAITING
