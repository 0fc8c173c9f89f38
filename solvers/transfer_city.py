"""The problem as arrays: units to go to, and patients who are the same to every rule as one."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from solvers.transfer_problem import Hospital, Patient, TransferProblem, Unit
from solvers.transfer_travel import travel_minutes

Whole = NDArray[np.integer[Any]]
Truth = NDArray[np.bool_]

NOWHERE = -1  # in place of an index: none
ANY_TIME = 2**30  # minutes, for a patient without a latest time


@dataclass(frozen=True, slots=True)
class Group:
    """Patients who differ in nothing but their keys; `patient` stands for all of them."""

    patient: Patient
    keys: tuple[str, ...]


class City:
    """Units, ways and capabilities, ready for rules over many patients at once.

    A unit's `free` beds are staffed, empty, and not kept for the hospital's own arrivals.
    """

    def __init__(self, problem: TransferProblem) -> None:
        self.problem = problem
        self.rules = problem.rules
        self.minutes = travel_minutes(problem)
        sites = (*problem.hospitals, *problem.points)
        self.site_of = {site.key: index for index, site in enumerate(sites)}
        self.units: list[tuple[Hospital, Unit]] = [
            (hospital, unit) for hospital in problem.hospitals for unit in hospital.units
        ]
        self.unit_of = {(h.key, unit.level): i for i, (h, unit) in enumerate(self.units)}
        self.hospital_of = _whole(self.site_of[hospital.key] for hospital, _ in self.units)
        self.rank = _whole(self.rules.care_rank[unit.level] for _, unit in self.units)
        self.buffer = _whole(self.kept_free(unit) for _, unit in self.units)
        staffed = _whole(unit.staffed for _, unit in self.units)
        occupied = _whole(unit.occupied for _, unit in self.units)
        self.staffed, self.occupied = staffed, occupied
        self.free: Whole = np.maximum(0, staffed - occupied - self.buffer)
        self.accepting = np.array([h.accepting for h in problem.hospitals], dtype=bool)

    def kept_free(self, unit: Unit) -> int:
        """Beds kept for the hospital's own arrivals: the forecast need, by the rules' share."""
        return -(-unit.need_p90 * self.rules.buffer_pct // 100)

    def offers(self, wanted: Iterable[tuple[str, ...]], field: str) -> Truth:
        """[wanted × hospitals]: whether the hospital has all of the named."""
        has = [frozenset(getattr(hospital, field)) for hospital in self.problem.hospitals]
        rows = [[have.issuperset(names) for have in has] for names in wanted]
        return np.array(rows, dtype=bool).reshape(len(rows), len(has))


class Needs:
    """What patients need, one entry each, as the rules read it."""

    def __init__(self, city: City, patients: Sequence[Patient]) -> None:
        rules, site_of = city.rules, city.site_of
        self.origin = _whole(site_of[p.origin] for p in patients)
        self.rank = _whole(rules.care_rank[p.level] for p in patients)
        self.urgency = _whole(p.urgency for p in patients)
        self.latest = _whole(ANY_TIME if p.latest_min is None else p.latest_min for p in patients)
        self.continuity = _whole(_index(site_of, p.continuity) for p in patients)
        self.told = _whole(_index(site_of, p.told) for p in patients)
        self.family = _whole(_index(site_of, p.family) for p in patients)
        forbidding = frozenset(rules.forbidding_consents)
        self.no_consent = _truth(p.consent in forbidding for p in patients)
        self.overridden = _truth(p.emergency_override for p in patients)
        self.not_asked = _truth(p.consent == "NONE" for p in patients)
        self.may_stay = _truth(p.may_stay for p in patients)
        self.lies = _truth(p.lies_in is not None for p in patients)
        self.bed = _whole(
            NOWHERE if p.lies_in is None else city.unit_of[p.origin, p.lies_in] for p in patients
        )
        self.waits = _whole(rules.waits(p.urgency, p.waiting_min) for p in patients)
        self.unmet = _whole(rules.unmet(p.urgency) for p in patients)
        specialties: list[tuple[str, ...]] = [
            () if p.specialty is None else (p.specialty,) for p in patients
        ]
        self.specialty, self.has_specialty = _shared(city, specialties, "specialties")
        self.equipment, self.has_equipment = _shared(
            city, [p.equipment for p in patients], "equipment"
        )
        declined = sorted({p.declined for p in patients})
        row_of = {names: index for index, names in enumerate(declined)}
        self.declined = _whole(row_of[p.declined] for p in patients)
        keys = [hospital.key for hospital in city.problem.hospitals]
        rows = [[key in names for key in keys] for names in declined]
        self.has_declined = np.array(rows, dtype=bool).reshape(len(rows), len(keys))

    def __len__(self) -> int:
        return len(self.origin)


def grouped(problem: TransferProblem) -> list[Group]:
    """Patients who are the same to every rule, together; in the order of their first keys."""
    alike: dict[tuple[object, ...], list[Patient]] = defaultdict(list)
    for p in problem.patients:
        waited = problem.rules.waits(p.urgency, p.waiting_min)
        alike[
            p.origin, p.level, p.specialty, p.equipment, p.urgency, waited, p.lies_in, p.may_stay,
            p.consent, p.emergency_override, p.latest_min, p.continuity, p.told, p.declined,
            p.family,
        ].append(p)  # fmt: skip
    return [Group(rows[0], tuple(p.key for p in rows)) for rows in alike.values()]


def _shared(city: City, wanted: list[tuple[str, ...]], field: str) -> tuple[Whole, Truth]:
    """For each patient a row of a table [different wishes × hospitals], so that it stays small."""
    different = sorted(set(wanted))
    row_of = {names: index for index, names in enumerate(different)}
    return _whole(row_of[names] for names in wanted), city.offers(different, field)


def _index(site_of: dict[str, int], key: str | None) -> int:
    return NOWHERE if key is None else site_of[key]


def _whole(values: Iterable[int]) -> Whole:
    return np.fromiter(values, dtype=np.int32)


def _truth(values: Iterable[bool]) -> Truth:
    return np.fromiter(values, dtype=bool)
