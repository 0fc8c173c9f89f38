"""What people ask about roster plans, as questions for the solver: the stored problem and plan."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import Session, select

from domain.plans.asked import Asked
from domain.plans.model import Proposal, ProposalItem
from domain.plans.queries import plan_in_reach, run_of
from domain.rosters.line_rows import ROSTER_LINE
from domain.staff.model import StaffMember
from kit.canonical import parse_canonical
from kit.errors import Invalid, NotFound
from kit.work import Scope
from solvers.roster_problem import RosterProblem
from solvers.rosters import from_canonical

READ = "roster.read"


def why_not_duty(
    session: Session, scopes: Sequence[Scope], plan_id: UUID, staff_id: UUID, day: date,
    shift_id: UUID | None,
) -> Asked:  # fmt: skip
    """Why somebody has not this shift on this day of a plan; without a shift, why not free.

    Raises NotFound for what is out of reach or no part of the plan, Invalid for a day beyond it.
    """
    plan = plan_in_reach(session, scopes, plan_id, READ)
    problem = _problem(session, plan)
    if shift_id is not None and str(shift_id) not in {one.key for one in problem.shifts}:
        raise NotFound.of("shifttype", shift_id)
    shift = None if shift_id is None else str(shift_id)
    return _asked(session, plan, problem, staff_id, day, ask="WHY_NOT", shift=shift)


def who_else(
    session: Session, scopes: Sequence[Scope], plan_id: UUID, staff_id: UUID, day: date
) -> Asked:
    """Who else could take the duty that somebody has on this day of a plan.

    Raises as `why_not_duty`, and Invalid where the plan gives them no duty that day.
    """
    plan = plan_in_reach(session, scopes, plan_id, READ)
    asked = _asked(session, plan, _problem(session, plan), staff_id, day, ask="WHO_ELSE")
    mine = (str(staff_id), asked.question["day"])
    if mine not in {(staff, on) for staff, on, _ in asked.question["duties"]}:
        raise Invalid("the plan gives them no duty on this day", field="day", reason="NO_DUTY")
    return asked


def _problem(session: Session, plan: Proposal) -> RosterProblem:
    if plan.ready_at is None:
        raise Invalid(f"the plan is {plan.state}; it has no items yet", field="planId",
                      reason="NOT_READY")  # fmt: skip
    return from_canonical(parse_canonical(run_of(session, plan).problem))


def _asked(
    session: Session, plan: Proposal, problem: RosterProblem, staff_id: UUID, day: date,
    **question: Any,
) -> Asked:  # fmt: skip
    if str(staff_id) not in {one.key for one in problem.staff}:
        raise NotFound.of("staffmember", staff_id)
    index = (day - problem.date_of(0)).days
    if not 0 <= index < problem.days:
        raise Invalid("the day is not part of this plan", field="day")
    run, member = run_of(session, plan), session.get(StaffMember, staff_id)
    question |= {"staff": str(staff_id), "day": index, "bound": run.bound,
                 "duties": _duties(session, plan, problem)}  # fmt: skip
    return Asked(plan.scope, run.kind, run.problem, question, member.subject if member else None)


def _duties(session: Session, plan: Proposal, problem: RosterProblem) -> list[tuple[str, int, str]]:
    """The plan as the solver made it, whatever people chose since; a repair stores only lines
    that change, the others stand as they were told."""
    lines = session.exec(
        select(ProposalItem).where(
            ProposalItem.proposal_id == plan.id, ProposalItem.action == ROSTER_LINE
        )
    ).all()
    changed = {item.key for item in lines}
    first = problem.date_of(0)
    stands = [
        (one.staff, one.day, one.shift)
        for one in problem.published or () if one.staff not in changed
    ]  # fmt: skip
    return stands + [
        (item.key, (date.fromisoformat(one["day"]) - first).days, one["shift"])
        for item in lines for one in item.detail["duties"]
    ]  # fmt: skip
