"""Patients who all must be placed and cannot be: the smallest set of rules in conflict, and the
fewest steps that would resolve it.

A set of rules is in conflict if these alone, with all others lifted, leave no room for everybody.
Such a set meets every way out (every set of rules whose lifting helps); the smallest set that
meets all ways out found so far either is in conflict, and then no smaller one is, or shows a new
way out. Source: Ignatiev, Previti, Liffiton, Marques-Silva: Smallest MUS extraction with minimal
hitting set dualization, CP 2015.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from time import perf_counter

from solvers.bed_elastic import Elastic, Step, may_have
from solvers.bed_place import Hospital
from solvers.bed_problem import BedPlanProblem, Scope, Waiver
from solvers.bed_ruleset import HARD_CODES
from solvers.engine import Limits

ONE_PATIENT_PER_BED = "ONE_PATIENT_PER_BED"  # never lifted: more patients than beds


@dataclass(frozen=True, slots=True)
class Conflict:
    """`rules` is empty if everybody can be placed. `proven`: no smaller set is in conflict.

    `patients`: of those who must be placed a set that conflicts by itself under `rules`, from
    which none can be left out (not always the smallest such). `ways_out`: steps that together
    place everybody, the fewest first. Where time ran out these are all patients, and no way.
    `short_by`: beds that no step can give.
    """

    rules: tuple[str, ...]
    proven: bool
    patients: tuple[str, ...] = ()
    ways_out: tuple[tuple[Step, ...], ...] = ()
    short_by: int = 0


def conflict_of(
    problem: BedPlanProblem, must: Sequence[str], *, top: int = 5, limits: Limits | None = None
) -> Conflict:
    """Raises ValueError for a request that is not part of the problem."""
    hospital = Hospital(problem)
    for key in must:
        if key not in hospital.requests:
            raise ValueError(f"must: {key} is not part of the problem")
    short_by = _short_by(hospital, sorted(set(must)))
    if short_by:
        return Conflict((ONE_PATIENT_PER_BED,), True, tuple(sorted(set(must))), (), short_by)
    return _Search(hospital, sorted(set(must)), limits or Limits(time_limit_s=20.0)).run(top)


def _short_by(hospital: Hospital, must: list[str]) -> int:
    """Patients left over when every free bed is given; a bed held for one is that one's only."""
    requests = [hospital.requests[key] for key in must]
    beds = hospital.problem.beds
    open_to_all = sum(1 for bed in beds if all(may_have(r, bed) for r in requests))
    own = sum(
        1
        for r in requests
        if r.held_bed is not None
        and may_have(r, hospital.beds[r.held_bed])
        and not all(may_have(other, hospital.beds[r.held_bed]) for other in requests)
    )
    return max(0, len(requests) - own - open_to_all)


class _OutOfTime(Exception):
    pass


class _Search:
    def __init__(self, hospital: Hospital, must: list[str], limits: Limits) -> None:
        self._ends = perf_counter() + limits.time_limit_s
        self._hospital = hospital
        self._model = Elastic(hospital, must)
        self._limits = limits
        lifted = {step.code for step in self._model.steps}
        self._codes = tuple(code for code in HARD_CODES if code in lifted)

    def run(self, top: int) -> Conflict:
        try:
            if self._possible(self._codes):
                return Conflict((), True)
            rules = self._smallest()
        except _OutOfTime:
            return Conflict(self._codes, False)
        try:
            patients = self._patients(rules)
        except _OutOfTime:
            return Conflict(rules, True, tuple(self._model.placed))
        return Conflict(rules, True, patients, self._ways_out(top))

    def _possible(self, enforced: Sequence[str]) -> bool:
        """Everybody can be placed with these rules in force and all others lifted."""
        self._model.allow(code for code in self._codes if code not in enforced)
        return self._answer(self._model)

    def _answer(self, model: Elastic) -> bool:
        left = self._ends - perf_counter()
        if left <= 0:
            raise _OutOfTime
        possible = model.possible(replace(self._limits, time_limit_s=left))
        if possible is None:
            raise _OutOfTime
        return possible

    def _smallest(self) -> tuple[str, ...]:
        ways: list[set[str]] = []
        while True:
            chosen = _meets_all(self._codes, ways)
            if not self._possible(chosen):
                return chosen
            ways.append(self._way_out(chosen))

    def _way_out(self, kept: tuple[str, ...]) -> set[str]:
        """Rules whose lifting helps while `kept` stay in force; none of them could stay."""
        for code in self._codes:
            if code not in kept and self._possible((*kept, code)):
                kept = (*kept, code)
        return set(self._codes) - set(kept)

    def _patients(self, rules: tuple[str, ...]) -> tuple[str, ...]:
        """Of the patients a set that conflicts and from which none can be left out.

        Source: Junker, QuickXplain, AAAI 2004: few questions where the conflict is small. They go
        to a model of these rules alone, which is small.
        """
        model = Elastic(_only(self._hospital, rules), list(self._model.placed))
        model.allow(())

        def clash(people: list[str]) -> bool:
            for key, wanted in model.placed.items():
                wanted.lowBound = wanted.upBound = int(key in people)
            return not self._answer(model)

        def needed(sure: list[str], added: bool, among: list[str]) -> list[str]:
            if added and clash(sure):
                return []
            if len(among) == 1:
                return among
            left, right = among[: len(among) // 2], among[len(among) // 2 :]
            of_right = needed([*sure, *left], True, right)
            of_left = needed([*sure, *of_right], bool(of_right), left)
            return [*of_left, *of_right]

        return tuple(sorted(needed([], False, list(model.placed))))

    def _ways_out(self, top: int) -> tuple[tuple[Step, ...], ...]:
        """The fewest steps first. Ways that need as much of every kind as one given, or more, are
        left out: they are the same in other places, or worse."""
        self._model.allow(self._codes)
        found: list[tuple[Step, ...]] = []
        while len(found) < top:
            left = max(0.1, self._ends - perf_counter())
            way = self._model.fewest_steps(replace(self._limits, time_limit_s=left))
            if way is None:
                break
            found.append(way)
            self._otherwise(way)
        return tuple(sorted(found, key=lambda way: (len(way), way)))

    def _otherwise(self, way: tuple[Step, ...]) -> None:
        """Of one kind of step fewer must be taken than here."""
        fewer = []
        for rule, here in sorted(Counter(step.rule for step in way).items()):
            kind = [(v, 1) for step, v in self._model.steps.items() if step.rule == rule]
            less = self._model.new(f"f{len(self._model.lp.variables()):06d}")
            slack = len(kind) - here + 1
            self._model.at_most([*kind, (less, slack)], here - 1 + slack)
            fewer.append((less, -1))
        self._model.at_most(fewer, -1)


def _only(hospital: Hospital, rules: Sequence[str]) -> Hospital:
    """The same hospital with every other hard rule lifted everywhere."""
    problem = hospital.problem
    lifted = [
        Waiver(rule=code, scope=Scope.WARD, key=ward.key)
        for code in HARD_CODES
        if code not in rules
        for ward in problem.wards
    ]
    return Hospital(replace(problem, waivers=(*problem.waivers, *lifted)))


def _meets_all(codes: Sequence[str], ways: list[set[str]]) -> tuple[str, ...]:
    """The smallest set of codes that has one in every way out; the first of several."""
    for size in range(len(codes) + 1):
        for chosen in combinations(codes, size):
            if all(way.intersection(chosen) for way in ways):
                return chosen
    raise AssertionError("a way out lifts at least one rule")
