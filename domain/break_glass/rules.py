"""Who may break the glass of what and for how long: rules.csv, read strictly."""

import csv
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path

from domain.break_glass.model import Target

SHORTEST_MIN, LONGEST_MIN = 15, 60  # whatever the rules say


@dataclass(frozen=True, slots=True)
class BreakGlassRule:
    """`at_once`: grants of this kind that one person may hold together."""

    role: str
    target: Target
    least_min: int
    most_min: int
    at_once: int
    review_within: timedelta


@cache
def rules() -> tuple[BreakGlassRule, ...]:
    """Raises ValueError for rules beyond 15 to 60 minutes."""
    with Path(__file__).with_name("rules.csv").open(encoding="utf-8", newline="") as file:
        found = tuple(
            BreakGlassRule(
                row["role"], Target(row["target"]), int(row["least_min"]), int(row["most_min"]),
                int(row["at_once"]), timedelta(hours=int(row["review_h"])),
            )
            for row in csv.DictReader(file)
        )  # fmt: skip
    for rule in found:
        if not SHORTEST_MIN <= rule.least_min <= rule.most_min <= LONGEST_MIN or rule.at_once < 1:
            raise ValueError(f"rules.csv: {rule.role} {rule.target}")
    return found


def rules_of(roles: set[str], target: Target) -> tuple[BreakGlassRule, ...]:
    """What the roles allow, the longest first."""
    fitting = (one for one in rules() if one.role in roles and one.target is target)
    return tuple(sorted(fitting, key=lambda one: -one.most_min))
