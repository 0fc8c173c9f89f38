"""Which patient goes to which hospital: the door to transfers.

Frozen problem in, plan with a true status out. Same canonical bytes, seed and version: same plan,
unless the clock cut the run short (`outcome.cut_short`). A plan's cost is proven to lie within
`outcome.gap` of the best: no run claims more than its bound shows.
"""

from time import perf_counter

import numpy as np

from solvers.engine import Limits, Outcome, Progress, Stop
from solvers.transfer_canonical import from_canonical, problem_hash, to_canonical
from solvers.transfer_city import Needs, Whole
from solvers.transfer_judge import broken, counted, kept, terms_going, terms_remaining, waived
from solvers.transfer_plan import (
    Decision,
    Hindrance,
    Spread,
    Term,
    TransferItem,
    TransferPlan,
    UnitLoad,
)
from solvers.transfer_problem import TransferProblem
from solvers.transfer_search import loads, search
from solvers.transfer_table import Table, table

__all__ = ["TransferProblem", "from_canonical", "problem_hash", "solve", "to_canonical"]

CITY_LIMITS = Limits(time_limit_s=30.0, gap=0.005)


def solve(
    problem: TransferProblem,
    limits: Limits | None = None,
    progress: Progress | None = None,
    stop: Stop | None = None,
) -> TransferPlan:
    """The cheapest plan for the problem's patients; waiting is always allowed."""
    started = perf_counter()
    known = table(problem)
    found = search(known, limits or CITY_LIMITS, progress, stop, started=started)
    return plan_of(known, found.flow, found.outcome)


def plan_of(known: Table, flow: Whole, outcome: Outcome) -> TransferPlan:
    units = _units(known, flow)
    items = _items(known, flow)
    waiting = np.nonzero((flow[:, -1] > 0) & ~known.needs.may_stay)[0]
    return TransferPlan(
        outcome=outcome,
        items=tuple(sorted(items, key=lambda item: item.patient)),
        units=units,
        spreads=_spreads(units),
        need_source=known.city.problem.need_source,
        hindrances=_hindrances(known, flow, waiting),
    )


def _items(known: Table, flow: Whole) -> list[TransferItem]:
    """Patients of a group are given to its units in the order of their keys."""
    groups, units = np.nonzero(flow[:, :-1])
    going = terms_going(known.city, known.needs, groups, units)
    left = [list(group.keys) for group in known.groups]
    items: list[TransferItem] = []
    for group, unit, terms in zip(groups.tolist(), units.tolist(), going, strict=True):
        many = int(flow[group, unit])
        keys, left[group] = left[group][:many], left[group][many:]
        items += _going(known, group, unit, keys, terms)
    for group, terms in enumerate(terms_remaining(known.city, known.needs)):
        items += _remaining(known, group, left[group], terms)
    return items


def _going(
    known: Table, group: int, unit: int, keys: list[str], terms: tuple[Term, ...]
) -> list[TransferItem]:
    patient, city = known.groups[group].patient, known.city
    hospital, beds = city.units[unit]
    free_of = waived(city, patient, hospital.key) if patient.emergency_override else ()
    minutes = int(city.minutes[known.needs.origin[group], city.hospital_of[unit]])
    keeps = kept(patient, hospital.key, free_of)
    return [
        TransferItem(key, Decision.GOES, hospital.key, beds.level, minutes, terms, keeps, free_of)
        for key in keys
    ]


def _remaining(
    known: Table, group: int, keys: list[str], terms: tuple[Term, ...]
) -> list[TransferItem]:
    patient = known.groups[group].patient
    if patient.may_stay:
        place = (Decision.STAYS, patient.origin, patient.lies_in, 0)
    else:
        place = (Decision.WAITS, None, None, None)  # type: ignore[assignment]
    return [TransferItem(key, *place, terms, (), ()) for key in keys]


def _units(known: Table, flow: Whole) -> tuple[UnitLoad, ...]:
    city = known.city
    come, above = loads(known, flow)
    cost = known.load_cost(above)
    return tuple(
        UnitLoad(
            hospital=hospital.key,
            level=unit.level,
            staffed=unit.staffed,
            buffer=int(city.buffer[index]),
            free=int(city.free[index]),
            before=unit.occupied,
            after=int(known.base[index] + above[index]),
            arrivals=int(come[index]),
            cost=int(cost[index]),
        )
        for index, (hospital, unit) in enumerate(city.units)
    )


def _spreads(units: tuple[UnitLoad, ...]) -> tuple[Spread, ...]:
    levels = sorted({unit.level for unit in units if unit.staffed})
    spreads = []
    for level in levels:
        alike = [unit for unit in units if unit.level == level and unit.staffed]
        staffed = np.array([unit.staffed for unit in alike])
        before = _spread(np.array([unit.before for unit in alike]), staffed)
        after = _spread(np.array([unit.after for unit in alike]), staffed)
        spreads.append(Spread(level, before, after))
    return tuple(spreads)


def _spread(beds: Whole, staffed: Whole) -> tuple[int, int, int]:
    percent = beds * 100 / staffed
    mean = np.average(percent, weights=staffed)
    deviation = np.sqrt(np.average((percent - mean) ** 2, weights=staffed))
    return round(float(percent.min())), round(float(percent.max())), round(float(deviation))


def _hindrances(known: Table, flow: Whole, waiting: Whole) -> dict[str, tuple[Hindrance, ...]]:
    """For each patient who waits, most frequent rule first."""
    if not len(waiting) or not known.city.units:
        return {}
    come, _ = loads(known, flow)
    needs = Needs(known.city, [known.groups[group].patient for group in waiting])
    forbids, alone = counted(broken(known.city, needs), come >= known.city.free)
    answer = {}
    for row, group in enumerate(waiting.tolist()):
        rows = [
            Hindrance(code, int(forbids[code][row]), int(alone[code][row]))
            for code in forbids
            if forbids[code][row]
        ]
        told = tuple(sorted(rows, key=lambda each: (-each.forbids, each.rule)))
        keys = known.groups[group].keys
        for key in keys[len(keys) - int(flow[group, -1]) :]:
            answer[key] = told
    return answer
