"""What a plan over a horizon says: who comes when and lies where, at what price, and who waits."""

from dataclasses import dataclass, replace

from solvers.engine import Outcome

Term = tuple[str, int]  # (rule, points)


@dataclass(frozen=True, slots=True)
class PlannedStay:
    """A patient's date and room for each night inside the horizon.

    `kept`: binding rules that hold. `waived`: broken with a person's leave. `standing`: broken
    where the patient lies already, which no plan is to blame for.
    """

    patient: str
    night: int
    rooms: tuple[str, ...]
    terms: tuple[Term, ...]
    kept: tuple[str, ...]
    waived: tuple[str, ...]
    standing: tuple[str, ...]

    @property
    def points(self) -> int:
        return sum(points for _, points in self.terms)

    def leaning_on(self, codes: frozenset[str]) -> "PlannedStay":
        """The stay that breaks these rules about many, too, with a person's leave."""
        kept = tuple(code for code in self.kept if code not in codes)
        return replace(self, kept=kept, waived=tuple(sorted({*self.waived, *codes})))


@dataclass(frozen=True, slots=True)
class Shared:
    """What several patients cost together: a mixed room, a ward living on its buffer."""

    rule: str
    place: str  # room or ward
    night: int
    points: int


@dataclass(frozen=True, slots=True)
class Unplanned:
    """A patient without a date in the horizon. `hindrances`: (rule, stays it forbids)."""

    patient: str
    cost: int
    hindrances: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class AdmissionPlan:
    """`outcome.objective` is the sum of the stays' points, the shared ones and the unplanned."""

    outcome: Outcome
    stays: tuple[PlannedStay, ...]
    shared: tuple[Shared, ...]
    unplanned: tuple[Unplanned, ...]
    buffer_source: str  # the forecast that the kept-back beds come from
    rounds: int = 0  # parts planned anew

    @property
    def stay_of(self) -> dict[str, PlannedStay]:
        return {stay.patient: stay for stay in self.stays}
