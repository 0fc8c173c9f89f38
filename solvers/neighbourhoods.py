"""Large-neighbourhood search: improve a plan part by part, each part solved by itself.

A neighbourhood frees a part of the plan, solves it with everything else kept, and returns the
plan or None. Those that gained lately are drawn more often. Bounded by `rounds` alone, the search
gives the same plan for the same seed; a clock that ends it makes it `cut_short`.
Source: Shaw 1998; Ropke, Pisinger, Transportation Science 40(4), 2006 (adaptive choice).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random
from time import perf_counter
from typing import Generic, Protocol, TypeVar

from solvers.engine import relative_gap
from solvers.engine_run import Limits, Progress, Stop

Plan = TypeVar("Plan")

LEAST_S = 0.02  # a part with less time than this is not begun
SHARE = 0.25  # of the time that is left, at most so much for one part
MEMORY = 0.8  # how much of a neighbourhood's score stays from round to round
LEAST_SCORE = 0.1  # no neighbourhood is forgotten


class Neighbourhood(Protocol[Plan]):
    """Frees a part of `plan` and solves it again. Never changes `plan` itself.

    Draws what to free from `draw` alone and keeps to `limits`. None where nothing was found.
    """

    def __call__(self, plan: Plan, draw: Random, limits: Limits, /) -> Plan | None: ...


@dataclass(frozen=True, slots=True)
class Improved(Generic[Plan]):
    """The best plan found. `proven`: it costs what any plan must cost."""

    plan: Plan
    cost: int
    rounds: int
    proven: bool
    cut_short: bool


def improve(
    plan: Plan,
    cost: Callable[[Plan], int],
    neighbourhoods: Sequence[Neighbourhood[Plan]],
    *,
    limits: Limits,
    bound: int = 0,
    rounds: int | None = None,
    progress: Progress | None = None,
    stop: Stop | None = None,
) -> Improved[Plan]:
    """Go from part to part until the bound, the gap, the clock, `rounds` or `stop` ends it.

    A plan that costs the same is taken over, so that the search wanders on level ground.
    """
    ends = perf_counter() + limits.time_limit_s
    draw = Random(limits.seed)  # noqa: S311 - repeatable, not secret
    scores = [1.0] * len(neighbourhoods)
    best, now, turn = plan, cost(plan), 0
    cut = False
    while relative_gap(now, bound) > limits.gap and (rounds is None or turn < rounds):
        left = ends - perf_counter()
        if left < LEAST_S or (stop is not None and stop()):
            cut = True
            break
        turn += 1
        chosen = draw.choices(range(len(neighbourhoods)), scores)[0]
        share = replace(limits, time_limit_s=max(LEAST_S, SHARE * left), gap=0.0)
        found = neighbourhoods[chosen](best, Random(draw.getrandbits(64)), share)  # noqa: S311
        price = now if found is None else cost(found)
        scores[chosen] = max(LEAST_SCORE, MEMORY * scores[chosen] + (price < now))
        if found is not None and price <= now:
            if price < now and progress is not None:
                progress(price, bound, relative_gap(price, bound))
            best, now = found, price
    return Improved(best, now, turn, now <= bound, cut)
