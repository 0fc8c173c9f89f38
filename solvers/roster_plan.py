"""What a solved roster says: who works when, why, what is not covered, how fair it is."""

from dataclasses import dataclass

from solvers.engine import Outcome
from solvers.roster_parts import Duty

Terms = tuple[tuple[str, int], ...]  # (soft rule, points)


@dataclass(frozen=True, slots=True)
class RosterItem:
    """One person's roster. `waived`: hard rules broken with leave; `broken`: those broken because
    nothing else was possible (`RosterPlan.conflicts` says which and why)."""

    staff: str
    duties: tuple[Duty, ...]
    penalty: int
    terms: Terms
    kept: tuple[str, ...]
    waived: tuple[str, ...]
    broken: tuple[str, ...]
    minutes: int
    target_min: int
    nights: int
    weekends: int
    wishes_met: int  # weights
    wishes_missed: int
    changed_days: int  # against the published roster


@dataclass(frozen=True, slots=True)
class Hindrance:
    """Why a person who is free cannot take a duty: `forbids` counts the people for whom the rule
    stands in the way, `alone` those for whom nothing else does."""

    rule: str
    forbids: int
    alone: int


@dataclass(frozen=True, slots=True)
class Gap:
    """A demand that the roster does not meet as wished. `short_by`: heads below the minimum; then
    `hindrances` say what keeps people from it."""

    day: int
    shift: str
    skill: str
    heads: int
    minimum: int
    preferred: int
    cost: int
    hindrances: tuple[Hindrance, ...] = ()

    @property
    def short_by(self) -> int:
        return max(0, self.minimum - self.heads)


@dataclass(frozen=True, slots=True)
class Spread:
    """How evenly a burden lies, balances from before included: least and most above one's share."""

    measure: str  # NIGHTS, WEEKENDS, MINUTES or WISHES_MISSED
    least: int
    most: int

    @property
    def width(self) -> int:
        return self.most - self.least


@dataclass(frozen=True, slots=True)
class Conflict:
    """A smallest set of hard rules of which one must give way for this person to have any row."""

    staff: str
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RosterPlan:
    """`outcome.objective` is the sum of the items' penalties and the gaps' costs.

    With `conflicts` the status is INFEASIBLE, and the roster is the best with their rules waived.
    """

    outcome: Outcome
    items: tuple[RosterItem, ...]
    gaps: tuple[Gap, ...]
    fairness: tuple[Spread, ...]
    conflicts: tuple[Conflict, ...] = ()

    @property
    def duties(self) -> tuple[Duty, ...]:
        """All duties, sorted: what is published."""
        return tuple(sorted(duty for item in self.items for duty in item.duties))

    @property
    def uncovered(self) -> tuple[Gap, ...]:
        """The gaps below the minimum."""
        return tuple(gap for gap in self.gaps if gap.short_by)
