"""Commands of the journey: the patient leaves, arrives, and the transfer is completed."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.beds.admission import AdmitPatient, ArrivePatient
from domain.beds.leaving import see_off
from domain.beds.model import BedRequest, RequestState
from domain.beds.presence import hold_for
from domain.beds.waiting import turn_request
from domain.patients.model import Encounter
from domain.patients.states import ENDED
from domain.places.times import expect_version, happened
from domain.transfers.asking import require_in_house
from domain.transfers.consent import require_consent
from domain.transfers.deciding import OfReceiver
from domain.transfers.model import Transfer
from domain.transfers.sides import across, receiving_side, sending_side, sent_encounter
from domain.transfers.states import require_next, turn
from domain.transfers.words import TransferState
from kit.command import Command
from kit.errors import Conflict, Invalid
from kit.work import Scope, Work

S = TransferState
DISPOSITION = "TRANSFERRED"


@dataclass(frozen=True, kw_only=True)
class DispatchTransfer(Command[Transfer]):
    """Record that the patient is on the way. It takes a consent and a bed held there.

    The patient's bed here is kept until the arrival, for a patient who is turned back.
    """

    action = "transfer.dispatch"

    transfer_id: UUID
    at: datetime | None = None
    version: int | None = None

    def scope(self, work: Work) -> Scope:
        return sending_side(work, self.transfer_id)

    def apply(self, work: Work) -> Transfer:
        transfer = work.get(Transfer, self.transfer_id)
        expect_version(transfer, self.version)
        require_next(transfer, S.IN_TRANSIT)
        require_in_house(sent_encounter(work, transfer))
        require_consent(work, transfer)
        at = happened(work, self.at)
        there = across(work, transfer.to_hospital_id)
        request = _request(there, transfer)
        _require_hold(there, transfer, request)
        turn(work, transfer, S.IN_TRANSIT, at)
        turn_request(there, request, RequestState.IN_TRANSIT, at)
        return transfer


@dataclass(frozen=True, kw_only=True)
class ArriveTransfer(Command[Transfer]):
    """Record that the patient has come: admitted here and gone from there, at one instant.

    Into the bed that is held, or `bed_id`; with `ward_id` instead the patient waits in that ward.
    """

    action = "transfer.receive"

    transfer_id: UUID
    bed_id: UUID | None = None
    ward_id: UUID | None = None
    waivers: tuple[UUID, ...] = ()
    at: datetime | None = None
    version: int | None = None

    def scope(self, work: Work) -> Scope:
        return receiving_side(work, self.transfer_id)

    def apply(self, work: Work) -> Transfer:
        transfer = work.get(Transfer, self.transfer_id)
        expect_version(transfer, self.version)
        require_next(transfer, S.ARRIVED)
        if self.bed_id is not None and self.ward_id is not None:
            raise Invalid("name a bed or a ward, not both", field="wardId")
        at = happened(work, self.at)
        turn(work, transfer, S.ARRIVED, at)
        self._leave_there(work, transfer, at)
        self._come_here(work, transfer, at)
        return transfer

    def _leave_there(self, work: Work, transfer: Transfer, at: datetime) -> None:
        """Unless the sending hospital has recorded the departure by itself."""
        there = across(work, transfer.from_hospital_id)
        encounter = there.get(Encounter, transfer.encounter_id)
        if encounter.status not in ENDED:
            see_off(there, encounter, at, DISPOSITION)

    def _come_here(self, work: Work, transfer: Transfer, at: datetime) -> None:
        expected = _expected(transfer)
        if self.ward_id is not None:
            work.perform(ArrivePatient(encounter_id=expected, ward_id=self.ward_id, at=at))
            return
        bed_id = self.bed_id or self._held_bed(work, transfer)
        work.perform(
            AdmitPatient(encounter_id=expected, bed_id=bed_id, waivers=self.waivers, at=at)
        )

    def _held_bed(self, work: Work, transfer: Transfer) -> UUID:
        hold = hold_for(work, _request(work, transfer).id)
        if hold is None:
            raise Conflict("no bed is held any more; name one, or the ward to wait in",
                           reason="NO_BED_HELD", field="bedId", blocking=transfer.id,
                           allowed=("bedId", "wardId"))  # fmt: skip
        return hold.bed_id


@dataclass(frozen=True, kw_only=True)
class CompleteTransfer(OfReceiver, Command[Transfer]):
    """Say that the patient has been handed over: nothing more is owed to each other."""

    action = "transfer.receive"

    transfer_id: UUID
    version: int | None = None

    def apply(self, work: Work) -> Transfer:
        transfer = self._transfer(work)
        require_next(transfer, S.COMPLETED)
        require_in_house(work.get(Encounter, _expected(transfer)))
        turn(work, transfer, S.COMPLETED, work.now)
        return transfer


def _request(work: Work, transfer: Transfer) -> BedRequest:
    """The receiving hospital's own request; a constraint says that there is one from ACCEPTED."""
    if transfer.request_id is None:
        raise Conflict("no bed was asked for", reason="NO_BED_HELD", blocking=transfer.id)
    return work.get(BedRequest, transfer.request_id)


def _require_hold(work: Work, transfer: Transfer, request: BedRequest) -> None:
    hold = hold_for(work, request.id)
    if hold is None or hold.expires_at <= work.now:
        raise Conflict("no bed is held there now", reason="NO_BED_HELD", blocking=transfer.id,
                       allowed=(str(S.ACCEPTED),))  # fmt: skip


def _expected(transfer: Transfer) -> UUID:
    if transfer.receiving_encounter_id is None:
        raise Conflict("nobody is expected", reason="TRANSFER_STATE", blocking=transfer.id)
    return transfer.receiving_encounter_id
