"""`wardgrid forecast`: a file in, a file out; what is wrong is named with its place."""

import csv
import gzip
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.cli import app
from app.series_file import SeriesForm, read_series
from domain.forecasts.series import Step
from kit.errors import Invalid

MONDAY = date(2026, 6, 1)


def table(path: Path, lines: list[str], head: str = "day,count") -> Path:
    path.write_text("\n".join([head, *lines]) + "\n", "utf-8")
    return path


def four_weeks() -> list[str]:
    return [f"{MONDAY + timedelta(days=day)},{10 + day % 7}" for day in range(28)]


def forecast(file: Path, *more: str, as_of: str = "2026-06-29") -> Result:
    out = file.with_name("out.csv")
    return CliRunner().invoke(
        app,
        ["forecast", "--series", str(file), "--as-of", as_of, "--horizon", "3", "--out", str(out),
         *more],
    )  # fmt: skip


def test_a_daily_file_is_forecast_beside_both_baselines(tmp_path: Path) -> None:
    file = table(tmp_path / "in.csv", [*four_weeks(), "2026-06-29,999"])
    done = forecast(file)
    assert done.exit_code == 0, done.output
    assert done.output == (
        "calendar-level-2: 3 steps from 2026-06-29, made from 28 values since 2026-06-01;"
        " written to out.csv\n"
    )
    rows = list(csv.DictReader((tmp_path / "out.csv").read_text().splitlines()))
    assert [row["time"] for row in rows] == ["2026-06-29", "2026-06-30", "2026-07-01"]
    assert list(rows[0]) == ["time", "model", "mean", "p2.5", "p10", "p50", "p90", "p97.5",
                             "seasonal_naive", "eight_week_mean"]  # fmt: skip
    assert [float(row["seasonal_naive"]) for row in rows] == [10, 11, 12]
    assert [float(row["mean"]) for row in rows] == pytest.approx([10, 11, 12], rel=0.02)


def test_a_gzipped_file_of_many_hourly_series_is_read_by_column(tmp_path: Path) -> None:
    begin = datetime(2026, 6, 1)  # noqa: DTZ001  # local time, as such files have it
    lines = [
        f"{ward};{begin + timedelta(hours=hour)};{hour % 24}"
        for hour in range(21 * 24) for ward in ("A", "B")
    ]  # fmt: skip
    file = tmp_path / "in.csv.gz"
    file.write_bytes(gzip.compress("\n".join(["ward;at;n", *lines]).encode("utf-8-sig")))
    done = forecast(file, "--time-column", "at", "--value-column", "n", "--only", "ward=A",
                    "--delimiter", ";", "--zone", "Asia/Shanghai", "--model", "eight-week-mean",
                    as_of="2026-06-22T00:00")  # fmt: skip
    assert done.exit_code == 0, done.output
    rows = list(csv.DictReader((tmp_path / "out.csv").read_text().splitlines()))
    assert [row["time"] for row in rows] == [
        f"2026-06-21T{hour}:00:00+00:00" for hour in (16, 17, 18)
    ]
    assert [float(row["mean"]) for row in rows] == [0, 1, 2]


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ("2026-06-29,x", "line 30, column count: 'x' is no number; leave it empty if unknown"),
        ("2026-06-29,-1", "line 30, column count: -1 is no count; counts are 0 or more"),
        ("29.6.2026,1", "line 30, column day: '29.6.2026' is no date and no time;"
                        " write 2026-11-30 or 2026-11-30T14:00"),
        ("2026-06-01,1", "line 30, column day: 2026-06-01 stood already in line 2;"
                         " choose one series with --only COLUMN=VALUE, or remove one"),
        ("2026-06-29T10:20,1", "line 30, column day: 2026-06-29T10:20 is within an hour;"
                               " give counts by full hours"),
        ("2026-06-29T10:00,1", "some times are days and some are hours; a series has one kind"),
    ],
)  # fmt: skip
def test_a_bad_cell_is_named_with_line_column_and_remedy(
    tmp_path: Path, bad: str, told: str
) -> None:
    done = forecast(table(tmp_path / "in.csv", [*four_weeks(), bad]))
    assert done.exit_code == 1
    assert done.output.strip().partition(": ")[2] == told
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("--value-column", "beds"), "SERIES_NO_COLUMN: the file has no column beds; it has day, count"),
        (("--calendar", "XX"), "NO_HOLIDAY_CALENDAR: no holidays are known for XX"),
        (("--model", "oracle"), "NO_FORECAST_ENGINE: no forecast engine is called oracle"),
        (("--zone", "Mars/Base"), "NO_TIME_ZONE: no time zone is called Mars/Base; give an IANA name"),
        (("--only", "day"), "--only takes COLUMN=VALUE"),
        (("--delimiter", ";"), "SERIES_NO_TABLE: line 1 of in.csv names 1 column(s)"),
        (("--as-of", "soon"), "BAD_AS_OF: 'soon' is no date; write 2026-11-30"),
        (("--as-of", "2026-06-08"), "SERIES_TOO_SHORT: the series has 7 values; 2 weeks (14 values)"),
        (("--as-of", "2026-08-08"), "SERIES_STALE: the last value is 40 steps old"),
        (("--horizon", "0"), "FORECAST_HORIZON: a horizon is 1 to 366 steps of a day, not 0"),
    ],
)  # fmt: skip
def test_a_bad_option_is_told(tmp_path: Path, more: tuple[str, ...], told: str) -> None:
    done = forecast(table(tmp_path / "in.csv", four_weeks()), *more)
    assert done.exit_code == 1
    assert done.output.startswith(told)
    assert not (tmp_path / "out.csv").exists()


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    done = forecast(tmp_path / "none.csv")
    assert (done.exit_code, done.output) == (1, "NOT_FOUND: there is no file none.csv\n")


def test_holidays_that_end_before_the_horizon_are_told(tmp_path: Path) -> None:
    lines = [f"{date(2030, 1, 7) + timedelta(days=day)},{day % 7}" for day in range(28)]
    done = forecast(table(tmp_path / "in.csv", lines), "--calendar", "CN", as_of="2030-02-04")
    assert done.exit_code == 0
    assert "the holidays of CN are known up to 2027 only" in done.output


def test_the_hour_a_clock_change_repeats_is_two_and_one_it_skips_is_none(tmp_path: Path) -> None:
    berlin = SeriesForm(zone="Europe/Berlin")
    lines = [f"2026-10-25T{hour}:00,{n}" for n, hour in enumerate(("01", "02", "02", "03"))]
    found = read_series(table(tmp_path / "autumn.csv", lines), berlin)
    assert (found.step, found.values) == (Step.HOUR, (0.0, 1.0, 2.0, 3.0))
    with pytest.raises(Invalid, match="skipped by the clock change"):
        read_series(table(tmp_path / "spring.csv", ["2026-03-29T02:00,1"]), berlin)


def test_missing_days_and_empty_cells_are_unknown_and_zeros_if_so_told(tmp_path: Path) -> None:
    file = table(tmp_path / "in.csv", ["2026-06-04,0", "2026-06-01,3", "2026-06-02,"])
    assert read_series(file, SeriesForm()).values == (3.0, None, None, 0.0)
    assert read_series(file, SeriesForm(zeros_are_missing=True)).values == (3.0, None, None, None)
