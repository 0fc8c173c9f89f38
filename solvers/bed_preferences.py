"""What patients' personal preferences change in a plan, and what that costs clinically."""

from dataclasses import dataclass, replace

from solvers.bed_fixed import costs_of
from solvers.bed_plan import BedPlan
from solvers.bed_problem import BedPlanProblem
from solvers.bed_rules import PREFERENCES
from solvers.beds import solve
from solvers.engine import Limits


@dataclass(frozen=True, slots=True)
class PreferenceEffect:
    """A plan beside the one without preferences. `missed`: points for what the plan could not
    grant. `clinical` and `clinical_without`: everything else that the two plans cost, so that
    their difference is the price of the wishes. `otherwise`: requests whose beds are not the same.
    `exact`: both plans are proven.
    """

    missed: int
    missed_without: int
    clinical: int
    clinical_without: int
    otherwise: tuple[str, ...]
    exact: bool

    @property
    def price(self) -> int:
        """What granting the wishes costs clinically."""
        return self.clinical - self.clinical_without


def without_preferences(problem: BedPlanProblem) -> BedPlanProblem:
    return replace(problem, rules=replace(problem.rules, preferences=()))


def missed(plan: BedPlan) -> int:
    """The points of a plan that preferences alone account for."""
    return sum(points for item in plan.items for code, points in item.terms if code in PREFERENCES)


def effect_of(
    problem: BedPlanProblem, plan: BedPlan, limits: Limits | None = None
) -> PreferenceEffect:
    """Solve once more without the preferences and compare."""
    other = solve(without_preferences(problem), limits)
    wishes = costs_of(problem, other.bed_of)
    bare = costs_of(without_preferences(problem), other.bed_of)
    here = missed(plan)
    return PreferenceEffect(
        missed=here,
        missed_without=wishes - bare,
        clinical=(plan.outcome.objective or 0) - here,
        clinical_without=bare,
        otherwise=tuple(
            request.key
            for request in problem.requests
            if plan.bed_of.get(request.key) != other.bed_of.get(request.key)
        ),
        exact=all(p.outcome.objective == p.outcome.bound for p in (plan, other)),
    )
