"""Commands on the beds themselves: add, change, remove; and closing a whole ward."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from domain.beds.blocks import require_unheld
from domain.beds.cleaning import OfBed, require_after_stays, require_empty
from domain.beds.hygiene import drop_task
from domain.beds.model import Bed, BedHygiene, BedRequest, Hygiene
from domain.beds.presence import require_bed
from domain.patients.model import Encounter
from domain.patients.states import IN_HOUSE
from domain.places.commands import replace_given, require_code, require_open
from domain.places.model import Room, Ward
from domain.places.times import expect_version, happened, recorded, store
from kit.command import Command
from kit.errors import Conflict
from kit.work import Scope, Work


@dataclass(frozen=True, kw_only=True)
class AddBed(Command[Bed]):
    """Put a bed into a room; it is open and clean."""

    action = "place.manage"

    room_id: UUID
    code: str
    features: tuple[str, ...] = ()
    visible: bool = True
    censusable: bool = True
    at: datetime | None = None

    def scope(self, work: Work) -> Scope:
        return work.get(Room, self.room_id).scope

    def apply(self, work: Work) -> Bed:
        room = work.get(Room, self.room_id)
        ward = work.get(Ward, room.ward_id)
        require_open(ward)
        require_code(self.code)
        self._require_free_code(work, ward)
        at = happened(work, self.at)
        bed = store(work, Bed(
            hospital_id=ward.hospital_id, ward_id=ward.id, room_id=room.id, code=self.code,
            features=sorted(set(self.features)), visible=self.visible,
            censusable=self.censusable, added_at=at,
        ))  # fmt: skip
        store(work, BedHygiene(
            hospital_id=ward.hospital_id, ward_id=ward.id, bed_id=bed.id, hygiene=Hygiene.CLEAN,
            since=at, reason="ADDED", **recorded(work),
        ))  # fmt: skip
        work.emit("BedAdded", bed.scope, bed=bed.id)
        return bed

    def _require_free_code(self, work: Work, ward: Ward) -> None:
        known = work.session.exec(
            select(Bed).where(
                Bed.ward_id == ward.id, Bed.code == self.code, col(Bed.removed_at).is_(None)
            )
        ).first()
        if known is not None:
            raise Conflict(f"the ward has a bed {self.code}; choose another code",
                           reason="CODE_TAKEN", field="code", blocking=known.id)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class UpdateBed(OfBed, Command[Bed]):
    """Change a bed's features. What is left out stays."""

    action = "place.manage"

    bed_id: UUID
    features: tuple[str, ...] | None = None
    visible: bool | None = None
    censusable: bool | None = None
    version: int | None = None

    def apply(self, work: Work) -> Bed:
        bed = require_bed(work, self.bed_id)
        expect_version(bed, self.version)
        replace_given(bed, visible=self.visible, censusable=self.censusable)
        if self.features is not None:
            bed.features = sorted(set(self.features))
        work.emit("BedChanged", bed.scope, bed=bed.id)
        return bed


@dataclass(frozen=True, kw_only=True)
class RemoveBed(OfBed, Command[Bed]):
    """Take a bed away for good. One that is occupied or held stays."""

    action = "place.manage"

    bed_id: UUID
    at: datetime | None = None

    def apply(self, work: Work) -> Bed:
        bed, at = require_bed(work, self.bed_id), happened(work, self.at)
        require_empty(work, bed)
        require_unheld(work, bed)
        require_after_stays(work, bed, at)
        drop_task(work, bed, at)
        bed.removed_at = max(at, bed.added_at)
        work.emit("BedRemoved", bed.scope, bed=bed.id)
        return bed


@dataclass(frozen=True, kw_only=True)
class CloseWard(Command[Ward]):
    """Close a ward whose beds are all removed and where nobody is or waits."""

    action = "place.manage"

    ward_id: UUID
    at: datetime | None = None

    def scope(self, work: Work) -> Scope:
        return work.get(Ward, self.ward_id).scope

    def apply(self, work: Work) -> Ward:
        ward = work.get(Ward, self.ward_id)
        require_open(ward)
        for blocking, what in (
            (select(Bed.id).where(Bed.ward_id == ward.id, col(Bed.removed_at).is_(None)), "a bed"),
            (select(Encounter.id).where(Encounter.ward_id == ward.id,
                                        col(Encounter.status).in_(IN_HOUSE)), "a patient"),
            (select(BedRequest.id).where(BedRequest.target_ward_id == ward.id,
                                         col(BedRequest.until).is_(None)), "a request"),
        ):  # fmt: skip
            found = work.session.exec(blocking).first()
            if found is not None:
                raise Conflict(f"the ward still has {what}", reason="WARD_IN_USE",
                               blocking=found)  # fmt: skip
        ward.closed_at = max(happened(work, self.at), ward.opened_at)
        work.emit("WardClosed", ward.scope, ward=ward.id)
        return ward
