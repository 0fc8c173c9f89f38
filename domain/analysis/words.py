"""What may be asked of the analysis: fixed cubes over whole months, and the rules they follow.

Cubes and rules are data. A cube's dimensions stand in the order in which groups are divided:
what stands first is lost last. Nothing can be asked that is not a part of one cube, so no two
tables overlap but in their hospital and month.
"""

import csv
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from kit.errors import Invalid
from kit.purpose import PurposeOfUse

FOLDER = Path(__file__).parent
FLOOR = 5  # no rule may ask for fewer people than this


# What analysts may state (authz/policy.csv says so too): whoever refuses one of these is left out.
ANALYTIC = (PurposeOfUse.HRESCH, PurposeOfUse.HQUALIMP, PurposeOfUse.HOPERAT, PurposeOfUse.PUBHLTH)


class Dataset(StrEnum):
    STAYS = "STAYS"  # patients who left for good; days from first to last bed
    BED_DAYS = "BED_DAYS"  # patients who lay in a ward; days in it within the month
    WAITING = "WAITING"  # requests that got a bed; minutes until then
    TRANSFERS = "TRANSFERS"  # transfers completed, by the sending hospital; minutes they took


class Dimension(StrEnum):
    AGE = "age"
    SEX = "sex"
    WARD = "ward"
    SPECIALTY = "specialty"
    WEEKDAY = "weekday"
    TO = "to"
    URGENCY = "urgency"


@dataclass(frozen=True, slots=True)
class Cube:
    dataset: Dataset
    name: str
    dimensions: tuple[Dimension, ...]


@cache
def cubes() -> tuple[Cube, ...]:
    """Raises ValueError for an unknown dataset or dimension."""
    return tuple(
        Cube(Dataset(row["dataset"]), row["cube"],
             tuple(Dimension(one) for one in row["dimensions"].split()))
        for row in _rows("cubes.csv")
    )  # fmt: skip


@cache
def rules() -> dict[str, int]:
    """Raises ValueError where fewer people than FLOOR would be published."""
    found = {row["rule"]: int(row["value"]) for row in _rows("rules.csv")}
    if found["least_people"] < FLOOR:
        raise ValueError(f"a group has at least {FLOOR} people")
    return found


def cube_of(dataset: Dataset, wanted: tuple[Dimension, ...]) -> Cube:
    """The cube that has all the dimensions. Raises Invalid where no one has."""
    here = [cube for cube in cubes() if cube.dataset is dataset]
    for cube in here:
        if set(wanted) <= set(cube.dimensions):
            return cube
    raise Invalid(
        "these dimensions are not published together; ask for those of one group",
        reason="NOT_TOGETHER", field="dimensions",
        allowed=tuple("+".join(cube.dimensions) for cube in here),
    )  # fmt: skip


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
