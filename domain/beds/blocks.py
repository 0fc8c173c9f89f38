"""Commands that take a bed out of service for a while, or close it, and open it again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from domain.beds.cleaning import OfBed, require_after_stays, require_empty
from domain.beds.holds import settle_expired
from domain.beds.model import Bed, BedBlock, BlockKind, BlockReason
from domain.beds.presence import block_on, hold_on, require_bed
from domain.places.times import happened, recorded, store
from kit.command import Command
from kit.errors import Conflict, Invalid
from kit.work import Work

SHORT = timedelta(hours=24)


@dataclass(frozen=True, kw_only=True)
class BlockBed(OfBed, Command[BedBlock]):
    """Take a bed out of use for at most 24 hours. It stays out until somebody unblocks it."""

    action = "bed.block"

    bed_id: UUID
    reason: BlockReason
    expected_until: datetime
    at: datetime | None = None

    def apply(self, work: Work) -> BedBlock:
        at = happened(work, self.at)
        _require_later(self.expected_until, at)
        if self.expected_until > at + SHORT:
            raise Invalid("at most 24 hours; longer takes the right to block for long",
                          field="expectedUntil", allowed=("BlockBedForLong",))  # fmt: skip
        return _block(work, self.bed_id, BlockKind.BLOCKED, self.reason, at, self.expected_until)


@dataclass(frozen=True, kw_only=True)
class BlockBedForLong(OfBed, Command[BedBlock]):
    """Take a bed out of use for as long as it takes."""

    action = "bed.block_long"

    bed_id: UUID
    reason: BlockReason
    expected_until: datetime | None = None
    at: datetime | None = None

    def apply(self, work: Work) -> BedBlock:
        at = happened(work, self.at)
        if self.expected_until is not None:
            _require_later(self.expected_until, at)
        return _block(work, self.bed_id, BlockKind.BLOCKED, self.reason, at, self.expected_until)


@dataclass(frozen=True, kw_only=True)
class UnblockBed(OfBed, Command[BedBlock]):
    """Put a blocked bed into service again."""

    action = "bed.unblock"

    bed_id: UUID
    at: datetime | None = None

    def apply(self, work: Work) -> BedBlock:
        return _reopen(work, self.bed_id, BlockKind.BLOCKED, happened(work, self.at))


@dataclass(frozen=True, kw_only=True)
class CloseBed(OfBed, Command[BedBlock]):
    """Close a bed. One that is occupied or held cannot be closed."""

    action = "bed.close"

    bed_id: UUID
    reason: BlockReason
    at: datetime | None = None

    def apply(self, work: Work) -> BedBlock:
        require_empty(work, require_bed(work, self.bed_id))
        at = happened(work, self.at)
        return _block(work, self.bed_id, BlockKind.CLOSED, self.reason, at, None)


@dataclass(frozen=True, kw_only=True)
class ReopenBed(OfBed, Command[BedBlock]):
    """Put a closed bed into service again."""

    action = "bed.close"

    bed_id: UUID
    at: datetime | None = None

    def apply(self, work: Work) -> BedBlock:
        return _reopen(work, self.bed_id, BlockKind.CLOSED, happened(work, self.at))


def require_unheld(work: Work, bed: Bed) -> None:
    """Raise Conflict that names the hold on the bed."""
    settle_expired(work, bed)
    hold = hold_on(work, bed.id)
    if hold is not None:
        raise Conflict(
            f"bed {bed.code} is held by {hold.id} since {hold.since.isoformat()} until"
            f" {hold.expires_at.isoformat()}; release it first",
            reason="BED_HELD", blocking=hold.id, allowed=("CONSUMED", "RELEASED", "EXPIRED"),
        )  # fmt: skip


def _block(
    work: Work,
    bed_id: UUID,
    kind: BlockKind,
    reason: BlockReason,
    at: datetime,
    expected_until: datetime | None,
) -> BedBlock:
    bed = require_bed(work, bed_id)
    require_unheld(work, bed)
    require_after_stays(work, bed, at)
    known = block_on(work, bed.id)
    if known is not None:
        raise Conflict(f"the bed is {known.kind} since {known.since.isoformat()}",
                       reason=f"BED_{known.kind}", blocking=known.id,
                       allowed=("OPEN",))  # fmt: skip
    block = store(work, BedBlock(
        hospital_id=bed.hospital_id, ward_id=bed.ward_id, bed_id=bed.id, kind=kind,
        reason=reason, expected_until=expected_until, owner_id=work.actor.id, since=at,
        **recorded(work),
    ))  # fmt: skip
    work.emit("BedBlocked", bed.scope, bed=bed.id, block=block.id)
    return block


def _reopen(work: Work, bed_id: UUID, kind: BlockKind, at: datetime) -> BedBlock:
    bed = require_bed(work, bed_id)
    block = block_on(work, bed.id)
    if block is None or block.kind != kind:
        state = block.kind if block else "OPEN"
        raise Conflict(f"the bed is {state}, not {kind}", reason="BED_SERVICE",
                       blocking=block.id if block else bed.id)  # fmt: skip
    if at < block.since:
        raise Invalid(f"this began at {block.since.isoformat()}; give a later time",
                      reason="BEFORE_LAST_CHANGE", field="at", blocking=block.id)  # fmt: skip
    block.until = at
    work.emit("BedUnblocked", bed.scope, bed=bed.id, block=block.id)
    return block


def _require_later(expected_until: datetime, at: datetime) -> None:
    if expected_until.tzinfo is None or expected_until <= at:
        raise Invalid("the end is later than the beginning", field="expectedUntil")
