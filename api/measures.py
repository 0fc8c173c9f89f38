"""Measures in GraphQL: of an interval, over time, and what was unusual.

Without ids a field is about the whole network; `wardId` is narrower than `hospitalId`.
"""

from datetime import datetime
from uuid import UUID

import strawberry

from api.limits import AT_MOST
from api.measures_views import AnomaliesView, MeasureView, OccupancyHistory
from api.query import Reader, query
from authz.classes import DataClass
from domain.measures.anomalies import SeriesName, anomalies
from domain.measures.formulas import MeasureName
from domain.measures.history import Sampling, occupancy_history
from domain.measures.interval import Figure, figures


@strawberry.type
class MeasureQueries:
    @query("capacity.read")
    def occupancy_history(
        self,
        reader: Reader,
        since: datetime,
        until: datetime,
        hospital_id: UUID | None = None,
        ward_id: UUID | None = None,
        sampling: Sampling = Sampling.TIME,
    ) -> OccupancyHistory:
        """How full a place was, as far as is known today, in steps that the server chooses."""
        found = occupancy_history(reader.session, reader.scopes, hospital_id, ward_id, since,
                                  until, reader.now, sampling)  # fmt: skip
        return OccupancyHistory.of(found)

    @query("capacity.read", **{AT_MOST: len(MeasureName)})
    def measures(
        self,
        reader: Reader,
        since: datetime,
        until: datetime,
        hospital_id: UUID | None = None,
        ward_id: UUID | None = None,
        names: list[MeasureName] | None = None,
    ) -> list[MeasureView]:
        """Measures of an interval, each with its formula; all of them where none is named."""
        found = figures(reader.session, reader.scopes, hospital_id, ward_id, since, until,
                        reader.now, names or tuple(MeasureName))  # fmt: skip
        return [MeasureView.of(_as_allowed(reader, figure)) for figure in found]

    @query("capacity.read")
    def anomalies(
        self,
        reader: Reader,
        series: SeriesName,
        since: datetime,
        until: datetime,
        hospital_id: UUID | None = None,
        ward_id: UUID | None = None,
    ) -> AnomaliesView:
        """Which hours were unusual for their hour of the week; at most 1,000 hours."""
        found = anomalies(reader.session, reader.scopes, hospital_id, ward_id, series, since, until,
                          reader.now)  # fmt: skip
        return AnomaliesView.of(found)


def _as_allowed(reader: Reader, figure: Figure) -> Figure:
    """Who may not see beds one by one is not told of very few patients either."""
    if DataClass.BED in reader.sight(figure.place.scope).classes:
        return figure
    return figure.for_aggregates_only()
