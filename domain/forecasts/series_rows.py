"""Finds or opens the row of a series, and says which series a hospital keeps by itself."""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlmodel import Session, select

from domain.forecasts.history import What
from domain.forecasts.model import ForecastSeries
from domain.forecasts.series import Step
from domain.forecasts.words import ForecastMeasure
from domain.measures.place import Place
from kit.work import Work


@dataclass(frozen=True, slots=True)
class Kept:
    """A line of kept.csv."""

    measure: ForecastMeasure
    step: Step
    of_ward: bool
    horizon: int


@cache
def kept() -> tuple[Kept, ...]:
    path = Path(__file__).with_name("kept.csv")
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        return tuple(Kept(ForecastMeasure(row["measure"]), Step(row["step"]),
                          row["of"] == "ward", int(row["horizon"])) for row in rows)  # fmt: skip


def key_of(place: Place, what: What, step: Step) -> str:
    """One text for one series: rows with empty columns are alike to no unique constraint."""
    parts = (place.scope.path, what.measure, step, what.encounter_class or "",
             what.specialty or "", what.device_kind or "")  # fmt: skip
    return "/".join(map(str, parts))


def series_named(session: Session, place: Place, what: What, step: Step) -> ForecastSeries | None:
    found = select(ForecastSeries).where(ForecastSeries.place_key == key_of(place, what, step))
    return session.exec(found).one_or_none()


def open_series(
    work: Work, place: Place, what: What, step: Step, horizon: int, *, keep_up: bool
) -> ForecastSeries:
    """The row of the series, made where there was none; once kept up it stays so."""
    series = series_named(work.session, place, what, step)
    if series is None:
        assert place.hospital_id is not None  # noqa: S101 - of the network none is kept
        series = work.add(ForecastSeries(
            hospital_id=place.hospital_id, ward_id=place.ward_id, measure=what.measure, step=step,
            encounter_class=what.encounter_class, specialty=what.specialty,
            device_kind=what.device_kind, place_key=key_of(place, what, step), horizon=horizon,
        ))  # fmt: skip
    if keep_up:
        series.kept_up, series.horizon = True, horizon
    work.session.flush()
    return series
