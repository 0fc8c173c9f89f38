"""A series from a CSV file of times and counts. What is wrong is said with its line and column."""

import csv
import gzip
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain.forecasts.series import Series, Step
from kit.errors import Invalid, NotFound

MOST_STEPS = 200_000
Row = tuple[int, dict[str, str]]


@dataclass(frozen=True, slots=True)
class SeriesForm:
    """How to read the file. Without names the first column is the time, the second the value.

    `only` keeps the rows of one series where a column has a value; `zone` is that of times
    without one; `zeros_are_missing` for sources that write 0 where nothing was reported.
    """

    time: str | None = None
    value: str | None = None
    only: tuple[tuple[str, str], ...] = ()
    zone: str = "UTC"
    delimiter: str = ","
    zeros_are_missing: bool = False


def read_series(path: Path, form: SeriesForm) -> Series:
    """The series; days if the times are dates, else hours. A step that is not there is missing.

    Raises NotFound without the file, Invalid for what cannot be read.
    """
    names, rows = _table(path, form.delimiter)
    time, value = _column(form.time, names, 0), _column(form.value, names, 1)
    for column, _ in form.only:
        _column(column, names, 0)
    zone = _zone(form.zone)
    found: dict[date | datetime, tuple[int, float | None]] = {}
    for line, row in rows:
        if any(row[column] != wanted for column, wanted in form.only):
            continue
        at = _time(row[time], line, time, zone, found)
        if at in found:
            raise _wrong(line, time, f"{row[time]} stood already in line {found[at][0]}",
                         "choose one series with --only COLUMN=VALUE, or remove one")  # fmt: skip
        found[at] = (line, _count(row[value], line, value, form.zeros_are_missing))
    if not found:
        raise Invalid("no row of the file belongs to the series", reason="SERIES_EMPTY",
                      field="series")  # fmt: skip
    return _dense({at: count for at, (_, count) in found.items()}, form.zone)


def _dense(found: dict[date | datetime, float | None], zone: str) -> Series:
    times: list[Any] = list(found)
    days = [at for at in times if not isinstance(at, datetime)]
    if days and len(days) < len(times):
        raise Invalid("some times are days and some are hours; a series has one kind",
                      reason="SERIES_MIXED", field="series")  # fmt: skip
    step = Step.DAY if days else Step.HOUR
    start, count = min(times), (max(times) - min(times)) // step.length + 1
    if count > MOST_STEPS:
        raise Invalid(f"the series spans {count} steps; {MOST_STEPS} are the limit",
                      reason="SERIES_TOO_LONG", field="series")  # fmt: skip
    values = tuple(found.get(start + place * step.length) for place in range(count))
    return Series(start, step, values, zone)


def _table(path: Path, delimiter: str) -> tuple[list[str], Iterator[Row]]:
    if not path.is_file():
        raise NotFound(f"there is no file {path.name}", field="series")
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError) as odd:
        raise Invalid(f"{path.name} is no text in UTF-8; save it as CSV in UTF-8",
                      reason="SERIES_NO_TABLE", field="series") from odd  # fmt: skip
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter, restkey="", restval="")
    names = list(reader.fieldnames or ())
    if len(names) < 2:
        raise Invalid(f"line 1 of {path.name} names {len(names)} column(s); a time and a value are"
                      " needed; is --delimiter right?",
                      reason="SERIES_NO_TABLE", field="series")  # fmt: skip
    return names, ((reader.line_num, row) for row in reader)


def _column(wanted: str | None, names: list[str], place: int) -> str:
    if wanted is None:
        return names[place]
    if wanted not in names:
        raise Invalid(f"the file has no column {wanted}; it has {', '.join(names)}",
                      reason="SERIES_NO_COLUMN", field="series", allowed=tuple(names))  # fmt: skip
    return wanted


def _time(
    text: str, line: int, column: str, zone: ZoneInfo, taken: dict[date | datetime, Any]
) -> date | datetime:  # fmt: skip
    text = text.strip()
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise _wrong(line, column, f"{text!r} is no date and no time",
                     "write 2026-11-30 or 2026-11-30T14:00") from None  # fmt: skip
    if at != at.replace(minute=0, second=0, microsecond=0):
        raise _wrong(line, column, f"{text} is within an hour", "give counts by full hours")
    if at.tzinfo is None:
        local, at = at, at.replace(tzinfo=zone).astimezone(UTC)
        if at.astimezone(zone).replace(tzinfo=None) != local:
            raise _wrong(line, column, f"{text} was skipped by the clock change in {zone.key}",
                         "set --zone to that of the file")  # fmt: skip
        # The hour that a clock change repeats comes twice; the second one is an hour later.
        if at in taken:
            at = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return at.astimezone(UTC)


def _count(text: str, line: int, column: str, zeros_are_missing: bool) -> float | None:
    text = text.strip()
    if text.lower() in ("", "na", "nan", "null", "none"):
        return None
    try:
        found = float(text)
    except ValueError:
        raise _wrong(line, column, f"{text!r} is no number", "leave it empty if unknown") from None
    if not 0 <= found < float("inf"):
        raise _wrong(line, column, f"{text} is no count", "counts are 0 or more")
    return None if zeros_are_missing and found == 0 else found


def _wrong(line: int, column: str, what: str, remedy: str) -> Invalid:
    return Invalid(f"line {line}, column {column}: {what}; {remedy}",
                   reason="SERIES_BAD_CELL", field="series")  # fmt: skip


def parse_as_of(text: str, series: Series) -> date | datetime:
    """The moment a forecast begins, of the kind the series' times are. Raises Invalid."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid(f"{text!r} is no date; write 2026-11-30", reason="BAD_AS_OF",
                      field="asOf") from None  # fmt: skip
    if series.step is Step.DAY:
        return at.date()
    local = at if at.tzinfo is not None else at.replace(tzinfo=_zone(series.zone))
    return local.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def known_at(series: Series, as_of: date | datetime) -> Series:
    """The series as known before `as_of`; steps up to it that are not there are missing."""
    known = series.until(as_of)
    missing = 0
    gap: timedelta = as_of - known.end  # type: ignore[operator]  # both are of the step's kind
    if gap > timedelta(0):
        missing = min(gap // series.step.length, MOST_STEPS)
    return Series(known.start, known.step, known.values + (None,) * missing, known.zone)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as unknown:
        raise Invalid(f"no time zone is called {name}; give an IANA name",
                      reason="NO_TIME_ZONE", field="zone") from unknown  # fmt: skip
