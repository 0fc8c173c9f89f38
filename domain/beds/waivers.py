"""Waivers: a named person lets one rule of placement be broken, for a while."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from sqlmodel import col, select

from domain.beds.model import Bed, BedHold, BedStay, WaivedRule, Waiver, WaiverUse
from domain.patients.model import Encounter
from domain.places.model import Ward
from domain.places.times import store
from kit.command import Command
from kit.errors import Conflict, Invalid
from kit.work import Scope, Work

LONGEST = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class _Grant:
    """What every waiver says: where, for whom, why and until when."""

    rule: ClassVar[WaivedRule]

    ward_id: UUID
    bed_id: UUID | None = None
    encounter_id: UUID | None = None
    reason: str
    valid_until: datetime

    def scope(self, work: Work) -> Scope:
        return work.get(Ward, self.ward_id).scope

    def apply(self, work: Work) -> Waiver:
        ward = work.get(Ward, self.ward_id)
        self._require_sense(work, ward)
        waiver = store(work, Waiver(
            hospital_id=ward.hospital_id, ward_id=ward.id, rule=self.rule, bed_id=self.bed_id,
            encounter_id=self.encounter_id, reason=self.reason, granted_by=work.actor.id,
            granted_at=work.now, valid_until=self.valid_until,
        ))  # fmt: skip
        work.emit("WaiverGranted", ward.scope, waiver=waiver.id)
        return waiver

    def _require_sense(self, work: Work, ward: Ward) -> None:
        if not (0 < len(self.reason) <= 32 and self.reason.isascii()):
            raise Invalid("give a reason code of 1 to 32 characters", field="reason")
        if self.valid_until.tzinfo is None or not (
            work.now < self.valid_until <= work.now + LONGEST
        ):
            raise Invalid(f"a waiver ends within {LONGEST.days} days", field="validUntil")
        if self.bed_id is not None and work.get(Bed, self.bed_id).ward_id != ward.id:
            raise Invalid("the bed is in another ward", field="bedId")
        if self.encounter_id is not None:
            encounter = work.get(Encounter, self.encounter_id)
            if encounter.hospital_id != ward.hospital_id:
                raise Invalid("the encounter is in another hospital", field="encounterId")


@dataclass(frozen=True, kw_only=True)
class WaiveBedState(_Grant, Command[Waiver]):
    """Let a bed be used although it is blocked or not clean."""

    action = "waiver.bed_state"
    rule = WaivedRule.BED_STATE


@dataclass(frozen=True, kw_only=True)
class WaiveRoomSex(_Grant, Command[Waiver]):
    """Let women and men share a room."""

    action = "waiver.room_sex"
    rule = WaivedRule.ROOM_SEX


@dataclass(frozen=True, kw_only=True)
class WaiveRoomIsolation(_Grant, Command[Waiver]):
    """Let a patient share a room although somebody in it is isolated."""

    action = "waiver.room_isolation"
    rule = WaivedRule.ROOM_ISOLATION


@dataclass(frozen=True, kw_only=True)
class WaiveStaffedCapacity(_Grant, Command[Waiver]):
    """Let a ward take more patients than it has staff for."""

    action = "waiver.staffed_capacity"
    rule = WaivedRule.STAFFED_CAPACITY


@dataclass(frozen=True, kw_only=True)
class RevokeWaiver(Command[Waiver]):
    """Take a waiver back. What was done under it stays done."""

    action = "waiver.revoke"

    waiver_id: UUID

    def scope(self, work: Work) -> Scope:
        return work.get(Waiver, self.waiver_id).scope

    def apply(self, work: Work) -> Waiver:
        waiver = work.get(Waiver, self.waiver_id)
        if waiver.revoked_at is not None:
            raise Conflict(f"it was revoked at {waiver.revoked_at.isoformat()}",
                           reason="WAIVER_REVOKED", blocking=waiver.id)  # fmt: skip
        waiver.revoked_at = work.now
        work.emit("WaiverRevoked", waiver.scope, waiver=waiver.id)
        return waiver


def usable(
    work: Work, waiver_ids: Sequence[UUID], bed: Bed, encounter: Encounter
) -> dict[WaivedRule, Waiver]:
    """The given waivers by rule. Raises Conflict for one that does not cover this placement."""
    found: dict[WaivedRule, Waiver] = {}
    for waiver_id in waiver_ids:
        waiver = work.get(Waiver, waiver_id)
        covers = (
            waiver.ward_id == bed.ward_id
            and waiver.bed_id in (None, bed.id)
            and waiver.encounter_id in (None, encounter.id)
        )
        if not covers or waiver.revoked_at is not None or waiver.valid_until <= work.now:
            raise Conflict(
                f"the waiver of {waiver.rule} does not cover this placement now",
                reason="WAIVER_UNUSABLE", field="waivers", blocking=waiver.id,
            )  # fmt: skip
        found[waiver.rule] = waiver
    return found


def record_use(
    work: Work,
    waivers: Sequence[Waiver],
    *,
    stay: BedStay | None = None,
    hold: BedHold | None = None,
) -> None:
    """Tie a placement to the waivers it relied on."""
    for waiver in waivers:
        store(work, WaiverUse(
            hospital_id=waiver.hospital_id, waiver_id=waiver.id, at=work.now,
            stay_id=stay.id if stay else None, hold_id=hold.id if hold else None,
        ))  # fmt: skip
        work.note(waived=str(waiver.rule))
        work.emit("WaiverUsed", waiver.scope, waiver=waiver.id, rule=waiver.rule)


def waivers_of(work: Work, stay_id: UUID) -> Sequence[Waiver]:
    """The waivers a stay relied on."""
    return work.session.exec(
        select(Waiver)
        .join(WaiverUse, col(WaiverUse.waiver_id) == col(Waiver.id))
        .where(WaiverUse.stay_id == stay_id)
    ).all()
