"""How a transfer ends before the patient has come: the bed and the expected encounter go, too."""

from datetime import datetime

from domain.beds.waiting import stop_waiting
from domain.patients.episodes import tell
from domain.patients.model import Encounter, EncounterStatus
from domain.patients.states import turn as turn_encounter
from domain.transfers.model import Transfer
from domain.transfers.sides import across
from domain.transfers.states import turn
from domain.transfers.words import TransferState
from kit.work import Work


def close(
    work: Work, transfer: Transfer, state: TransferState, at: datetime, reason: str | None = None
) -> None:
    """End the transfer; what the receiving hospital had prepared is given back.

    The history is told in order: a time before the last step counts as that step's time.
    """
    at = max(at, transfer.changed_at)
    turn(work, transfer, state, at, reason)
    if transfer.receiving_encounter_id is None:
        return
    there = across(work, transfer.to_hospital_id)
    expected = there.get(Encounter, transfer.receiving_encounter_id)
    if expected.status != EncounterStatus.PLANNED:
        return
    stop_waiting(there, expected, at, "TRANSFER_OFF")
    turn_encounter(there, expected, EncounterStatus.ERROR, at)
    tell(there, "EncounterEnded", expected)
