"""What can be done to beds: one place to import every command from."""

from domain.beds.admission import AdmitPatient, ArrivePatient, MovePatient, SwapPatients
from domain.beds.blocks import BlockBed, BlockBedForLong, CloseBed, ReopenBed, UnblockBed
from domain.beds.cancelling import CancelAdmission, CancelDeparture, CancelMove, Restored
from domain.beds.cleaning import (
    AssignCleaning,
    FinishCleaning,
    InspectCleaning,
    MarkContaminated,
    MarkDirty,
    PrioritiseCleaning,
    ResumeCleaning,
    StartCleaning,
    SuspendCleaning,
)
from domain.beds.correcting import CorrectStay
from domain.beds.holds import ExpireHolds, HoldBed, ReleaseHold
from domain.beds.inventory import AddBed, CloseWard, RemoveBed, UpdateBed
from domain.beds.leave import EndLeave, StartLeave
from domain.beds.leaving import (
    CancelDischargeOrder,
    CancelEncounter,
    DepartPatient,
    LeaveUnseen,
    OrderDischarge,
    RecordDeath,
)
from domain.beds.requests import (
    ActivateRequest,
    CancelRequest,
    ChangeRequest,
    ExpireRequests,
    ProposeBed,
    RequestBed,
    SendPatient,
    WithdrawProposal,
)
from domain.beds.waivers import (
    RevokeWaiver,
    WaiveBedState,
    WaiveRoomIsolation,
    WaiveRoomSex,
    WaiveStaffedCapacity,
)

__all__ = [
    "ActivateRequest",
    "AddBed",
    "AdmitPatient",
    "ArrivePatient",
    "AssignCleaning",
    "BlockBed",
    "BlockBedForLong",
    "CancelAdmission",
    "CancelDeparture",
    "CancelDischargeOrder",
    "CancelEncounter",
    "CancelMove",
    "CancelRequest",
    "ChangeRequest",
    "CloseBed",
    "CloseWard",
    "CorrectStay",
    "DepartPatient",
    "EndLeave",
    "ExpireHolds",
    "ExpireRequests",
    "FinishCleaning",
    "HoldBed",
    "InspectCleaning",
    "LeaveUnseen",
    "MarkContaminated",
    "MarkDirty",
    "MovePatient",
    "OrderDischarge",
    "PrioritiseCleaning",
    "ProposeBed",
    "RecordDeath",
    "ReleaseHold",
    "RemoveBed",
    "ReopenBed",
    "RequestBed",
    "Restored",
    "ResumeCleaning",
    "RevokeWaiver",
    "SendPatient",
    "StartCleaning",
    "StartLeave",
    "SuspendCleaning",
    "SwapPatients",
    "UnblockBed",
    "UpdateBed",
    "WaiveBedState",
    "WaiveRoomIsolation",
    "WaiveRoomSex",
    "WaiveStaffedCapacity",
    "WithdrawProposal",
]
