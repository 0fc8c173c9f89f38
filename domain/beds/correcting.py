"""The command that corrects when a stay began or ended, after the fact."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_
from sqlmodel import col, select

from domain.beds.model import (
    BedHygiene,
    BedStay,
    CleaningTask,
    Hygiene,
    StayBegin,
    StayEnd,
    StayLeave,
)
from domain.beds.presence import block_on, hygiene_of
from domain.patients.model import Encounter, EncounterPhase
from domain.places.times import Spell, expect_version, happened
from kit.command import Command
from kit.errors import Conflict, Invalid
from kit.work import Scope, Work


@dataclass(frozen=True, kw_only=True)
class CorrectStay(Command[BedStay]):
    """Correct the beginning or the end of a stay. Its neighbours in time move along.

    A move has one time: the stay before ends when this one begins. The bed's hygiene, the
    cleaning task and the encounter's history follow.
    """

    action = "bed.correct"

    stay_id: UUID
    since: datetime | None = None
    until: datetime | None = None
    reason: str
    version: int | None = None

    def scope(self, work: Work) -> Scope:
        return work.get(BedStay, self.stay_id).scope

    def apply(self, work: Work) -> BedStay:
        stay = work.get(BedStay, self.stay_id)
        expect_version(stay, self.version)
        if stay.voided_at is not None:
            raise Conflict("the stay was cancelled", reason="STAY_VOIDED", blocking=stay.id)
        if not (0 < len(self.reason) <= 32 and self.reason.isascii()):
            raise Invalid("give a reason code of 1 to 32 characters", field="reason")
        if self.since is None and self.until is None:
            raise Invalid("give a new beginning or a new end", field="since")
        if self.since is not None:
            self._begin(work, stay, happened(work, self.since))
        if self.until is not None:
            self._end(work, stay, happened(work, self.until))
        work.subjects.add(stay.subject)
        work.note(correction=self.reason)
        work.emit("StayCorrected", stay.scope, stay=stay.id, bed=stay.bed_id)
        return stay

    def _begin(self, work: Work, stay: BedStay, at: datetime) -> None:
        if stay.begun_by == StayBegin.SWAP:
            raise _swapped(stay)
        old = stay.since
        before = _neighbour(work, stay.previous_id, BedStay.until, old)
        _require_fit(work, stay, at)
        _require_leaves(work, stay, at, stay.until)
        if before is not None:
            _shift_soiling(work, before, old, at)
        _shift(work, before, stay, at)
        _shift_phases(work, stay.encounter_id, old, at)

    def _end(self, work: Work, stay: BedStay, at: datetime) -> None:
        if stay.until is None:
            raise Conflict("the stay has not ended; record the departure", field="until",
                           reason="STAY_PRESENT", blocking=stay.id)  # fmt: skip
        if stay.ended_by == StayEnd.SWAP:
            raise _swapped(stay)
        old = stay.until
        after = work.session.exec(
            select(BedStay).where(
                BedStay.previous_id == stay.id, BedStay.since == old,
                col(BedStay.voided_at).is_(None),
            )
        ).first()  # fmt: skip
        if after is not None:
            _require_fit(work, after, at)
        _require_leaves(work, stay, stay.since, at)
        _require_free(work, stay, at)
        _shift_soiling(work, stay, old, at)
        _shift(work, stay, after, at)
        _shift_phases(work, stay.encounter_id, old, at)
        encounter = work.get(Encounter, stay.encounter_id)
        if encounter.ended_at == old:
            encounter.ended_at = at


def _shift(work: Work, before: Any, after: Any, at: datetime) -> None:
    """Move the boundary between two spells; the one that shrinks goes first.

    Raises Conflict if nothing would be left of one of them.
    """
    if before is not None and at <= before.since:
        raise _nothing_left(before)
    if after is not None and after.until is not None and at >= after.until:
        raise _nothing_left(after)
    if after is None or before is None or at < before.until:
        steps = ((before, "until"), (after, "since"))
    else:
        steps = ((after, "since"), (before, "until"))
    for spell, end in steps:
        if spell is not None:
            setattr(spell, end, at)
            work.session.flush()


def _shift_soiling(work: Work, stay: BedStay, old: datetime, at: datetime) -> None:
    """The bed became dirty when the patient left, and so did its cleaning become due."""
    page = work.session.exec(
        select(BedHygiene).where(BedHygiene.bed_id == stay.bed_id, BedHygiene.since == old)
    ).first()
    if page is not None:
        before = work.session.exec(
            select(BedHygiene).where(BedHygiene.bed_id == stay.bed_id, BedHygiene.until == old)
        ).first()
        _shift(work, before, page, at)
    task = work.session.exec(select(CleaningTask).where(CleaningTask.stay_id == stay.id)).first()
    if task is not None and task.since == old:
        task.since = at
        work.session.flush()


def _shift_phases(work: Work, encounter_id: UUID, old: datetime, at: datetime) -> None:
    """The encounter's history turned its page at the same time."""
    after = work.session.exec(
        select(EncounterPhase).where(
            EncounterPhase.encounter_id == encounter_id, EncounterPhase.since == old
        )
    ).first()
    before = work.session.exec(
        select(EncounterPhase).where(
            EncounterPhase.encounter_id == encounter_id, EncounterPhase.until == old
        )
    ).first()
    if after is not None:
        _shift(work, before, after, at)


def _neighbour(work: Work, stay_id: UUID | None, end: Any, moment: datetime) -> BedStay | None:
    if stay_id is None:
        return None
    return work.session.exec(
        select(BedStay).where(
            BedStay.id == stay_id, end == moment, col(BedStay.voided_at).is_(None)
        )
    ).first()


def _require_fit(work: Work, stay: BedStay, at: datetime) -> None:
    """The bed was open, clean and empty at the new beginning."""
    if at >= stay.since:
        return
    page, block = hygiene_of(work, stay.bed_id, at), block_on(work, stay.bed_id, at)
    if stay.state_waiver_id is None and (
        page is None or page.hygiene != Hygiene.CLEAN or block is not None
    ):
        raise Conflict("the bed was not open and clean at that time", reason="BED_NOT_READY",
                       blocking=block.id if block else stay.bed_id)  # fmt: skip
    _require_nobody(work, stay, at, stay.since)


def _require_free(work: Work, stay: BedStay, at: datetime) -> None:
    """Nobody else lay in the bed up to the new end."""
    if stay.until is not None and at > stay.until:
        _require_nobody(work, stay, stay.until, at)


def _require_nobody(work: Work, stay: BedStay, since: datetime, until: datetime) -> None:
    other = work.session.exec(
        select(BedStay).where(
            or_(
                BedStay.bed_id == stay.bed_id,  # type: ignore[arg-type]  # a column, typed as its value
                col(BedStay.encounter_id) == stay.encounter_id,
            ),
            BedStay.id != stay.id,
            col(BedStay.id) != stay.previous_id
            if stay.previous_id
            else col(BedStay.id).is_not(None),
            or_(col(BedStay.previous_id).is_(None), col(BedStay.previous_id) != stay.id),
            col(BedStay.voided_at).is_(None),
            col(BedStay.since) < until,
            or_(col(BedStay.until).is_(None), col(BedStay.until) > since),
        )
    ).first()
    if other is not None:
        raise Conflict(
            f"stay {other.id} was there since {other.since.isoformat()}", reason="STAY_OVERLAP",
            blocking=other.id,
        )  # fmt: skip


def _require_leaves(work: Work, stay: BedStay, since: datetime, until: datetime | None) -> None:
    leaves = work.session.exec(select(StayLeave).where(StayLeave.stay_id == stay.id))
    for leave in leaves:
        if leave.since < since or (until is not None and (leave.until or leave.since) > until):
            raise Conflict(f"leave {leave.id} began at {leave.since.isoformat()}, within the stay",
                           reason="LEAVE_OUTSIDE", blocking=leave.id)  # fmt: skip


def _nothing_left(spell: Spell) -> Conflict:
    return Conflict(
        f"nothing would be left of {type(spell).__name__} {spell.id} since"
        f" {spell.since.isoformat()}", reason="NOTHING_LEFT", blocking=spell.id,
    )  # fmt: skip


def _swapped(stay: BedStay) -> Conflict:
    return Conflict("two patients changed beds at that time; swap them again instead",
                    reason="SWAPPED", blocking=stay.id)  # fmt: skip
