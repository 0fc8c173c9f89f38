"""The rules of transfers a second time, patient by patient, without arrays: a checker and oracle."""

from collections import Counter
from collections.abc import Iterator
from itertools import product

from solvers.transfer_plan import Decision, TransferPlan
from solvers.transfer_problem import Hospital, Patient, TransferProblem, Unit

Place = tuple[str, str] | None  # (hospital, level); None: does not go


def minutes(problem: TransferProblem, origin: str, hospital: str) -> int | None:
    if origin == hospital:
        return 0
    ways = {(each.origin, each.hospital): each.minutes for each in problem.travel}
    return ways.get((origin, hospital))


def allowed(problem: TransferProblem, patient: Patient, hospital: Hospital, unit: Unit) -> bool:
    rules, away = problem.rules, hospital.key != patient.origin
    way = minutes(problem, patient.origin, hospital.key)
    refused = patient.consent in rules.forbidding_consents and not patient.emergency_override
    return (
        (hospital.accepting or not away)
        and rules.care_rank[unit.level] >= rules.care_rank[patient.level]
        and (patient.specialty is None or patient.specialty in hospital.specialties)
        and set(patient.equipment) <= set(hospital.equipment)
        and not (refused and away)
        and hospital.key not in patient.declined
        and not (patient.lies_in and not patient.may_stay and not away)
        and (patient.lies_in != unit.level or away)
        and way is not None
        and (patient.latest_min is None or way + (15 if away else 0) <= patient.latest_min)
        and free_beds(problem, unit) > 0
    )


def free_beds(problem: TransferProblem, unit: Unit) -> int:
    buffer = -(-unit.need_p90 * problem.rules.buffer_pct // 100)
    return max(0, unit.staffed - unit.occupied - buffer)


def going_cost(problem: TransferProblem, patient: Patient, hospital: Hospital, unit: Unit) -> int:
    rules, away = problem.rules, hospital.key != patient.origin
    weight, rank = rules.weight, rules.care_rank
    way = minutes(problem, patient.origin, hospital.key) or 0
    cost = weight["TRAVEL"] * (way * (1 + patient.urgency) // rules.travel_step_min)
    cost += _wishes(problem, patient, hospital.key)
    cost += weight["MOVE"] * (away and patient.lies_in is not None)
    cost += weight["CONSENT_NOT_ASKED"] * (away and patient.consent == "NONE")
    return cost + weight["CARE_ABOVE_NEED"] * max(0, rank[unit.level] - rank[patient.level])


def remaining_cost(problem: TransferProblem, patient: Patient) -> int:
    rules = problem.rules
    if not patient.may_stay:
        return rules.waits(patient.urgency, patient.waiting_min)
    here = next(h for h in problem.hospitals if h.key == patient.origin)
    met = (
        (patient.specialty is None or patient.specialty in here.specialties)
        and set(patient.equipment) <= set(here.equipment)
        and rules.care_rank[str(patient.lies_in)] >= rules.care_rank[patient.level]
    )
    unmet = 0 if met else rules.unmet(patient.urgency)
    return unmet + _wishes(problem, patient, patient.origin)


def _wishes(problem: TransferProblem, patient: Patient, hospital: str) -> int:
    weight = problem.rules.weight
    cost = weight["CONTINUITY"] * (patient.continuity not in (None, hospital))
    cost += weight["CHANGED_AFTER_TOLD"] * (patient.told not in (None, hospital))
    if patient.family is not None:
        way = minutes(problem, patient.family, hospital) or 0
        cost += weight["FAMILY_DISTANCE"] * (way // problem.rules.travel_step_min)
    return cost


def load_cost(problem: TransferProblem, places: dict[str, Place]) -> int:
    """Bed by bed: each patient above a step of the unit's staffed beds costs its points."""
    total = 0
    patients = {patient.key: patient for patient in problem.patients}
    stay = Counter(
        (p.origin, p.lies_in) for p in patients.values() if p.lies_in and places[p.key] is None
    )
    lay = Counter((p.origin, p.lies_in) for p in patients.values() if p.lies_in)
    come = Counter(place for place in places.values() if place)
    for hospital in problem.hospitals:
        for unit in hospital.units:
            at = (hospital.key, unit.level)
            base = unit.occupied - lay[at]
            for bed in range(base, base + stay[at] + come[at]):
                steps = [(unit.staffed * pct // 100, pts) for pct, pts in problem.rules.load_steps]
                total += max([pts for end, pts in steps if bed >= end], default=0)
    return total * problem.rules.weight.get("LOAD", 0)


def cost(problem: TransferProblem, places: dict[str, Place]) -> int | None:
    """None if a hard rule is broken."""
    units = {(h.key, unit.level): (h, unit) for h in problem.hospitals for unit in h.units}
    come = Counter(place for place in places.values() if place)
    if any(many > free_beds(problem, units[place][1]) for place, many in come.items()):
        return None
    total = load_cost(problem, places)
    for patient in problem.patients:
        place = places[patient.key]
        if place is None:
            total += remaining_cost(problem, patient)
        elif allowed(problem, patient, *units[place]):
            total += going_cost(problem, patient, *units[place])
        else:
            return None
    return total


def all_plans(problem: TransferProblem) -> Iterator[dict[str, Place]]:
    units = [(h, unit) for h in problem.hospitals for unit in h.units]
    choices: list[list[Place]] = [
        [None, *((h.key, unit.level) for h, unit in units if allowed(problem, patient, h, unit))]
        for patient in problem.patients
    ]
    keys = [patient.key for patient in problem.patients]
    for chosen in product(*choices):
        yield dict(zip(keys, chosen, strict=True))


def places_of(plan: TransferPlan) -> dict[str, Place]:
    return {
        item.patient: (str(item.hospital), str(item.level))
        if item.decision is Decision.GOES
        else None
        for item in plan.items
    }
