"""What-if plans: today's problem and the changed one, solved alike and shown side by side."""

from datetime import timedelta
from typing import Any

from domain.plans.kinds import PlanKind, register
from domain.plans.model import Proposal, ProposalItem, SolverRun
from domain.scenarios.solving import BASELINE, SCENARIO
from kit.errors import Conflict
from kit.work import Work

BED_SCENARIO = "bed-scenario"
TRANSFER_SCENARIO = "transfer-scenario"
COMPARE = "COMPARE"


class _Comparisons(PlanKind):
    """Two answers to compare; nothing in them can be approved or carried out."""

    good_for = timedelta(days=7)  # a comparison stays readable after that, as every plan does

    def rows(
        self, _work: Work, plan: Proposal, _run: SolverRun, answer: dict[str, Any]
    ) -> list[ProposalItem]:
        return [
            ProposalItem(
                proposal_id=plan.id, hospital_id=plan.hospital_id, key=side, action=COMPARE,
                detail=answer["sides"][side],
            )
            for side in (BASELINE, SCENARIO)
        ]  # fmt: skip

    def execute(self, _work: Work, item: ProposalItem) -> str:
        raise Conflict("a scenario shows what would be; it is never carried out",
                       reason="SCENARIO_ONLY", blocking=item.id)  # fmt: skip


class BedScenarios(_Comparisons):
    """Beds of one hospital."""

    name = BED_SCENARIO
    solving = "domain.scenarios.solving"


class TransferScenarios(_Comparisons):
    """Patients × hospitals of the network."""

    name = TRANSFER_SCENARIO
    solving = "domain.scenarios.transfer_solving"
    read_action = "transfer_plan.read"
    ask_action = "transfer_plan.request"
    decide_action = "transfer_plan.approve"


register(BedScenarios())
register(TransferScenarios())
