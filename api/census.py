"""How full a ward is, in GraphQL."""

from datetime import datetime
from typing import Self

import strawberry

from api.sight import Sight, View, classified
from authz.classes import DataClass
from domain.beds.shown import Census


@classified(DataClass.CAPACITY)
@strawberry.type(name="WardCensus")
class CensusView(View):
    """How full a ward is. `source` is LIVE or HISTORY; `readyNow` never exceeds the staff."""

    as_of: datetime
    source: str
    hospital_id: strawberry.ID
    ward_id: strawberry.ID
    licensed_beds: int
    staffed_beds: int
    occupied: int
    held: int
    ready_now: int
    cleaning: int
    blocked: int

    @classmethod
    def of(cls, census: Census, sight: Sight) -> Self:
        return cls(
            sight=sight,
            as_of=census.as_of,
            source=census.source,
            hospital_id=strawberry.ID(str(census.hospital_id)),
            ward_id=strawberry.ID(str(census.ward_id)),
            licensed_beds=census.licensed_beds,
            staffed_beds=census.staffed_beds,
            occupied=census.occupied,
            held=census.held,
            ready_now=census.ready_now,
            cleaning=census.cleaning,
            blocked=census.blocked,
        )
