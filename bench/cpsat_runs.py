"""Points for runs of days (or weekends) that are too long or too short, in a CP-SAT model."""

from typing import Any

from bench.cpsat_model import CpModel
from solvers.roster_ruleset import Term


def price_runs(to: CpModel, row: list[Any], term: Term) -> None:
    """`row[i]`: whether the i-th day belongs to a run. A run at the edge counts as it is."""
    if term.rule.startswith("MAX_"):
        _too_long(to, row, term.limit, term.weight or 0)
        return
    if not term.option("ends_with_horizon", 0):
        raise ValueError(f"contracts.terms: {term.rule} that goes on is not in this model")
    for length in range(1, term.limit):
        _of_length(to, row, length, (term.limit - length) * (term.weight or 0))


def _too_long(to: CpModel, row: list[Any], limit: int, points: int) -> None:
    """Each stretch of one day more than the limit is one day too many."""
    for first in range(len(row) - limit):
        broken = to.flag(points)
        stretch = row[first : first + limit + 1]
        to.model.add_bool_or([*(each.negated() for each in stretch), broken])


def _of_length(to: CpModel, row: list[Any], length: int, points: int) -> None:
    """Points for each run of exactly this length."""
    for first in range(len(row) - length + 1):
        broken = to.flag(points)
        inside = [each.negated() for each in row[first : first + length]]
        before, after = row[max(0, first - 1) : first], row[first + length : first + length + 1]
        to.model.add_bool_or([*inside, *before, *after, broken])
