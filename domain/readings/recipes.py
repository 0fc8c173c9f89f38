"""How a value of one name and unit becomes a reading: decided once, then applied to thousands."""

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import NamedTuple

from domain.readings.metrics import Limits, Metric, metric_named
from domain.readings.quality import Quality
from domain.readings.units import MISMATCH, UNKNOWN, conversion
from kit.errors import Invalid


class Own(NamedTuple):
    """What a hospital wrote down for one of a device's metrics."""

    metric: str
    unit: str | None
    low: float | None  # the technical range, canonical
    high: float | None


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything about a name and unit that does not depend on the value. Open ends are ±inf."""

    metric: str
    canonical: bool  # the value is taken as it came
    factor: float
    offset: float
    fraction: bool
    low: float
    high: float
    soft_low: float
    soft_high: float
    own_low: float
    own_high: float
    unit: str | None  # kept with the raw value where that was another number
    quality: int
    of_patient: bool


@lru_cache(maxsize=8192)
def recipe(
    name: str, unit: str | None, kind: str, own: Own | None = None, limits: Limits | None = None
) -> Recipe:
    """Raises Invalid METRIC_UNKNOWN, UNIT_UNKNOWN or UNIT_MISMATCH.

    `limits` of the hospital come before those for the kind of device, and these before the
    metric's. A unit that is sent comes before the registered one, unless it cannot be one of
    the metric: there are ventilators that send FiO2 in torr.
    """
    metric = metric_named(own.metric if own else name)
    factor, offset, assumed = _conversion(metric, unit, own.unit if own else None)
    bounds = limits or usual_limits(metric, kind)
    return Recipe(
        metric=metric.code, canonical=(factor, offset) == (1.0, 0.0), factor=factor, offset=offset,
        fraction=metric.fraction, low=bounds.low, high=bounds.high,
        soft_low=_or(bounds.soft_low, -math.inf), soft_high=_or(bounds.soft_high, math.inf),
        own_low=_or(own.low if own else None, -math.inf),
        own_high=_or(own.high if own else None, math.inf),
        unit=(unit or (own.unit if own else None) or metric.unit)[:32],
        quality=int(Quality.UNIT_ASSUMED) if assumed else 0, of_patient=metric.of_patient,
    )  # fmt: skip


def usual_limits(metric: Metric, kind: str) -> Limits:
    """The catalogue's limits of a metric on a kind of device."""
    return _by_kind().get((metric.code, kind), metric.limits)


def _conversion(metric: Metric, sent: str | None, ours: str | None) -> tuple[float, float, bool]:
    if sent:
        try:
            return *conversion(sent, metric.unit, metric.molar_mass), False
        except Invalid as odd:
            if ours is None or odd.reason not in (MISMATCH, UNKNOWN):
                raise
    return *conversion(ours or metric.unit, metric.unit, metric.molar_mass), True


@cache
def _by_kind() -> Mapping[tuple[str, str], Limits]:
    text = files("domain.readings").joinpath("limits.csv").read_text("utf-8")
    return MappingProxyType({
        (row["metric"], row["device_kind"]): Limits(
            float(row["low"]), float(row["high"]), _maybe(row["soft_low"]), _maybe(row["soft_high"])
        )
        for row in csv.DictReader(text.splitlines())
    })  # fmt: skip


def _maybe(text: str) -> float | None:
    return float(text) if text else None


def _or(bound: float | None, otherwise: float) -> float:
    return otherwise if bound is None else bound
