"""Doctors and patients: each rule in one case, and brute force on small departments."""

from dataclasses import replace
from itertools import product
from random import Random
from typing import Any

import pytest

from kit.canonical import canonical_json, parse_canonical
from solvers.care import CareProblem, from_canonical, problem_hash, solve, to_canonical
from solvers.care_explain import alternatives, why_not
from solvers.care_problem import CarePatient, CareRules, CareWaiver, Doctor
from solvers.care_rules import judge_pair


def doctor(key: str, *specialties: str, **facts: Any) -> Doctor:
    ranked = tuple((name, rank) for rank, name in enumerate(specialties, 1))
    return Doctor(
        **{"key": key, "specialties": ranked, "max_patients": 9, "load_limit": 20, **facts}
    )


def patient(key: str, **facts: Any) -> CarePatient:
    return CarePatient(key=key, **facts)


def department(*people: Doctor | CarePatient, **facts: Any) -> CareProblem:
    doctors = tuple(each for each in people if isinstance(each, Doctor))
    patients = tuple(each for each in people if isinstance(each, CarePatient))
    return CareProblem(doctors=doctors, patients=patients, **facts)


EVEN = CareRules(version="even", weights=(("UNASSIGNED", 1000), ("UNEVEN", 1), ("SPREAD", 5)))


def test_the_specialty_decides() -> None:
    plan = solve(
        department(doctor("c", "CARD"), doctor("p", "PULM"), patient("1", specialty="PULM"))
    )
    assert plan.doctor_of == {"1": "p"}


def test_yesterdays_doctor_goes_on() -> None:
    people = (doctor("a", "CARD"), doctor("b", "CARD"))
    plan = solve(department(*people, patient("1", specialty="CARD", yesterday="b")))
    assert plan.doctor_of == {"1": "b"}
    away = (people[0], replace(people[1], on_duty=False))
    plan = solve(department(*away, patient("1", specialty="CARD", yesterday="b")))
    assert (plan.doctor_of, plan.items[0].terms) == ({"1": "a"}, ())


def test_the_own_specialty_comes_before_a_second_one() -> None:
    plan = solve(
        department(doctor("a", "CARD", "PULM"), doctor("b", "PULM"), patient("1", specialty="PULM"))
    )
    assert plan.doctor_of == {"1": "b"}


def test_a_wish_is_met_where_it_costs_nothing_else() -> None:
    plan = solve(department(doctor("a"), doctor("b"), patient("1", wished="b")))
    assert plan.doctor_of == {"1": "b"}


def test_whom_a_patient_excluded_never_comes_unless_waived() -> None:
    problem = department(doctor("a"), patient("1", excluded=("a",)))
    plan = solve(problem)
    assert [(each.patient, each.hindrances) for each in plan.uncared] == [("1", (("EXCLUDED", 1),))]
    waived = replace(problem, waivers=(CareWaiver(rule="EXCLUDED", patient="1"),))
    assert solve(waived).items[0].waived == ("EXCLUDED",)


def test_the_load_is_weighed_by_acuity() -> None:
    patients = (patient("1", acuity=3), *(patient(key, acuity=1) for key in "234"))
    plan = solve(department(doctor("a"), doctor("b"), *patients, rules=EVEN))
    assert sorted((each.patients, each.load) for each in plan.loads) == [(1, 3), (3, 3)]
    assert (plan.spread, plan.spread_cost) == (0, 0)


def test_limits_of_a_doctor_leave_the_least_acute_waiting() -> None:
    full = doctor("a", max_patients=1)
    plan = solve(department(full, patient("1", acuity=1), patient("2", acuity=4)))
    assert plan.doctor_of == {"2": "a"}
    assert [(each.patient, each.cost, each.hindrances) for each in plan.uncared] == [
        ("1", 2000, (("PATIENT_LIMIT", 1),))
    ]
    plan = solve(
        department(doctor("a", load_limit=4), patient("1", acuity=1), patient("2", acuity=4))
    )
    assert plan.uncared[0].hindrances == (("LOAD_LIMIT", 1),)


def test_a_spread_beyond_the_limit_costs_more_than_within() -> None:
    rules = replace(EVEN, spread_limit=2)
    tied = (patient("1", acuity=5), doctor("a"), doctor("b"))
    plan = solve(department(*tied, rules=rules))
    assert (plan.spread, plan.spread_cost) == (5, 2 * 1 + 3 * 5)


def test_why_not_names_the_rule_or_the_exact_price() -> None:
    problem = department(
        doctor("a", "CARD"), doctor("b", "CARD"), doctor("p", "PULM"),
        patient("1", specialty="CARD", yesterday="a"),
    )  # fmt: skip
    plan = solve(problem)
    assert why_not(problem, plan, "1", "p").forbidden == ("SPECIALTY",)
    answer = why_not(problem, plan, "1", "b")
    assert (answer.price, answer.exact) == (20, True)
    assert [(each.doctor, each.price) for each in alternatives(problem, plan, "1")] == [("b", 20)]
    with pytest.raises(ValueError, match="doctor: x is not part"):
        why_not(problem, plan, "1", "x")


def random_department(seed: int) -> CareProblem:
    draw = Random(seed)
    doctors = [
        doctor(
            key,
            *draw.sample(("CARD", "PULM"), draw.randint(1, 2)),
            max_patients=draw.randint(1, 3),
            load_limit=draw.randint(2, 6),
            on_duty=draw.random() < 0.8,
        )
        for key in "abc"
    ]
    patients = [
        patient(
            str(number),
            specialty=draw.choice(("CARD", "PULM", None)),
            acuity=draw.randint(1, 3),
            yesterday=draw.choice((None, "a", "b")),
            wished=draw.choice((None, None, "c")),
            excluded=draw.choice(((), ("a",))),
        )
        for number in range(4)
    ]
    return department(
        *doctors, *patients, rules=CareRules(version="r", spread_limit=draw.randint(0, 3))
    )


def cheapest(problem: CareProblem) -> int:
    """All assignments, one by one."""
    weight = problem.rules.weight
    best: int | None = None
    for chosen in product([None, *problem.doctors], repeat=len(problem.patients)):
        cost = 0
        loads: dict[str, list[int]] = {each.key: [] for each in problem.doctors}
        for who, given in zip(problem.patients, chosen, strict=True):
            if given is None:
                cost += weight["UNASSIGNED"] * (1 + who.acuity)
                continue
            judged = judge_pair(problem, given, who)
            cost += 10**9 if judged.forbidden else judged.penalty
            loads[given.key].append(who.acuity)
        over = any(
            len(loads[each.key]) > each.max_patients or sum(loads[each.key]) > each.load_limit
            for each in problem.doctors
        )
        present = [sum(loads[each.key]) for each in problem.doctors if each.on_duty] or [0]
        spread = max(present) - min(present)
        beyond = max(0, spread - problem.rules.spread_limit)
        cost += (spread - beyond) * weight["UNEVEN"] + beyond * weight["SPREAD"]
        if not over and (best is None or cost < best):
            best = cost
    assert best is not None
    return best


@pytest.mark.parametrize("seed", range(12))
def test_an_assignment_costs_what_the_best_of_all_costs(seed: int) -> None:
    problem = random_department(seed)
    plan = solve(problem)
    assert plan.outcome.status == "OPTIMAL"
    assert plan.outcome.objective == cheapest(problem)


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_the_rows_changes_nothing(seed: int) -> None:
    one = random_department(seed)
    other = replace(one, doctors=one.doctors[::-1], patients=one.patients[::-1])
    assert problem_hash(one) == problem_hash(other)
    assert solve(one).doctor_of == solve(other).doctor_of


def test_a_problem_comes_back_from_its_bytes() -> None:
    problem = random_department(5)
    assert from_canonical(parse_canonical(canonical_json(to_canonical(problem)))) == problem


def test_a_department_without_doctors_leaves_everyone_waiting() -> None:
    plan = solve(department(patient("1")))
    assert [each.patient for each in plan.uncared] == ["1"]
