"""What a solved transfer plan says: who goes where, why, who waits, and how full it gets."""

from dataclasses import dataclass
from enum import StrEnum

from solvers.engine import Outcome

Term = tuple[str, int]  # (soft rule, points)


class Decision(StrEnum):
    GOES = "GOES"  # to the hospital named; it may be the one where the patient is
    STAYS = "STAYS"  # in the bed the patient has
    WAITS = "WAITS"  # where the patient is, without the place that is needed


@dataclass(frozen=True, slots=True)
class TransferItem:
    """One patient. `waived`: hard rules that are broken with a person's leave."""

    patient: str
    decision: Decision
    hospital: str | None
    level: str | None
    minutes: int | None  # of travel
    terms: tuple[Term, ...]
    kept: tuple[str, ...]
    waived: tuple[str, ...]

    @property
    def cost(self) -> int:
        return sum(points for _, points in self.terms)


@dataclass(frozen=True, slots=True)
class Hindrance:
    """Why a patient waits: `forbids` counts the units in whose way the rule stands, `alone` those
    in whose way nothing else does."""

    rule: str  # a hard rule, GIVEN_TO_OTHERS or NOT_WORTH_IT
    forbids: int
    alone: int


@dataclass(frozen=True, slots=True)
class UnitLoad:
    """A unit before and after the plan, in beds; `buffer` is kept for its own arrivals (p90)."""

    hospital: str
    level: str
    staffed: int
    buffer: int
    free: int  # beds the plan may use
    before: int
    after: int
    arrivals: int
    cost: int  # points of its load

    @property
    def percent_after(self) -> int:
        """Rounded down; 0 for a unit without staff."""
        return self.after * 100 // self.staffed if self.staffed else 0


@dataclass(frozen=True, slots=True)
class Spread:
    """How fairly the load lies on the units of one level, in percent of their staffed beds:
    the lowest, the highest and the standard deviation, over beds."""

    level: str
    before: tuple[int, int, int]
    after: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class TransferPlan:
    """`outcome.objective` is the sum of the items' costs and the units' load costs."""

    outcome: Outcome
    items: tuple[TransferItem, ...]
    units: tuple[UnitLoad, ...]
    spreads: tuple[Spread, ...]
    need_source: str | None
    hindrances: dict[str, tuple[Hindrance, ...]]  # of those who wait

    @property
    def hospital_of(self) -> dict[str, str | None]:
        return {item.patient: item.hospital for item in self.items}


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another place for one patient, or none. `price`: how much more the whole plan costs with
    it; an estimate where not `exact`."""

    decision: Decision
    hospital: str | None
    level: str | None
    price: int
    exact: bool
    terms: tuple[Term, ...]
    waived: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WhyNot:
    """What stands between a patient and one unit: the rules that forbid it, or its price."""

    hospital: str
    level: str
    forbidden: tuple[str, ...]
    price: int | None
    exact: bool
