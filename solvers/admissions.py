"""Who comes on which date and lies where, over a horizon of nights: the door to admissions.

Frozen problem in, plan with a true status out. A small problem is one model, proven; a large one
is annealed and then improved part by part, with the bound of the linear programme beside it. Same
canonical bytes, seed, version and `rounds`: same plan, unless the clock cut the run short.
"""

from dataclasses import dataclass, replace
from random import Random
from time import perf_counter

import pulp

from solvers.admission_anneal import anneal
from solvers.admission_bound import lower_bound
from solvers.admission_canonical import from_canonical, problem_hash, to_canonical
from solvers.admission_explain import hindrances
from solvers.admission_judge import Judge, Stay
from solvers.admission_model import PartModel
from solvers.admission_neighbourhoods import Parts
from solvers.admission_options import every_option, rooms_of
from solvers.admission_part import Plan
from solvers.admission_plan import AdmissionPlan, PlannedStay, Unplanned
from solvers.admission_problem import AdmissionProblem
from solvers.admission_start import candidates, first_plan, those_there
from solvers.admission_state import State
from solvers.admission_table import Option, Table
from solvers.engine import Limits, Outcome, Progress, Status, Stop, relative_gap
from solvers.engine_run import Building
from solvers.neighbourhoods import improve

__all__ = [
    "AdmissionPlan",
    "AdmissionProblem",
    "Judge",
    "Limits",
    "PlannedStay",
    "from_canonical",
    "problem_hash",
    "solve",
    "to_canonical",
]

TRIALS = 20_000  # of annealing per round that is asked for
ANNEALING = 0.35  # share of the time that is left after the bound, and at most
ANNEALING_S = 0.1  # seconds for each patient: after that the parts gain more in the same time
BOUNDING = 0.3  # at most such a share of the time


def solve(
    problem: AdmissionProblem,
    limits: Limits | None = None,
    progress: Progress | None = None,
    *,
    rounds: int | None = None,
    stop: Stop | None = None,
) -> AdmissionPlan:
    """The cheapest plan found; leaving a patient without a date is allowed at its price.

    `rounds` bounds the search beside the clock, for a run that can be repeated exactly.
    """
    started = perf_counter()
    table = Table(problem)
    clock = Building(perf_counter() - started)
    run = _Run(table, limits or Limits(), progress, stop, rounds, started, clock)
    options = every_option(table)
    found = run.search() if options is None else run.prove(options)
    return _told(table, found, started)


@dataclass(frozen=True, slots=True)
class _Found:
    plan: Plan
    bound: int
    cut_short: bool
    build_ms: int
    rounds: int
    solver: str
    version: str


@dataclass(frozen=True, slots=True)
class _Run:
    table: Table
    limits: Limits
    progress: Progress | None
    stop: Stop | None
    rounds: int | None
    started: float
    clock: Building

    @property
    def build_ms(self) -> int:
        return round(self.clock.building_s * 1000)

    def left(self, share: float = 1.0) -> Limits:
        spent = perf_counter() - self.started
        return replace(
            self.limits, time_limit_s=max(0.05, share * (self.limits.time_limit_s - spent))
        )

    def prove(self, options: dict[int, list[Option]]) -> _Found:
        """All options of everybody in one model."""
        with self.clock.building():
            model = PartModel(State(self.table), options, may_mix=True)
        answer = model.solve(self.left(), None, self.progress, self.stop)
        chosen = model.chosen(answer)
        nobody_comes = those_there(self.table).option
        plan = tuple(chosen.get(i, option) for i, option in enumerate(nobody_comes))
        out = answer.outcome
        build_ms, bound = self.build_ms + out.build_ms, out.bound or 0
        return _Found(plan, bound, out.cut_short, build_ms, 0, out.solver, out.solver_version)

    def search(self) -> _Found:
        """Bound, first plan, annealing, then part by part."""
        bound = lower_bound(self.table, self.left(BOUNDING), self.clock)
        state, near = first_plan(self.table, bound), candidates(self.table, bound)
        draw = Random(self.limits.seed)  # noqa: S311 - repeatable, not secret
        trials = None if self.rounds is None else self.rounds * TRIALS
        most = ANNEALING_S * len(self.table.patients)
        ends = perf_counter() + min(most, self.left(ANNEALING).time_limit_s)
        options = anneal(state, near, draw=draw, ends=ends, trials=trials, stop=self.stop)
        parts = Parts(state, near, self.clock)
        better = improve(
            tuple(options), parts.cost, parts.all(), limits=self.left(), bound=bound.value,
            rounds=self.rounds, progress=self.progress, stop=self.stop,
        )  # fmt: skip
        version = pulp.__version__
        return _Found(
            better.plan, bound.value, better.cut_short or not bound.proven, self.build_ms,
            better.rounds, "annealing, HiGHS", f"PuLP {version}",
        )  # fmt: skip


def _told(table: Table, found: _Found, started: float) -> AdmissionPlan:
    """The plan in the keys of the problem, judged anew; its cost must be what the search says."""
    problem, judge = table.problem, Judge(table.problem)
    stays: dict[str, Stay] = {
        table.patients[i].key: (option.start, rooms_of(table, option))
        for i, option in enumerate(found.plan)
        if option.parts
    }
    broken = judge.broken(stays)
    if broken:
        raise AssertionError(f"the plan breaks {', '.join(broken)}")
    leaning, nothing = judge.leaning(stays), frozenset[str]()
    items = tuple(
        judge.stay(key, stay).leaning_on(leaning.get(key, nothing))
        for key, stay in sorted(stays.items())
    )
    shared = judge.shared(stays)
    unplanned = tuple(
        Unplanned(each.key, table.unplanned[i], hindrances(table, found.plan, i))
        for i, each in enumerate(table.patients)
        if each.key not in stays
    )
    cost = sum(item.points for item in items) + sum(each.points for each in shared)
    cost += sum(each.cost for each in unplanned)
    outcome = _outcome(found, cost, started)
    return AdmissionPlan(outcome, items, shared, unplanned, problem.buffer_source, found.rounds)


def _outcome(found: _Found, cost: int, started: float) -> Outcome:
    bound = min(found.bound, cost)
    return Outcome(
        status=Status.OPTIMAL if cost == bound else Status.FEASIBLE,
        objective=cost,
        bound=bound,
        gap=relative_gap(cost, bound),
        cut_short=found.cut_short,
        wall_ms=round((perf_counter() - started) * 1000),
        build_ms=found.build_ms,
        solver=found.solver,
        solver_version=found.version,
    )
