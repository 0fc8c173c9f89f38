"""The measures of an interval, each with its formula, what it is made of, and how true it is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import Session

from domain.measures import flow, foresight, placing, staffing, waits
from domain.measures.formulas import About, Formula, MeasureName, formulas
from domain.measures.history import zone_of
from domain.measures.now import HISTORY, LIVE
from domain.measures.period import Period, Sums
from domain.measures.place import Place, place_in_reach
from domain.measures.steps import span_of
from kit.work import Scope

FEWEST = 5  # patients behind a figure for those who may only see aggregates


class Lack(StrEnum):
    """Why a measure has no value."""

    NO_CASES = "NO_CASES"  # nothing to divide by in this interval
    NO_STAFF_DATA = "NO_STAFF_DATA"  # no published roster says who was on duty
    NO_FORECASTS = "NO_FORECASTS"  # no forecast of this interval has come true yet
    TOO_FEW = "TOO_FEW"  # so few patients that the figure would tell about one of them


@dataclass(frozen=True, slots=True)
class Figure:
    """`value` is None where `lack` says why. `parts` are counts by reason code."""

    place: Place
    formula: Formula
    value: float | None
    numerator: float | None
    denominator: float | None
    cases: int
    parts: tuple[tuple[str, int], ...]
    lack: Lack | None
    since: datetime
    as_of: datetime
    source: str

    def for_aggregates_only(self) -> "Figure":
        """As shown to somebody who may not see single patients' beds."""
        if self.formula.about is not About.PATIENTS or not 0 < self.cases < FEWEST:
            return self
        return replace(self, value=None, numerator=None, denominator=None, cases=0, parts=(),
                       lack=Lack.TOO_FEW)  # fmt: skip


COMPUTED: Mapping[MeasureName, Callable[[Period], Sums | None]] = {
    MeasureName.OCCUPANCY: flow.occupancy,
    MeasureName.OCCUPANCY_MIDNIGHT: flow.occupancy_midnight,
    MeasureName.BED_USE_RATE: flow.bed_use_rate,
    MeasureName.ALOS: flow.alos,
    MeasureName.ALOS_CALENDAR: flow.alos_calendar,
    MeasureName.ADMISSIONS: flow.admissions,
    MeasureName.DISCHARGES: flow.discharges,
    MeasureName.TURNOVER: flow.turnover,
    MeasureName.TURNOVER_INTERVAL: flow.turnover_interval,
    MeasureName.CLEANING_TURNAROUND: waits.cleaning_turnaround,
    MeasureName.TIME_TO_BED: waits.time_to_bed,
    MeasureName.BOARDING_TIME: waits.boarding_time,
    MeasureName.MOVES_PER_STAY: flow.moves_per_stay,
    MeasureName.NIGHT_MOVES_PER_STAY: flow.night_moves_per_stay,
    MeasureName.OUTLIERS: placing.outliers,
    MeasureName.MIXED_SEX_BREACHES: placing.mixed_sex_breaches,
    MeasureName.RATIO_COMPLIANCE: staffing.ratio_compliance,
    MeasureName.EXPECTED_DISCHARGE_ACCURACY: foresight.expected_discharge_accuracy,
    MeasureName.PROPOSAL_ACCEPTANCE: foresight.proposal_acceptance,
}
LACKING: Mapping[MeasureName, Lack] = {
    MeasureName.FORECAST_COVERAGE: Lack.NO_FORECASTS,
}
# computed by slices that build on this one, and what is said where there is nothing to count
_ELSEWHERE: dict[MeasureName, tuple[Callable[[Period], Sums], Lack]] = {}


def computed(name: MeasureName, ask: Callable[[Period], Sums], lack: Lack) -> None:
    """Let a slice that builds on the measures compute one of them; `lack` is said without cases."""
    _ELSEWHERE[name] = ask, lack


def figures(
    session: Session,
    scopes: Sequence[Scope],
    hospital_id: UUID | None,
    ward_id: UUID | None,
    since: datetime,
    until: datetime,
    now: datetime,
    names: Sequence[MeasureName] = tuple(MeasureName),
) -> tuple[Figure, ...]:
    """The measures asked for, in that order, as the rows are known today.

    Raises NotFound, and Invalid for an interval that makes no sense.
    """
    place = place_in_reach(session, scopes, hospital_id, ward_id)
    span = span_of(since, until, now, zone_of(session, place))
    period = Period(session, place, span, now)
    source = LIVE if until >= now else HISTORY
    return tuple(_figure(period, name, source) for name in dict.fromkeys(names))


def _figure(period: Period, name: MeasureName, source: str) -> Figure:
    formula, lack, span = formulas()[name], LACKING.get(name), period.span
    elsewhere = _ELSEWHERE.get(name)
    ask, none = elsewhere or (COMPUTED.get(name), Lack.NO_CASES)
    sums = None if ask is None else ask(period)
    if sums is None:
        return Figure(period.place, formula, None, None, None, 0, (), lack or Lack.NO_STAFF_DATA,
                      span.since, span.until, source)  # fmt: skip
    value = _value(formula, sums)
    return Figure(
        period.place, formula, value, float(sums.numerator),
        None if sums.denominator is None else float(sums.denominator), sums.cases, sums.parts,
        none if value is None else None, span.since, span.until, source,
    )  # fmt: skip


def _value(formula: Formula, sums: Sums) -> float | None:
    if sums.denominator is None:
        return float(formula.factor * sums.numerator)
    if sums.denominator == 0:
        return None
    return float(formula.factor * sums.numerator / sums.denominator)
