"""Every rule over a person's days by its code, and which of them hold for whom."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from solvers.roster_fairness import fair_shares, nights_above_share, weekends_above_share
from solvers.roster_hour_rules import (
    average_week,
    hours_above_target,
    hours_below_target,
    max_minutes,
    min_minutes,
    month_overtime,
)
from solvers.roster_law_rules import (
    day_overtime,
    duty_length,
    free_sundays_a_year,
    rest_between_duties,
    rest_day_a_week,
    substitute_rest_day,
    week_minutes,
)
from solvers.roster_problem import RosterProblem
from solvers.roster_rows import Calendar, Person, RowRule
from solvers.roster_ruleset import Term
from solvers.roster_run_rules import (
    free_after_nights,
    max_days_in_row,
    max_duties,
    max_free_in_row,
    max_nights,
    max_nights_in_row,
    max_on_call_in_row,
    max_on_calls,
    min_days_in_row,
    min_duties,
    min_free_in_row,
    min_nights_in_row,
    same_shift_in_block,
    unwanted_pattern,
)
from solvers.roster_weekend_rules import (
    complete_weekend,
    max_weekends,
    max_weekends_in_row,
    min_weekends_in_row,
    no_night_before_free_weekend,
    same_shift_in_weekend,
)

TERM_RULES: Mapping[str, Callable[[Term, Person], RowRule]] = {
    "MIN_DUTIES": min_duties,
    "MAX_DUTIES": max_duties,
    "MIN_DAYS_IN_ROW": min_days_in_row,
    "MAX_DAYS_IN_ROW": max_days_in_row,
    "MIN_FREE_IN_ROW": min_free_in_row,
    "MAX_FREE_IN_ROW": max_free_in_row,
    "MIN_NIGHTS_IN_ROW": min_nights_in_row,
    "MAX_NIGHTS_IN_ROW": max_nights_in_row,
    "MAX_ON_CALL_IN_ROW": max_on_call_in_row,
    "MAX_NIGHTS": max_nights,
    "MAX_ON_CALLS": max_on_calls,
    "FREE_AFTER_NIGHTS": free_after_nights,
    "MIN_WEEKENDS_IN_ROW": min_weekends_in_row,
    "MAX_WEEKENDS_IN_ROW": max_weekends_in_row,
    "MAX_WEEKENDS": max_weekends,
    "COMPLETE_WEEKEND": complete_weekend,
    "SAME_SHIFT_IN_WEEKEND": same_shift_in_weekend,
    "NO_NIGHT_BEFORE_FREE_WEEKEND": no_night_before_free_weekend,
    "UNWANTED_PATTERN": unwanted_pattern,
    "SAME_SHIFT_IN_BLOCK": same_shift_in_block,
    "MAX_MINUTES": max_minutes,
    "MIN_MINUTES": min_minutes,
    "REST_BETWEEN_DUTIES": rest_between_duties,
    "DUTY_LENGTH": duty_length,
    "WEEK_MINUTES": week_minutes,
    "AVERAGE_WEEK": average_week,
    "MONTH_OVERTIME": month_overtime,
    "DAY_OVERTIME": day_overtime,
    "REST_DAY_A_WEEK": rest_day_a_week,
    "FREE_SUNDAYS_A_YEAR": free_sundays_a_year,
    "SUBSTITUTE_REST_DAY": substitute_rest_day,
}
DAY_TERMS = frozenset({"ALTERNATIVE_SKILL"})  # judged duty by duty (`roster_days.py`)

# Soft rules for everyone, with a weight in the rule set.
WEIGHED_RULES: Mapping[str, Callable[[int, Person], RowRule]] = {
    "NIGHTS_ABOVE_SHARE": nights_above_share,
    "WEEKENDS_ABOVE_SHARE": weekends_above_share,
    "HOURS_ABOVE_TARGET": hours_above_target,
    "HOURS_BELOW_TARGET": hours_below_target,
}


@dataclass(frozen=True, slots=True)
class PersonRules:
    """`enforced` shape the row; `waived` are hard rules that may be broken for this person."""

    enforced: tuple[RowRule, ...]
    waived: tuple[RowRule, ...]
    waived_codes: frozenset[str]


def people_of(problem: RosterProblem) -> tuple[Person, ...]:
    """Everyone of the problem with what the rules ask about, in the problem's order."""
    calendar = Calendar(problem)
    contracts = {contract.key: contract for contract in problem.contracts}
    shares = fair_shares(problem)
    return tuple(
        Person(calendar, staff, contracts[staff.contract], shares[staff.key])
        for staff in problem.staff
    )


def rules_for(person: Person) -> PersonRules:
    """Labour law, the contract's terms and what is weighed for everyone."""
    problem = person.calendar.problem
    codes = frozenset(each.rule for each in problem.waivers if each.staff in ("", person.staff.key))
    terms = (*problem.rules.labour, *person.contract.terms)
    rules = [TERM_RULES[term.rule](term, person) for term in terms if term.rule not in DAY_TERMS]
    for code, rule in WEIGHED_RULES.items():
        weight = problem.rules.weight.get(code, 0)
        if weight:
            rules.append(rule(weight, person))
    weighed = [rule for rule in rules if rule.weight != 0]
    waived = tuple(rule for rule in weighed if rule.weight is None and rule.code in codes)
    enforced = tuple(rule for rule in weighed if rule not in waived)
    return PersonRules(enforced, waived, codes)
