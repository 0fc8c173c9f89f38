"""How pressed a place is by its occupancy: domain/measures/pressure.csv says where levels begin.

Risk of having no bed for an emergency rises from 85 % on (Bagust, Place, Posnett, BMJ 1999).
This is the colour of a figure at one moment, not a level that somebody declared.
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Pressure:
    level: int
    colour: str
    occupancy_from_percent: float


@cache
def pressures() -> tuple[Pressure, ...]:
    """The levels, lowest first."""
    with Path(__file__).with_name("pressure.csv").open(encoding="utf-8", newline="") as file:
        rows = [
            Pressure(int(row["level"]), row["colour"], float(row["occupancy_from_percent"]))
            for row in csv.DictReader(file)
        ]
    return tuple(sorted(rows, key=lambda row: row.occupancy_from_percent))


def pressure_of(occupancy_percent: float | None) -> Pressure | None:
    """The highest level that begins at this occupancy or below; None where nothing is open."""
    if occupancy_percent is None:
        return None
    return [row for row in pressures() if row.occupancy_from_percent <= occupancy_percent][-1]
