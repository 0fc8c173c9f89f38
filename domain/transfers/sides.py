"""Whose side a command acts for, and how one side's step reaches the other side's rows."""

from dataclasses import replace
from uuid import UUID

from sqlmodel import col, select

from domain.patients.model import Encounter
from domain.transfers.model import Transfer
from kit.errors import Denied, NotFound
from kit.work import Scope, Work


def sending_side(work: Work, transfer_id: UUID) -> Scope:
    """Where the patient is. Raises Denied to somebody of the receiving side."""
    transfer = work.get(Transfer, transfer_id)
    here, there = sent_encounter(work, transfer).scope, Scope(transfer.to_hospital_id)
    if not work.reaches(here) and transfer.put_at is not None and work.reaches(there):
        raise Denied("this is for the sending hospital to say", reason="OTHER_SIDE")
    return here


def receiving_side(work: Work, transfer_id: UUID) -> Scope:
    """The hospital that is asked. It knows nothing of a request that was not put to it."""
    transfer = work.get(Transfer, transfer_id)
    here, there = Scope(transfer.to_hospital_id), Scope(transfer.from_hospital_id)
    if not work.reaches(here) and work.reaches(there):
        raise Denied("this is for the receiving hospital to say", reason="OTHER_SIDE")
    if transfer.put_at is None and not work.reaches(there):
        raise NotFound.of("transfer", transfer_id)
    return here


def sent_encounter(work: Work, transfer: Transfer) -> Encounter:
    """The encounter at the sending hospital, whichever side acts."""
    return across(work, transfer.from_hospital_id).get(Encounter, transfer.encounter_id)


def across(work: Work, hospital_id: UUID) -> Work:
    """The same transaction, in which the rows of one more hospital can be reached.

    Only for steps that a transfer entails on the other side, where both have agreed to it: the
    policy has judged the command itself, and parts done by `perform` are judged as ever.
    """
    return replace(work, reaches=lambda scope: scope.hospital == hospital_id or work.reaches(scope))


def open_transfer_of(work: Work, encounter_id: UUID) -> Transfer | None:
    """The open transfer by which the patient is to leave."""
    return work.session.exec(
        select(Transfer).where(Transfer.encounter_id == encounter_id, col(Transfer.until).is_(None))
    ).first()
