"""What happens to a transfer when its patient's encounter or bed request takes a step by itself.

Called in the transaction of that step. A patient who leaves another way, dies, or whose bed is
lost, must not keep an open transfer for as much as a second.
"""

from datetime import datetime

from sqlmodel import col, or_, select

from domain.beds.model import BedRequest, RequestState
from domain.beds.waiting import follow_requests
from domain.patients.model import Encounter, EncounterStatus
from domain.patients.states import ENDED, follow_encounters
from domain.transfers.closing import close
from domain.transfers.model import Transfer
from domain.transfers.states import turn
from domain.transfers.words import TransferState
from kit.errors import Conflict
from kit.work import Work

S, E = TransferState, EncounterStatus
BEFORE_THE_WAY = (S.REQUESTED, S.UNDER_REVIEW, S.INFO_NEEDED, S.ESCALATED, S.ACCEPTED, S.BED_HELD)


def follow_encounter(work: Work, encounter: Encounter, at: datetime) -> None:
    """An encounter has changed its status."""
    if encounter.status not in (*ENDED, E.ARRIVED):
        return
    transfer = work.session.exec(
        select(Transfer).where(
            or_(
                Transfer.encounter_id == encounter.id,
                Transfer.receiving_encounter_id == encounter.id,
            ),
            col(Transfer.until).is_(None),
        )
    ).first()
    if transfer is None:
        return
    if transfer.encounter_id == encounter.id:
        _sender_moved(work, transfer, encounter, at)
    else:
        _receiver_moved(work, transfer, encounter, at)


def follow_request(work: Work, request: BedRequest, at: datetime) -> None:
    """A request for a bed has got one held, or lost it."""
    wanted = {RequestState.HELD: S.BED_HELD, RequestState.ACTIVE: S.ACCEPTED}.get(request.state)
    if wanted is None:
        return
    transfer = work.session.exec(
        select(Transfer).where(Transfer.request_id == request.id, col(Transfer.until).is_(None))
    ).first()
    if transfer is None or {transfer.state, wanted} != {S.ACCEPTED, S.BED_HELD}:
        return
    turn(work, transfer, wanted, max(at, transfer.changed_at))


def _sender_moved(work: Work, transfer: Transfer, encounter: Encounter, at: datetime) -> None:
    if transfer.state == S.ARRIVED or encounter.status == E.ARRIVED:
        return  # the arrival itself ends the encounter there
    if encounter.status == E.DIED:
        close(work, transfer, S.DIED, at)
    elif transfer.state in BEFORE_THE_WAY:
        close(work, transfer, S.CANCELLED, at, "MOVED_ANOTHER_WAY")
    elif encounter.status != E.DISCHARGED:  # on the way a departure is what is expected
        close(work, transfer, S.CANCELLED, at, str(encounter.status)[:32])


def _receiver_moved(work: Work, transfer: Transfer, encounter: Encounter, at: datetime) -> None:
    if encounter.status == E.ARRIVED:
        if transfer.state != S.ARRIVED:
            raise Conflict(
                f"the patient comes by transfer {transfer.id}, which is {transfer.state};"
                " record the arrival there",
                reason="TRANSFER_PENDING", blocking=transfer.id, allowed=("ArriveTransfer",),
            )  # fmt: skip
    elif encounter.status == E.DIED:
        close(work, transfer, S.DIED, at)
    elif transfer.state == S.ARRIVED and encounter.status != E.ERROR:
        turn(work, transfer, S.COMPLETED, max(at, transfer.changed_at), str(encounter.status)[:32])
    elif transfer.state != S.ARRIVED:
        close(work, transfer, S.CANCELLED, at, "NOT_EXPECTED_ANY_MORE")


follow_encounters(follow_encounter)
follow_requests(follow_request)
