"""Forecasts in GraphQL: ask for one, read the newest as of any time, hear of a new one."""

from datetime import datetime
from uuid import UUID

import strawberry

from api.connection import Connection, after_key, page_of, page_size
from api.forecast_views import ForecastRequest, ForecastView
from api.mutation import mutation
from api.places import HospitalView
from api.query import Reader, query
from api.subscription import Topic, subscription
from domain.devices.model import DeviceKind
from domain.forecasts import queries
from domain.forecasts.commands import RequestForecast
from domain.forecasts.history import What
from domain.forecasts.region import SetHolidayRegion
from domain.forecasts.series import Step
from domain.forecasts.words import ForecastMeasure
from domain.measures.place import Place, place_in_reach
from domain.patients.model import EncounterClass
from kit.errors import Invalid

FORECAST_EVENTS = frozenset(
    {"ForecastMade", "ForecastFailed", "ForecastFellBack", "ForecastCameBack", "ForecastDrifted"}
)


@strawberry.type
class ForecastQueries:
    @query("forecast.read")
    def forecast(
        self,
        reader: Reader,
        measure: ForecastMeasure,
        hospital_id: UUID | None = None,
        ward_id: UUID | None = None,
        step: Step = Step.DAY,
        horizon: int | None = None,
        encounter_class: EncounterClass | None = None,
        specialty: str | None = None,
        device_kind: DeviceKind | None = None,
        as_of: datetime | None = None,
    ) -> ForecastView | None:
        """The newest forecast that one could know at `asOf`; null where there was none.

        `horizon` shows that many of its steps. `wardId` is narrower than `hospitalId`.
        """
        what = What(measure, encounter_class, specialty, device_kind)
        place = _place(reader, hospital_id, ward_id)
        found = queries.newest(
            reader.session, reader.scopes, place, what, step, _moment(as_of, reader.now),
            reader.now,
        )  # fmt: skip
        return None if found is None else ForecastView.of(
            found, reader.sight(found.row.scope), _steps(horizon)
        )  # fmt: skip

    @query("forecast.read")
    def forecasts(
        self,
        reader: Reader,
        hospital_id: UUID,
        first: int,
        after: str | None = None,
        ward_id: UUID | None = None,
        measure: ForecastMeasure | None = None,
    ) -> Connection[ForecastView]:
        """A hospital's forecasts in the order of asking, those under way and failed ones too."""
        rows = queries.forecasts(
            reader.session, reader.scopes, hospital_id, reader.now, ward_id=ward_id,
            measure=measure, after=after_key(after), limit=page_size(first) + 1,
        )  # fmt: skip
        return page_of(
            rows, first, after, lambda one: ForecastView.of(one, reader.sight(one.row.scope))
        )


@strawberry.type
class ForecastMutations:
    @mutation(returns=HospitalView)
    def set_holiday_region(self, hospital_id: UUID, region: str | None = None) -> SetHolidayRegion:
        return SetHolidayRegion(hospital_id=hospital_id, region=region)

    @mutation(returns=ForecastRequest)
    def request_forecast(
        self,
        hospital_id: UUID,
        measure: ForecastMeasure,
        ward_id: UUID | None = None,
        step: Step = Step.DAY,
        horizon: int | None = None,
        encounter_class: EncounterClass | None = None,
        specialty: str | None = None,
        device_kind: DeviceKind | None = None,
        keep_up: bool = False,
    ) -> RequestForecast:
        return RequestForecast(
            hospital_id=hospital_id, ward_id=ward_id, measure=measure, step=step, horizon=horizon,
            encounter_class=encounter_class, specialty=specialty, device_kind=device_kind,
            keep_up=keep_up,
        )  # fmt: skip


def _topics(
    reader: Reader, measure: ForecastMeasure, hospital_id: UUID | None = None,
    ward_id: UUID | None = None, step: Step = Step.DAY,
) -> tuple[Topic, ...]:  # fmt: skip
    return (Topic(_place(reader, hospital_id, ward_id).scope, FORECAST_EVENTS),)


@strawberry.type
class ForecastSubscriptions:
    @subscription("forecast.read", topics=_topics)
    def forecast_changed(
        self,
        reader: Reader,
        measure: ForecastMeasure,
        hospital_id: UUID | None = None,
        ward_id: UUID | None = None,
        step: Step = Step.DAY,
    ) -> ForecastView | None:
        """The newest forecast of a place, now and whenever another one was made."""
        place = _place(reader, hospital_id, ward_id)
        found = queries.newest(reader.session, reader.scopes, place, What(measure), step,
                               reader.now, reader.now)  # fmt: skip
        return None if found is None else ForecastView.of(found, reader.sight(found.row.scope))


def _place(reader: Reader, hospital_id: UUID | None, ward_id: UUID | None) -> Place:
    """Raises Invalid where neither is named, and NotFound."""
    if hospital_id is None and ward_id is None:
        raise Invalid("name a hospital or a ward", reason="PLACE_MISSING", field="hospitalId")
    return place_in_reach(reader.session, reader.scopes, hospital_id, ward_id)


def _moment(given: datetime | None, now: datetime) -> datetime:
    if given is None:
        return now
    if given.tzinfo is None:
        raise Invalid("a time needs a zone; send it with an offset", field="asOf")
    return given


def _steps(horizon: int | None) -> int | None:
    if horizon is not None and horizon < 1:
        raise Invalid("a horizon is of 1 step at least", reason="FORECAST_HORIZON",
                      field="horizon")  # fmt: skip
    return horizon
