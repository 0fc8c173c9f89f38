"""Mutations on beds themselves: added, cleaned, blocked, closed."""

from datetime import datetime
from uuid import UUID

import strawberry

from api.bed_views import BedView
from api.mutation import mutation
from api.places import WardView
from api.upkeep_views import BlockView, CleaningView, HygieneView
from domain.beds import commands
from domain.beds.model import BlockReason, CleaningPriority


@strawberry.type
class UpkeepMutations:
    @mutation(returns=BedView)
    def add_bed(
        self,
        room_id: UUID,
        code: str,
        features: list[str] | None = None,
        visible: bool = True,
        censusable: bool = True,
        at: datetime | None = None,
    ) -> commands.AddBed:
        return commands.AddBed(
            room_id=room_id, code=code, features=tuple(features or ()), visible=visible,
            censusable=censusable, at=at,
        )  # fmt: skip

    @mutation(returns=BedView)
    def update_bed(
        self,
        bed_id: UUID,
        features: list[str] | None = None,
        visible: bool | None = None,
        censusable: bool | None = None,
        version: int | None = None,
    ) -> commands.UpdateBed:
        return commands.UpdateBed(
            bed_id=bed_id, features=None if features is None else tuple(features),
            visible=visible, censusable=censusable, version=version,
        )  # fmt: skip

    @mutation(returns=BedView)
    def remove_bed(self, bed_id: UUID, at: datetime | None = None) -> commands.RemoveBed:
        return commands.RemoveBed(bed_id=bed_id, at=at)

    @mutation(returns=WardView)
    def close_ward(self, ward_id: UUID, at: datetime | None = None) -> commands.CloseWard:
        return commands.CloseWard(ward_id=ward_id, at=at)

    @mutation(returns=CleaningView)
    def assign_cleaning(
        self, task_id: UUID, account_id: UUID, version: int | None = None
    ) -> commands.AssignCleaning:
        return commands.AssignCleaning(task_id=task_id, account_id=account_id, version=version)

    @mutation(returns=CleaningView)
    def prioritise_cleaning(
        self, task_id: UUID, priority: CleaningPriority, version: int | None = None
    ) -> commands.PrioritiseCleaning:
        return commands.PrioritiseCleaning(task_id=task_id, priority=priority, version=version)

    @mutation(returns=CleaningView)
    def start_cleaning(self, task_id: UUID, at: datetime | None = None) -> commands.StartCleaning:
        return commands.StartCleaning(task_id=task_id, at=at)

    @mutation(returns=CleaningView)
    def suspend_cleaning(
        self, task_id: UUID, at: datetime | None = None
    ) -> commands.SuspendCleaning:
        return commands.SuspendCleaning(task_id=task_id, at=at)

    @mutation(returns=CleaningView)
    def resume_cleaning(self, task_id: UUID, at: datetime | None = None) -> commands.ResumeCleaning:
        return commands.ResumeCleaning(task_id=task_id, at=at)

    @mutation(returns=CleaningView)
    def finish_cleaning(self, task_id: UUID, at: datetime | None = None) -> commands.FinishCleaning:
        return commands.FinishCleaning(task_id=task_id, at=at)

    @mutation(returns=CleaningView)
    def inspect_cleaning(self, task_id: UUID) -> commands.InspectCleaning:
        return commands.InspectCleaning(task_id=task_id)

    @mutation(returns=CleaningView)
    def mark_dirty(
        self, bed_id: UUID, reason: str, at: datetime | None = None
    ) -> commands.MarkDirty:
        return commands.MarkDirty(bed_id=bed_id, reason=reason, at=at)

    @mutation(returns=HygieneView)
    def mark_contaminated(
        self, bed_id: UUID, reason: str, at: datetime | None = None
    ) -> commands.MarkContaminated:
        return commands.MarkContaminated(bed_id=bed_id, reason=reason, at=at)

    @mutation(returns=BlockView)
    def block_bed(
        self,
        bed_id: UUID,
        reason: BlockReason,
        expected_until: datetime,
        at: datetime | None = None,
    ) -> commands.BlockBed:
        return commands.BlockBed(bed_id=bed_id, reason=reason, expected_until=expected_until, at=at)

    @mutation(returns=BlockView)
    def block_bed_for_long(
        self,
        bed_id: UUID,
        reason: BlockReason,
        expected_until: datetime | None = None,
        at: datetime | None = None,
    ) -> commands.BlockBedForLong:
        return commands.BlockBedForLong(
            bed_id=bed_id, reason=reason, expected_until=expected_until, at=at
        )

    @mutation(returns=BlockView)
    def unblock_bed(self, bed_id: UUID, at: datetime | None = None) -> commands.UnblockBed:
        return commands.UnblockBed(bed_id=bed_id, at=at)

    @mutation(returns=BlockView)
    def close_bed(
        self, bed_id: UUID, reason: BlockReason, at: datetime | None = None
    ) -> commands.CloseBed:
        return commands.CloseBed(bed_id=bed_id, reason=reason, at=at)

    @mutation(returns=BlockView)
    def reopen_bed(self, bed_id: UUID, at: datetime | None = None) -> commands.ReopenBed:
        return commands.ReopenBed(bed_id=bed_id, at=at)
