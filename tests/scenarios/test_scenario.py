"""A scenario from the question to both sides, with nothing that is touched."""

from typing import Any
from uuid import UUID

import pytest
from sqlmodel import SQLModel

from domain.patients.model import Sex
from domain.places.commands import OpenHospital, OpenWard
from domain.plans.commands import ApprovePlan
from domain.plans.model import PlanState
from domain.scenarios.commands import ChangeKind, RequestScenario, ScenarioChange
from domain.scenarios.queries import scenario_in_reach
from kit.db import reading
from kit.errors import Conflict, Invalid, NotFound
from kit.work import Scope
from tests.plans.test_bed_plan import Planning, planning

__all__ = ["planning"]

# What a scenario writes: itself, its record, and how it is told and counted.
ITS_OWN = {"proposal", "proposal_item", "solver_run"}
RECORD = ("ledger", "outbox", "answered", "idempotency", "checkpoint", "session", "tree", "head",
          "sequence", "stream", "feed", "lease", "job")  # fmt: skip


def _rows(planning: Planning) -> dict[str, list[str]]:
    """Every row of every table that is about the hospital."""
    found = {}
    with reading(planning.city.app.engine) as session:
        for name, table in SQLModel.metadata.tables.items():
            if name not in ITS_OWN and not any(part in name for part in RECORD):
                found[name] = sorted(map(repr, session.execute(table.select())))
    return found


def _settled(planning: Planning) -> dict[str, list[str]]:
    """Once the jobs have done what the city left them to do."""
    earlier, now = None, _rows(planning)
    while now != earlier:
        planning.city.app.jobs.round()
        earlier, now = now, _rows(planning)
    return now


def _ask(planning: Planning, *changes: ScenarioChange) -> UUID:
    hospital = planning.corner.ids["hospital"]
    command = RequestScenario(hospital_id=hospital, changes=changes)
    return planning.city.do(command, planning.chief).id


def _compared(planning: Planning, plan: UUID) -> Any:
    with reading(planning.city.app.engine) as session:
        found = scenario_in_reach(session, (Scope(planning.corner.ids["hospital"]),), plan)
        return found.baseline, found.scenario, found.changes


def test_a_scenario_shows_both_sides_and_touches_nothing(planning: Planning) -> None:
    ward = planning.corner.ids["ward"]
    before = _settled(planning)
    assert {"bed", "bed_request", "bed_stay", "ward"} <= set(before)
    plan = _ask(planning, ScenarioChange(kind=ChangeKind.WARD_CLOSED, ward_id=ward))
    assert _compared(planning, plan)[:2] == (None, None)
    planning.until(plan, PlanState.READY)
    assert _rows(planning) == before
    today, after, changes = _compared(planning, plan)
    assert changes == [{"kind": "WARD_CLOSED", "ward": str(ward)}]
    assert (today["placed"], today["waiting"], today["displaced"]) == (3, 0, 0)
    here = next(each for each in after["wards"] if each["ward"] == str(ward))
    assert (here["placed"], here["present"], here["staffed_beds"]) == (0, 0, 0)
    assert after["displaced"] == 2
    assert after["placed"] + after["waiting"] == 5
    assert after["cost"] > today["cost"]
    assert today["status"] == after["status"] == "OPTIMAL"


def test_a_scenario_can_never_be_approved(planning: Planning) -> None:
    plan = _ask(planning, ScenarioChange(kind=ChangeKind.ARRIVALS_PLUS, percent=30))
    planning.until(plan, PlanState.READY)
    before = _rows(planning)
    with pytest.raises(Conflict) as refused:
        planning.city.do(ApprovePlan(proposal_id=plan), planning.chief)
    assert refused.value.reason == "SCENARIO_ONLY"
    assert _rows(planning) == before
    assert planning.plan(plan).state is PlanState.READY


def test_a_live_plan_stays_open_beside_a_scenario(planning: Planning) -> None:
    live = planning.solved()
    states = planning.requests(live)
    room = planning.corner.ids["room"]
    _ask(planning, ScenarioChange(kind=ChangeKind.BAY_FLIPPED, room_id=room, sex=Sex.MALE))
    assert planning.plan(live).state is PlanState.READY
    assert planning.requests(live) == states


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ((), "1 to 20 changes"),
        ((ScenarioChange(kind=ChangeKind.WARD_CLOSED),), "ward: None is not part"),
        ((ScenarioChange(kind=ChangeKind.ARRIVALS_PLUS, percent=0),), "percent: at least 1"),
    ],
)
def test_a_scenario_that_cannot_be_is_refused(
    planning: Planning, changes: tuple[ScenarioChange, ...], says: str
) -> None:
    before = _rows(planning)
    with pytest.raises(Invalid, match=says):
        _ask(planning, *changes)
    assert _rows(planning) == before


def test_a_ward_of_another_hospital_and_a_plain_plan_are_not_found(planning: Planning) -> None:
    city = planning.city
    west = city.do(OpenHospital(code="WEST", name_zh="WEST", name_en="WEST"))
    foreign = city.do(OpenWard(hospital_id=west.id, code="A", name_zh="A", name_en="A",
                            licensed_beds=1, staffed_beds=1)).id  # fmt: skip
    with pytest.raises(NotFound):
        _ask(planning, ScenarioChange(kind=ChangeKind.WARD_CLOSED, ward_id=foreign))
    live = planning.request()
    with pytest.raises(NotFound):
        _compared(planning, live)


def test_missing_nurses_count_by_the_wards_own_ratio(planning: Planning) -> None:
    ward = planning.corner.ids["ward"]
    plan = _ask(planning, ScenarioChange(kind=ChangeKind.STAFF_MISSING, ward_id=ward, nurses=1))
    planning.until(plan, PlanState.READY)
    today, after, changes = _compared(planning, plan)
    per_nurse = changes[0]["patients_per_nurse"]
    assert per_nurse > 0
    beds = [
        next(each["staffed_beds"] for each in side["wards"] if each["ward"] == str(ward))
        for side in (today, after)
    ]
    assert beds[1] == max(0, beds[0] - per_nurse)
