"""What patients would like of a bed, and what wards offer of it, in GraphQL."""

from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry

from api.limits import AT_MOST
from api.mutation import mutation
from api.query import Reader, query
from api.sight import Sight, View, classified, shows
from authz.classes import DataClass
from domain.patients import queries
from domain.patients.describing import MOST_DISTRICTS, DescribeWard
from domain.patients.preference_model import PlacementPreference, RoomWish
from domain.patients.preferring import StatePreferences, present_preference
from domain.places.ward_profile import WardProfile, profile_in_reach

strawberry.enum(RoomWish)


@strawberry.input
class TravelInput:
    """How many minutes families travel from a district, by its code."""

    district: str
    minutes: int


@classified(DataClass.BED)
@strawberry.type
class TravelTime:
    district: str
    minutes: int


@classified(DataClass.PLACEMENT)
@strawberry.type(name="PlacementPreference")
class PreferenceView(View):
    """What a patient would like of a bed; it weighs apart from needs and never above one."""

    id: strawberry.ID = shows(DataClass.GENERAL)
    encounter_id: strawberry.ID = shows(DataClass.GENERAL)
    version: int = shows(DataClass.GENERAL)
    room_wish: RoomWish | None
    languages: list[str] | None
    nurse_sex: str | None
    family_district: str | None
    family_minutes: int | None
    since: datetime | None

    @classmethod
    def of(cls, row: PlacementPreference, sight: Sight) -> Self:
        return cls(
            sight=sight,
            subject=row.subject,
            id=strawberry.ID(str(row.id)),
            encounter_id=strawberry.ID(str(row.encounter_id)),
            version=row.version,
            room_wish=row.room,
            languages=list(row.languages),
            nurse_sex=row.nurse_sex,
            family_district=row.family_district,
            family_minutes=row.family_minutes,
            since=row.since,
        )


@classified(DataClass.BED)
@strawberry.type(name="WardProfile")
class WardProfileView(View):
    """What a ward offers that patients wish for. What is not stated is promised to nobody."""

    id: strawberry.ID = shows(DataClass.GENERAL)
    ward_id: strawberry.ID
    languages: list[str]
    nurse_sexes: list[str]
    travel: list[TravelTime] = strawberry.field(metadata={AT_MOST: MOST_DISTRICTS})

    @classmethod
    def of(cls, row: WardProfile, sight: Sight) -> Self:
        return cls(
            sight=sight,
            id=strawberry.ID(str(row.id)),
            ward_id=strawberry.ID(str(row.ward_id)),
            languages=list(row.languages),
            nurse_sexes=list(row.nurse_sexes),
            travel=[TravelTime(district=d, minutes=m) for d, m in sorted(row.travel_min.items())],
        )


@strawberry.type
class PreferenceQueries:
    @query("encounter.read")
    def placement_preference(self, reader: Reader, encounter_id: UUID) -> PreferenceView | None:
        """What a patient would like of a bed now; null where nothing was stated."""
        owner = queries.encounter(reader.session, reader.scopes, encounter_id)
        row = present_preference(reader.session, encounter_id)
        if row is None or owner is None:
            return None
        return PreferenceView.of(row, reader.sight(owner.scope, owner.subject))

    @query("place.read")
    def ward_profile(self, reader: Reader, ward_id: UUID) -> WardProfileView | None:
        """What a ward offers that patients wish for; null where nothing was stated."""
        row = profile_in_reach(reader.session, reader.scopes, ward_id)
        return WardProfileView.of(row, reader.sight(row.scope)) if row else None


@strawberry.type
class PreferenceMutations:
    @mutation(returns=PreferenceView)
    def state_preferences(
        self,
        encounter_id: UUID,
        room_wish: RoomWish = RoomWish.NONE,
        languages: list[str] | None = None,
        nurse_sex: str | None = None,
        family_district: str | None = None,
        family_minutes: int | None = None,
        at: datetime | None = None,
        version: int | None = None,
    ) -> StatePreferences:
        return StatePreferences(
            encounter_id=encounter_id, room_wish=room_wish, languages=tuple(languages or ()),
            nurse_sex=nurse_sex, family_district=family_district, family_minutes=family_minutes,
            at=at, version=version,
        )  # fmt: skip

    @mutation(returns=WardProfileView)
    def describe_ward(
        self,
        ward_id: UUID,
        languages: list[str] | None = None,
        nurse_sexes: list[str] | None = None,
        travel: list[TravelInput] | None = None,
    ) -> DescribeWard:
        return DescribeWard(
            ward_id=ward_id, languages=tuple(languages or ()),
            nurse_sexes=tuple(nurse_sexes or ()),
            travel=tuple((each.district, each.minutes) for each in travel or ()),
        )  # fmt: skip
