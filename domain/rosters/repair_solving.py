"""Roster repairs in the solver's process."""

from typing import Any

from domain.plans.answers import limits_of, told
from domain.plans.solving import RunLimits, Say
from domain.rosters.roster_answers import answer_about
from domain.rosters.roster_solving import answer_of
from kit.canonical import parse_canonical
from solvers.roster_repair import repair, repair_problem
from solvers.rosters import from_canonical


def solve(problem: bytes, limits: RunLimits, say: Say) -> dict[str, Any]:
    frozen = from_canonical(parse_canonical(problem))
    told_to = frozen.published or ()
    found = repair(frozen, told_to, (), limits_of(limits), told(say))
    return answer_of(frozen.first_day, found.plan)


def answer(problem: bytes, question: dict[str, Any], limits: RunLimits) -> dict[str, Any]:
    """By the repair's own ranking: a changed day outweighs everything but an open shift."""
    frozen = from_canonical(parse_canonical(problem))
    asked = repair_problem(frozen, frozen.published or ())
    return answer_about(asked, question, limits)
