"""Roster plans and roster repairs: a line for each person, carried out as that person's duties."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any, ClassVar
from uuid import UUID

from domain.plans.kinds import ItemDecision, PlanKind, register
from domain.plans.model import ItemState, Proposal, ProposalItem, SolverRun
from domain.rosters.line_rows import ROSTER_LINE, line_rows, planned_duties
from domain.staff.duties import PlannedDuty, SetRosterLine
from domain.staff.roster_model import ShiftType
from kit.canonical import parse_canonical
from kit.errors import Conflict, Invalid
from kit.work import Work
from solvers.roster_problem import RosterProblem
from solvers.rosters import from_canonical

ROSTER, REPAIR = "roster", "roster-repair"


class RosterPlans(PlanKind):
    """Everybody's duties over some weeks. Carried out as a draft, until the roster is published."""

    name = ROSTER
    solving = "domain.rosters.roster_solving"
    read_action = "roster.read"
    decide_action = "roster.approve"
    good_for = timedelta(hours=24)
    longest_s: ClassVar[int] = 600

    def rows(
        self, work: Work, plan: Proposal, run: SolverRun, answer: dict[str, Any]
    ) -> list[ProposalItem]:
        return line_rows(work, plan, answer)

    def choose(
        self, work: Work, plan: Proposal, item: ProposalItem, decision: ItemDecision
    ) -> None:
        """`choice`: {"duties": [{"day": "2026-12-01", "shift": id}, …]}, all of the person's."""
        if item.action != ROSTER_LINE:
            raise Invalid("this shift stays short; give somebody a duty in it instead",
                          field="items.choice")  # fmt: skip
        problem = problem_of(work, plan)
        wanted = _chosen(decision.choice)
        days = {problem.date_of(day).isoformat() for day in range(problem.days)}
        shifts = {shift.key for shift in problem.shifts}
        for one in wanted:
            if one["day"] not in days or one["shift"] not in shifts:
                raise Invalid("a day or a shift is not part of this plan",
                              field="items.choice.duties")  # fmt: skip
        item.chosen = {"duties": wanted}

    def execute(self, work: Work, item: ProposalItem) -> str:
        """Make the person's duties in the plan's wards and days exactly those of the line."""
        if item.action != ROSTER_LINE:
            raise Conflict("a shift that stays short has nothing to carry out",
                           reason="ITEM_STATE", blocking=item.id)  # fmt: skip
        problem = problem_of(work, work.get(Proposal, item.proposal_id))
        first = problem.date_of(0)
        by_ward: dict[UUID, list[PlannedDuty]] = defaultdict(list)
        wards = {work.get(ShiftType, UUID(shift.key)).ward_id for shift in problem.shifts}
        for one in planned_duties(item):
            shift = work.get(ShiftType, UUID(one["shift"]))
            by_ward[shift.ward_id].append(
                PlannedDuty(day=date.fromisoformat(one["day"]), shift_id=shift.id)
            )
        for ward_id in sorted(wards):
            work.perform(SetRosterLine(
                staff_id=UUID(item.key), ward_id=ward_id,
                from_day=first, until_day=first + timedelta(days=problem.days),
                planned=tuple(by_ward[ward_id]),
            ))  # fmt: skip
        return "LINE_SET"


class RosterRepairs(RosterPlans):
    """The fewest changes that cover what a sick call left open, in duties that people were told."""

    name = REPAIR
    solving = "domain.rosters.repair_solving"
    good_for = timedelta(hours=4)
    longest_s: ClassVar[int] = 60

    def rows(
        self, work: Work, plan: Proposal, run: SolverRun, answer: dict[str, Any]
    ) -> list[ProposalItem]:
        """Only who is asked to do something else than they were told."""
        return [
            row for row in line_rows(work, plan, answer)
            if row.state is ItemState.UNPLACED or row.detail["changed_days"] or row.reasons
        ]  # fmt: skip


def problem_of(work: Work, plan: Proposal) -> RosterProblem:
    """What the plan was computed from."""
    return from_canonical(parse_canonical(work.get(SolverRun, plan.run_id).problem))


def _chosen(choice: dict[str, Any] | None) -> list[dict[str, str]]:
    rows = (choice or {}).get("duties")
    if not isinstance(rows, list) or any(
        not isinstance(one, dict) or set(one) != {"day", "shift"} for one in rows
    ):
        raise Invalid('say which duties instead: {"duties": [{"day": …, "shift": …}]}',
                      field="items.choice")  # fmt: skip
    return [{"day": str(one["day"]), "shift": str(one["shift"])} for one in rows]


register(RosterPlans())
register(RosterRepairs())
