"""The weights of planning over a horizon, as versioned data that a hospital may replace.

Points are whole numbers; ten points are one unit of the published weights, which have one decimal.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from solvers.bed_ruleset import RoomKind

Table = tuple[tuple[str, int], ...]

# Points per night, per change or per patient, as the rule of that name says.
DEFAULT_WEIGHTS: Mapping[str, int] = {
    "REQUIRED_PROPERTY": 50,
    "AGE_LIMITS": 100,
    "ROOM_SEX": 50,
    "MIXED_SEX": 80,
    "ISOLATION_ROOM": 100,
    "PREFERRED_PROPERTY": 20,
    "ROOM_SIZE": 8,
    "WARD_SPECIALTY": 30,
    "WARD_SECOND_SPECIALTY": 10,
    "ROOM_SPECIALTY": 20,
    "ROOM_SECOND_SPECIALTY": 10,
    "COHORT_BAY": 40,
    "TRANSFER": 110,
    "DELAY": 15,
    "TOLD_DATE": 200,
    "TOLD_WARD": 60,
    "TOLD_ROOM": 5,
    "BUFFER_USED": 120,
}
CAN_BIND = ("REQUIRED_PROPERTY", "AGE_LIMITS", "ROOM_SEX", "MIXED_SEX", "ISOLATION_ROOM")
ALWAYS_BIND = ("CO_BLOCKING", "STAFFED_CAPACITY", "THEATRE_TIME")
BY_NIGHT = ("MIXED_SEX", "STAFFED_CAPACITY")  # may be waived for some nights only


@dataclass(frozen=True, kw_only=True)
class AdmissionRules:
    """One version of the rules' data. Weights that are not named count 0.

    Rules in `binding` are never broken by a plan, whatever their weight. Leaving a patient
    without a date inside the horizon costs `unplanned_base` + `priority_step` × priority.
    """

    version: str
    weights: Table
    binding: tuple[str, ...] = CAN_BIND
    isolation_rooms: tuple[tuple[str, tuple[str, ...]], ...] = (
        ("AIRBORNE", ("NEG_PRESSURE",)),
        ("CONTACT", ("NEG_PRESSURE", "SIDE")),
        ("DROPLET", ("NEG_PRESSURE", "SIDE")),
        ("PROTECTIVE", ("POS_PRESSURE", "SIDE")),
    )
    cohort_isolations: tuple[str, ...] = ("CONTACT", "DROPLET")
    max_transfers: int = 1  # per stay, in a plan
    unplanned_base: int = 5_000
    priority_step: int = 1_000

    def __post_init__(self) -> None:
        for name in ("weights", "binding", "isolation_rooms", "cohort_isolations"):
            object.__setattr__(self, name, tuple(sorted(map(_frozen, getattr(self, name)))))
        if any(not isinstance(points, int) or points < 0 for _, points in self.weights):
            raise ValueError("rules.weights: points are whole numbers from 0 up")
        unknown = [code for code in self.binding if code not in CAN_BIND]
        if unknown:
            raise ValueError(f"rules.binding: {unknown[0]} is none of {', '.join(CAN_BIND)}")
        if self.max_transfers not in (0, 1):
            raise ValueError("rules.max_transfers: 0 or 1")
        kinds = {str(kind) for kind in RoomKind}
        if any(kind not in kinds for _, rooms in self.isolation_rooms for kind in rooms):
            raise ValueError("rules.isolation_rooms: unknown kind of room")

    @cached_property
    def weight(self) -> Mapping[str, int]:
        return dict(self.weights)

    @cached_property
    def rooms_for(self) -> Mapping[str, tuple[str, ...]]:
        return dict(self.isolation_rooms)

    def unplanned(self, priority: int) -> int:
        """What leaving a patient without a date costs."""
        return self.unplanned_base + self.priority_step * priority


def _frozen(row: Any) -> Any:
    return tuple(map(_frozen, row)) if isinstance(row, tuple | list) else row


DEFAULT_ADMISSION_RULES = AdmissionRules(
    version="admissions-1", weights=tuple(DEFAULT_WEIGHTS.items())
)
