"""Every state against everything that can happen: states.csv is the whole table.

A cell is the state afterwards; `-` a refusal that changes nothing; `=` that something happened to
the patient which leaves the transfer as it was.
"""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import Session, col, select

from domain.beds.commands import DepartPatient, HoldBed, RecordDeath, ReleaseHold
from domain.beds.model import BedHold, HoldState
from domain.places.model import ApprovalMode, ModeReason
from domain.places.modes import SwitchApprovalMode
from domain.transfers.commands import (
    AcceptTransfer,
    AnswerTransfer,
    ArriveTransfer,
    AskAboutTransfer,
    AuthoriseTransfer,
    CancelTransfer,
    CompleteTransfer,
    DeclineTransfer,
    DispatchTransfer,
    EscalateTransfer,
    RecordConsent,
    WithdrawAcceptance,
)
from domain.transfers.model import Transfer
from domain.transfers.states import CLOSED, NEXT, OPEN_STATES
from domain.transfers.words import CancelReason, DeclineReason, InfoTopic, TransferState
from kit.command import Command
from kit.errors import Refusal
from tests.transfers.network import DAY, HOUR, Network

S = TransferState
TABLE = {
    row["state"]: {event: cell for event, cell in row.items() if event != "state"}
    for row in csv.DictReader(Path(__file__).with_name("states.csv").read_text("utf-8").split())
}
TOUCHED = ("transfer", "transfer_step", "encounter", "bed_request", "bed_hold", "bed_stay",
           "patient", "consent", "cleaning_task")  # fmt: skip


def lies_in(transfer: Transfer) -> UUID:
    """The encounter under which the patient is in a house now."""
    there = transfer.state in (S.ARRIVED, S.COMPLETED)
    key = transfer.receiving_encounter_id if there else transfer.encounter_id
    assert key is not None
    return key


def hold_of(network: Network, transfer: Transfer) -> UUID | None:
    with Session(network.engine) as session:
        return session.exec(
            select(BedHold.id).where(
                BedHold.request_id == transfer.request_id, BedHold.state == HoldState.ACTIVE
            )
        ).first()


def hold(network: Network, transfer: Transfer) -> Command[Any] | None:
    if transfer.request_id is None:
        return None
    return HoldBed(request_id=transfer.request_id, bed_id=network.beds["C2"],
                   expires_at=network.now + HOUR)  # fmt: skip


def release(network: Network, transfer: Transfer) -> Command[Any] | None:
    found = hold_of(network, transfer)
    return None if found is None else ReleaseHold(hold_id=found)


EVENTS: dict[str, Callable[[Network, Transfer], Command[Any] | None]] = {
    "authorise": lambda _n, t: AuthoriseTransfer(transfer_id=t.id),
    "ask": lambda _n, t: AskAboutTransfer(transfer_id=t.id, topics=(InfoTopic.FAMILY,)),
    "answer": lambda _n, t: AnswerTransfer(transfer_id=t.id),
    "accept": lambda _n, t: AcceptTransfer(transfer_id=t.id),
    "decline": lambda _n, t: DeclineTransfer(transfer_id=t.id, reason=DeclineReason.NO_STAFF),
    "hold": hold,
    "release": release,
    "dispatch": lambda _n, t: DispatchTransfer(transfer_id=t.id),
    "arrive": lambda _n, t: ArriveTransfer(transfer_id=t.id),
    "complete": lambda _n, t: CompleteTransfer(transfer_id=t.id),
    "cancel": lambda _n, t: CancelTransfer(transfer_id=t.id, reason=CancelReason.MISTAKE),
    "withdraw": lambda _n, t: WithdrawAcceptance(transfer_id=t.id, reason=CancelReason.BED_LOST),
    "die": lambda _n, t: RecordDeath(encounter_id=lies_in(t)),
    "leave": lambda _n, t: DepartPatient(encounter_id=lies_in(t)),
    "refuse": lambda _n, t: RecordConsent(encounter_id=t.encounter_id, given=False),
    "escalate": lambda _n, t: EscalateTransfer(transfer_id=t.id),
}


def test_the_table_has_every_state_and_every_event() -> None:
    assert list(TABLE) == [str(state) for state in S]
    assert {tuple(row) for row in TABLE.values()} == {tuple(EVENTS)}
    assert set(OPEN_STATES) | set(CLOSED) == set(S)


@pytest.mark.parametrize("state", list(S), ids=str)
def test_every_event_in_every_state(network: Network, state: TransferState) -> None:
    transfer = requested(network) if state == S.REQUESTED else network.at(state)
    found = {event: outcome(network, transfer, event) for event in EVENTS}
    assert found == TABLE[state]


def requested(network: Network) -> Transfer:
    """One that waits for the network, because a hospital is in SURGE."""
    network.run(SwitchApprovalMode(hospital_id=network.hospital.id, mode=ApprovalMode.SURGE,
                                   reason=ModeReason.EXERCISE))  # fmt: skip
    encounter, _ = network.admit("A1")
    network.consent(encounter.id)
    network.tick()
    return network.ask(encounter)


def outcome(network: Network, transfer: Transfer, event: str) -> str:
    """What the event does, tried and taken back."""
    before = kept(network)
    network.now += 2 * DAY if event == "escalate" else HOUR / 2
    try:
        command = EVENTS[event](network, transfer)
        return "-" if command is None else tried(network, transfer, command)
    except Refusal as why:
        return "-" if well_told(transfer, why) else f"allowed {why.allowed}"
    finally:
        network.now -= 2 * DAY if event == "escalate" else HOUR / 2
        assert kept(network) == before


def well_told(transfer: Transfer, why: Refusal) -> bool:
    """A forbidden step names states that may follow, or the one command that is awaited."""
    if why.reason != "TRANSFER_STATE":
        return True
    following = {str(one) for one in NEXT[transfer.state]}
    return set(why.allowed) <= following | {"AnswerTransfer"}


def tried(network: Network, transfer: Transfer, command: Command[Any]) -> str:
    with Session(network.engine) as session:
        work = network._work(session)
        command.scope(work)
        command.apply(work)
        session.flush()
        after = session.exec(select(Transfer).where(col(Transfer.id) == transfer.id)).one()
        result = "=" if after.state == transfer.state else str(after.state)
        session.rollback()
        return result


def kept(network: Network) -> list[Any]:
    return [network.sql(f"SELECT * FROM {table} ORDER BY id") for table in TOUCHED]
