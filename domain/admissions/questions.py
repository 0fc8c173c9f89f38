"""What people ask about a plan of admissions: what else a patient could have, and why not that.

The question goes to the solver with the stored problem and the plan as it was made.
"""

from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import Session, select

from domain.admissions.plan_kind import ADMISSIONS
from domain.plans.asked import Asked
from domain.plans.model import ItemState, Proposal, ProposalItem
from domain.plans.queries import run_of
from kit.canonical import parse_canonical
from kit.errors import Invalid, NotFound


def other_stays(session: Session, plan: Proposal, item: ProposalItem) -> Asked:
    """The cheapest other dates and rooms. Raises Invalid for an item of another kind of plan."""
    problem, question, _ = _about(session, plan, item)
    return Asked(plan.scope, ADMISSIONS, problem, {"ask": "OTHERS", **question}, item.subject)


def why_not(
    session: Session, plan: Proposal, item: ProposalItem, day: date, room_id: UUID
) -> Asked:
    """Why not on that day in that room. Raises NotFound for a room outside the problem."""
    problem, question, first = _about(session, plan, item)
    if str(room_id).encode() not in problem:
        raise NotFound.of("room", room_id)
    asked = {"ask": "WHY_NOT", "night": (day - first).days, "room": str(room_id)}
    return Asked(plan.scope, ADMISSIONS, problem, asked | question, item.subject)


def _about(
    session: Session, plan: Proposal, item: ProposalItem
) -> tuple[bytes, dict[str, Any], date]:
    """The problem, the patient and the plan as the solver made it; the horizon's first day."""
    if plan.kind != ADMISSIONS:
        raise Invalid("only an item of an admission plan can be asked this", field="itemId",
                      allowed=(ADMISSIONS,))  # fmt: skip
    problem = run_of(session, plan).problem
    first = date.fromisoformat(parse_canonical(problem)["first_day"])
    rows = session.exec(select(ProposalItem).where(ProposalItem.proposal_id == plan.id))
    stays = {
        row.key: [(date.fromisoformat(row.detail["day"]) - first).days, row.detail["rooms"]]
        for row in rows
        if row.state is not ItemState.UNPLACED
    }
    told = {
        "key": item.key,
        "day": item.detail.get("day"),
        "room": item.detail.get("room"),
        "cost": item.penalty,
        "terms": [[term["code"], term["penalty"]] for term in item.terms],
        "kept": item.kept,
        "waived": item.waived,
        "hindrances": item.reasons,
    }
    return problem, {"patient": item.key, "stays": stays, "item": told}, first
