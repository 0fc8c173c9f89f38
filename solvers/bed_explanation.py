"""Everything that is to be said about one patient of a plan: why this bed, or why none."""

from dataclasses import dataclass, replace
from time import perf_counter

from solvers.bed_alternatives import Alternatives
from solvers.bed_explain import Hindrances
from solvers.bed_fixed import costs, fixed_in
from solvers.bed_judge import Assignment, Term
from solvers.bed_plan import Alternative, BedPlan, Hindrance
from solvers.bed_problem import BedPlanProblem
from solvers.engine import Limits

RIVALS = 3


@dataclass(frozen=True, slots=True)
class Rival:
    """Someone who wants the same bed. `price`: how much dearer the plan is the other way round;
    when not `exact`, at most that much."""

    request: str
    bed: str
    price: int
    exact: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """`cost`: the penalties of the placement, or what waiting counts. `kept` names the hard rules
    that were in question and hold; `waived` those that a person has lifted."""

    request: str
    bed: str | None
    cost: int
    terms: tuple[Term, ...]
    kept: tuple[str, ...]
    waived: tuple[str, ...]
    hindrances: tuple[Hindrance, ...]
    alternatives: tuple[Alternative, ...]
    rivals: tuple[Rival, ...]

    @property
    def broken(self) -> tuple[str, ...]:
        """Soft rules that the placement breaks."""
        return tuple(code for code, _ in self.terms)


def explain(
    problem: BedPlanProblem,
    plan: BedPlan,
    request_key: str,
    *,
    top: int = 5,
    limits: Limits | None = None,
) -> Explanation:
    """Raises ValueError if the request is not part of the problem."""
    asked = Alternatives(problem, plan)
    if request_key not in asked.hospital.requests:
        raise ValueError(f"request_key: {request_key} is not part of the problem")
    limits = limits or Limits(time_limit_s=10.0)
    half = replace(limits, time_limit_s=limits.time_limit_s / 2)
    bed = asked.bed_of.get(request_key)
    others = tuple(o for o in asked.of(request_key, top + 1, half) if o.bed != bed)[:top]
    rivals = _over(asked, request_key, bed, half) if bed else _for_beds(others)
    bare = Explanation(
        request_key, bed, costs(asked, asked.bed_of)[request_key], (), (), (), (), others, rivals
    )
    return _judged(asked, bare)


def _judged(asked: Alternatives, bare: Explanation) -> Explanation:
    hospital = asked.hospital
    assignment = Assignment(hospital, asked.bed_of)
    request = hospital.requests[bare.request]
    if bare.bed is None:
        return replace(bare, hindrances=Hindrances(assignment).of(request))
    judged = assignment.judge(request, hospital.beds[bare.bed])
    return replace(bare, terms=judged.terms, kept=judged.kept, waived=judged.waived)


def _over(asked: Alternatives, key: str, bed: str, limits: Limits) -> tuple[Rival, ...]:
    """Who would be better off if this patient were not there, each priced in this very bed."""
    ends = perf_counter() + limits.time_limit_s
    solved = asked.solve_without(key, limits)
    if solved.bed_of is None:
        return ()
    now, then = costs(asked, asked.bed_of), costs(asked, solved.bed_of)
    better = sorted((then[k] - now[k], k) for k in now if k != key and then[k] < now[k])
    found: list[Rival] = []
    for _, other in better[:RIVALS]:
        left = replace(limits, time_limit_s=max(0.1, ends - perf_counter()))
        fixed = fixed_in(asked, other, bed, left)
        if fixed is not None:
            found.append(Rival(other, bed, fixed.cost - asked.cost, fixed.exact))
    return tuple(sorted(found, key=lambda each: (each.price, each.request)))


def _for_beds(others: tuple[Alternative, ...]) -> tuple[Rival, ...]:
    """Who holds the beds that the waiting patient could have, the cheapest to turn out first."""
    found = [Rival(o.displaces, o.bed, o.price, o.exact) for o in others if o.displaces]
    return tuple(found[:RIVALS])
