"""Forecasts on public series, rolling origin, beside seasonal naive and the eight-week mean.

MASE = mean |truth - mean| / scale; scale = mean |y(t) - y(t-7)| over the at most two years before
the origin; averaged over steps and origins of a series, then over series. `tuned` are the series
(or, for SWAST, the origins) the engines were made on, `unseen` are others. `hindsight` is none:
the mean of the same weekday in the four weeks before and the four weeks after, holidays and all.
`as_published` is SWAST as its published ensemble was measured (Tom Monks, swast-benchmarking):
every week of a year, all years before the origin as history and for the scale; that was 2019, which
is not in the file, so here 2018, tuned and unseen origins alike.
Aims (MASE): NHS 1-14 d 0.66, RKI 1-7 d 0.80, SWAST 1-28 d 0.73, wards 0.55 / 0.75 / 0.87 at
1 / 2-3 / 4-7 d; 80 % interval covers 75-90 %, 95 % covers 92-99 %; 0.5 s per two-year series.

python -m bench.forecast        a subset, two to three minutes
python -m bench.forecast --all  every series
"""

import json
import sys
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import fmean, median
from time import process_time

from bench.forecast_data import nhs, public_folder, rki, swast, wards
from domain.forecasts.baselines import eight_week_mean, seasonal_naive
from domain.forecasts.calendar_level import forecast_calendar
from domain.forecasts.forecast import Engine
from domain.forecasts.holidays import Holidays, holidays_of
from domain.forecasts.los_survival import WardStay, forecast_census
from domain.forecasts.scoring import Score, naive_scale, scored
from domain.forecasts.series import Series, Step

ENGINES: dict[str, Engine] = {
    "mase": forecast_calendar, "seasonal_naive": seasonal_naive, "eight_week_mean": eight_week_mean,
}  # fmt: skip
TWO_YEARS, EVER = 730, 10_000
FIRST_OF_2018 = 1463  # days after the first of SWAST
AHEAD = {"1": (0, 1), "2-3": (1, 3), "4-7": (3, 7)}


@dataclass
class Figures:
    """Per engine the scores of each series; processor seconds of each fit of our engine."""

    series: dict[str, list[Score]] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)

    def add(self, name: str, score: Score) -> None:
        if score.steps:
            self.series.setdefault(name, []).append(score)

    def shown(self) -> dict[str, float | int]:
        found: dict[str, float | int] = {
            name: round(fmean(score.mase or 0.0 for score in scores), 3)
            for name, scores in self.series.items()
        }
        ours = sum(self.series["mase"], Score())
        return found | {
            "median_mase": round(median(score.mase or 0.0 for score in self.series["mase"]), 3),
            "covered_80": round(ours.coverage_80 or 0.0, 3),
            "covered_95": round(ours.coverage_95 or 0.0, 3),
            "series": len(self.series["mase"]), "forecasts": len(self.seconds),
            "s_each": round(median(self.seconds), 3),
        }  # fmt: skip


def main(every: bool) -> int:
    """Print the figures; 0 even where an aim is missed."""
    if not (public_folder() / "nhs_trust_discharges_daily").is_dir():
        print(json.dumps({"skipped": "the public data are not beside the project"}))
        return 0
    england, germany = holidays_of("GB-ENG"), holidays_of("DE")
    trusts, states, areas = nhs(), rki(), swast()
    few = 1 if every else 2
    print(json.dumps({
        "nhs_discharges_1_14d": {
            "tuned": daily(_every(trusts, 5, 2, few), 14, england, 430, 35),
            "unseen": daily(_every(trusts, 5, 2, few, others=True, of=1 if every else 8), 14,
                            england, 430, 35),
        },
        "rki_icu_beds_1_7d": {
            "tuned": daily(_every(states, 2, 0, 1), 7, germany, 365, 28),
            "unseen": daily(_every(states, 2, 0, 1, others=True), 7, germany, 365, 28),
        },
        "swast_responses_1_28d": {
            "tuned": daily(areas, 28, england, 760, 28 if every else 91),
            "unseen": daily(areas, 28, england, 774 if every else 805, 28 if every else 91),
            "as_published": daily(areas, 28, england, FIRST_OF_2018, 7, history=EVER),
        },
        "ward_census": {
            "tuned": census(380, 15 if every else 45),
            "unseen": census(388, 15 if every else 45),
        },
    }, indent=1))  # fmt: skip
    return 0


def daily(
    series: dict[str, Series],
    ahead: int,
    holidays: Holidays,
    first: int,
    stride: int,
    *,
    history: int = TWO_YEARS,
) -> dict[str, float | int]:
    """Every `stride` days from day `first` on (each series with an offset of its own)."""
    figures = Figures()
    for name, whole in series.items():
        offset = zlib.crc32(name.encode()) % stride if len(series) > 2 else 0
        sums = {engine: Score() for engine in (*ENGINES, "hindsight")}
        for origin in range(first + offset, len(whole.values) - ahead + 1, stride):
            known = whole.until(whole.start + timedelta(days=origin)).last(history)
            truth = whole.values[origin : origin + ahead]
            scale = naive_scale(known)
            if scale is None or sum(v is not None for v in known.values[-56:]) < 28:
                continue
            for engine, made in ENGINES.items():
                began = process_time()
                sums[engine] += scored(made(known, ahead, holidays=holidays), truth, scale)
                if engine == "mase":
                    figures.seconds.append(process_time() - began)
            sums["hindsight"] += hindsight(whole, origin, ahead, scale)
        for engine, score in sums.items():
            figures.add(engine, score)
    return figures.shown()


def hindsight(whole: Series, origin: int, ahead: int, scale: float) -> Score:
    """The error of knowing the weeks around; nothing is known of its interval."""
    found = Score()
    for day in range(origin, origin + ahead):
        around = [whole.values[day + 7 * week] for week in range(-4, 5)
                  if week and 0 <= day + 7 * week < len(whole.values)]  # fmt: skip
        known, truth = [v for v in around if v is not None], whole.values[day]
        if known and truth is not None:
            found += Score(1, abs(truth - fmean(known)) / scale)
    return found


def census(first: int, stride: int) -> dict[str, dict[str, float | int]]:
    """Midnight census per ward, 1 to 7 days ahead, by how far ahead."""
    figures = {ahead: Figures() for ahead in AHEAD}
    for stays in wards().values():
        _ward(stays, figures, first, stride)
    return {ahead: one.shown() for ahead, one in figures.items()}


def _ward(stays: list[WardStay], figures: dict[str, Figures], first: int, stride: int) -> None:
    begin = min(stay.since for stay in stays).date()
    midnight = datetime(begin.year, begin.month, begin.day, tzinfo=UTC)
    truth = [sum(stay.since <= at and (stay.until is None or stay.until > at) for stay in stays)
             for at in (midnight + timedelta(days=day) for day in range(540))]  # fmt: skip
    sums = {(ahead, engine): Score() for ahead in AHEAD for engine in ENGINES}
    for origin in range(first, 532, stride):
        known = Series(begin, Step.DAY, tuple(map(float, truth[: origin + 1])))
        began = process_time()
        ours = forecast_census(
            stays, as_of=midnight + timedelta(days=origin), step=Step.DAY, horizon=7
        )
        took = process_time() - began
        made = {"mase": ours} | {name: engine(known, 7, holidays=holidays_of("none"))
                                 for name, engine in ENGINES.items() if name != "mase"}  # fmt: skip
        for (ahead, engine), _ in sums.items():
            low, high = AHEAD[ahead]
            hidden = [float(truth[origin + 1 + step]) if low <= step < high else None
                      for step in range(7)]  # fmt: skip
            sums[ahead, engine] += scored(made[engine], hidden, naive_scale(known) or 1.0)
        for one in figures.values():
            one.seconds.append(took)
    for (ahead, engine), score in sums.items():
        figures[ahead].add(engine, score)


def _every(
    series: dict[str, Series], of_each: int, which: int, step: int, *, others: bool = False,
    of: int = 1,
) -> dict[str, Series]:  # fmt: skip
    """The tuned ones (place % of_each == which) or the others, thinned."""
    places = enumerate(sorted(series))
    kept = [name for place, name in places if (place % of_each == which) is not others]
    return {name: series[name] for name in kept[:: of if others else step]}


if __name__ == "__main__":
    sys.exit(main("--all" in sys.argv[1:]))
