"""Whole months where the hospital is: the only spans of time that the analysis knows."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_

from domain.analysis.words import rules
from kit.errors import Invalid

_MONTH = re.compile(r"(19|20)\d\d-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Month:
    """`text` as 2026-11. Half-open: at `ends` the next one begins."""

    text: str
    zone: str

    @property
    def begins(self) -> datetime:
        return self._midnight(_first(self.text))

    @property
    def ends(self) -> datetime:
        return self._midnight(_next(_first(self.text)))

    def has(self, column: Any) -> ColumnElement[bool]:
        return and_(column >= self.begins, column < self.ends)

    def day(self, at: datetime) -> date:
        """The calendar's day there."""
        return at.astimezone(ZoneInfo(self.zone)).date()

    def settled(self, now: datetime) -> bool:
        """True once it is over for so long that hardly anything is corrected any more."""
        return now >= self.ends + timedelta(days=rules()["settle_days"])

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), ZoneInfo(self.zone)).astimezone(UTC)


def months_between(since: str, until: str) -> tuple[str, ...]:
    """The months from the first to the last, both included. Raises Invalid."""
    for name, text in (("since", since), ("until", until)):
        if not _MONTH.fullmatch(text):
            raise Invalid("a month is written as 2026-11", field=name)
    found = tuple(_texts(since, until))
    most = rules()["most_months"]
    if not 0 < len(found) <= most:
        raise Invalid(f"from the first month to the last, at most {most}", field="until")
    return found


def _texts(since: str, until: str) -> Iterator[str]:
    day, last = _first(since), _first(until)
    while day <= last:
        yield f"{day:%Y-%m}"
        day = _next(day)


def _first(text: str) -> date:
    return date.fromisoformat(f"{text}-01")


def _next(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)
