"""Readings in GraphQL: over time, the newest, live; the catalogue, its limits, and retention."""

from datetime import datetime, timedelta
from functools import reduce
from uuid import UUID

import strawberry

from api.bed_views import maybe_id
from api.mutation import mutation
from api.query import Reader, query
from api.reading_views import (
    LatestReading,
    MetricLimitView,
    MetricView,
    ReadingRetentionView,
    ReadingSeries,
    ReadingsEvent,
)
from api.subscription import Topic, subscription
from domain.devices.model import DeviceKind
from domain.readings.latest import latest
from domain.readings.limits import SetMetricLimit
from domain.readings.metrics import catalogue, metric_named
from domain.readings.retention import KeepReadingsFor
from domain.readings.series import series
from domain.readings.whose import Whose, common, of_bed, of_device, of_encounter
from kit.clock import microseconds
from kit.errors import Invalid

AHEAD = timedelta(hours=1)  # the furthest that a reading is stored before its time
USUAL_SPAN = timedelta(days=1)
LATEST_SPAN = timedelta(days=2)  # an older value is history, not the latest


def whose_readings(
    reader: Reader, device_id: UUID | None, bed_id: UUID | None, encounter_id: UUID | None,
    since: datetime, until: datetime,
) -> Whose:  # fmt: skip
    """Whose readings are meant. Raises NotFound out of reach, Invalid where nothing is named."""
    if since.tzinfo is None or until.tzinfo is None:
        raise Invalid("a time needs a zone; send it with an offset", field="since")
    if since >= until:
        raise Invalid("the time asked for ends before it begins", field="until")
    asked = ((of_device, device_id), (of_bed, bed_id), (of_encounter, encounter_id))
    found = [ask(reader.session, reader.scopes, key, since, until) for ask, key in asked if key]
    if not found:
        raise Invalid("give a device, a bed or an encounter", field="deviceId")
    return reduce(common, found)


def _now(reader: Reader, device_id: UUID | None, bed_id: UUID | None) -> Whose:
    now = reader.now
    return whose_readings(reader, device_id, bed_id, None, now - LATEST_SPAN, now + AHEAD)


def _topics(
    reader: Reader, device_id: UUID | None = None, bed_id: UUID | None = None,
    after: str | None = None,
) -> tuple[Topic, ...]:  # fmt: skip
    # Any change of the ward: who lies there decides whose values these are.
    return (Topic(_now(reader, device_id, bed_id).scope),)


def _latest(reader: Reader, whose: Whose) -> list[LatestReading]:
    sight = reader.sight(whose.scope, whose.subject)
    return [LatestReading.of(one, whose, sight) for one in latest(reader.session, whose)]


@strawberry.type
class ReadingQueries:
    @query("reading.read")
    def device_readings(
        self,
        reader: Reader,
        metric: str,
        device_id: UUID | None = None,
        bed_id: UUID | None = None,
        encounter_id: UUID | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        max_points: int = 1000,
    ) -> ReadingSeries:
        """One metric over time, of a device, a bed or an encounter; the last day if not said.

        Given two of them, what is of both. At most 1,000 points; the server chooses their width.
        Of a bed, and of a device at one, only what belongs to the patient who lies there now; of
        a free one what belongs to nobody.
        """
        end = until or reader.now + AHEAD
        whose = whose_readings(
            reader, device_id, bed_id, encounter_id, since or end - USUAL_SPAN, end
        )
        found = series(reader.session, whose, metric_named(metric), microseconds(reader.now),
                       max_points)  # fmt: skip
        sight = reader.sight(whose.scope, whose.subject)
        return ReadingSeries.of(found, whose, reader.now, sight)

    @query("reading.read", at_most=40)
    def latest_readings(
        self, reader: Reader, device_id: UUID | None = None, bed_id: UUID | None = None
    ) -> list[LatestReading]:
        """The newest value of every metric of a device, or of the patient in a bed."""
        return _latest(reader, _now(reader, device_id, bed_id))

    @query("place.read", at_most=100)
    def metrics(self, reader: Reader) -> list[MetricView]:
        """The catalogue of metrics: codes, units, names and limits."""
        scope = reader.scopes[0] if reader.scopes else None
        if scope is None:
            return []
        return [MetricView.of(metric, reader.sight(scope)) for metric in catalogue().values()]


@strawberry.type
class ReadingMutations:
    @mutation(returns=MetricLimitView)
    def set_metric_limit(
        self,
        hospital_id: UUID,
        metric: str,
        low: float,
        high: float,
        soft_low: float | None = None,
        soft_high: float | None = None,
        device_kind: DeviceKind | None = None,
    ) -> SetMetricLimit:
        return SetMetricLimit(
            hospital_id=hospital_id, metric=metric, low=low, high=high, soft_low=soft_low,
            soft_high=soft_high, device_kind=device_kind,
        )  # fmt: skip

    @mutation(returns=ReadingRetentionView)
    def keep_readings_for(self, resolution_s: int, days: int) -> KeepReadingsFor:
        return KeepReadingsFor(resolution_s=resolution_s, days=days)


@strawberry.type
class ReadingSubscriptions:
    @subscription("reading.read", topics=_topics)
    def device_readings(
        self,
        reader: Reader,
        device_id: UUID | None = None,
        bed_id: UUID | None = None,
        after: str | None = None,
    ) -> ReadingsEvent:
        """The newest values of a device or of the patient in a bed, now and as they change."""
        whose = _now(reader, device_id, bed_id)
        hospital = whose.scope.hospital
        assert hospital is not None  # noqa: S101 - beds and devices are in one
        return ReadingsEvent(
            sight=reader.sight(whose.scope, whose.subject),
            cursor=reader.context.app.feed.cursor(reader.session, hospital),
            as_of=reader.now,
            encounter_id=maybe_id(whose.encounter_id),
            readings=_latest(reader, whose),
        )
