"""Hospitals, wards and rooms in GraphQL."""

from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry

from api.connection import Connection, after_key, page_of, page_size
from api.mutation import mutation
from api.query import Reader, query
from api.sight import Sight, View, classified
from authz.classes import DataClass
from domain.places import queries
from domain.places.commands import (
    AddRoom,
    OpenHospital,
    OpenWard,
    SetStaffedBeds,
    UpdateRoom,
    UpdateWard,
)
from domain.places.model import (
    ApprovalMode,
    CareLevel,
    Hospital,
    Room,
    RoomKind,
    RoomSex,
    Ward,
    WardSex,
    WardStaffing,
)
from domain.places.reach import ward_in_reach

for _words in (ApprovalMode, CareLevel, RoomKind, RoomSex, WardSex):
    strawberry.enum(_words)


@classified(DataClass.GENERAL)
@strawberry.type
class Names:
    """A name in Chinese and in English."""

    zh: str
    en: str


@classified(DataClass.GENERAL)
@strawberry.type(name="Hospital")
class HospitalView(View):
    id: strawberry.ID
    code: str
    name: Names
    time_zone: str
    holiday_region: str | None
    latitude: float | None
    longitude: float | None
    approval_mode: ApprovalMode

    @classmethod
    def of(cls, row: Hospital, sight: Sight) -> Self:
        return cls(
            sight=sight, id=strawberry.ID(str(row.id)), code=row.code,
            name=Names(zh=row.name_zh, en=row.name_en), time_zone=row.time_zone,
            holiday_region=row.holiday_region, latitude=row.latitude, longitude=row.longitude,
            approval_mode=row.approval_mode,
        )  # fmt: skip


@classified(DataClass.GENERAL)
@strawberry.type(name="Ward")
class WardView(View):
    id: strawberry.ID
    hospital_id: strawberry.ID
    code: str
    name: Names
    care_level: CareLevel
    sex_policy: WardSex
    min_age: int | None
    max_age: int | None
    licensed_beds: int
    opened_at: datetime
    closed_at: datetime | None
    version: int

    @classmethod
    def of(cls, row: Ward, sight: Sight) -> Self:
        return cls(
            sight=sight,
            id=strawberry.ID(str(row.id)),
            hospital_id=strawberry.ID(str(row.hospital_id)),
            code=row.code,
            name=Names(zh=row.name_zh, en=row.name_en),
            care_level=row.care_level,
            sex_policy=row.sex_policy,
            min_age=row.min_age,
            max_age=row.max_age,
            licensed_beds=row.licensed_beds,
            opened_at=row.opened_at,
            closed_at=row.closed_at,
            version=row.version,
        )


@classified(DataClass.GENERAL)
@strawberry.type(name="Room")
class RoomView(View):
    id: strawberry.ID
    ward_id: strawberry.ID
    code: str
    kind: RoomKind
    sex_policy: RoomSex
    equipment: list[str]
    version: int

    @classmethod
    def of(cls, row: Room, sight: Sight) -> Self:
        return cls(
            sight=sight,
            id=strawberry.ID(str(row.id)),
            ward_id=strawberry.ID(str(row.ward_id)),
            code=row.code,
            kind=row.kind,
            sex_policy=row.sex_policy,
            equipment=list(row.equipment),
            version=row.version,
        )


@classified(DataClass.CAPACITY)
@strawberry.type(name="WardStaffing")
class StaffingView(View):
    """For how many beds a ward has staff, from a time on."""

    id: strawberry.ID
    ward_id: strawberry.ID
    staffed_beds: int
    since: datetime

    @classmethod
    def of(cls, row: WardStaffing, sight: Sight) -> Self:
        return cls(
            sight=sight,
            id=strawberry.ID(str(row.id)),
            ward_id=strawberry.ID(str(row.ward_id)),
            staffed_beds=row.staffed_beds,
            since=row.since,
        )


@strawberry.input
class SpecialtyRank:
    """A specialty whose patients a ward takes; rank 1 is the ward's own."""

    specialty: str
    rank: int


@strawberry.type
class PlaceQueries:
    @query("place.read")
    def hospitals(
        self, reader: Reader, first: int, after: str | None = None
    ) -> Connection[HospitalView]:
        """The hospitals of which the viewer sees at least a part, by id."""
        rows = queries.hospitals(
            reader.session, reader.scopes, after=after_key(after), limit=page_size(first) + 1
        )
        return page_of(
            rows, first, after, lambda row: HospitalView.of(row, reader.sight(row.scope))
        )

    @query("place.read")
    def wards(
        self,
        reader: Reader,
        first: int,
        after: str | None = None,
        hospital_id: UUID | None = None,
    ) -> Connection[WardView]:
        """Wards by id, closed ones too."""
        rows = queries.wards(
            reader.session, reader.scopes, hospital_id=hospital_id, after=after_key(after),
            limit=page_size(first) + 1,
        )  # fmt: skip
        return page_of(rows, first, after, lambda row: WardView.of(row, reader.sight(row.scope)))

    @query("place.read")
    def ward(self, reader: Reader, id: UUID) -> WardView:
        """One ward."""
        row = ward_in_reach(reader.session, reader.scopes, id)
        return WardView.of(row, reader.sight(row.scope))

    @query("place.read")
    def rooms(self, reader: Reader, ward_id: UUID) -> list[RoomView]:
        """The rooms of a ward, by code."""
        rows = queries.rooms(reader.session, reader.scopes, ward_id)
        return [RoomView.of(row, reader.sight(row.scope)) for row in rows]


@strawberry.type
class PlaceMutations:
    @mutation(returns=HospitalView)
    def open_hospital(
        self,
        code: str,
        name_zh: str,
        name_en: str,
        time_zone: str = "Asia/Shanghai",
        latitude: float | None = None,
        longitude: float | None = None,
        approval_mode: ApprovalMode = ApprovalMode.PEACETIME,
    ) -> OpenHospital:
        return OpenHospital(
            code=code, name_zh=name_zh, name_en=name_en, time_zone=time_zone, latitude=latitude,
            longitude=longitude, approval_mode=approval_mode,
        )  # fmt: skip

    @mutation(returns=WardView)
    def open_ward(
        self,
        hospital_id: UUID,
        code: str,
        name_zh: str,
        name_en: str,
        licensed_beds: int,
        staffed_beds: int,
        care_level: CareLevel = CareLevel.WARD,
        sex_policy: WardSex = WardSex.PER_ROOM,
        specialties: list[SpecialtyRank] | None = None,
        min_age: int | None = None,
        max_age: int | None = None,
        at: datetime | None = None,
    ) -> OpenWard:
        return OpenWard(
            hospital_id=hospital_id, code=code, name_zh=name_zh, name_en=name_en,
            licensed_beds=licensed_beds, staffed_beds=staffed_beds, care_level=care_level,
            sex_policy=sex_policy, specialties=_ranks(specialties), min_age=min_age,
            max_age=max_age, at=at,
        )  # fmt: skip

    @mutation(returns=WardView)
    def update_ward(
        self,
        ward_id: UUID,
        name_zh: str | None = None,
        name_en: str | None = None,
        sex_policy: WardSex | None = None,
        specialties: list[SpecialtyRank] | None = None,
        licensed_beds: int | None = None,
        version: int | None = None,
    ) -> UpdateWard:
        return UpdateWard(
            ward_id=ward_id, name_zh=name_zh, name_en=name_en, sex_policy=sex_policy,
            specialties=None if specialties is None else _ranks(specialties),
            licensed_beds=licensed_beds, version=version,
        )  # fmt: skip

    @mutation(returns=StaffingView)
    def set_staffed_beds(
        self, ward_id: UUID, staffed_beds: int, at: datetime | None = None
    ) -> SetStaffedBeds:
        return SetStaffedBeds(ward_id=ward_id, staffed_beds=staffed_beds, at=at)

    @mutation(returns=RoomView)
    def add_room(
        self,
        ward_id: UUID,
        code: str,
        kind: RoomKind = RoomKind.BAY,
        sex_policy: RoomSex = RoomSex.DYNAMIC,
        equipment: list[str] | None = None,
    ) -> AddRoom:
        return AddRoom(
            ward_id=ward_id, code=code, kind=kind, sex_policy=sex_policy,
            equipment=tuple(equipment or ()),
        )  # fmt: skip

    @mutation(returns=RoomView)
    def update_room(
        self,
        room_id: UUID,
        kind: RoomKind | None = None,
        sex_policy: RoomSex | None = None,
        equipment: list[str] | None = None,
        version: int | None = None,
    ) -> UpdateRoom:
        return UpdateRoom(
            room_id=room_id, kind=kind, sex_policy=sex_policy,
            equipment=None if equipment is None else tuple(equipment), version=version,
        )  # fmt: skip


def _ranks(given: list[SpecialtyRank] | None) -> tuple[tuple[str, int], ...]:
    return tuple((one.specialty, one.rank) for one in given or ())
