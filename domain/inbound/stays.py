"""Effects of a row of a file of ward stays: a bed of the ward is chosen where none is named."""

from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from domain.beds.commands import DepartPatient
from domain.beds.model import Bed, BedBlock, BedHold, BedHygiene, BedStay, HoldState
from domain.beds.presence import stay_of
from domain.inbound.arrivals import come_into
from domain.inbound.doing import Doing
from domain.inbound.events import StayTold
from domain.inbound.spots import bed_of, beds_of, ward_of
from kit.errors import Conflict

NO_BED = "NO_BED"


def stay_told(doing: Doing, event: StayTold) -> None:
    """In the ward from then; and out of the hospital at the end, if the row says so."""
    spot = event.patient.visit.at
    if spot is not None and spot.bed:
        bed = bed_of(doing.work, doing.hospital_id, spot, "bed")
    else:
        ward = ward_of(doing.work, doing.hospital_id, spot, "ward")
        bed = _free_bed(doing, ward.id, event.at, event.until)
    encounter = come_into(doing, event, bed)
    if event.leaves and event.until is not None and stay_of(doing.work, encounter.id) is not None:
        doing.do(DepartPatient(encounter_id=encounter.id, at=event.until))


def _free_bed(doing: Doing, ward_id: UUID, since: datetime, until: datetime | None) -> Bed:
    """The first bed by code that nobody lies in then. Raises Conflict NO_BED."""
    work = doing.work
    taken = set(
        work.session.exec(
            select(BedStay.bed_id).where(
                BedStay.ward_id == ward_id,
                col(BedStay.voided_at).is_(None),
                (col(BedStay.until).is_(None)) | (col(BedStay.until) > since),
            )
        )
    )
    for table, open_now in (
        (BedHold, BedHold.state == HoldState.ACTIVE),
        (BedBlock, col(BedBlock.until).is_(None)),
    ):
        taken |= set(
            work.session.exec(select(table.bed_id).where(table.ward_id == ward_id, open_now))
        )
    there = set(
        work.session.exec(
            select(BedHygiene.bed_id).where(
                BedHygiene.ward_id == ward_id, col(BedHygiene.since) <= since
            )
        )
    )
    for bed, _ in beds_of(work, ward_id):
        if bed.id in there and bed.id not in taken:
            return bed
    raise Conflict("no bed of the ward was free then", reason=NO_BED, field="ward",
                   blocking=ward_id)  # fmt: skip
