"""Which doctor looks after which patient: the door to care assignment.

Frozen problem in, plan with a true status out. Same canonical bytes, seed and version: same plan,
unless the clock cut the run short (`outcome.cut_short`).
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from time import perf_counter

import pulp

from solvers.care_canonical import from_canonical, problem_hash, to_canonical
from solvers.care_problem import CareProblem
from solvers.care_rules import JudgedPair, judge_pair, unassigned_cost
from solvers.engine import Limits, Outcome, Progress, Status, minimise
from solvers.engine_run import Stop

__all__ = [
    "CarePlan",
    "CareProblem",
    "from_canonical",
    "problem_hash",
    "solve",
    "to_canonical",
]

Pairs = Mapping[tuple[str, str], JudgedPair]  # (patient, doctor), those that are allowed


@dataclass(frozen=True, slots=True)
class CareItem:
    """One patient and the doctor."""

    patient: str
    doctor: str
    penalty: int
    terms: tuple[tuple[str, int], ...]
    kept: tuple[str, ...]
    waived: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Uncared:
    """A patient without a doctor: how many doctors each rule keeps away."""

    patient: str
    cost: int
    hindrances: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Load:
    """What a doctor on duty carries: patients, points of acuity."""

    doctor: str
    patients: int
    load: int


@dataclass(frozen=True, slots=True)
class CarePlan:
    """`outcome.objective` is the items' penalties, the uncared patients and the cost of the
    spread: the load between the most and the least loaded doctor on duty."""

    outcome: Outcome
    items: tuple[CareItem, ...]
    uncared: tuple[Uncared, ...]
    loads: tuple[Load, ...]
    spread: int
    spread_cost: int

    @property
    def doctor_of(self) -> dict[str, str]:
        return {item.patient: item.doctor for item in self.items}


def solve(
    problem: CareProblem,
    limits: Limits | None = None,
    progress: Progress | None = None,
    *,
    fixed: Mapping[str, str] | None = None,
    stop: Stop | None = None,
) -> CarePlan:
    """The cheapest assignment; leaving a patient without a doctor is allowed, and dear.

    `fixed`: patients with the doctor they must get, whatever else it costs.
    """
    started = perf_counter()
    pairs = allowed_pairs(problem)
    lp, taken = _model(problem, pairs, fixed or {})
    built = perf_counter()
    answer = minimise(lp, limits or Limits(), progress, stop=stop)
    values = answer.values
    doctor_of = {pair[0]: pair[1] for pair, var in taken.items() if values.get(var.name)}
    plan = plan_for(problem, doctor_of, answer.outcome, pairs)
    wall_ms = round((perf_counter() - started) * 1000)
    outcome = replace(plan.outcome, wall_ms=wall_ms, build_ms=round((built - started) * 1000))
    return replace(plan, outcome=outcome)


def allowed_pairs(problem: CareProblem) -> dict[tuple[str, str], JudgedPair]:
    """Every doctor for every patient that no hard rule forbids."""
    judged = {
        (patient.key, doctor.key): judge_pair(problem, doctor, patient)
        for patient in problem.patients
        for doctor in problem.doctors
    }
    return {pair: each for pair, each in judged.items() if not each.forbidden}


def _model(
    problem: CareProblem, pairs: Pairs, fixed: Mapping[str, str]
) -> tuple[pulp.LpProblem, dict[tuple[str, str], pulp.LpVariable]]:
    lp = pulp.LpProblem("care", pulp.LpMinimize)
    taken = {
        pair: lp.add_variable(f"x{number}", cat=pulp.LpBinary)
        for number, pair in enumerate(sorted(pairs))
    }
    objective = [(var, pairs[pair].penalty) for pair, var in taken.items()]
    by_patient: dict[str, list[tuple[pulp.LpVariable, int]]] = defaultdict(list)
    by_doctor: dict[str, list[tuple[str, pulp.LpVariable]]] = defaultdict(list)
    for (key, doctor), var in taken.items():
        by_patient[key].append((var, 1))
        by_doctor[doctor].append((key, var))
        if key in fixed:
            var.lowBound = var.upBound = int(fixed[key] == doctor)
    for number, patient in enumerate(problem.patients):
        left = lp.add_variable(f"u{number}", cat=pulp.LpBinary)
        lp += pulp.LpAffineExpression([*by_patient[patient.key], (left, 1)]) == 1, f"one{number}"
        objective.append((left, unassigned_cost(problem, patient)))
    objective += _loads(lp, problem, by_doctor)
    lp.setObjective(pulp.LpAffineExpression(objective))
    return lp, taken


def _loads(
    lp: pulp.LpProblem,
    problem: CareProblem,
    by_doctor: Mapping[str, list[tuple[str, pulp.LpVariable]]],
) -> list[tuple[pulp.LpVariable, int]]:
    """Limits of each doctor, and the spread between them: within the limit and beyond it."""
    acuity = {patient.key: patient.acuity for patient in problem.patients}
    rules = problem.rules
    most = lp.add_variable("most", 0, cat=pulp.LpInteger)
    least = lp.add_variable("least", 0, cat=pulp.LpInteger)
    within = lp.add_variable("within", 0, rules.spread_limit, pulp.LpInteger)
    beyond = lp.add_variable("beyond", 0, cat=pulp.LpInteger)
    for number, doctor in enumerate(problem.doctors):
        rows = by_doctor.get(doctor.key, [])
        load = [(var, acuity[patient]) for patient, var in rows]
        if rows:
            heads = pulp.LpAffineExpression([(var, 1) for _, var in rows])
            lp += heads <= doctor.max_patients, f"heads{number}"
            lp += pulp.LpAffineExpression(load) <= doctor.load_limit, f"load{number}"
        if doctor.on_duty:
            lp += pulp.LpAffineExpression([*load, (most, -1)]) <= 0, f"most{number}"
            lp += pulp.LpAffineExpression([*load, (least, -1)]) >= 0, f"least{number}"
    parts = [(most, 1), (least, -1), (within, -1), (beyond, -1)]
    lp += pulp.LpAffineExpression(parts) <= 0, "spread"
    uneven = rules.weight.get("UNEVEN", 0)
    return [(within, uneven), (beyond, max(uneven, rules.weight.get("SPREAD", 0)))]


def plan_for(
    problem: CareProblem, doctor_of: Mapping[str, str], outcome: Outcome, pairs: Pairs
) -> CarePlan:
    """The plan that gives these doctors; `outcome` with its cost counted again."""
    items = tuple(
        CareItem(patient, doctor, judged.penalty, judged.terms, judged.kept, judged.waived)
        for patient, doctor in sorted(doctor_of.items())
        for judged in (pairs[patient, doctor],)
    )
    loads = loads_of(problem, doctor_of)
    uncared = tuple(
        Uncared(
            patient.key,
            unassigned_cost(problem, patient),
            why_uncared(problem, patient.key, doctor_of, pairs),
        )
        for patient in problem.patients
        if patient.key not in doctor_of
    )
    spread = max((each.load for each in loads), default=0) - min(
        (each.load for each in loads), default=0
    )
    spread_cost = cost_of_spread(problem, spread)
    cost = sum(item.penalty for item in items) + sum(each.cost for each in uncared) + spread_cost
    bound = min(outcome.bound if outcome.bound is not None else 0, cost)
    status = Status.OPTIMAL if cost == bound else Status.FEASIBLE
    told = replace(
        outcome, status=status, objective=cost, bound=bound, gap=(cost - bound) / max(cost, 1)
    )
    return CarePlan(told, items, uncared, loads, spread, spread_cost)


def cost_of_spread(problem: CareProblem, spread: int) -> int:
    """Points of the load between the most and the least loaded."""
    rules = problem.rules
    uneven = rules.weight.get("UNEVEN", 0)
    beyond = max(0, spread - rules.spread_limit)
    return (spread - beyond) * uneven + beyond * max(uneven, rules.weight.get("SPREAD", 0))


def loads_of(problem: CareProblem, doctor_of: Mapping[str, str]) -> tuple[Load, ...]:
    acuity = {patient.key: patient.acuity for patient in problem.patients}
    heads = Counter(doctor_of.values())
    load: Counter[str] = Counter()
    for patient, doctor in doctor_of.items():
        load[doctor] += acuity[patient]
    return tuple(
        Load(doctor.key, heads[doctor.key], load[doctor.key])
        for doctor in problem.doctors
        if doctor.on_duty
    )


def why_uncared(
    problem: CareProblem, patient_key: str, doctor_of: Mapping[str, str], pairs: Pairs
) -> tuple[tuple[str, int], ...]:
    """Per rule, how many doctors it keeps from a patient; a doctor may count under several."""
    patient = next(each for each in problem.patients if each.key == patient_key)
    loads = {each.doctor: each for each in loads_of(problem, doctor_of)}
    why: Counter[str] = Counter()
    for doctor in problem.doctors:
        if (patient_key, doctor.key) not in pairs:
            why.update(judge_pair(problem, doctor, patient).forbidden)
            continue
        now = loads[doctor.key]
        if now.patients >= doctor.max_patients:
            why["PATIENT_LIMIT"] += 1
        if now.load + patient.acuity > doctor.load_limit:
            why["LOAD_LIMIT"] += 1
    return tuple(sorted(why.items(), key=lambda pair: (-pair[1], pair[0])))
