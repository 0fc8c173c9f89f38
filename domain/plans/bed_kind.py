"""Bed plans: who waits for which bed; carried out by holding it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from domain.beds.commands import HoldBed
from domain.beds.model import Bed, BedRequest, RequestState, Waiver
from domain.beds.waiting import turn_request
from domain.plans.bed_problem import people_of
from domain.plans.bed_rows import item_rows
from domain.plans.kinds import ItemDecision, PlanKind, register
from domain.plans.model import ItemState, Proposal, ProposalItem, SolverRun
from kit.errors import Conflict, Invalid
from kit.work import Work

BEDS = "beds"
HOLD = timedelta(hours=2)  # how long an executed item keeps the bed for its patient


class BedPlans(PlanKind):
    """Requests × beds now."""

    name = BEDS
    solving = "domain.plans.bed_solving"

    def rows(
        self, work: Work, plan: Proposal, run: SolverRun, answer: dict[str, Any]
    ) -> list[ProposalItem]:
        return item_rows(plan, answer, people_of(work, run))

    def propose(self, work: Work, item: ProposalItem) -> None:
        """Mark the request as proposed, where it still waits; it may have gone another way."""
        request = _request(work, item)
        if item.state is ItemState.PROPOSED and request.state is RequestState.ACTIVE:
            turn_request(work, request, RequestState.PROPOSED, work.now)

    def withdraw(self, work: Work, item: ProposalItem) -> None:
        """Let the request wait as before."""
        request = _request(work, item)
        if request.state is RequestState.PROPOSED:
            turn_request(work, request, RequestState.ACTIVE, work.now)

    def choose(
        self, work: Work, plan: Proposal, item: ProposalItem, decision: ItemDecision
    ) -> None:
        if decision.bed_id is None:
            raise Invalid("say which bed instead", field="items.bedId")
        bed = work.get(Bed, decision.bed_id)
        if bed.hospital_id != plan.hospital_id:
            raise Invalid("the bed is not in this hospital", field="items.bedId")
        item.to_bed_id = bed.id
        item.waived = []  # the bed's own rules are checked when it is held

    def execute(self, work: Work, item: ProposalItem) -> str:
        """Hold the bed for the patient, if it is still to be had."""
        if item.to_bed_id is None or item.request_id is None:
            raise Conflict("the item has no bed", reason="ITEM_STATE", blocking=item.id)
        hold = work.perform(
            HoldBed(
                bed_id=item.to_bed_id, request_id=item.request_id, expires_at=work.now + HOLD,
                waivers=waivers_for(work, item, item.to_bed_id),
            )
        )  # fmt: skip
        item.hold_id = hold.id
        return "HELD"


def waivers_for(work: Work, item: ProposalItem, bed_id: UUID) -> tuple[UUID, ...]:
    """The waivers in force for this patient and bed; the hold says which it relied on."""
    if not item.waived:
        return ()
    bed = work.get(Bed, bed_id)
    found = work.session.exec(
        select(Waiver).where(
            Waiver.ward_id == bed.ward_id,
            col(Waiver.revoked_at).is_(None),
            col(Waiver.valid_until) > work.now,
        )
    )
    return tuple(
        waiver.id
        for waiver in found
        if waiver.bed_id in (None, bed.id) and waiver.encounter_id in (None, item.encounter_id)
    )


def _request(work: Work, item: ProposalItem) -> BedRequest:
    if item.request_id is None:
        raise AssertionError("every item of a bed plan is about a request")
    return work.get(BedRequest, item.request_id)


register(BedPlans())
