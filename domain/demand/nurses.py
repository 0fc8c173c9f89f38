"""How many nurses patients need at a time, and how many of them registered."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import ceil

from domain.places.model import CareLevel
from domain.staff.ratios import Ratio


@dataclass(frozen=True, slots=True)
class Nurses:
    """On duty at the same time; registered ones are among them."""

    all: int
    registered: int


def nurses_for(patients: float, ratio: Ratio, level: CareLevel) -> Nurses:
    """Patients rounded up first: nobody has a part of a patient."""
    needed = ratio.nurses_for(ceil(patients))
    return Nurses(needed, ceil(needed * registered_share()[level] / 100))


@cache
def registered_share() -> Mapping[CareLevel, int]:
    """Percent of nurses who are registered at least, by level of care."""
    text = files("domain.demand").joinpath("skill_mix.csv").read_text("utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return {CareLevel(row["level"]): int(row["registered"]) for row in rows}
