"""Labour rules, contract terms and weights of rosters, as versioned data one may replace.

A term names a rule, its limit and what breaking it costs; a term without weight is hard. The
rules themselves are functions (`roster_row_rules.py`, `roster_weekend_rules.py`,
`roster_hour_rules.py`, `roster_law.py`); the German and the Chinese set are JSON files beside
this module, each with its sources.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

COUNTRIES = ("cn", "de")

# Rules over a person's days. Units of `limit`: duties, days, weekends, nights or minutes.
TERM_CODES = (
    # of contracts
    "MIN_DUTIES",
    "MAX_DUTIES",
    "MIN_DAYS_IN_ROW",
    "MAX_DAYS_IN_ROW",
    "MIN_FREE_IN_ROW",
    "MAX_FREE_IN_ROW",
    "MIN_NIGHTS_IN_ROW",
    "MAX_NIGHTS_IN_ROW",
    "MAX_ON_CALL_IN_ROW",
    "MAX_NIGHTS",
    "MAX_ON_CALLS",
    "FREE_AFTER_NIGHTS",  # free days after a block of nights
    "MIN_WEEKENDS_IN_ROW",
    "MAX_WEEKENDS_IN_ROW",
    "MAX_WEEKENDS",
    "COMPLETE_WEEKEND",  # limit unused
    "SAME_SHIFT_IN_WEEKEND",  # limit unused
    "NO_NIGHT_BEFORE_FREE_WEEKEND",  # limit unused
    "UNWANTED_PATTERN",  # `pattern` names it; limit unused
    "SAME_SHIFT_IN_BLOCK",  # continuity: tomorrow the same shift as today; limit unused
    "MAX_MINUTES",
    "MIN_MINUTES",
    "ALTERNATIVE_SKILL",  # a duty without its skill, where this is soft; limit unused
    # of labour law
    "REST_BETWEEN_DUTIES",
    "DUTY_LENGTH",
    "WEEK_MINUTES",
    "AVERAGE_WEEK",
    "MONTH_OVERTIME",
    "DAY_OVERTIME",
    "REST_DAY_A_WEEK",  # days off in each calendar week
    "FREE_SUNDAYS_A_YEAR",
    "SUBSTITUTE_REST_DAY",  # a day off within `limit` days of a worked Sunday or holiday
)

# Rules about one day, which hold always and can be waived by name.
DAY_CODES = ("ABSENT", "SKILL_HELD", "SHIFT_ALLOWED", "FROZEN_DAY")

# Points of what is weighed for everyone; a hospital replaces them by its own version.
DEFAULT_WEIGHTS: Mapping[str, int] = {
    "UNCOVERED": 10_000,  # per head below the minimum
    "BELOW_PREFERRED": 60,  # per head
    "ABOVE_PREFERRED": 30,  # per head; people are called in for nothing
    "WISH_MISSED": 10,  # times the wish's own weight
    "WISH_MISSED_BEFORE": 2,  # more, per wish missed in months before
    "CHANGED_DUTY": 40,  # against the published roster, per day of a person
    "NIGHTS_ABOVE_SHARE": 8,  # the first; the second costs twice as much, and so on
    "WEEKENDS_ABOVE_SHARE": 12,  # likewise
    "HOURS_ABOVE_TARGET": 2,  # per started hour
    "HOURS_BELOW_TARGET": 2,  # per started hour
}


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Term:
    """One rule with its limit. `weight` None: hard; else points each time it is broken.

    `options` carries further figures of the rule, by name; `source` names the law or agreement.
    """

    rule: str
    limit: int = 0
    weight: int | None = None
    pattern: str = ""
    options: tuple[tuple[str, int], ...] = ()
    source: str = ""

    def __post_init__(self) -> None:
        if self.rule not in TERM_CODES:
            raise ValueError(f"terms.rule: {self.rule!r} is no rule of rosters")
        for name, value in (("limit", self.limit), ("weight", self.weight)):
            whole = isinstance(value, int) and not isinstance(value, bool) and value >= 0
            if not whole and not (name == "weight" and value is None):
                raise ValueError(f"terms.{name}: {value!r} is not a whole number from 0 up")
        pairs = sorted((str(name), int(value)) for name, value in self.options)
        object.__setattr__(self, "options", tuple(pairs))

    def option(self, name: str, default: int) -> int:
        return dict(self.options).get(name, default)


@dataclass(frozen=True, kw_only=True)
class RosterRules:
    """One version of the labour rules and weights. Weights that are not named count 0."""

    version: str
    country: str = ""
    labour: tuple[Term, ...] = ()
    weights: tuple[tuple[str, int], ...] = tuple(sorted(DEFAULT_WEIGHTS.items()))

    def __post_init__(self) -> None:
        ordered = sorted(self.labour, key=lambda t: (t.rule, t.limit, t.weight is None, t.pattern))
        object.__setattr__(self, "labour", tuple(ordered))
        pairs = sorted((str(name), points) for name, points in self.weights)
        object.__setattr__(self, "weights", tuple(pairs))
        for name, points in self.weights:
            if isinstance(points, bool) or not isinstance(points, int) or points < 0:
                raise ValueError(f"rules.weights: {name} is not a whole number from 0 up")

    @cached_property
    def weight(self) -> Mapping[str, int]:
        return dict(self.weights)


def rules_from(body: Mapping[str, Any]) -> RosterRules:
    """A rule set from plain JSON. Raises ValueError that names the field at fault."""
    try:
        labour = tuple(
            Term(**{**row, "options": tuple(map(tuple, _pairs(row.get("options", ()))))})
            for row in body.get("labour", ())
        )
        weights = tuple(map(tuple, _pairs(body.get("weights", DEFAULT_WEIGHTS))))
        return RosterRules(
            version=body["version"],
            country=body.get("country", ""),
            labour=labour,
            weights=weights,
        )
    except (KeyError, TypeError) as wrong:
        raise ValueError(f"roster rules: {wrong}") from wrong


def _pairs(value: Any) -> Any:
    return value.items() if isinstance(value, Mapping) else value


@cache
def country_rules(country: str) -> RosterRules:
    """The rule set that ships for a country: `de` or `cn`."""
    if country not in COUNTRIES:
        raise ValueError(f"country: {country!r} is none of {', '.join(COUNTRIES)}")
    text = files("solvers").joinpath(f"roster_rules_{country}.json").read_text("utf-8")
    return rules_from(json.loads(text))
