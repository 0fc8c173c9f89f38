"""The bed solver's answer as rows."""

from typing import Any
from uuid import UUID

from domain.plans.model import ItemState, Proposal, ProposalItem

HOLD_BED = "HOLD_BED"

People = dict[UUID, tuple[UUID, UUID, UUID | None]]  # request → encounter, subject, present bed


def item_rows(plan: Proposal, answer: dict[str, Any], known: People) -> list[ProposalItem]:
    """A row per request."""
    placed = [_placed(plan, item, known) for item in answer["items"]]
    waiting = [_waiting(plan, each, known) for each in answer["unplaced"]]
    return placed + waiting


def _placed(plan: Proposal, item: dict[str, Any], known: People) -> ProposalItem:
    request = UUID(item["request"])
    encounter, subject, present = known[request]
    bed = UUID(item["bed"])
    return ProposalItem(
        proposal_id=plan.id, hospital_id=plan.hospital_id, key=str(request), action=HOLD_BED,
        request_id=request,
        encounter_id=encounter, subject=subject, from_bed_id=present, to_bed_id=bed,
        planned_bed_id=bed, penalty=item["penalty"],
        terms=[{"code": code, "penalty": penalty} for code, penalty in item["terms"]],
        kept=list(item["kept"]), waived=list(item["waived"]), alternatives=item["alternatives"],
    )  # fmt: skip


def _waiting(plan: Proposal, each: dict[str, Any], known: People) -> ProposalItem:
    request = UUID(each["request"])
    encounter, subject, present = known[request]
    return ProposalItem(
        proposal_id=plan.id, hospital_id=plan.hospital_id, key=str(request), action=HOLD_BED,
        request_id=request,
        encounter_id=encounter, subject=subject, from_bed_id=present, state=ItemState.UNPLACED,
        penalty=each["cost"], reasons=list(each["hindrances"]),
    )  # fmt: skip
