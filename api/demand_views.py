"""What GraphQL shows of demand: quantiles of patients beside the beds and nurses there are."""

from collections.abc import Callable
from datetime import datetime
from typing import Self

import strawberry

from api.bed_views import maybe_id
from api.forecast_views import Quantiles, quantiles
from api.limits import AT_MOST
from api.places import Names
from api.sight import CLASS, Sight, View, classified, shows
from authz.classes import DataClass
from domain.demand.nurses import Nurses
from domain.demand.queries import MOST_STEPS, Demand, DemandStep, HospitalDemand
from kit.work import Scope


@classified(DataClass.CAPACITY)
@strawberry.type
class NurseDemand:
    """Nurses on duty at the same time; `registered` are among them."""

    nurses: int
    registered: int

    @classmethod
    def of(cls, needed: Nurses | None) -> Self | None:
        if needed is None:
            return None
        return cls(nurses=needed.all, registered=needed.registered)


@classified(DataClass.CAPACITY)
@strawberry.type
class DemandDay:
    """One day of the hospital's calendar; `patients` are in bed when it ends.

    `short` says how many staffed beds are missing at the median, `shortHigh80` at the upper end
    of the 80 % interval; `nurses` and `nursesHigh80` go by the ward's ratio.
    """

    since: datetime
    until: datetime
    patients: Quantiles
    arrivals: Quantiles | None
    short: float
    short_high80: float
    nurses: NurseDemand | None
    nurses_high80: NurseDemand | None

    @classmethod
    def of(cls, step: DemandStep) -> Self:
        return cls(
            since=step.since, until=step.until, patients=quantiles(step.patients),
            arrivals=None if step.arrivals is None else quantiles(step.arrivals),
            short=step.short, short_high80=step.short_high, nurses=NurseDemand.of(step.nurses),
            nurses_high80=NurseDemand.of(step.nurses_high),
        )  # fmt: skip


@classified(DataClass.CAPACITY)
@strawberry.type
class PlaceDemand(View):
    """What a ward or hospital will need. Without a forecast `days` is empty.

    `runsShort` is the end of the first day on which staffed beds are missing at the median,
    `runsShortHigh80` at the upper end of the 80 % interval; null where that is not foreseen.
    """

    hospital_id: strawberry.ID | None = shows(DataClass.GENERAL)
    ward_id: strawberry.ID | None = shows(DataClass.GENERAL)
    code: str = shows(DataClass.GENERAL)
    name: Names = shows(DataClass.GENERAL)
    licensed_beds: int
    staffed_beds: int
    patients_per_nurse: int | None
    ratio_source: str | None
    forecast_id: strawberry.ID | None = shows(DataClass.GENERAL)
    model: str | None
    source: str
    as_of: datetime | None
    age_seconds: int | None
    stale: bool
    runs_short: datetime | None
    runs_short_high80: datetime | None
    days: list[DemandDay] = strawberry.field(
        metadata={CLASS: DataClass.CAPACITY, AT_MOST: MOST_STEPS}
    )

    @classmethod
    def of(cls, found: Demand, sight: Sight) -> Self:
        forecast, ratio = found.forecast, found.ratio
        age = None if forecast is None else forecast.age
        return cls(
            sight=sight, hospital_id=maybe_id(found.place.hospital_id),
            ward_id=maybe_id(found.place.ward_id), code=found.code,
            name=Names(zh=found.name_zh, en=found.name_en), licensed_beds=found.beds.licensed,
            staffed_beds=found.beds.staffed,
            patients_per_nurse=None if ratio is None else ratio.patients_per_nurse,
            ratio_source=None if ratio is None else ratio.source,
            forecast_id=None if forecast is None else maybe_id(forecast.row.id),
            model=None if forecast is None else forecast.row.model, source="FORECAST",
            as_of=None if forecast is None else forecast.row.as_of,
            age_seconds=None if age is None else int(age.total_seconds()),
            stale=forecast is None or forecast.stale, runs_short=found.runs_short(high=False),
            runs_short_high80=found.runs_short(high=True),
            days=[DemandDay.of(step) for step in found.steps],
        )  # fmt: skip


@classified(DataClass.CAPACITY)
@strawberry.type(name="HospitalDemand")
class HospitalDemandView:
    """A hospital as a whole, and its open wards by code."""

    hospital: PlaceDemand
    wards: list[PlaceDemand]

    @classmethod
    def of(cls, found: HospitalDemand, sight: Callable[[Scope], Sight]) -> Self:
        return cls(
            hospital=PlaceDemand.of(found.hospital, sight(found.hospital.place.scope)),
            wards=[PlaceDemand.of(ward, sight(ward.place.scope)) for ward in found.wards],
        )
