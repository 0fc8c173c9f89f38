"""What every group would cost in every unit, and the steps of each unit's load."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from solvers.transfer_city import NOWHERE, City, Group, Needs, Truth, Whole, grouped
from solvers.transfer_problem import TransferProblem
from solvers.transfer_rules import HOSPITAL_HARD, HOSPITAL_SOFT, UNIT_HARD, UNIT_SOFT

FORBIDDEN = 10**8  # points; far above what any plan costs for one patient
ENDLESS = 10**6  # beds in the last step of the load
WAIVABLE = frozenset({"CONSENT"})  # by the patient's emergency override

Number = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Table:
    """`cost` [groups × units] holds FORBIDDEN where a hard rule stands in the way; `remains`
    [groups] is the cost of not going: the bed the patient has, or waiting.

    `base` [units] counts those who are not part of the problem; `room` [units × steps] is how
    many more fit below each step of the load, at `points` [steps] each.
    """

    city: City
    groups: list[Group]
    needs: Needs
    size: Whole
    cost: Whole
    remains: Whole
    base: Whole
    room: Whole
    points: Whole

    @cached_property
    def loads(self) -> Truth:
        """Groups who load a unit when they do not go: they lie in it."""
        lies: Truth = self.needs.bed != NOWHERE
        return lies

    def load_cost(self, above: Whole) -> Whole:
        """The points of each unit for `above` patients more than its `base`."""
        filled = np.concatenate(
            [np.zeros_like(above)[:, None], np.cumsum(self.room, axis=1)], axis=1
        )
        inside = np.clip(above[:, None] - filled[:, :-1], 0, self.room)
        points: Whole = inside @ self.points
        return points


def table(problem: TransferProblem) -> Table:
    city = City(problem)
    groups = grouped(problem)
    needs = Needs(city, [group.patient for group in groups])
    size = np.array([len(group.keys) for group in groups], dtype=np.int32)
    base = city.occupied.copy()
    lying = needs.bed != NOWHERE
    np.subtract.at(base, needs.bed[lying], size[lying])
    points, room = _steps(city, base)
    return Table(
        city=city,
        groups=groups,
        needs=needs,
        size=size,
        cost=_costs(city, needs),
        remains=np.sum(list(remaining_terms(city, needs).values()), axis=0, dtype=np.int32),
        base=base,
        room=room,
        points=points,
    )


def _costs(city: City, needs: Needs) -> Whole:
    if not len(needs) or not city.units:
        return np.full((len(needs), len(city.units)), FORBIDDEN, dtype=np.int32)
    weight = city.rules.weight
    by_hospital = np.zeros((len(needs), len(city.accepting)), dtype=np.int32)
    for code, soft in HOSPITAL_SOFT.items():
        by_hospital += weight.get(code, 0) * soft(city, needs)
    for code, hard in HOSPITAL_HARD.items():
        broken = ~hard(city, needs)
        if code in WAIVABLE:
            broken &= ~needs.overridden[:, None]
        by_hospital[broken] = FORBIDDEN
    cost = by_hospital[:, city.hospital_of]
    for code, soft in UNIT_SOFT.items():
        cost += weight.get(code, 0) * soft(city, needs)
    for hard in UNIT_HARD.values():
        cost[~hard(city, needs)] = FORBIDDEN
    lies = np.nonzero(needs.bed != NOWHERE)[0]
    cost[lies, needs.bed[lies]] = FORBIDDEN  # that bed is the patient's already
    return np.minimum(cost, FORBIDDEN)


def need_met_here(city: City, needs: Needs) -> Truth:
    """Whether the bed a patient lies in has all that is needed."""
    met = np.zeros(len(needs), dtype=bool)
    lies = np.nonzero(needs.bed != NOWHERE)[0]
    here = needs.origin[lies]
    met[lies] = (
        needs.has_specialty[needs.specialty[lies], here]
        & needs.has_equipment[needs.equipment[lies], here]
        & (city.rank[needs.bed[lies]] >= needs.rank[lies])
    )
    return met


def remaining_terms(city: City, needs: Needs) -> dict[str, Whole]:
    """What not going counts: the rules a bed that is kept breaks, or the wait."""
    stays = needs.may_stay
    terms = {
        "WAITS": np.where(stays, 0, needs.waits),
        "NEED_UNMET": np.where(stays & ~need_met_here(city, needs), needs.unmet, 0),
    }
    weight = city.rules.weight
    for code, wanted in (("CONTINUITY", needs.continuity), ("CHANGED_AFTER_TOLD", needs.told)):
        missed = stays & (wanted != NOWHERE) & (wanted != needs.origin)
        terms[code] = weight.get(code, 0) * missed.astype(np.int32)
    way = np.zeros(len(needs), dtype=np.int32)
    visited = np.nonzero(stays & (needs.family != NOWHERE))[0]
    minutes = city.minutes[needs.family[visited], needs.origin[visited]]
    way[visited] = np.maximum(minutes, 0) // city.rules.travel_step_min
    terms["FAMILY_DISTANCE"] = weight.get("FAMILY_DISTANCE", 0) * way
    return terms


def _steps(city: City, base: Whole) -> tuple[Whole, Whole]:
    weight = city.rules.weight.get("LOAD", 0)
    points = np.array([0, *(each for _, each in city.rules.load_steps)], dtype=np.int32) * weight
    percents = np.array([percent for percent, _ in city.rules.load_steps], dtype=np.int64)
    ends = (city.staffed[:, None].astype(np.int64) * percents // 100).astype(np.int32)
    ends = np.concatenate([ends, np.full((len(base), 1), ENDLESS, dtype=np.int32)], axis=1)
    begins = np.concatenate([np.zeros((len(base), 1), dtype=np.int32), ends[:, :-1]], axis=1)
    room: Whole = np.maximum(ends, base[:, None]) - np.maximum(begins, base[:, None])
    return points, np.maximum(room, 0)
