"""Commands on transfer plans: ask for one, approve it, reject it."""

from dataclasses import dataclass
from uuid import UUID

from domain.places.model import Hospital
from domain.plans.asking import ask
from domain.plans.commands import ApprovePlan, RejectPlan
from domain.plans.model import Proposal
from domain.transfers.plan_kind import TRANSFERS
from domain.transfers.plan_problem import frozen_network
from kit.command import Command
from kit.errors import Invalid
from kit.work import NETWORK, Scope, Work

MOST_DAYS = 7
GAP_PPM = 5_000  # half a percent from the best is good enough for people to decide on


def horizon_checked(days: int) -> int:
    if not 1 <= days <= MOST_DAYS:
        raise Invalid(f"plan for 1 to {MOST_DAYS} days", field="horizonDays")
    return days


@dataclass(frozen=True, kw_only=True)
class RequestTransferPlan(Command[Proposal]):
    """Ask which waiting patients should go to which hospital: of one hospital, or of the network.

    The network as it is now is frozen into the problem; the plan comes by itself. Beds are kept
    free for what is forecast of the next `horizonDays`, where there is a forecast.
    """

    action = "transfer_plan.request"
    hospital_id: UUID | None = None
    horizon_days: int = 1
    time_limit_s: int = 30

    def scope(self, work: Work) -> Scope:
        if self.hospital_id is None:
            return NETWORK
        return work.get(Hospital, self.hospital_id).scope

    def apply(self, work: Work) -> Proposal:
        days = horizon_checked(self.horizon_days)
        problem, digest, rules = frozen_network(work, self.hospital_id, days)
        return ask(
            work, TRANSFERS, hospital_id=self.hospital_id, problem=problem, digest=digest,
            rules=rules, time_limit_s=self.time_limit_s, gap_limit_ppm=GAP_PPM,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ApproveTransferPlan(ApprovePlan):
    """Approve a transfer plan, whole or patient by patient; each becomes a request to a hospital.

    Without `items` every proposed transfer is approved. Another hospital or a rejection needs a
    reason. A transfer without the patient's consent, by an emergency override, needs two people.
    """

    action = "transfer_plan.approve"


@dataclass(frozen=True, kw_only=True)
class RejectTransferPlan(RejectPlan):
    """Reject a transfer plan as a whole. Nobody is asked for anything."""

    action = "transfer_plan.approve"
