"""The weights and tables of transfers between hospitals, as versioned data."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

# Codes of the hard rules, in the order in which they are told.
HARD_CODES = (
    "ACCEPTING",
    "LEVEL_OF_CARE",
    "SPECIALTY",
    "EQUIPMENT",
    "CONSENT",
    "NOT_DECLINED",
    "MUST_LEAVE",
    "TRAVEL_KNOWN",
    "LATEST_TIME",
    "STAFFED_CAPACITY",
)

# Points per broken soft rule. TRAVEL and FAMILY_DISTANCE count per `travel_step_min` minutes,
# CARE_ABOVE_NEED per level; LOAD multiplies the points of `load_steps`.
DEFAULT_WEIGHTS: Mapping[str, int] = {
    "TRAVEL": 2,
    "FAMILY_DISTANCE": 1,
    "MOVE": 11,
    "CONTINUITY": 20,
    "CONSENT_NOT_ASKED": 5,
    "CARE_ABOVE_NEED": 15,
    "CHANGED_AFTER_TOLD": 40,
    "LOAD": 1,
}

Table = tuple[tuple[str, int], ...]


@dataclass(frozen=True, kw_only=True)
class TransferRuleSet:
    """One version of the rules' data. Weights that are not named count 0.

    `load_steps`: (utilisation in percent of the staffed beds, points); each patient above that
    utilisation, up to the next step, costs the points. They never fall, so that a patient costs
    least where the load is lowest: this is what spreads the load.
    Waiting costs `waits_base` + `waits_step` × urgency + one point per `waiting_step_min` minutes
    waited, up to `waiting_cap`; staying where the need is not met costs `unmet_base` +
    `unmet_step` × urgency.
    """

    version: str
    weights: Table
    care_ranks: Table = (
        ("AMU", 1),
        ("ED", 0),
        ("HDU", 2),
        ("ICU", 3),
        ("LOUNGE", 0),
        ("THEATRE", 0),
        ("WARD", 1),
    )
    load_steps: tuple[tuple[int, int], ...] = (
        (50, 1),
        (60, 2),
        (70, 4),
        (75, 6),
        (80, 9),
        (85, 13),
        (90, 18),
        (95, 25),
        (100, 40),
    )
    forbidding_consents: tuple[str, ...] = ("REFUSED",)  # without an emergency override
    buffer_pct: int = 100  # of the forecast need (p90) that is kept free
    travel_step_min: int = 10
    speed_kmh: int = 40  # on the road, where no minutes are given
    detour_pct: int = 130  # road beside great circle
    handover_min: int = 15  # before a patient leaves for another hospital
    waits_base: int = 1_000
    waits_step: int = 250
    waiting_step_min: int = 15
    waiting_cap: int = 96
    unmet_base: int = 300
    unmet_step: int = 100

    def __post_init__(self) -> None:
        for name in ("weights", "care_ranks", "load_steps", "forbidding_consents"):
            object.__setattr__(self, name, tuple(sorted(map(_frozen, getattr(self, name)))))
        if any(not isinstance(points, int) or points < 0 for _, points in self.weights):
            raise ValueError("rules.weights: points are whole numbers from 0 up")
        _check_load_steps(self.load_steps)
        for name in ("travel_step_min", "speed_kmh", "waiting_step_min"):
            if getattr(self, name) < 1:
                raise ValueError(f"rules.{name}: at least 1")
        for name in _NOT_NEGATIVE:
            if getattr(self, name) < 0:
                raise ValueError(f"rules.{name}: at least 0")
        if self.detour_pct < 100:
            raise ValueError("rules.detour_pct: a road is never shorter than the great circle")

    @cached_property
    def weight(self) -> Mapping[str, int]:
        return dict(self.weights)

    @cached_property
    def care_rank(self) -> Mapping[str, int]:
        return dict(self.care_ranks)

    def waits(self, urgency: int, waiting_min: int) -> int:
        """What leaving a patient without a bed costs."""
        waited = min(waiting_min // self.waiting_step_min, self.waiting_cap)
        return self.waits_base + self.waits_step * urgency + waited

    def unmet(self, urgency: int) -> int:
        """What keeping a patient where the need is not met costs."""
        return self.unmet_base + self.unmet_step * urgency


_NOT_NEGATIVE = (
    "buffer_pct",
    "handover_min",
    "waits_base",
    "waits_step",
    "waiting_cap",
    "unmet_base",
    "unmet_step",
)


def _check_load_steps(steps: tuple[tuple[int, int], ...]) -> None:
    percents = [percent for percent, _ in steps]
    points = [each for _, each in steps]
    if percents != sorted(set(percents)) or any(percent < 0 for percent in percents):
        raise ValueError("rules.load_steps: percents from 0 up, each once")
    if points != sorted(points) or any(each < 0 for each in points):
        raise ValueError("rules.load_steps: points never fall with the load")


def _frozen(row: Any) -> Any:
    """Lists, as they come from JSON, become tuples."""
    return tuple(map(_frozen, row)) if isinstance(row, tuple | list) else row


DEFAULT_TRANSFER_RULES = TransferRuleSet(
    version="transfers-1", weights=tuple(DEFAULT_WEIGHTS.items())
)
# In a surge half of what is kept for a hospital's own emergencies is given to the city.
SURGE_TRANSFER_RULES = TransferRuleSet(
    version="transfers-surge-1", weights=tuple(DEFAULT_WEIGHTS.items()), buffer_pct=50
)
