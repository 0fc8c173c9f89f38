"""Mutations on transfers: each side's steps, consent, and the approval mode."""

from datetime import datetime
from uuid import UUID

import strawberry

from api.mutation import mutation
from api.transfer_views import ConsentView, ModeSwitchView, TransferView
from domain.places.model import ApprovalMode, ModeReason
from domain.places.modes import SwitchApprovalMode
from domain.transfers import commands
from domain.transfers.words import (
    CancelReason,
    ConsentBy,
    DeclineReason,
    InfoTopic,
    OverrideCause,
    TransferReason,
    Urgency,
)


@strawberry.type
class TransferMutations:
    @mutation(returns=TransferView)
    def request_transfer(
        self,
        encounter_id: UUID,
        to_hospital_id: UUID,
        reason: TransferReason,
        urgency: Urgency = Urgency.ROUTINE,
        needed_by: datetime | None = None,
    ) -> commands.RequestTransfer:
        return commands.RequestTransfer(
            encounter_id=encounter_id, to_hospital_id=to_hospital_id, reason=reason,
            urgency=urgency, needed_by=needed_by,
        )  # fmt: skip

    @mutation(returns=TransferView)
    def authorise_transfer(
        self, transfer_id: UUID, version: int | None = None
    ) -> commands.AuthoriseTransfer:
        return commands.AuthoriseTransfer(transfer_id=transfer_id, version=version)

    @mutation(returns=TransferView)
    def answer_transfer(
        self, transfer_id: UUID, version: int | None = None
    ) -> commands.AnswerTransfer:
        return commands.AnswerTransfer(transfer_id=transfer_id, version=version)

    @mutation(returns=TransferView)
    def cancel_transfer(
        self, transfer_id: UUID, reason: CancelReason, version: int | None = None
    ) -> commands.CancelTransfer:
        return commands.CancelTransfer(transfer_id=transfer_id, reason=reason, version=version)

    @mutation(returns=TransferView)
    def dispatch_transfer(
        self, transfer_id: UUID, at: datetime | None = None, version: int | None = None
    ) -> commands.DispatchTransfer:
        return commands.DispatchTransfer(transfer_id=transfer_id, at=at, version=version)

    @mutation(returns=ConsentView)
    def record_consent(
        self,
        encounter_id: UUID,
        given: bool,
        said_by: ConsentBy = ConsentBy.PATIENT,
        at: datetime | None = None,
    ) -> commands.RecordConsent:
        return commands.RecordConsent(
            encounter_id=encounter_id, given=given, said_by=said_by, at=at
        )

    @mutation(returns=ConsentView)
    def override_consent(
        self, encounter_id: UUID, cause: OverrideCause, at: datetime | None = None
    ) -> commands.OverrideConsent:
        return commands.OverrideConsent(encounter_id=encounter_id, cause=cause, at=at)

    @mutation(returns=ModeSwitchView)
    def switch_approval_mode(
        self, hospital_id: UUID, mode: ApprovalMode, reason: ModeReason, version: int | None = None
    ) -> SwitchApprovalMode:
        return SwitchApprovalMode(
            hospital_id=hospital_id, mode=mode, reason=reason, version=version
        )


@strawberry.type
class ReceivingMutations:
    @mutation(returns=TransferView)
    def ask_about_transfer(
        self, transfer_id: UUID, topics: list[InfoTopic], version: int | None = None
    ) -> commands.AskAboutTransfer:
        return commands.AskAboutTransfer(
            transfer_id=transfer_id, topics=tuple(topics), version=version
        )

    @mutation(returns=TransferView)
    def accept_transfer(
        self,
        transfer_id: UUID,
        target_ward_id: UUID | None = None,
        priority: int = 0,
        version: int | None = None,
    ) -> commands.AcceptTransfer:
        return commands.AcceptTransfer(
            transfer_id=transfer_id, target_ward_id=target_ward_id, priority=priority,
            version=version,
        )  # fmt: skip

    @mutation(returns=TransferView)
    def decline_transfer(
        self, transfer_id: UUID, reason: DeclineReason, version: int | None = None
    ) -> commands.DeclineTransfer:
        return commands.DeclineTransfer(transfer_id=transfer_id, reason=reason, version=version)

    @mutation(returns=TransferView)
    def withdraw_acceptance(
        self, transfer_id: UUID, reason: CancelReason, version: int | None = None
    ) -> commands.WithdrawAcceptance:
        return commands.WithdrawAcceptance(transfer_id=transfer_id, reason=reason, version=version)

    @mutation(returns=TransferView)
    def arrive_transfer(
        self,
        transfer_id: UUID,
        bed_id: UUID | None = None,
        ward_id: UUID | None = None,
        waivers: list[UUID] | None = None,
        at: datetime | None = None,
        version: int | None = None,
    ) -> commands.ArriveTransfer:
        return commands.ArriveTransfer(
            transfer_id=transfer_id, bed_id=bed_id, ward_id=ward_id,
            waivers=tuple(waivers or ()), at=at, version=version,
        )  # fmt: skip

    @mutation(returns=TransferView)
    def complete_transfer(
        self, transfer_id: UUID, version: int | None = None
    ) -> commands.CompleteTransfer:
        return commands.CompleteTransfer(transfer_id=transfer_id, version=version)
