"""The objectives of the service as data: what is measured, what is good, how much of it must be."""

import csv
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files


class WorkClass(StrEnum):
    """What an operation is for; when there is too much to do, the last goes first."""

    CARE = "CARE"  # changes, and reads of alarms
    SCREEN = "SCREEN"  # other reads of one thing or place
    LIST = "LIST"  # lists, charts, questions to a solver


class Source(StrEnum):
    """What an objective is measured on."""

    ANSWERS = "ANSWERS"  # 0 for an operation that was answered, 1 for a fault or a refusal for load
    CARE = "CARE"  # seconds of a class of work
    SCREEN = "SCREEN"
    LIST = "LIST"
    ALARM = "ALARM"  # seconds from an alarm's commit to the live screens
    LEDGER = "LEDGER"  # seconds, sampled
    CHECKPOINT = "CHECKPOINT"
    BACKUP = "BACKUP"


@dataclass(frozen=True, slots=True)
class Objective:
    """`share` of the measurements in `window_s` are to be at most `limit`."""

    name: str
    source: Source
    limit: float
    unit: str  # a UCUM code
    share: float
    window_s: int
    name_zh: str
    name_en: str
    formula: str


@cache
def objectives() -> tuple[Objective, ...]:
    """All of them, in the order of the file. Raises ValueError where a line makes no sense."""
    text = files("app").joinpath("objectives.csv").read_text("utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return tuple(_objective(row) for row in rows)


def _objective(row: dict[str, str]) -> Objective:
    found = Objective(
        row["name"], Source(row["source"]), float(row["limit"]), row["unit"], float(row["share"]),
        int(row["window_s"]), row["name_zh"], row["name_en"], row["formula"],
    )  # fmt: skip
    if not (0 < found.share < 1 and found.limit >= 0 and found.window_s >= 60):
        raise ValueError(f"the objective {found.name} cannot be measured")
    return found
