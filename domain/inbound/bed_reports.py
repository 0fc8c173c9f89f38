"""Effects of a report on a bed's state (A20, HL7 table 0116)."""

from collections.abc import Callable

from domain.beds.commands import (
    BlockBedForLong,
    MarkContaminated,
    MarkDirty,
    ReopenBed,
    UnblockBed,
)
from domain.beds.model import Bed, BlockKind, BlockReason, Hygiene
from domain.beds.presence import block_on, hygiene_of, stay_in
from domain.inbound.cleaning import UNFIT, finish
from domain.inbound.doing import Doing
from domain.inbound.events import BedReported
from domain.inbound.spots import bed_of
from kit.errors import Conflict, Invalid

ALREADY_SO = "ALREADY_SO"
BLOCKED_BY_OTHERS = "BLOCKED_BY_OTHERS"
REPORTED = "REPORTED"  # why the bed is dirty or contaminated


def bed_reported(doing: Doing, event: BedReported) -> None:
    """C, H, I and K take the bed out of use, U gives it back, O must agree with the stays."""
    effect = _EFFECTS.get(event.state)
    if effect is None:
        raise Invalid("NPU-2 is no bed state that is known here", reason="BED_STATE_UNKNOWN",
                      field="NPU-2", allowed=tuple(_EFFECTS))  # fmt: skip
    effect(doing, event, bed_of(doing.work, doing.hospital_id, event.spot, "NPU-1"))
    if not doing.effects:
        doing.remark(ALREADY_SO)


def _closed(doing: Doing, event: BedReported, bed: Bed) -> None:
    if block_on(doing.work, bed.id) is None:
        reason = BlockReason.INFECTION if event.state == "I" else BlockReason.OTHER
        doing.do(BlockBedForLong(bed_id=bed.id, reason=reason, at=event.at))


def _dirty(doing: Doing, event: BedReported, bed: Bed) -> None:
    page = hygiene_of(doing.work, bed.id)
    if page is None or page.hygiene not in (*UNFIT, Hygiene.CONTAMINATED):
        doing.do(MarkDirty(bed_id=bed.id, reason=REPORTED, at=event.at))


def _contaminated(doing: Doing, event: BedReported, bed: Bed) -> None:
    page = hygiene_of(doing.work, bed.id)
    if page is None or page.hygiene != Hygiene.CONTAMINATED:
        doing.do(MarkContaminated(bed_id=bed.id, reason=REPORTED, at=event.at))


def _occupied(doing: Doing, event: BedReported, bed: Bed) -> None:
    if stay_in(doing.work, bed.id) is None:
        raise Conflict("the bed is empty here; who is in it only an admission can say",
                       reason="OCCUPIED_BY_NOBODY", field="NPU-2", blocking=bed.id)  # fmt: skip


def _unoccupied(doing: Doing, event: BedReported, bed: Bed) -> None:
    stay = stay_in(doing.work, bed.id)
    if stay is not None:
        raise Conflict(f"somebody lies in the bed since {stay.since.isoformat()}; only a"
                       " departure or a move can say that it is empty",
                       reason="BED_TAKEN", field="NPU-2", blocking=stay.id)  # fmt: skip
    finish(doing, bed, event.at)
    block = block_on(doing.work, bed.id)
    if block is None:
        return
    if block.owner_id != doing.work.actor.id:  # a person's block is not the sender's to end
        doing.remark(BLOCKED_BY_OTHERS)
        return
    reopen = UnblockBed if block.kind == BlockKind.BLOCKED else ReopenBed
    doing.do(reopen(bed_id=bed.id, at=event.at))


_EFFECTS: dict[str, Callable[[Doing, BedReported, Bed], None]] = {
    "C": _closed,
    "H": _dirty,
    "I": _closed,
    "K": _contaminated,
    "O": _occupied,
    "U": _unoccupied,
}
