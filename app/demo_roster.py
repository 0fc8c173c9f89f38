"""Part of `wardgrid demo --check`: a week's roster is asked for, approved, carried out and told."""

import time
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import uuid4

ASK = """mutation Ask($hospital: UUID!, $ward: UUID!, $day: Date!, $key: String!) {
  requestRosterPlan(hospitalId: $hospital, wardId: $ward, fromDay: $day, days: 7, timeLimitS: 4,
    idempotencyKey: $key) { __typename ... on RosterPlan { id } ... on Problem { reason } }
}"""
LOOK = """query Look($id: UUID!) {
  rosterPlan(id: $id) { plan { state } outcome { status objective gapMillionths wallMs } }
  rosterPlanItems(planId: $id, first: 60) { nodes { action state } }
}"""
APPROVE = """mutation Approve($id: UUID!, $key: String!) {
  approveRosterPlan(planId: $id, idempotencyKey: $key) { __typename }
}"""
DRAWN = """query Drawn($ward: UUID!, $day: Date!) {
  roster(wardId: $ward, fromDay: $day, days: 7) { rosters { id state } duties { duty { state } } }
}"""
PUBLISH = """mutation Publish($id: UUID!, $key: String!) {
  publishRoster(rosterId: $id, idempotencyKey: $key) { ... on Roster { state } }
}"""
LONGEST_S = 40.0

Answers = Callable[[str, dict[str, Any]], dict[str, Any]]


class NoRoster(Exception):
    """The roster did not come about; the sentence says where it stopped."""


def roster_lives(ask: Answers, hospital: str, ward: str, day: date) -> dict[str, Any]:
    """What the plan reached and how many duties were told. Raises NoRoster."""
    where = {"ward": ward, "day": day.isoformat()}
    asked = ask(ASK, {"hospital": hospital, **where, "key": str(uuid4())})["requestRosterPlan"]
    if "id" not in asked:
        raise NoRoster(f"the roster plan was refused: {asked.get('reason')}")
    ready = _until(ask, asked["id"], ("READY",))
    lines = [one for one in ready["rosterPlanItems"]["nodes"] if one["action"] == "ROSTER_LINE"]
    short = [one for one in ready["rosterPlanItems"]["nodes"] if one["action"] == "UNCOVERED"]
    ask(APPROVE, {"id": asked["id"], "key": str(uuid4())})
    _until(ask, asked["id"], ("EXECUTED",))
    drawn = ask(DRAWN, where)["roster"]
    (roster,), planned = drawn["rosters"], len(drawn["duties"])
    ask(PUBLISH, {"id": roster["id"], "key": str(uuid4())})
    told = ask(DRAWN, where)["roster"]
    published = sum(one["duty"]["state"] == "PUBLISHED" for one in told["duties"])
    if told["rosters"][0]["state"] != "PUBLISHED" or published != planned or not planned:
        raise NoRoster(f"of {planned} planned duties {published} were published")
    outcome: dict[str, Any] = ready["rosterPlan"]["outcome"]
    return outcome | {"people": len(lines), "duties": published, "short": len(short)}


def _until(ask: Answers, plan: str, states: tuple[str, ...]) -> dict[str, Any]:
    deadline = time.monotonic() + LONGEST_S
    while True:
        found = ask(LOOK, {"id": plan})
        state = found["rosterPlan"]["plan"]["state"]
        if state in states:
            return found
        if time.monotonic() > deadline or state == "FAILED":
            raise NoRoster(f"the roster plan is {state}, not {' or '.join(states)}")
        time.sleep(0.1)
