"""Deciding about roster plans: as about any plan, with the right that planners hold."""

from dataclasses import dataclass

from domain.plans.commands import ApprovePlan, RejectPlan


@dataclass(frozen=True, kw_only=True)
class ApproveRosterPlan(ApprovePlan):
    """Approve a roster plan or a repair, whole or line by line; each becomes that person's duties.

    Without `items` every line is approved as planned. Other duties or a rejection need a reason.
    A line that waives a hard rule needs two people.
    """

    action = "roster.approve"


@dataclass(frozen=True, kw_only=True)
class RejectRosterPlan(RejectPlan):
    """Reject a roster plan or a repair as a whole. Nothing in it is carried out."""

    action = "roster.approve"
