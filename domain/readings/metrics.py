"""The catalogue of metrics: codes, canonical units, names, limits; and how devices call them."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from kit.errors import Invalid

UNKNOWN = "METRIC_UNKNOWN"


@dataclass(frozen=True, slots=True)
class Limits:
    """In the canonical unit. Beyond `low`..`high` a value is impossible, beyond the soft odd."""

    low: float
    high: float
    soft_low: float | None = None
    soft_high: float | None = None


@dataclass(frozen=True, slots=True)
class Metric:
    """One thing that is measured. `unit` is a UCUM code."""

    code: str
    unit: str
    loinc: tuple[str, ...]
    mdc: tuple[str, ...]
    name_zh: str
    name_en: str
    limits: Limits
    interval_s: int  # a value is expected this often; completeness is counted by it
    decimals: int  # worth showing
    fraction: bool  # a value up to 1 is a share of 1, not of 100
    molar_mass: float | None  # g/mol, where a concentration comes by mass and by amount
    of_patient: bool  # a clinical value of who lies in the bed
    aliases: tuple[str, ...]


@cache
def catalogue() -> Mapping[str, Metric]:
    """Every metric by its code."""
    text = files("domain.readings").joinpath("metrics.csv").read_text("utf-8")
    metrics = (_metric(row) for row in csv.DictReader(text.splitlines()))
    return MappingProxyType({metric.code: metric for metric in metrics})


def metric_named(text: str, device_aliases: Mapping[str, str] = MappingProxyType({})) -> Metric:
    """The metric that a device means: by its own alias, our code, LOINC, MDC or a usual name.

    Case, surrounding space, and `_` or `-` for a space do not matter.
    Raises Invalid METRIC_UNKNOWN; a name is never guessed.
    """
    key = device_aliases.get(text) or text
    metric = catalogue().get(key) or _names().get(_folded(key))
    if metric is None:
        raise Invalid("no metric has this name: register an alias for the device",
                      reason=UNKNOWN, field="metric")  # fmt: skip
    return metric


@cache
def _names() -> Mapping[str, Metric]:
    found: dict[str, Metric] = {}
    for metric in catalogue().values():
        for name in (metric.code, *metric.loinc, *metric.mdc, *metric.aliases, metric.name_en,
                     metric.name_zh):  # fmt: skip
            if found.setdefault(_folded(name), metric) is not metric:
                raise ValueError(f"two metrics are called {name}")
    return found


def _folded(name: str) -> str:
    return " ".join(name.casefold().replace("_", " ").replace("-", " ").split())


def _metric(row: dict[str, str]) -> Metric:
    return Metric(
        code=row["code"], unit=row["unit"], loinc=_many(row["loinc"]), mdc=_many(row["mdc"]),
        name_zh=row["name_zh"], name_en=row["name_en"],
        limits=Limits(float(row["low"]), float(row["high"]),
                      _maybe(row["soft_low"]), _maybe(row["soft_high"])),
        interval_s=int(row["interval_s"]), decimals=int(row["decimals"]),
        fraction=row["fraction"] == "1", molar_mass=_maybe(row["molar_mass"]),
        of_patient=row["patient"] == "1", aliases=_many(row["aliases"]),
    )  # fmt: skip


def _many(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(";") if part)


def _maybe(text: str) -> float | None:
    return float(text) if text else None
