"""Mutations on requests, holds and waivers."""

from datetime import datetime
from uuid import UUID

import strawberry

from api.bed_views import HoldView, RequestView
from api.mutation import mutation
from api.upkeep_views import WaiverView
from domain.beds import commands
from domain.beds.model import HoldKind


@strawberry.input
class WaiverInput:
    """Where, for whom, why and until when a rule may be broken."""

    ward_id: UUID
    reason: str
    valid_until: datetime
    bed_id: UUID | None = None
    encounter_id: UUID | None = None


@strawberry.type
class RequestMutations:
    @mutation(returns=RequestView)
    def request_bed(
        self,
        encounter_id: UUID,
        target_ward_id: UUID | None = None,
        priority: int = 0,
        needed_by: datetime | None = None,
        expires_at: datetime | None = None,
        at: datetime | None = None,
    ) -> commands.RequestBed:
        return commands.RequestBed(
            encounter_id=encounter_id, target_ward_id=target_ward_id, priority=priority,
            needed_by=needed_by, expires_at=expires_at, at=at,
        )  # fmt: skip

    @mutation(returns=RequestView)
    def change_request(
        self,
        request_id: UUID,
        target_ward_id: UUID | None = None,
        priority: int | None = None,
        needed_by: datetime | None = None,
        version: int | None = None,
    ) -> commands.ChangeRequest:
        return commands.ChangeRequest(
            request_id=request_id, target_ward_id=target_ward_id, priority=priority,
            needed_by=needed_by, version=version,
        )  # fmt: skip

    @mutation(returns=RequestView)
    def activate_request(self, request_id: UUID) -> commands.ActivateRequest:
        return commands.ActivateRequest(request_id=request_id)

    @mutation(returns=RequestView)
    def send_patient(self, request_id: UUID) -> commands.SendPatient:
        return commands.SendPatient(request_id=request_id)

    @mutation(returns=RequestView)
    def cancel_request(
        self, request_id: UUID, reason: str = "NOT_NEEDED"
    ) -> commands.CancelRequest:
        return commands.CancelRequest(request_id=request_id, reason=reason)

    @mutation(returns=HoldView)
    def hold_bed(
        self,
        request_id: UUID,
        bed_id: UUID,
        expires_at: datetime,
        kind: HoldKind = HoldKind.EMPTY,
        waivers: list[UUID] | None = None,
    ) -> commands.HoldBed:
        return commands.HoldBed(
            request_id=request_id, bed_id=bed_id, expires_at=expires_at, kind=kind,
            waivers=tuple(waivers or ()),
        )  # fmt: skip

    @mutation(returns=HoldView)
    def release_hold(self, hold_id: UUID) -> commands.ReleaseHold:
        return commands.ReleaseHold(hold_id=hold_id)

    @mutation(returns=WaiverView)
    def waive_bed_state(self, waiver: WaiverInput) -> commands.WaiveBedState:
        return commands.WaiveBedState(**vars(waiver))

    @mutation(returns=WaiverView)
    def waive_room_sex(self, waiver: WaiverInput) -> commands.WaiveRoomSex:
        return commands.WaiveRoomSex(**vars(waiver))

    @mutation(returns=WaiverView)
    def waive_room_isolation(self, waiver: WaiverInput) -> commands.WaiveRoomIsolation:
        return commands.WaiveRoomIsolation(**vars(waiver))

    @mutation(returns=WaiverView)
    def waive_staffed_capacity(self, waiver: WaiverInput) -> commands.WaiveStaffedCapacity:
        return commands.WaiveStaffedCapacity(**vars(waiver))

    @mutation(returns=WaiverView)
    def revoke_waiver(self, waiver_id: UUID) -> commands.RevokeWaiver:
        return commands.RevokeWaiver(waiver_id=waiver_id)
