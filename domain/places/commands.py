"""What can be done to places."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlmodel import col, select

from domain.places.model import (
    ApprovalMode,
    CareLevel,
    Hospital,
    Room,
    RoomKind,
    RoomSex,
    Ward,
    WardSex,
    WardSpecialty,
    WardStaffing,
)
from domain.places.times import expect_version, happened, recorded, store, succeed
from kit.command import Command
from kit.errors import Conflict, Invalid
from kit.rows import Row
from kit.work import NETWORK, Scope, Work

CODE_LENGTH = 32


@dataclass(frozen=True, kw_only=True)
class OpenHospital(Command[Hospital]):
    """Add a hospital to the network."""

    action = "place.manage"

    code: str
    name_zh: str
    name_en: str
    time_zone: str = "Asia/Shanghai"
    latitude: float | None = None
    longitude: float | None = None
    approval_mode: ApprovalMode = ApprovalMode.PEACETIME

    def scope(self, work: Work) -> Scope:
        return NETWORK

    def apply(self, work: Work) -> Hospital:
        require_code(self.code)
        _require_names(self.name_zh, self.name_en)
        _require_zone(self.time_zone)
        if _taken(work, Hospital, Hospital.code == self.code):
            raise _code_taken(self.code)
        hospital = store(work, Hospital(
            code=self.code, name_zh=self.name_zh, name_en=self.name_en, time_zone=self.time_zone,
            latitude=self.latitude, longitude=self.longitude, approval_mode=self.approval_mode,
        ))  # fmt: skip
        work.emit("HospitalOpened", hospital.scope, hospital=hospital.id)
        return hospital


@dataclass(frozen=True, kw_only=True)
class OpenWard(Command[Ward]):
    """Open a ward in a hospital. Specialties come with a rank; 1 is the ward's own."""

    action = "place.manage"

    hospital_id: UUID
    code: str
    name_zh: str
    name_en: str
    care_level: CareLevel = CareLevel.WARD
    sex_policy: WardSex = WardSex.PER_ROOM
    specialties: tuple[tuple[str, int], ...] = ()
    min_age: int | None = None
    max_age: int | None = None
    licensed_beds: int
    staffed_beds: int
    at: datetime | None = None

    def scope(self, work: Work) -> Scope:
        return work.get(Hospital, self.hospital_id).scope

    def apply(self, work: Work) -> Ward:
        require_code(self.code)
        _require_names(self.name_zh, self.name_en)
        _require_numbers(licensedBeds=self.licensed_beds, staffedBeds=self.staffed_beds)
        _require_ages(self.min_age, self.max_age)
        here = (Ward.hospital_id == self.hospital_id, Ward.code == self.code)
        if _taken(work, Ward, *here):
            raise _code_taken(self.code)
        ward = store(work, Ward(
            hospital_id=self.hospital_id, code=self.code, name_zh=self.name_zh,
            name_en=self.name_en, care_level=self.care_level, sex_policy=self.sex_policy,
            min_age=self.min_age, max_age=self.max_age, licensed_beds=self.licensed_beds,
            opened_at=happened(work, self.at),
        ))  # fmt: skip
        _rank_specialties(work, ward, self.specialties)
        store(work, _staffing(work, ward, self.staffed_beds, ward.opened_at))
        work.emit("WardOpened", ward.scope, ward=ward.id)
        return ward


@dataclass(frozen=True, kw_only=True)
class UpdateWard(Command[Ward]):
    """Change a ward's names, rules or licence. What is left out stays."""

    action = "place.manage"

    ward_id: UUID
    name_zh: str | None = None
    name_en: str | None = None
    sex_policy: WardSex | None = None
    specialties: tuple[tuple[str, int], ...] | None = None
    licensed_beds: int | None = None
    version: int | None = None

    def scope(self, work: Work) -> Scope:
        return work.get(Ward, self.ward_id).scope

    def apply(self, work: Work) -> Ward:
        ward = work.get(Ward, self.ward_id)
        expect_version(ward, self.version)
        _require_numbers(licensedBeds=self.licensed_beds or 0)
        replace_given(ward, name_zh=self.name_zh, name_en=self.name_en,
                      sex_policy=self.sex_policy, licensed_beds=self.licensed_beds)  # fmt: skip
        _require_names(ward.name_zh, ward.name_en)
        if self.specialties is not None:
            _rank_specialties(work, ward, self.specialties)
        work.emit("WardChanged", ward.scope, ward=ward.id)
        return ward


@dataclass(frozen=True, kw_only=True)
class SetStaffedBeds(Command[WardStaffing]):
    """Say for how many beds a ward has staff, from a time on.

    Fewer than are in use is allowed, for it is a fact; it only stops further admissions.
    """

    action = "ward.staff"

    ward_id: UUID
    staffed_beds: int
    at: datetime | None = None

    def scope(self, work: Work) -> Scope:
        return work.get(Ward, self.ward_id).scope

    def apply(self, work: Work) -> WardStaffing:
        ward = work.get(Ward, self.ward_id)
        _require_numbers(staffedBeds=self.staffed_beds)
        before = work.session.exec(
            select(WardStaffing).where(
                WardStaffing.ward_id == ward.id, col(WardStaffing.until).is_(None)
            )
        ).one()
        after = _staffing(work, ward, self.staffed_beds, happened(work, self.at))
        succeed(work, before, after)
        work.emit("StaffedBedsSet", ward.scope, ward=ward.id)
        return after


@dataclass(frozen=True, kw_only=True)
class AddRoom(Command[Room]):
    """Add a room to a ward."""

    action = "place.manage"

    ward_id: UUID
    code: str
    kind: RoomKind = RoomKind.BAY
    sex_policy: RoomSex = RoomSex.DYNAMIC
    equipment: tuple[str, ...] = ()

    def scope(self, work: Work) -> Scope:
        return work.get(Ward, self.ward_id).scope

    def apply(self, work: Work) -> Room:
        ward = work.get(Ward, self.ward_id)
        require_open(ward)
        require_code(self.code)
        if _taken(work, Room, Room.ward_id == ward.id, Room.code == self.code):
            raise _code_taken(self.code)
        room = store(work, Room(
            hospital_id=ward.hospital_id, ward_id=ward.id, code=self.code, kind=self.kind,
            sex_policy=self.sex_policy, equipment=sorted(set(self.equipment)),
        ))  # fmt: skip
        work.emit("RoomAdded", room.scope, room=room.id)
        return room


@dataclass(frozen=True, kw_only=True)
class UpdateRoom(Command[Room]):
    """Change a room's kind, sex policy or equipment. What is left out stays."""

    action = "place.manage"

    room_id: UUID
    kind: RoomKind | None = None
    sex_policy: RoomSex | None = None
    equipment: tuple[str, ...] | None = None
    version: int | None = None

    def scope(self, work: Work) -> Scope:
        return work.get(Room, self.room_id).scope

    def apply(self, work: Work) -> Room:
        room = work.get(Room, self.room_id)
        expect_version(room, self.version)
        replace_given(room, kind=self.kind, sex_policy=self.sex_policy)
        if self.equipment is not None:
            room.equipment = sorted(set(self.equipment))
        work.emit("RoomChanged", room.scope, room=room.id)
        return room


def require_code(code: str) -> None:
    """Raise Invalid unless the code is short, printable and without blanks at its ends."""
    if not (0 < len(code) <= CODE_LENGTH and code.isprintable() and code == code.strip()):
        raise Invalid(f"a code has 1 to {CODE_LENGTH} printable characters", field="code")


def require_open(ward: Ward) -> None:
    """Raise Conflict if the ward has been closed."""
    if ward.closed_at is not None:
        raise Conflict(f"the ward was closed at {ward.closed_at.isoformat()}",
                       reason="WARD_CLOSED", blocking=ward.id)  # fmt: skip


def replace_given(row: Row, **values: object) -> None:
    """Set the attributes whose new value is not None."""
    for name, value in values.items():
        if value is not None:
            setattr(row, name, value)


def _staffing(work: Work, ward: Ward, staffed_beds: int, since: datetime) -> WardStaffing:
    return WardStaffing(hospital_id=ward.hospital_id, ward_id=ward.id, since=since,
                        staffed_beds=staffed_beds, **recorded(work))  # fmt: skip


def _rank_specialties(work: Work, ward: Ward, ranks: Sequence[tuple[str, int]]) -> None:
    if len({name for name, _ in ranks}) != len(ranks):
        raise Invalid("name each specialty once", field="specialties")
    if any(not name or len(name) > CODE_LENGTH or not 1 <= rank <= 99 for name, rank in ranks):
        raise Invalid("a specialty has a code and a rank from 1 to 99", field="specialties")
    for old in work.session.exec(select(WardSpecialty).where(WardSpecialty.ward_id == ward.id)):
        work.session.delete(old)
    work.session.flush()
    for name, rank in ranks:
        work.add(WardSpecialty(hospital_id=ward.hospital_id, ward_id=ward.id, specialty=name,
                               rank=rank))  # fmt: skip


def _taken(work: Work, model: type[Row], *where: object) -> bool:
    return work.session.exec(select(model.id).where(*where)).first() is not None  # type: ignore[arg-type]  # SQLModel columns are typed as their values


def _code_taken(code: str) -> Conflict:
    return Conflict(f"the code {code} is in use here; choose another", reason="CODE_TAKEN",
                    field="code")  # fmt: skip


def _require_names(*names: str) -> None:
    if any(not 0 < len(name.strip()) <= 120 for name in names):
        raise Invalid("a name has 1 to 120 characters in each language", field="name")


def _require_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as unknown:
        raise Invalid("no such time zone; give an IANA name such as Asia/Shanghai",
                      field="timeZone") from unknown  # fmt: skip


def _require_numbers(**numbers: int) -> None:
    for name, number in numbers.items():
        if not 0 <= number <= 10_000:
            raise Invalid("give a number from 0 to 10000", field=name)


def _require_ages(low: int | None, high: int | None) -> None:
    given = [age for age in (low, high) if age is not None]
    if any(not 0 <= age <= 130 for age in given) or given != sorted(given):
        raise Invalid("ages are 0 to 130 years, the lower one first", field="minAge")
