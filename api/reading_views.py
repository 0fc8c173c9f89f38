"""What GraphQL shows of readings: clinical values of whoever lay in the bed when they were made."""

from datetime import datetime, timedelta
from typing import Self

import strawberry

from api.bed_views import as_id, maybe_id
from api.sight import Sight, View, classified, shows
from authz.classes import DataClass
from domain.readings.latest import Latest
from domain.readings.metrics import Metric
from domain.readings.model import ANY_KIND, MetricLimit, ReadingRetention
from domain.readings.quality import Quality
from domain.readings.series import Series
from domain.readings.whose import Whose
from kit.clock import EPOCH


def moment(us: int) -> datetime:
    return EPOCH + timedelta(microseconds=us)


def flags(quality: int) -> str:
    """The codes of `Quality`, with spaces between; empty where nothing is odd."""
    return " ".join(str(flag.name) for flag in Quality(quality))


@classified(DataClass.CLINICAL)
@strawberry.type
class ReadingSeries(View):
    """Readings over time in columns of equal length: a value each, or one bucket each.

    `widthS` 0: the readings themselves; else `at` is the beginning of a bucket so wide. Gaps
    stay gaps; `completeness` says how much of what was to be expected is there.
    `flags` are codes: LATE, SKEWED, SOFT_HIGH and so on; they are known of readings only.
    """

    metric: str = shows(DataClass.GENERAL)
    name_zh: str = shows(DataClass.GENERAL)
    name_en: str = shows(DataClass.GENERAL)
    unit: str = shows(DataClass.GENERAL, "a UCUM code")
    as_of: datetime = shows(DataClass.GENERAL)
    width_s: int = shows(DataClass.GENERAL)
    encounter_id: strawberry.ID | None = shows(DataClass.PLACEMENT)
    at: list[datetime] | None
    count: list[int] | None
    low: list[float] | None
    high: list[float] | None
    mean: list[float] | None
    last: list[float] | None
    flags: list[str] | None
    completeness_of: list[float] | None
    completeness: float | None

    @classmethod
    def of(cls, found: Series, whose: Whose, now: datetime, sight: Sight) -> Self:
        points, metric = found.points, found.metric
        return cls(
            sight=sight,
            subject=whose.subject,
            metric=metric.code,
            name_zh=metric.name_zh,
            name_en=metric.name_en,
            unit=metric.unit,
            as_of=now,
            width_s=found.width_s,
            encounter_id=maybe_id(whose.encounter_id),
            at=[moment(point.at) for point in points],
            count=[point.count for point in points],
            low=[point.min for point in points],
            high=[point.max for point in points],
            mean=[point.mean for point in points],
            last=[point.last for point in points],
            flags=[flags(point.quality) for point in points],
            completeness_of=[found.completeness_of(point) for point in points],
            completeness=found.completeness,
        )


@classified(DataClass.CLINICAL)
@strawberry.type
class LatestReading(View):
    """The newest value of one metric. `at` is by the device's clock, `receivedAt` by ours."""

    device_id: strawberry.ID = shows(DataClass.GENERAL)
    metric: str = shows(DataClass.GENERAL)
    name_zh: str = shows(DataClass.GENERAL)
    name_en: str = shows(DataClass.GENERAL)
    unit: str = shows(DataClass.GENERAL, "a UCUM code")
    value: float | None
    at: datetime | None
    received_at: datetime | None
    flags: str | None

    @classmethod
    def of(cls, found: Latest, whose: Whose, sight: Sight) -> Self:
        return cls(
            sight=sight,
            subject=whose.subject,
            device_id=as_id(found.device_id),
            metric=found.metric.code,
            name_zh=found.metric.name_zh,
            name_en=found.metric.name_en,
            unit=found.metric.unit,
            value=round(found.value, 6),
            at=moment(found.at),
            received_at=moment(found.received),
            flags=flags(found.quality),
        )


@classified(DataClass.CLINICAL)
@strawberry.type
class ReadingsEvent(View):
    """The newest values, and the cursor from which a later subscription goes on."""

    cursor: str = shows(DataClass.GENERAL)
    as_of: datetime = shows(DataClass.GENERAL)
    encounter_id: strawberry.ID | None = shows(DataClass.PLACEMENT)
    readings: list[LatestReading] = shows(DataClass.GENERAL)


@classified(DataClass.GENERAL)
@strawberry.type(name="Metric")
class MetricView(View):
    """A metric of the catalogue. Beyond `low` and `high` a value is refused as impossible."""

    code: str
    unit: str
    name_zh: str
    name_en: str
    loinc: list[str]
    mdc: list[str]
    aliases: list[str]
    low: float
    high: float
    soft_low: float | None
    soft_high: float | None

    @classmethod
    def of(cls, metric: Metric, sight: Sight) -> Self:
        limits = metric.limits
        return cls(
            sight=sight, code=metric.code, unit=metric.unit, name_zh=metric.name_zh,
            name_en=metric.name_en, loinc=list(metric.loinc), mdc=list(metric.mdc),
            aliases=list(metric.aliases), low=limits.low, high=limits.high,
            soft_low=limits.soft_low, soft_high=limits.soft_high,
        )  # fmt: skip


@classified(DataClass.DEVICE)
@strawberry.type(name="MetricLimit")
class MetricLimitView(View):
    """A hospital's own limits of a metric, in its canonical unit. `deviceKind` null: of any."""

    id: strawberry.ID
    hospital_id: strawberry.ID
    metric: str
    device_kind: str | None
    low: float
    high: float
    soft_low: float | None
    soft_high: float | None
    version: int

    @classmethod
    def of(cls, row: MetricLimit, sight: Sight) -> Self:
        return cls(
            sight=sight, id=as_id(row.id), hospital_id=as_id(row.hospital_id), metric=row.metric,
            device_kind=None if row.device_kind == ANY_KIND else row.device_kind, low=row.low,
            high=row.high, soft_low=row.soft_low, soft_high=row.soft_high, version=row.version,
        )  # fmt: skip


@classified(DataClass.DEVICE)
@strawberry.type(name="ReadingRetention")
class ReadingRetentionView(View):
    """For how many days readings (0) or rollups of so many seconds are kept."""

    resolution_s: int = shows(DataClass.GENERAL)
    days: int = shows(DataClass.GENERAL)

    @classmethod
    def of(cls, row: ReadingRetention, sight: Sight) -> Self:
        return cls(sight=sight, resolution_s=row.resolution, days=row.days)
