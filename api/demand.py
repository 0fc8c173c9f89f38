"""Demand in GraphQL: beds and nurses by ward, patients by hospital."""

from datetime import datetime
from uuid import UUID

import strawberry

from api.demand_views import HospitalDemandView, PlaceDemand
from api.query import Reader, query
from domain.demand.queries import MOST_STEPS, hospital_demand, network_demand
from kit.errors import Invalid, NotFound
from kit.work import Scope


@strawberry.type
class DemandQueries:
    @query("forecast.read")
    def demand(
        self, reader: Reader, hospital_id: UUID, horizon: int = 7, as_of: datetime | None = None
    ) -> HospitalDemandView:
        """What a hospital and each of its wards will need, from the newest forecasts of then."""
        found = hospital_demand(reader.session, reader.scopes, hospital_id, _days(horizon),
                                _moment(as_of, reader.now), reader.now)  # fmt: skip
        return HospitalDemandView.of(found, reader.sight)

    @query("forecast.read")
    def network_demand(
        self, reader: Reader, horizon: int = 7, as_of: datetime | None = None
    ) -> list[PlaceDemand]:
        """Patients by hospital, of every hospital that the viewer sees all of; at most 100."""
        if not reader.scopes:
            raise NotFound("no network that you may see")
        found = network_demand(reader.session, reader.scopes, _days(horizon),
                               _moment(as_of, reader.now), reader.now)  # fmt: skip
        return [PlaceDemand.of(one, reader.sight(Scope(one.place.hospital_id))) for one in found]


def _days(horizon: int) -> int:
    if not 1 <= horizon <= MOST_STEPS:
        raise Invalid(f"ask for 1 to {MOST_STEPS} days", reason="FORECAST_HORIZON",
                      field="horizon")  # fmt: skip
    return horizon


def _moment(given: datetime | None, now: datetime) -> datetime:
    if given is None:
        return now
    if given.tzinfo is None:
        raise Invalid("a time needs a zone; send it with an offset", field="asOf")
    return given
