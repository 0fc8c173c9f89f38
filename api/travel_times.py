"""Measured ways between hospitals in GraphQL."""

from typing import Self
from uuid import UUID

import strawberry

from api.limits import AT_MOST
from api.mutation import mutation
from api.query import Reader, query
from api.sight import Sight, View, classified
from authz.classes import DataClass
from domain.transfers.model import TravelTime
from domain.transfers.ways import SetTravelTime, travel_times


@classified(DataClass.GENERAL)
@strawberry.type(name="TransportTime")
class TravelTimeView(View):
    """How many minutes a transport takes from one hospital to another; null: estimated."""

    hospital_id: strawberry.ID
    to_hospital_id: strawberry.ID
    minutes: int | None

    @classmethod
    def of(cls, row: TravelTime, sight: Sight) -> Self:
        return cls(
            sight=sight,
            hospital_id=strawberry.ID(str(row.hospital_id)),
            to_hospital_id=strawberry.ID(str(row.to_hospital_id)),
            minutes=row.minutes,
        )


@strawberry.type
class TravelTimeQueries:
    @query("transfer_plan.read", **{AT_MOST: 500})
    def travel_times(self, reader: Reader, hospital_id: UUID) -> list[TravelTimeView]:
        """The measured ways from a hospital; all others are estimated."""
        rows = travel_times(reader.session, reader.scopes, hospital_id)
        return [TravelTimeView.of(row, reader.sight(row.scope)) for row in rows]


@strawberry.type
class TravelTimeMutations:
    @mutation(returns=TravelTimeView)
    def set_travel_time(
        self, hospital_id: UUID, to_hospital_id: UUID, minutes: int | None = None
    ) -> SetTravelTime:
        return SetTravelTime(
            hospital_id=hospital_id, to_hospital_id=to_hospital_id, minutes=minutes
        )
