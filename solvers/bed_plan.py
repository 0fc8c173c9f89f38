"""What a solved bed plan says: who goes where, why, and who must wait."""

from dataclasses import dataclass

from solvers.bed_judge import Term
from solvers.engine import Outcome


@dataclass(frozen=True, slots=True)
class PlacedItem:
    """One request and its bed. `waived`: hard rules that are broken with a person's leave."""

    request: str
    bed: str
    penalty: int
    terms: tuple[Term, ...]
    kept: tuple[str, ...]
    waived: tuple[str, ...]

    @property
    def broken(self) -> tuple[str, ...]:
        """Soft rules that this placement breaks."""
        return tuple(code for code, _ in self.terms)


@dataclass(frozen=True, slots=True)
class Hindrance:
    """Why beds were not given: `forbids` counts the beds on which the rule stands in the way,
    `alone` those on which nothing else does. `short_by`: what is missing, where that is counted."""

    rule: str  # a hard rule, BED_READY:<code>, GIVEN_TO_OTHERS or NOT_WORTH_IT
    forbids: int
    alone: int
    short_by: int | None = None


@dataclass(frozen=True, slots=True)
class Unplaced:
    """One request without a bed; `cost` is what leaving it waiting counts in the objective."""

    request: str
    cost: int
    hindrances: tuple[Hindrance, ...]


@dataclass(frozen=True, slots=True)
class BedPlan:
    """`outcome.objective` is the sum of the items' penalties and the unplaced requests' costs."""

    outcome: Outcome
    items: tuple[PlacedItem, ...]
    unplaced: tuple[Unplaced, ...]

    @property
    def bed_of(self) -> dict[str, str]:
        return {item.request: item.bed for item in self.items}


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another bed for one request. `price`: how much more the whole plan costs with it;
    when not `exact`, at most that much. `displaces`: who would lose the bed."""

    bed: str
    price: int
    exact: bool
    penalty: int
    terms: tuple[Term, ...]
    waived: tuple[str, ...]
    displaces: str | None = None


@dataclass(frozen=True, slots=True)
class RankedBed:
    """One bed for one request, as things are now. `forbidden` is empty where it may be used."""

    bed: str
    penalty: int
    terms: tuple[Term, ...]
    kept: tuple[str, ...]
    waived: tuple[str, ...]
    forbidden: tuple[str, ...]
