"""Transfer plans: which patient should go to which hospital; carried out by asking that one.

The plan decides nothing for the receiving hospital: an executed item is a request like any other,
and both sides decide about it.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from domain.beds.model import BedRequest
from domain.patients.model import Encounter
from domain.places.model import Hospital
from domain.plans.kinds import ItemDecision, PlanKind, register
from domain.plans.model import ItemState, Proposal, ProposalItem, SolverRun
from domain.transfers.asking import RequestTransfer
from domain.transfers.sides import across
from domain.transfers.words import TransferReason, Urgency
from kit.errors import Conflict, Invalid
from kit.work import Work

TRANSFERS, TRANSFER = "transfers", "TRANSFER"
URGENT_FROM, EMERGENCY_FROM = 4, 7  # priority of the request for a bed, 0 to 9


class TransferPlans(PlanKind):
    """Waiting patients × hospitals of the network."""

    name = TRANSFERS
    solving = "domain.transfers.solving"
    read_action = "transfer_plan.read"
    ask_action = "transfer_plan.request"
    decide_action = "transfer_plan.approve"
    good_for = timedelta(minutes=30)

    def rows(
        self, work: Work, plan: Proposal, run: SolverRun, answer: dict[str, Any]
    ) -> list[ProposalItem]:
        return [_row(work, plan, item, answer["need_source"]) for item in answer["items"]]

    def choose(
        self, work: Work, plan: Proposal, item: ProposalItem, decision: ItemDecision
    ) -> None:
        """`choice`: {"hospital": id}."""
        wanted = (decision.choice or {}).get("hospital")
        try:
            hospital_id = UUID(str(wanted))
        except ValueError:
            raise Invalid('say which hospital instead: {"hospital": id}',
                          field="items.choice") from None  # fmt: skip
        hospital = across(work, hospital_id).get(Hospital, hospital_id)
        item.detail = {**item.detail, "hospital": str(hospital.id)}
        item.waived = []  # its rules are the receiving hospital's to judge

    def execute(self, work: Work, item: ProposalItem) -> str:
        """Ask the hospital, if the patient still waits."""
        if item.request_id is None or item.encounter_id is None:
            raise Conflict("the item is about nobody", reason="ITEM_STATE", blocking=item.id)
        request = work.get(BedRequest, item.request_id)
        if request.until is not None:
            raise Conflict(f"the request is {request.state}", reason="REQUEST_STATE",
                           blocking=request.id)  # fmt: skip
        transfer = work.perform(RequestTransfer(
            encounter_id=item.encounter_id, to_hospital_id=UUID(item.detail["hospital"]),
            urgency=_urgency(request.priority), reason=TransferReason.CAPACITY,
            needed_by=request.needed_by,
        ))  # fmt: skip
        item.detail = {**item.detail, "transfer": str(transfer.id)}
        return "REQUESTED"


def _row(work: Work, plan: Proposal, item: dict[str, Any], source: str | None) -> ProposalItem:
    request = work.get(BedRequest, UUID(item["patient"]))
    encounter = work.get(Encounter, request.encounter_id)
    goes = item["hospital"] is not None
    return ProposalItem(
        proposal_id=plan.id, hospital_id=encounter.hospital_id, key=item["patient"],
        action=TRANSFER, request_id=request.id, encounter_id=encounter.id,
        subject=encounter.subject, penalty=item["cost"], terms=item["terms"], kept=item["kept"],
        waived=item["waived"], reasons=item["reasons"], alternatives=item["alternatives"],
        state=ItemState.PROPOSED if goes else ItemState.UNPLACED,
        detail={"from_hospital": str(encounter.hospital_id), "hospital": item["hospital"],
                "level": item["level"], "minutes": item["minutes"], "need_source": source},
    )  # fmt: skip


def _urgency(priority: int) -> Urgency:
    if priority >= EMERGENCY_FROM:
        return Urgency.EMERGENCY
    return Urgency.URGENT if priority >= URGENT_FROM else Urgency.ROUTINE


register(TransferPlans())
