"""The frozen problem: the same rows give the same bytes, wrong ones are named."""

from dataclasses import replace

import pytest

from kit.canonical import canonical_json, parse_canonical
from solvers.roster_ruleset import COUNTRIES, Term, country_rules
from solvers.rosters import from_canonical, problem_hash, solve, to_canonical
from tests.rosters.wards import need, nurse, ward


def test_a_problem_comes_back_from_its_bytes() -> None:
    problem = ward(
        nurse("a", "RN", barred=((2, "E"),)),
        nurse("b"),
        demand=(need(0, "E", skill="RN"), need(0, "L")),
        terms=(Term(rule="MAX_DUTIES", limit=5, weight=3),),
        rules=country_rules("de"),
    )
    body = canonical_json(to_canonical(problem))
    assert from_canonical(parse_canonical(body)) == problem


def test_the_order_of_the_rows_changes_no_byte() -> None:
    one = ward(nurse("a"), nurse("b"), demand=(need(0, "E"), need(1, "L")))
    other = replace(one, staff=one.staff[::-1], demand=one.demand[::-1], shifts=one.shifts[::-1])
    assert problem_hash(one) == problem_hash(other)


@pytest.mark.parametrize("country", COUNTRIES)
def test_a_country_names_the_source_of_each_rule(country: str) -> None:
    found = country_rules(country)
    assert found.country == country
    assert all(term.source for term in found.labour)
    assert all(term.weight is None for term in found.labour)


def test_an_unknown_country_is_named() -> None:
    with pytest.raises(ValueError, match="none of cn, de"):
        country_rules("xx")


def test_demand_of_an_unknown_shift_is_named() -> None:
    with pytest.raises(ValueError, match=r"demand\.shift: X is not part of the problem"):
        ward(nurse("a"), demand=(need(0, "X"),))


def test_one_duty_is_given_to_the_one_who_holds_the_skill() -> None:
    plan = solve(ward(nurse("a"), nurse("b", "RN"), demand=(need(3, "E", skill="RN"),)))
    assert [(d.staff, d.day, d.shift, d.skill) for d in plan.duties] == [("b", 3, "E", "RN")]
    assert (plan.outcome.status, plan.outcome.objective, plan.gaps) == ("OPTIMAL", 0, ())
