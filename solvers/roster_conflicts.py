"""People for whom no row exists, and the smallest set of hard rules that is to blame.

Found exactly, person by person: rules are left out, first one, then two, until a row exists.
"""

from dataclasses import replace
from itertools import combinations

import numpy as np

from solvers.roster_model import Group, RosterModel
from solvers.roster_network import NEVER, network
from solvers.roster_parts import RosterWaiver
from solvers.roster_plan import Conflict
from solvers.roster_pricing import Pricer
from solvers.roster_problem import RosterProblem
from solvers.roster_ruleset import DAY_CODES


def conflicts_of(model: RosterModel) -> tuple[Conflict, ...]:
    """For each person without a row, the fewest rules that must give way."""
    without = [
        group.members[index]
        for group in model.groups
        for index, length in enumerate(_shortest(model, group))
        if not np.isfinite(length) or length >= NEVER
    ]
    return tuple(_conflict(model.problem, model, number) for number in sorted(without))


def waived(problem: RosterProblem, conflicts: tuple[Conflict, ...]) -> RosterProblem:
    """The problem with the rules in conflict waived for the people concerned."""
    more = tuple(
        RosterWaiver(rule=rule, staff=conflict.staff)
        for conflict in conflicts
        for rule in conflict.rules
    )
    return replace(problem, waivers=(*problem.waivers, *more))


def _shortest(model: RosterModel, group: Group) -> list[float]:
    pricer = Pricer(group)
    price = model.price[list(group.members)]
    cost = np.where(price >= NEVER, np.inf, price).astype(np.float64)
    lengths: list[float] = pricer.forward(cost)[-1][0].tolist()
    return lengths


def _conflict(problem: RosterProblem, model: RosterModel, number: int) -> Conflict:
    """Small problems of one person each; all rules left out always leave a row."""
    person = model.people[number]
    rules = model.rules[number].enforced
    hard = sorted({rule.code for rule in rules if rule.weight is None} | set(DAY_CODES))
    key = person.staff.key
    for size in range(1, len(hard) + 1):
        for codes in combinations(hard, size):
            more = tuple(RosterWaiver(rule=code, staff=key) for code in codes)
            alone = replace(
                problem,
                staff=(person.staff,),
                wishes=tuple(wish for wish in problem.wishes if wish.staff == key),
                published=None
                if problem.published is None
                else tuple(duty for duty in problem.published if duty.staff == key),
                waivers=(*(w for w in problem.waivers if w.staff in ("", key)), *more),
            )
            if _has_row(RosterModel(alone)):
                return Conflict(key, codes)
    raise AssertionError("a person without rules has a row")


def _has_row(model: RosterModel) -> bool:
    layers = network([model.rules[0].enforced], model.days, model.duties, {})
    length = _shortest(model, Group((0,), layers))[0]
    return bool(np.isfinite(length) and length < NEVER)
