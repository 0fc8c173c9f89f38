"""A hospital of 30 wards and 900 beds with a year behind it, on SQLite: 64,000 stays.

Written past the pipeline and past the judges of the tables, who would take an hour for it.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, insert, text
from sqlmodel import Session

from app.migrate import upgrade
from domain.beds.model import Bed, BedHygiene, BedStay, Hygiene, StayBegin, StayEnd
from domain.patients.model import Encounter, EncounterStatus, Patient, Sex
from domain.places.model import CareLevel, Hospital, Room, RoomKind, RoomSex, Ward, WardStaffing
from kit.db import open_engine
from kit.ids import new_id

WARDS, BEDS, DAYS = 30, 30, 365
STAY_H, CLEANING_H = (12, 228), (0.5, 3.0)  # on average five days in bed, less than two empty
NOBODY = UUID(int=1)


@dataclass(frozen=True, slots=True)
class Year:
    """`url` has the hospital; its past ends at `until`."""

    url: str
    hospital: UUID
    wards: tuple[UUID, ...]
    since: datetime
    until: datetime
    stays: int


def a_year(folder: Path, until: datetime, *, days: int = DAYS, seed: int = 1) -> Year:
    """Make the database; half a minute for a year."""
    url = f"sqlite:///{folder / 'year.db'}"
    upgrade(url)
    engine = open_engine(url, guarded=False)
    since = until - timedelta(days=days)
    places = _Places(random.Random(seed), since, until)
    with Session(engine) as session:
        for name in session.connection().execute(
            text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'bed_%'")
        ).scalars().all():  # fmt: skip
            session.connection().execute(text(f'DROP TRIGGER "{name}"'))
        session.commit()
    _store(engine, places)
    engine.dispose()
    return Year(url, places.hospital.id, tuple(ward.id for ward in places.wards), since, until,
                len(places.stays))  # fmt: skip


class _Places:
    def __init__(self, dice: random.Random, since: datetime, until: datetime) -> None:
        self.dice, self.since, self.until = dice, since, until
        self.hospital = Hospital(code="YEAR", name_zh="年", name_en="Year",
                                 time_zone="Asia/Shanghai")  # fmt: skip
        self.wards: list[Ward] = []
        self.staffing: list[WardStaffing] = []
        self.rooms: list[Room] = []
        self.beds: list[Bed] = []
        self.patients = [
            Patient(hospital_id=self.hospital.id, sex=sex) for sex in (Sex.FEMALE, Sex.MALE) * 500
        ]
        self.encounters: list[dict[str, Any]] = []
        self.stays: list[dict[str, Any]] = []
        self.hygiene: list[dict[str, Any]] = []
        for number in range(WARDS):
            self._ward(f"W{number:02d}")

    def _ward(self, code: str) -> None:
        home: dict[str, Any] = {"hospital_id": self.hospital.id}
        ward = Ward(**home, code=code, name_zh=code, name_en=code, care_level=CareLevel.WARD,
                    licensed_beds=BEDS, opened_at=self.since)  # fmt: skip
        self.wards.append(ward)
        self.staffing.append(WardStaffing(**home, ward_id=ward.id, staffed_beds=BEDS - 2,
                                          since=self.since, **self._told()))  # fmt: skip
        for number in range(BEDS):
            if number % 3 == 0:
                self.rooms.append(Room(
                    **home, ward_id=ward.id, code=f"R{number:02d}", kind=RoomKind.BAY,
                    sex_policy=RoomSex.DYNAMIC,
                ))  # fmt: skip
            bed = Bed(**home, ward_id=ward.id, room_id=self.rooms[-1].id, code=f"{number:02d}",
                      added_at=self.since)  # fmt: skip
            self.beds.append(bed)
            self._life(bed)

    def _life(self, bed: Bed) -> None:
        at = self.since + timedelta(hours=self.dice.uniform(0, 60))
        self._page(bed, Hygiene.CLEAN, self.since, at)
        for begin, end in self._turns(at):
            self._stay(bed, begin, end)

    def _turns(self, at: datetime) -> Iterator[tuple[datetime, datetime | None]]:
        while at < self.until:
            end = at + timedelta(hours=self.dice.uniform(*STAY_H))
            yield at, end if end < self.until else None
            at = end + timedelta(hours=self.dice.uniform(6, 60))

    def _stay(self, bed: Bed, since: datetime, until: datetime | None) -> None:
        patient = self.dice.choice(self.patients)
        home: dict[str, Any] = {"hospital_id": bed.hospital_id, "ward_id": bed.ward_id}
        key = new_id()
        self.encounters.append({
            **home, "id": key, "version": 1, "patient_id": patient.id, "subject": patient.subject,
            "encounter_class": "INPATIENT", "moves": 0, "arrived_at": since, "ended_at": until,
            "status": EncounterStatus.DISCHARGED if until else EncounterStatus.ADMITTED,
        })  # fmt: skip
        self.stays.append({
            **home, "id": new_id(), "version": 1, "bed_id": bed.id, "encounter_id": key,
            "subject": patient.subject, "begun_by": StayBegin.ADMIT, "since": since,
            "ended_by": StayEnd.DEPARTURE if until else None, "until": until,
            "ended_recorded_at": until, **self._told(since),
        })  # fmt: skip
        if until is not None:
            clean = min(until + timedelta(hours=self.dice.uniform(*CLEANING_H)), self.until)
            self._page(bed, Hygiene.DIRTY, until, clean)
            self._page(bed, Hygiene.CLEAN, clean, None)

    def _page(self, bed: Bed, hygiene: Hygiene, since: datetime, until: datetime | None) -> None:
        if self.hygiene and self.hygiene[-1]["bed_id"] == bed.id:
            self.hygiene[-1]["until"] = self.hygiene[-1]["until"] or since
        if since != until:
            self.hygiene.append({
                "hospital_id": bed.hospital_id, "ward_id": bed.ward_id, "bed_id": bed.id,
                "id": new_id(), "version": 1, "hygiene": hygiene, "since": since, "until": until,
                **self._told(since),
            })  # fmt: skip

    def _told(self, at: datetime | None = None) -> dict[str, Any]:
        return {"recorded_at": at or self.since, "recorded_by": NOBODY}


def _store(engine: Engine, places: _Places) -> None:
    with Session(engine, expire_on_commit=False) as session:
        for rows in ([places.hospital], places.wards, places.staffing, places.rooms, places.beds,
                     places.patients):  # fmt: skip
            session.add_all(rows)
            session.flush()
        for model, many in ((Encounter, places.encounters), (BedStay, places.stays),
                            (BedHygiene, places.hygiene)):  # fmt: skip
            session.connection().execute(insert(model), many)
        session.connection().execute(text("ANALYZE"))
        session.commit()
