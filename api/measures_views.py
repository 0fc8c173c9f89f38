"""What GraphQL shows of measures, of how full a place was, and of what was unusual."""

from datetime import datetime
from typing import Self

import strawberry

from api.bed_views import maybe_id
from api.limits import AT_MOST
from api.places import Names
from api.sight import CLASS, classified
from authz.classes import DataClass
from domain.measures.anomalies import Anomalies, AnomalyPoint, SeriesName
from domain.measures.formulas import MeasureName
from domain.measures.history import History, OccupancyPoint, Sampling
from domain.measures.interval import Figure, Lack
from domain.measures.steps import MOST_POINTS

for _words in (Lack, MeasureName, Sampling, SeriesName):
    strawberry.enum(_words)


@classified(DataClass.CAPACITY)
@strawberry.type(name="OccupancyPoint")
class OccupancyPointView:
    """One step: mean numbers of beds. `percent` is null where no bed was open.

    `complete` is the share of the step of which anything is known; 0 is a gap, and stays one.
    """

    since: datetime
    until: datetime
    occupied: float
    open: float
    staffed: float
    percent: float | None
    complete: float

    @classmethod
    def of(cls, point: OccupancyPoint) -> Self:
        return cls(
            since=point.since, until=point.until, occupied=point.occupied, open=point.open,
            staffed=point.staffed, percent=point.percent, complete=point.complete,
        )  # fmt: skip


@classified(DataClass.CAPACITY)
@strawberry.type
class OccupancyHistory:
    """How full a place was, in at most 1,000 steps of `stepSeconds` that the server chose."""

    hospital_id: strawberry.ID | None
    ward_id: strawberry.ID | None
    as_of: datetime
    source: str
    formula: str
    unit: str
    sampling: Sampling
    time_zone: str
    step_seconds: int
    points: list[OccupancyPointView] = strawberry.field(
        metadata={CLASS: DataClass.CAPACITY, AT_MOST: MOST_POINTS}
    )

    @classmethod
    def of(cls, found: History) -> Self:
        return cls(
            hospital_id=maybe_id(found.place.hospital_id), ward_id=maybe_id(found.place.ward_id),
            as_of=found.as_of, source=found.source, formula=found.formula, unit="%",
            sampling=found.sampling, time_zone=found.time_zone, step_seconds=found.step_s,
            points=[OccupancyPointView.of(point) for point in found.points],
        )  # fmt: skip


@classified(DataClass.CAPACITY)
@strawberry.type
class ReasonCount:
    code: str
    count: int


@classified(DataClass.CAPACITY)
@strawberry.type(name="Measure")
class MeasureView:
    """`value` is numerator ÷ denominator in `unit`, a percentage times 100; null where `lack` says.

    `cases` is of how many patients, beds or items it is made; `parts` are counts by reason.
    """

    measure: MeasureName
    name: Names
    value: float | None
    unit: str
    formula: str
    text: Names
    numerator: float | None
    denominator: float | None
    cases: int
    parts: list[ReasonCount]
    lack: Lack | None
    since: datetime
    as_of: datetime
    source: str

    @classmethod
    def of(cls, figure: Figure) -> Self:
        formula = figure.formula
        return cls(
            measure=formula.name, name=Names(zh=formula.name_zh, en=formula.name_en),
            value=figure.value, unit=formula.unit, formula=formula.formula,
            text=Names(zh=formula.text_zh, en=formula.text_en), numerator=figure.numerator,
            denominator=figure.denominator, cases=figure.cases,
            parts=[ReasonCount(code=code, count=count) for code, count in figure.parts],
            lack=figure.lack, since=figure.since, as_of=figure.as_of, source=figure.source,
        )  # fmt: skip


@classified(DataClass.CAPACITY)
@strawberry.type(name="AnomalyPoint")
class AnomalyPointView:
    """One hour. `score` counts usual deviations from the baseline of the same hour of the week.

    `baseline`, `spread`, `score` and `flagged` are null where there is too little history.
    """

    since: datetime
    value: float | None
    baseline: float | None
    spread: float | None
    score: float | None
    flagged: bool | None

    @classmethod
    def of(cls, point: AnomalyPoint) -> Self:
        return cls(
            since=point.since, value=point.value, baseline=point.baseline, spread=point.spread,
            score=point.score, flagged=point.flagged,
        )  # fmt: skip


@classified(DataClass.CAPACITY)
@strawberry.type(name="Anomalies")
class AnomaliesView:
    """Hours judged by the median and the MAD of the same hour in the `weeks` before."""

    hospital_id: strawberry.ID | None
    ward_id: strawberry.ID | None
    series: SeriesName
    unit: str
    as_of: datetime
    source: str
    time_zone: str
    weeks: int
    threshold: float
    points: list[AnomalyPointView] = strawberry.field(
        metadata={CLASS: DataClass.CAPACITY, AT_MOST: MOST_POINTS}
    )

    @classmethod
    def of(cls, found: Anomalies) -> Self:
        return cls(
            hospital_id=maybe_id(found.place.hospital_id), ward_id=maybe_id(found.place.ward_id),
            series=found.series, unit=found.unit, as_of=found.as_of, source=found.source,
            time_zone=found.time_zone, weeks=found.weeks, threshold=found.threshold,
            points=[AnomalyPointView.of(point) for point in found.points],
        )  # fmt: skip
