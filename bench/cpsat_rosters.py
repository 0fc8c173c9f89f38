"""Nurse rostering for CP-SAT: a yes or no for each person, day and shift.

The rules of the competition instances, counted as the competition does; demand is met exactly.
Labour law, absences and what else our rosters know is not modelled; the bench has none.
"""

from collections import defaultdict
from collections.abc import Sequence
from itertools import product
from typing import Any

from bench.cpsat_model import CpModel, Value
from bench.cpsat_runs import price_runs
from solvers.roster_problem import Contract, RosterProblem, Staff
from solvers.roster_ruleset import Term


def build(cp: Any, problem: RosterProblem) -> CpModel:
    if problem.rules.labour or problem.published is not None or problem.waivers:
        raise ValueError("rules.labour, published, waivers: not in this model")
    if any(each.absent or each.barred or each.history.known_days for each in problem.staff):
        raise ValueError("staff: absent, barred and history are not in this model")
    model = CpModel(cp)
    _Roster(model, problem).build()
    return model


class _Roster:
    def __init__(self, to: CpModel, problem: RosterProblem) -> None:
        self.to, self.problem = to, problem
        self.has: dict[tuple[str, int, str], Any] = {}
        self.work: dict[str, list[Any]] = {}
        self.contracts = {contract.key: contract for contract in problem.contracts}
        self.patterns = {pattern.key: pattern for pattern in problem.patterns}

    def build(self) -> None:
        for person in self.problem.staff:
            self._days(person)
        self._cover()
        for person in self.problem.staff:
            contract = self.contracts[person.contract]
            for term in contract.terms:
                self._term(person, contract, term)
        self.to.minimise(self._wishes())
        self.to.read = self._read

    def _days(self, person: Staff) -> None:
        self.work[person.key] = []
        for day in range(self.problem.days):
            given = [self._duty(person.key, day, shift.key) for shift in self.problem.shifts]
            works = self.to.flag()
            self.to.model.add(self.to.sum(given) == works)
            self.work[person.key].append(works)

    def _duty(self, person: str, day: int, shift: str) -> Any:
        given = self.has[person, day, shift] = self.to.flag()
        return given

    def _cover(self) -> None:
        wanted: dict[tuple[int, str], int] = defaultdict(int)
        for cell in self.problem.demand:
            wanted[cell.day, cell.shift] += cell.preferred
        for day, shift in product(range(self.problem.days), (s.key for s in self.problem.shifts)):
            heads = [self.has[person.key, day, shift] for person in self.problem.staff]
            self.to.model.add(self.to.sum(heads) == wanted[day, shift])

    def _term(self, person: Staff, contract: Contract, term: Term) -> None:
        """One soft rule of the contract. Raises ValueError for one that is not known here."""
        work = self.work[person.key]
        if term.weight is None:
            raise ValueError(f"contracts.terms: {term.rule} is hard; not in this model")
        match term.rule:
            case "MIN_DUTIES":
                self._price_above(term.limit - self.to.sum(work), term)
            case "MAX_DUTIES":
                self._price_above(self.to.sum(work) - term.limit, term)
            case "MIN_DAYS_IN_ROW" | "MAX_DAYS_IN_ROW":
                price_runs(self.to, work, term)
            case "MIN_FREE_IN_ROW" | "MAX_FREE_IN_ROW":
                price_runs(self.to, [works.negated() for works in work], term)
            case "MIN_WEEKENDS_IN_ROW" | "MAX_WEEKENDS_IN_ROW":
                weekends = [self._any([work[d] for d in days]) for days in self._weekends(contract)]
                price_runs(self.to, weekends, term)
            case "COMPLETE_WEEKEND":
                for days in self._weekends(contract):
                    self._price_cut([work[day] for day in days], term.weight)
            case "SAME_SHIFT_IN_WEEKEND":
                for days in self._weekends(contract):
                    self._price_shifts(person, days, term.weight)
            case "UNWANTED_PATTERN":
                self._price_pattern(person, term)
            case "ALTERNATIVE_SKILL":
                self._price_skills(person, term.weight)
            case _:
                raise ValueError(f"contracts.terms: {term.rule} is not in this model")

    def _price_above(self, number: Any, term: Term) -> None:
        above = self.to.count(self.problem.days + term.limit, term.weight or 0)
        self.to.model.add(above >= number)

    def _weekends(self, contract: Contract) -> list[list[int]]:
        """The days of each weekend. Raises ValueError where the horizon cuts one."""
        found: list[list[int]] = []
        for day in range(self.problem.days):
            if self.problem.weekday(day) in contract.weekend:
                if not found or found[-1][-1] != day - 1:
                    found.append([])
                found[-1].append(day)
        if any(len(days) != len(contract.weekend) for days in found):
            raise ValueError("days: a weekend that the horizon cuts is not in this model")
        return found

    def _any(self, works: Sequence[Any]) -> Any:
        some = self.to.flag()
        for each in works:
            self.to.model.add_implication(each, some)
        self.to.model.add_bool_or([*works, some.negated()])
        return some

    def _price_cut(self, works: list[Any], weight: int) -> None:
        """Points for each free day of a worked weekend, more where it cuts the work in two."""
        for worked in product((False, True), repeat=len(works)):
            if any(worked) and not all(worked):
                inside = "".join("w" if each else "f" for each in worked).strip("f")
                times = worked.count(False) + (len(worked) if "f" in inside else 0)
                met = [w if is_w else w.negated() for w, is_w in zip(works, worked, strict=True)]
                self._price_all(met, weight * times)

    def _price_all(self, literals: list[Any], points: int) -> None:
        """`points` where all of them hold."""
        priced = self.to.flag(points)
        self.to.model.add_bool_or([*(each.negated() for each in literals), priced])

    def _price_shifts(self, person: Staff, days: list[int], weight: int) -> None:
        """A whole weekend in several shifts: as many points as days for each shift but one."""
        works = [self.work[person.key][day] for day in days]
        used = [
            self._any([self.has[person.key, day, shift.key] for day in days])
            for shift in self.problem.shifts
        ]
        more = self.to.count(len(days), weight * len(days))
        whole = self.to.flag()
        self.to.model.add_bool_or([*(each.negated() for each in works), whole])
        self.to.model.add(self.to.sum(used) <= 1 + more).only_enforce_if(whole)

    def _price_pattern(self, person: Staff, term: Term) -> None:
        pattern = self.patterns[term.pattern]
        for first in range(self.problem.days - len(pattern.days) + 1):
            if pattern.weekday in (None, self.problem.weekday(first)):
                met = [self._is(person, first + i, word) for i, word in enumerate(pattern.days)]
                self._price_all(met, term.weight or 0)

    def _is(self, person: Staff, day: int, word: str) -> Any:
        works = self.work[person.key][day]
        if word in ("ANY", "FREE"):
            return works if word == "ANY" else works.negated()
        return self.has[person.key, day, word]

    def _price_skills(self, person: Staff, weight: int) -> None:
        for shift in self.problem.shifts:
            for day in range(self.problem.days):
                lacking = sum(not person.holds(skill, day) for skill in shift.skills)
                self.to.costs(self.has[person.key, day, shift.key], weight * lacking)

    def _wishes(self) -> int:
        """What is missed if nobody works at all; each duty then changes that."""
        weight, none = self.problem.rules.weight.get("WISH_MISSED", 0), 0
        for wish in self.problem.wishes:
            works = self.work[wish.staff][wish.day]
            meant = works if wish.shift is None else self.has[wish.staff, wish.day, wish.shift]
            points = weight * wish.weight
            self.to.costs(meant, -points if wish.wanted == "ON" else points)
            none += points if wish.wanted == "ON" else 0
        return none

    def _read(self, value: Value) -> list[list[Any]]:
        """(person, day, shift) of every duty."""
        return [list(duty) for duty, given in self.has.items() if value(given)]
