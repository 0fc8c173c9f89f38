"""The weights and tables of bed placement, as versioned data that a hospital may replace."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any


class Isolation(StrEnum):
    NONE = "NONE"
    CONTACT = "CONTACT"
    DROPLET = "DROPLET"
    AIRBORNE = "AIRBORNE"
    PROTECTIVE = "PROTECTIVE"


class RoomKind(StrEnum):
    BAY = "BAY"
    SIDE = "SIDE"
    NEG_PRESSURE = "NEG_PRESSURE"
    POS_PRESSURE = "POS_PRESSURE"


# Codes of the hard rules, so that a waiver can be checked without the rules' code.
HARD_CODES = (
    "BED_READY",
    "REQUIRED_EQUIPMENT",
    "TARGET_WARD",
    "LEVEL_OF_CARE",
    "AGE_LIMITS",
    "WARD_SEX",
    "SIDE_ROOM",
    "ISOLATION",
    "ROOM_SEX",
    "CO_BLOCKING",
    "STAFFED_CAPACITY",
)
COMPANY_CODES = ("ROOM_SEX", "CO_BLOCKING", "STAFFED_CAPACITY")  # never waived for one bed alone

# Points per broken soft rule: the defaults of the placement rules. The last two are ours: a
# ward's second-choice specialty, and a bed that gives more care than is needed, per level.
DEFAULT_WEIGHTS: Mapping[str, int] = {
    "IMMUNOSUPPRESSED_NO_SIDE_ROOM": 10,
    "WRONG_SEX_WARD": 10,
    "MIXED_BAY": 8,
    "FALLS_RISK_SIDE_ROOM": 5,
    "NO_SUPERVISION": 5,
    "INFECTION_NO_SIDE_ROOM": 4,
    "END_OF_LIFE_NO_SIDE_ROOM": 3,
    "OUTLIER_SPECIALTY": 3,
    "PREFERENCE_MISSED": 2,
    "TRANSFER": 11,
    "MANY_MOVES": 8,
    "SECOND_SPECIALTY": 1,
    "CARE_ABOVE_NEED": 4,
}

# Points per missed personal preference. They are wishes, not needs: all of them together weigh
# less than an outlier ward and a mixed bay. A table of its own, so that a hospital can weigh or
# switch them off without touching what is clinical, and see what they cost.
DEFAULT_PREFERENCES: Mapping[str, int] = {
    "PREFERS_ROOM": 3,
    "PREFERS_LANGUAGE": 3,
    "PREFERS_NURSE_SEX": 2,
    "PREFERS_NEAR_FAMILY": 2,
}

Table = tuple[tuple[str, int], ...]


@dataclass(frozen=True, kw_only=True)
class RuleSet:
    """One version of the rules' data. Weights that are not named count 0.

    Leaving a patient without a bed costs `unplaced_base` + `priority_step` × points
    + one point per `waiting_step_min` minutes, up to `waiting_cap`. With `priority_step` above
    `waiting_cap` and all penalties together, one point of priority outweighs any wait and any
    inconvenience; waiting decides between equal priorities, weighed against inconvenience.
    """

    version: str
    weights: Table
    preferences: Table = ()
    care_ranks: Table = (
        ("AMU", 1),
        ("ED", 0),
        ("HDU", 2),
        ("ICU", 3),
        ("LOUNGE", 0),
        ("THEATRE", 0),
        ("WARD", 1),
    )
    isolation_rooms: tuple[tuple[str, tuple[str, ...]], ...] = (
        ("AIRBORNE", ("NEG_PRESSURE",)),
        ("CONTACT", ("NEG_PRESSURE", "SIDE")),
        ("DROPLET", ("NEG_PRESSURE", "SIDE")),
        ("PROTECTIVE", ("POS_PRESSURE", "SIDE")),
    )
    cohort_isolations: tuple[str, ...] = ("AIRBORNE", "CONTACT", "DROPLET")
    ward_sex_is_hard: bool = False
    max_moves: int = 3  # per stay, before MANY_MOVES counts
    unplaced_base: int = 1_000
    priority_step: int = 250
    waiting_step_min: int = 15
    waiting_cap: int = 96

    def __post_init__(self) -> None:
        for name in (
            "weights",
            "preferences",
            "care_ranks",
            "isolation_rooms",
            "cohort_isolations",
        ):
            object.__setattr__(self, name, tuple(sorted(map(_frozen, getattr(self, name)))))
        for name, table in (("weights", self.weights), ("preferences", self.preferences)):
            if any(not isinstance(points, int) or points < 0 for _, points in table):
                raise ValueError(f"rules.{name}: points are whole numbers from 0 up")
        both = dict(self.weights).keys() & dict(self.preferences).keys()
        if both:
            raise ValueError(f"rules.preferences: {min(both)} has a weight already")
        if self.waiting_step_min < 1:
            raise ValueError("rules.waiting_step_min: at least 1 minute")

    @cached_property
    def weight(self) -> Mapping[str, int]:
        """Of every soft rule, clinical or personal."""
        return {**dict(self.weights), **dict(self.preferences)}

    @cached_property
    def care_rank(self) -> Mapping[str, int]:
        return dict(self.care_ranks)

    @cached_property
    def rooms_for(self) -> Mapping[str, tuple[str, ...]]:
        return dict(self.isolation_rooms)

    def placed_value(self, priority: int, waiting_min: int) -> int:
        """What placing a patient is worth: the cost of leaving that patient unplaced."""
        waited = min(waiting_min // self.waiting_step_min, self.waiting_cap)
        return self.unplaced_base + self.priority_step * priority + waited


def _frozen(row: Any) -> Any:
    """Lists, as they come from JSON, become tuples."""
    return tuple(map(_frozen, row)) if isinstance(row, tuple | list) else row


DEFAULT_RULES = RuleSet(
    version="beds-2",
    weights=tuple(DEFAULT_WEIGHTS.items()),
    preferences=tuple(DEFAULT_PREFERENCES.items()),
)
