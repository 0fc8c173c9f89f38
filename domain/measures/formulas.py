"""Which measures there are, and what each formula is called: domain/measures/formulas.csv."""

import csv
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path


class MeasureName(StrEnum):
    """Averages and counts of an interval."""

    OCCUPANCY = "occupancy"
    OCCUPANCY_MIDNIGHT = "occupancy_midnight"
    BED_USE_RATE = "bed_use_rate"
    ALOS = "alos"
    ALOS_CALENDAR = "alos_calendar"
    ADMISSIONS = "admissions"
    DISCHARGES = "discharges"
    TURNOVER = "turnover"
    TURNOVER_INTERVAL = "turnover_interval"
    CLEANING_TURNAROUND = "cleaning_turnaround"
    TIME_TO_BED = "time_to_bed"
    BOARDING_TIME = "boarding_time"
    MOVES_PER_STAY = "moves_per_stay"
    NIGHT_MOVES_PER_STAY = "night_moves_per_stay"
    OUTLIERS = "outliers"
    MIXED_SEX_BREACHES = "mixed_sex_breaches"
    RATIO_COMPLIANCE = "ratio_compliance"
    EXPECTED_DISCHARGE_ACCURACY = "expected_discharge_accuracy"
    PROPOSAL_ACCEPTANCE = "proposal_acceptance"
    FORECAST_COVERAGE = "forecast_coverage"


class About(StrEnum):
    """Whose numbers a figure gives away where it is made of very few."""

    BEDS = "beds"
    PATIENTS = "patients"


@dataclass(frozen=True, slots=True)
class Formula:
    """`value = factor × numerator ÷ denominator`, in `unit` (UCUM)."""

    name: MeasureName
    unit: str
    factor: float
    about: About
    formula: str
    name_zh: str
    name_en: str
    text_zh: str
    text_en: str


@cache
def formulas() -> dict[MeasureName, Formula]:
    """Every measure's formula. Raises ValueError for a row that names no measure."""
    with Path(__file__).with_name("formulas.csv").open(encoding="utf-8", newline="") as file:
        rows = [_row(row) for row in csv.DictReader(file)]
    return {row.name: row for row in rows}


def _row(row: dict[str, str]) -> Formula:
    return Formula(
        MeasureName(row["name"]), row["unit"], float(row["factor"]), About(row["about"]),
        row["formula"], row["name_zh"], row["name_en"], row["text_zh"], row["text_en"],
    )  # fmt: skip
