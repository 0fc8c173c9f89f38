"""`wardgrid forecast`: any daily or hourly CSV of counts, forecast beside both baselines."""

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli_options import group, plain_refusals, stop

if TYPE_CHECKING:
    from domain.forecasts.forecast import Forecast

app = group()

File = Annotated[Path, typer.Option(help="CSV (or .gz) of times and counts.")]
AsOf = Annotated[str, typer.Option(help="Where the forecast begins; later rows are unread.")]
Horizon = Annotated[int, typer.Option(help="Steps ahead: days or hours, as the file has.")]
Out = Annotated[Path, typer.Option(help="CSV to write.")]
TimeColumn = Annotated[str | None, typer.Option(help="Default: the first column.")]
ValueColumn = Annotated[str | None, typer.Option(help="Default: the second column.")]
Only = Annotated[
    list[str] | None, typer.Option(help="COLUMN=VALUE: rows of one series; may be repeated.")
]
Zone = Annotated[str, typer.Option(help="IANA zone of times without one.")]
Delimiter = Annotated[str, typer.Option(help="One character.")]
Zeros = Annotated[
    bool, typer.Option("--zeros-are-missing", help="0 means that nothing was reported.")
]
Calendar = Annotated[
    str, typer.Option(help="Holidays of a country or part: CN, DE-BY, GB-ENG, US, none.")
]
Model = Annotated[
    str, typer.Option(help="calendar-level, seasonal-naive, eight-week-mean, plugin:NAME.")
]


@app.command()
def forecast(
    series: File, as_of: AsOf, horizon: Horizon, out: Out,
    time_column: TimeColumn = None, value_column: ValueColumn = None, only: Only = None,
    zone: Zone = "UTC", delimiter: Delimiter = ",", zeros_are_missing: Zeros = False,
    calendar: Calendar = "none", model: Model = "calendar-level",
) -> None:  # fmt: skip
    """Write mean and 2.5, 10, 50, 90, 97.5 % quantiles per step, with both baselines."""
    from app.series_file import SeriesForm, known_at, parse_as_of, read_series
    from domain.forecasts.engines import BASELINES, engine_named
    from domain.forecasts.holidays import holidays_of

    if len(delimiter) != 1:
        stop("--delimiter is one character")
    with plain_refusals():
        form = SeriesForm(
            time_column, value_column, _pairs(only or []), zone, delimiter, zeros_are_missing
        )
        read = read_series(series, form)
        known, holidays = known_at(read, parse_as_of(as_of, read)), holidays_of(calendar)
        found, *beside = (
            engine_named(name)(known, horizon, holidays=holidays) for name in (model, *BASELINES)
        )
    _write(out, found, beside)
    last = found.times[-1].year
    if holidays.last_year is not None and last > holidays.last_year:
        typer.echo(
            f"the holidays of {calendar} are known up to {holidays.last_year} only", err=True
        )
    typer.echo(
        f"{found.model}: {found.horizon} steps from {found.first}, made from {found.window.known}"
        f" values since {found.window.start}; written to {out.name}"
    )


def _pairs(only: list[str]) -> tuple[tuple[str, str], ...]:
    found = [tuple(one.split("=", 1)) for one in only]
    if any(len(pair) != 2 for pair in found):
        stop("--only takes COLUMN=VALUE")
    return tuple((column, value) for column, value in found)


def _write(out: Path, found: "Forecast", beside: "list[Forecast]") -> None:
    from domain.forecasts.forecast import LEVELS

    heads = ["time", "model", "mean", *(f"p{level:g}" for level in LEVELS)]
    heads += [one.model.replace("-", "_") for one in beside]
    try:
        with out.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(heads)
            for step, time in enumerate(found.times):
                numbers = [found.mean[step], *(found.quantiles[level][step] for level in LEVELS)]
                numbers += [one.mean[step] for one in beside]
                writer.writerow([time.isoformat(), found.model, *(f"{n:.4f}" for n in numbers)])
    except OSError as odd:
        stop(f"{out} cannot be written: {odd.strerror}")
