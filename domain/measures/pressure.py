"""Where levels of pressure begin and end: pressure.csv by measure, pressure_levels.csv by level.

Risk of having no bed for an emergency rises from 85 % on (Bagust, Place, Posnett, BMJ 1999).
A level falls at another value than it rises at, so that a figure at the border does not flicker.
`pressure_of` is the colour of an occupancy at one moment, not a level that somebody declared.
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from domain.measures.now import NowName

LOWEST, HIGHEST = 1, 4


@dataclass(frozen=True, slots=True)
class Pressure:
    level: int
    colour: str
    occupancy_from_percent: float


@dataclass(frozen=True, slots=True)
class Threshold:
    """A measure reaches `level` at `rise` and keeps it until it is back at `fall`."""

    measure: NowName
    level: int
    rise: float
    fall: float
    worse_when_high: bool


@dataclass(frozen=True, slots=True)
class Level:
    """`agreeing`: how many measures must have reached a level before it is suggested."""

    level: int
    colour: str
    agreeing: int


@cache
def thresholds() -> tuple[Threshold, ...]:
    """As shipped; a hospital may have rows of its own."""
    return tuple(
        Threshold(NowName(row["measure"]), int(row["level"]), float(row["rise"]),
                  float(row["fall"]), row["worse"] == "HIGH")
        for row in _rows("pressure.csv")
    )  # fmt: skip


@cache
def levels() -> tuple[Level, ...]:
    """The levels, lowest first."""
    rows = _rows("pressure_levels.csv")
    return tuple(Level(int(row["level"]), row["colour"], int(row["agreeing"])) for row in rows)


@cache
def pressures() -> tuple[Pressure, ...]:
    """From which occupancy on a figure has which colour, lowest first."""
    begins = {one.level: one.rise for one in thresholds() if one.measure == NowName.OCCUPANCY}
    return tuple(Pressure(one.level, one.colour, begins.get(one.level, 0.0)) for one in levels())


def pressure_of(occupancy_percent: float | None) -> Pressure | None:
    """The highest level that begins at this occupancy or below; None where nothing is open."""
    if occupancy_percent is None:
        return None
    return [row for row in pressures() if row.occupancy_from_percent <= occupancy_percent][-1]


def _rows(name: str) -> list[dict[str, str]]:
    with Path(__file__).with_name(name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
