"""The life of a transfer: which state may follow which, and the one way to change it."""

import csv
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from domain.places.times import store
from domain.transfers.model import Transfer, TransferStep
from domain.transfers.words import TransferState, Urgency
from kit.errors import Conflict, Invalid
from kit.work import Scope, Work

S = TransferState
ENDINGS = (S.CANCELLED, S.DIED)

NEXT: dict[TransferState, tuple[TransferState, ...]] = {
    S.REQUESTED: (S.UNDER_REVIEW, S.ESCALATED, *ENDINGS),
    S.UNDER_REVIEW: (S.INFO_NEEDED, S.ACCEPTED, S.DECLINED, S.ESCALATED, *ENDINGS),
    S.INFO_NEEDED: (S.UNDER_REVIEW, S.ESCALATED, *ENDINGS),
    S.ESCALATED: (S.UNDER_REVIEW, S.ACCEPTED, S.DECLINED, *ENDINGS),
    S.ACCEPTED: (S.BED_HELD, *ENDINGS),
    S.BED_HELD: (S.ACCEPTED, S.IN_TRANSIT, *ENDINGS),
    S.IN_TRANSIT: (S.ARRIVED, *ENDINGS),
    S.ARRIVED: (S.COMPLETED, *ENDINGS),
    S.COMPLETED: (),
    S.DECLINED: (),
    S.CANCELLED: (),
    S.DIED: (),
}
CLOSED = tuple(state for state, following in NEXT.items() if not following)
OPEN_STATES = tuple(state for state, following in NEXT.items() if following)
WAITING = (S.REQUESTED, S.UNDER_REVIEW, S.INFO_NEEDED)  # somebody owes an answer
PROMISED = (S.ACCEPTED, S.BED_HELD)  # the receiver has said yes, the patient has not left
TOLD_LATER = frozenset({S.ACCEPTED, S.DECLINED})  # only who was asked can answer


def turn(
    work: Work, transfer: Transfer, state: TransferState, at: datetime, reason: str | None = None
) -> None:
    """Go to `state`, write the step and tell both sides.

    Raises Conflict that names the allowed states, Invalid for a time before the last step.
    """
    require_next(transfer, state)
    if at < transfer.changed_at:
        raise Invalid(
            f"the last change was at {transfer.changed_at.isoformat()}; give a later time",
            reason="BEFORE_LAST_CHANGE", field="at", blocking=transfer.id,
        )  # fmt: skip
    transfer.state, transfer.changed_at = state, at
    transfer.answer_by = answer_by(transfer.urgency, at) if state in WAITING else None
    if state == S.UNDER_REVIEW:
        transfer.put_at = transfer.put_at or at
    if state in CLOSED:
        transfer.until, transfer.end_reason = at, reason
    record(work, transfer, at, reason)


def record(work: Work, transfer: Transfer, at: datetime, reason: str | None = None) -> None:
    """Write the page of the history on which the transfer is what it is now."""
    store(work, TransferStep(
        transfer_id=transfer.id, state=transfer.state, at=at, recorded_at=work.now,
        recorded_by=work.actor.id, reason=reason,
    ))  # fmt: skip
    tell(work, transfer)


def require_next(transfer: Transfer, state: TransferState) -> None:
    """Raise Conflict unless the transfer may go to `state` now."""
    allowed = next_states(transfer)
    if state not in allowed:
        raise Conflict(
            f"the transfer is {transfer.state} and cannot become {state}",
            reason="TRANSFER_STATE", blocking=transfer.id,
            allowed=tuple(str(one) for one in allowed),
        )  # fmt: skip


def next_states(transfer: Transfer) -> tuple[TransferState, ...]:
    """What may follow; nobody answers a request that was never put to them."""
    following = NEXT[transfer.state]
    if transfer.put_at is None:
        return tuple(state for state in following if state not in TOLD_LATER)
    return following


def answer_by(urgency: Urgency, at: datetime) -> datetime:
    """When a request that waits since `at` escalates."""
    return at + _minutes()[urgency]


def tell(work: Work, transfer: Transfer) -> None:
    """Publish to the sending hospital, and to the receiving one once it knows of the transfer."""
    work.subjects.add(transfer.subject)
    sides = [transfer.from_hospital_id]
    if transfer.put_at is not None:
        sides.append(transfer.to_hospital_id)
    for hospital in sorted(sides):
        work.emit("TransferChanged", Scope(hospital), transfer=transfer.id, state=transfer.state)


@cache
def _minutes() -> dict[Urgency, timedelta]:
    path = Path(__file__).with_name("deadlines.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return {
            Urgency(row["urgency"]): timedelta(minutes=int(row["answer_min"]))
            for row in csv.DictReader(file)
        }
