"""Takes over stays that ended before the house knew its beds, so that figures have a past."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, ClassVar
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import col, select

from domain.beds.model import Bed, BedStay, StayBegin, StayEnd
from domain.patients.model import (
    Encounter,
    EncounterClass,
    EncounterPhase,
    EncounterStatus,
    Patient,
    Sex,
)
from domain.places.model import Ward
from kit.command import Command
from kit.errors import Conflict, Invalid
from kit.ids import new_id
from kit.work import Scope, Work

MOST = 5_000  # stays in one command
Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class PastStay:
    """One stay from admission to departure. Of whom is not said, and never known here."""

    bed_id: UUID
    since: datetime
    until: datetime
    encounter_class: EncounterClass = EncounterClass.INPATIENT
    specialty: str | None = None


@dataclass(frozen=True, kw_only=True)
class RecordPastStays(Command[int]):
    """Record stays of a ward that are over, each of somebody without a name; how many.

    Where a bed was taken at that time, or not there yet, nothing is recorded at all.
    """

    action = "bed.record_past"
    serializable: ClassVar[bool] = False  # the database itself keeps stays of a bed apart

    ward_id: UUID
    stays: tuple[PastStay, ...]

    def scope(self, work: Work) -> Scope:
        return work.get(Ward, self.ward_id).scope

    def apply(self, work: Work) -> int:
        if not 1 <= len(self.stays) <= MOST:
            raise Invalid(f"give 1 to {MOST} stays at once", reason="TOO_MANY_STAYS",
                          field="stays")  # fmt: skip
        ward = work.get(Ward, self.ward_id)
        _require_there(work, ward, self.stays)
        _require_apart(work, ward, self.stays)
        _insert(work, [_rows(work, ward, one) for one in self.stays])
        work.note(stays=len(self.stays))
        work.emit("PastRecorded", ward.scope, ward=ward.id)
        return len(self.stays)


def _require_there(work: Work, ward: Ward, stays: Sequence[PastStay]) -> None:
    beds = select(Bed.id, Bed.added_at).where(Bed.ward_id == ward.id)
    added = {key: at for key, at in work.session.exec(beds)}
    for number, one in enumerate(stays):
        field = f"stays.{number}"
        if one.since.tzinfo is None or one.until.tzinfo is None:
            raise Invalid("a time needs a zone; send it with an offset", field=field)
        if not one.since < one.until <= work.now:
            raise Invalid("a past stay begins, then ends, then is recorded",
                          reason="NOT_PAST", field=field)  # fmt: skip
        if one.bed_id not in added:
            raise Invalid("the bed is not in this ward", reason="BED_ELSEWHERE", field=field)
        if one.since < added[one.bed_id]:
            raise Invalid(f"the bed is there since {added[one.bed_id].isoformat()}",
                          reason="BEFORE_THE_BED", field=field)  # fmt: skip


def _require_apart(work: Work, ward: Ward, stays: Sequence[PastStay]) -> None:
    taken: dict[UUID, list[tuple[datetime, datetime, UUID | None]]] = defaultdict(list)
    for one in stays:
        taken[one.bed_id].append((one.since, one.until, None))
    known = select(BedStay.bed_id, BedStay.since, BedStay.until, BedStay.id).where(
        BedStay.ward_id == ward.id, col(BedStay.voided_at).is_(None)
    )
    for bed, since, until, key in work.session.exec(known):
        if bed in taken:
            taken[bed].append((since, until or work.now, key))
    for spells in taken.values():
        spells.sort(key=lambda spell: spell[:2])
        for (_, before, earlier), (after, _, later) in pairwise(spells):
            if after < before:
                raise Conflict("the bed was taken at that time by another stay",
                               reason="PAST_OVERLAPS", blocking=earlier or later)  # fmt: skip


def _rows(work: Work, ward: Ward, one: PastStay) -> Iterator[tuple[type, Row]]:
    """Everything that a patient who came, stayed and left would have left behind."""
    patient, encounter, subject = new_id(), new_id(), uuid4()
    row: Row = {"version": 1, "hospital_id": ward.hospital_id}
    told: Row = row | {"recorded_at": work.now, "recorded_by": work.actor.id}
    yield Patient, row | {"id": patient, "subject": subject, "sex": Sex.UNKNOWN, "privacy": True,
                          "sensitivity": []}  # fmt: skip
    yield Encounter, row | {
        "id": encounter, "patient_id": patient, "subject": subject, "ward_id": ward.id,
        "encounter_class": one.encounter_class, "status": EncounterStatus.DISCHARGED,
        "specialty": one.specialty, "arrived_at": one.since, "ended_at": one.until, "moves": 0,
    }  # fmt: skip
    for status, since, until in (
        (EncounterStatus.ADMITTED, one.since, one.until),
        (EncounterStatus.DISCHARGED, one.until, None),
    ):
        yield EncounterPhase, told | {"id": new_id(), "encounter_id": encounter, "status": status,
                                      "since": since, "until": until}  # fmt: skip
    yield BedStay, told | {
        "id": new_id(), "ward_id": ward.id, "bed_id": one.bed_id, "encounter_id": encounter,
        "subject": subject, "begun_by": StayBegin.ADMIT, "since": one.since, "until": one.until,
        "ended_by": StayEnd.DEPARTURE, "ended_recorded_at": work.now,
    }  # fmt: skip


def _insert(work: Work, stays: Sequence[Iterator[tuple[type, Row]]]) -> None:
    """In bulk, past the session: the ledger counts them, as it does with readings."""
    by_table: dict[Any, list[Row]] = {}
    for left_behind in stays:
        for model, row in left_behind:
            by_table.setdefault(model.__table__, []).append(row)  # type: ignore[attr-defined]  # of every mapped class
    connection = work.session.connection()
    for table, rows in by_table.items():  # in the order of `_rows`, so that keys are there first
        connection.execute(sa.insert(table), list(rows))
