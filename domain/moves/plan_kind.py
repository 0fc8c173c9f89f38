"""Plans of moves: patients give way in order, then the bed is held for the one who waits."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from domain.beds.commands import HoldBed, MovePatient
from domain.beds.model import BedHygiene, BedRequest, Hygiene, RequestState
from domain.beds.presence import stay_of
from domain.beds.waiting import turn_request
from domain.patients.model import Encounter
from domain.plans.kinds import PlanKind, register
from domain.plans.model import ItemState, Proposal, ProposalItem, SolverRun
from kit.errors import Conflict
from kit.work import Work

MOVES = "moves"
MOVE_PATIENT, HOLD_BED = "MOVE_PATIENT", "HOLD_BED"
HOLD = timedelta(hours=6)  # cleaning of the last bed and the way to it
NO_CHAIN = "NO_CHAIN"


class MovePlans(PlanKind):
    """A chain of at most five moves and a hold, carried out step by step."""

    name = MOVES
    solving = "domain.moves.solving"
    in_order = True

    def rows(
        self, work: Work, plan: Proposal, run: SolverRun, answer: dict[str, Any]
    ) -> list[ProposalItem]:
        if not answer["steps"]:
            return [_nothing(work, plan, UUID(answer["target"]))]
        return [
            _row(work, plan, number, step) for number, step in enumerate(answer["steps"], start=1)
        ]

    def propose(self, work: Work, item: ProposalItem) -> None:
        request = _request(work, item)
        if request and item.state is ItemState.PROPOSED and request.state is RequestState.ACTIVE:
            turn_request(work, request, RequestState.PROPOSED, work.now)

    def withdraw(self, work: Work, item: ProposalItem) -> None:
        request = _request(work, item)
        if request and request.state is RequestState.PROPOSED:
            turn_request(work, request, RequestState.ACTIVE, work.now)

    def due(self, session: Session, item: ProposalItem) -> bool:
        """A bed that the chain empties is waited for: first left, then cleaned."""
        if _leaves(session, item) is ItemState.APPROVED:
            return False
        if item.action == HOLD_BED or item.step == 1:
            return True
        page = session.exec(
            select(BedHygiene).where(
                BedHygiene.bed_id == item.to_bed_id, col(BedHygiene.until).is_(None)
            )
        ).first()
        return page is None or page.hygiene is Hygiene.CLEAN

    def execute(self, work: Work, item: ProposalItem) -> str:
        _require_earlier(work, item)
        if item.to_bed_id is None or item.encounter_id is None:
            raise Conflict("the item has no bed", reason="ITEM_STATE", blocking=item.id)
        if item.action == HOLD_BED and item.request_id is not None:
            hold = work.perform(HoldBed(bed_id=item.to_bed_id, request_id=item.request_id,
                                        expires_at=work.now + HOLD))  # fmt: skip
            item.hold_id = hold.id
            return "HELD"
        stay = stay_of(work, item.encounter_id)
        if stay is None or stay.bed_id != item.from_bed_id:
            raise Conflict("the patient no longer lies where the plan saw them",
                           reason="MOVED_MEANWHILE",
                           blocking=stay.id if stay else item.encounter_id)  # fmt: skip
        work.perform(MovePatient(encounter_id=item.encounter_id, bed_id=item.to_bed_id))
        return "MOVED"


def _row(work: Work, plan: Proposal, number: int, step: dict[str, Any]) -> ProposalItem:
    moved, bed = step["request"].partition("stay:")[2], UUID(step["bed"])
    request = None if moved else work.get(BedRequest, UUID(step["request"]))
    encounter = work.get(Encounter, request.encounter_id if request else UUID(moved))
    return ProposalItem(
        proposal_id=plan.id, hospital_id=plan.hospital_id, key=step["request"], step=number,
        action=HOLD_BED if request else MOVE_PATIENT, request_id=request.id if request else None,
        encounter_id=encounter.id, subject=encounter.subject, to_bed_id=bed, planned_bed_id=bed,
        from_bed_id=UUID(step["from_bed"]) if step["from_bed"] else None,
        penalty=step["points"], kept=step["kept"],
        terms=[{"code": code, "penalty": points} for code, points in step["terms"]],
    )  # fmt: skip


def _nothing(work: Work, plan: Proposal, request_id: UUID) -> ProposalItem:
    request = work.get(BedRequest, request_id)
    return ProposalItem(
        proposal_id=plan.id, hospital_id=plan.hospital_id, key=str(request.id), action=HOLD_BED,
        request_id=request.id, encounter_id=request.encounter_id, subject=request.subject,
        state=ItemState.UNPLACED,
        reasons=[{"rule": NO_CHAIN, "forbids": 0, "alone": 0, "short_by": None}],
    )  # fmt: skip


def _request(work: Work, item: ProposalItem) -> BedRequest | None:
    return None if item.request_id is None else work.get(BedRequest, item.request_id)


def _leaves(session: Session, item: ProposalItem) -> ItemState | None:
    """How far the move is that empties the item's bed."""
    found = session.exec(
        select(ProposalItem).where(
            ProposalItem.proposal_id == item.proposal_id,
            ProposalItem.from_bed_id == item.to_bed_id,
            ProposalItem.action == MOVE_PATIENT,
        )
    ).first()
    return None if found is None else found.state


def _require_earlier(work: Work, item: ProposalItem) -> None:
    """A step that fell out takes those behind it along."""
    missing = work.session.exec(
        select(ProposalItem).where(
            ProposalItem.proposal_id == item.proposal_id,
            ProposalItem.step < item.step,
            ProposalItem.state != ItemState.EXECUTED,
        )
    ).first()
    if missing is not None:
        raise Conflict("an earlier step was not carried out", reason="EARLIER_STEP_FELL_OUT",
                       blocking=missing.id)  # fmt: skip


register(MovePlans())
