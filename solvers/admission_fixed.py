"""A plan over a horizon with one patient fixed elsewhere: what forbids it, or what it costs more.

A small problem is solved again whole, so the price is proven. In a large one those in the way are
planned anew with everybody else kept: at most that much dearer; the prices of the bound say at
least how much.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from math import ceil
from time import perf_counter

from solvers.admission_bound import Bound, lower_bound
from solvers.admission_explain import FULL, NO_DATE, forbids, state_of
from solvers.admission_judge import Judge, Stay
from solvers.admission_model import PartModel
from solvers.admission_options import every_option, rooms_of
from solvers.admission_part import Plan
from solvers.admission_plan import Term
from solvers.admission_problem import AdmissionProblem
from solvers.admission_start import Candidates, candidates
from solvers.admission_state import State
from solvers.admission_table import FORBIDDEN, HARD, Option, Table
from solvers.engine import TOLERANCE, Limits

NOT_WANTED = "DATES"  # outside the window
FREED = 110  # patients planned anew around the fixed one
WANTED = 4  # rooms looked at for each who has to make way
BOUNDING = 0.4  # share of the time for the bound
SOON = 0.05  # seconds in which nothing more is solved


@dataclass(frozen=True, slots=True)
class OtherStay:
    """The patient's whole stay elsewhere. Either `forbidden` by rules, or the whole plan costs
    `price_from` to `price_to` more; proven where both agree. No `price_to`: none found in time."""

    patient: str
    night: int
    room: str
    forbidden: tuple[str, ...] = ()
    price_from: int | None = None
    price_to: int | None = None
    terms: tuple[Term, ...] = ()

    @property
    def exact(self) -> bool:
        return bool(self.forbidden) or (
            self.price_to is not None and self.price_from == self.price_to
        )


@dataclass(frozen=True, slots=True)
class Others:
    """The cheapest other stays. `complete`: no stay that is left out is cheaper than the last."""

    stays: tuple[OtherStay, ...]
    complete: bool


class Fixing:
    """A plan prepared for questions; all answers together keep to the limits."""

    def __init__(
        self, problem: AdmissionProblem, stays: Mapping[str, Stay], limits: Limits | None = None
    ) -> None:
        self.limits = limits or Limits(time_limit_s=10.0)
        self.ends = perf_counter() + self.limits.time_limit_s
        self.table, self.judge = Table(problem), Judge(problem)
        self.number = {person.key: i for i, person in enumerate(problem.patients)}
        self.plan: Plan = tuple(
            self._stay(i, stays.get(person.key)) for i, person in enumerate(problem.patients)
        )
        self.state = state_of(self.table, self.plan)
        self.now = self._cost(self.plan)
        self.pinned = self._pinned()
        self.options = every_option(self.table)
        self.bound: Bound = lower_bound(self.table, self._left(BOUNDING))
        self.near: Candidates = candidates(self.table, self.bound)

    def why_not(self, patient: str, night: int, room: str) -> OtherStay:
        """Raises ValueError for a patient or room that is not part of the problem."""
        who, where = self._known(patient), self.table.room_index.get(room)
        if where is None:
            raise ValueError(f"room: {room} is not part of the problem")
        forbidden = self._forbidden(who, night, where)
        if forbidden:
            return OtherStay(patient, night, room, forbidden)
        return self._priced(who, self.table.starts[who].index(night), where)

    def others(self, patient: str, top: int = 5) -> Others:
        """In the order of the least that each can cost, until no other can be among the first."""
        who = self._known(patient)
        found: list[OtherStay] = []
        for least, position, room in sorted(self._elsewhere(who)):
            worst = sorted(each.price_to for each in found if each.price_to is not None)[:top]
            if len(worst) == top and least >= worst[-1]:
                return Others(self._first(found, top), complete=True)
            if self._left().time_limit_s <= SOON:
                return Others(self._first(found, top), complete=False)
            found.append(self._priced(who, position, room))
        return Others(self._first(found, top), complete=True)

    def _first(self, found: Iterable[OtherStay], top: int) -> tuple[OtherStay, ...]:
        priced = [(each.price_to, each.night, each.room, each) for each in found
                  if each.price_to is not None]  # fmt: skip
        return tuple(row[-1] for row in sorted(priced, key=lambda row: row[:3])[:top])

    def _elsewhere(self, who: int) -> Iterable[tuple[int, int, int]]:
        """Each stay in one room that nothing forbids, with the least it can cost."""
        for position, night in enumerate(self.table.starts[who]):
            for room in range(len(self.table.rooms)):
                same = self.table.whole(who, position, room) == self.plan[who]
                if not same and not self._forbidden(who, night, room):
                    yield self._least(who, position, room), position, room

    def _least(self, who: int, position: int, room: int) -> int:
        above = float(self.bound.above[who][position][room])
        return ceil(self.bound.exactly + above - TOLERANCE) - self.now

    def _forbidden(self, who: int, night: int, room: int) -> tuple[str, ...]:
        """Rules that stand in the way whatever the plan does with all who can lie elsewhere."""
        person = self.table.patients[who]
        if not person.earliest <= night <= min(person.latest, self.table.nights - 1):
            return (NOT_WANTED,)
        if night not in self.table.starts[who]:
            return (NO_DATE,)
        option = self.table.whole(who, self.table.starts[who].index(night), room)
        if option.cost >= FORBIDDEN:
            return forbids(self.table, who, room) or (FULL,)
        obstacle = self.pinned.obstacle(who, option)
        if obstacle is None and self.pinned.company(who, option) >= HARD:
            obstacle = "MIXED_SEX"
        return () if obstacle is None else (obstacle,)

    def _priced(self, who: int, position: int, room: int) -> OtherStay:
        option = self.table.whole(who, position, room)
        found = self._made_way(who, option) if self.options is None else self._whole(who, option)
        least, price = self._least(who, position, room), None
        if found is not None:
            plan, short = found
            price = self._cost(plan) - self.now
            least = min(price, max(least, price - short))
        key, where = self.table.patients[who].key, self.table.rooms[room].key
        nights = self.table.end(who, option.start) - option.start
        terms = self.judge.stay(key, (option.start, (where,) * nights)).terms
        return OtherStay(key, option.start, where, (), least, price, terms)

    def _whole(self, who: int, option: Option) -> tuple[Plan, int] | None:
        """The best plan found with the option, and by how much it may miss the best there is."""
        options = {**(self.options or {}), who: [option]}
        model = PartModel(State(self.table), options, may_mix=True)
        answer = model.solve(self._left())
        outcome, chosen = answer.outcome, model.chosen(answer)
        if outcome.objective is None:
            return None
        plan = tuple(chosen[i] for i in range(len(self.plan)))
        return plan, outcome.objective - (outcome.bound or 0)

    def _made_way(self, who: int, option: Option) -> tuple[Plan, int] | None:
        """The same where only those in the way are planned anew: nothing says what it misses."""
        freed = sorted(self._in_the_way(who, option))
        for each in freed:
            self.state.put(each, self.table.waiting(each))
        options = {each: self._may_have(each) for each in freed if each != who}
        model = PartModel(self.state, {**options, who: [option]}, may_mix=True)
        answer = model.solve(self._left())
        for each in freed:
            self.state.put(each, self.plan[each])
        if answer.outcome.objective is None:
            return None
        chosen = model.chosen(answer)
        return tuple(chosen.get(i, old) for i, old in enumerate(self.plan)), FORBIDDEN

    def _cost(self, plan: Plan) -> int:
        keys = (person.key for person in self.table.patients)
        return self.judge.cost({
            key: (option.start, rooms_of(self.table, option))
            for key, option in zip(keys, plan, strict=True)
            if option.parts
        })  # fmt: skip

    def _in_the_way(self, who: int, option: Option) -> set[int]:
        """The patient, who lies in the room in those nights, and whose rooms those would like."""
        [(room, nights)] = option.parts
        first = [p for p in self.state.inside[room] if self.state.nights_in(p, room) & nights]
        freed = {who, *(p for p in first if not self.table.patients[p].pinned)}
        for each in sorted(freed):
            for _cost, _position, wanted, mask in self.near[each][:WANTED]:
                inside = self.state.inside[wanted]
                more = [p for p in inside if self.state.nights_in(p, wanted) & mask]
                freed.update(p for p in more if not self.table.patients[p].pinned)
                if len(freed) >= FREED:
                    return freed
        return freed

    def _may_have(self, who: int) -> list[Option]:
        starts = self.table.starts[who]
        near = [
            Option(cost, starts[position], ((room, mask),))
            for cost, position, room, mask in self.near[who]
        ]
        fitting = [
            option
            for option in dict.fromkeys([self.plan[who], *near])
            if self.state.fits(who, option) and self.state.company(who, option) < HARD
        ]
        return list(dict.fromkeys([*self.table.may_wait(who), *fitting]))

    def _pinned(self) -> State:
        """Those alone whom no plan moves."""
        state = State(self.table)
        for each, option in enumerate(self.plan):
            if self.table.patients[each].pinned:
                state.put(each, option)
        return state

    def _stay(self, who: int, stay: Stay | None) -> Option:
        if stay is None:
            return self.table.waiting(who)
        return self.table.option(who, stay[0], [self.table.room_index[room] for room in stay[1]])

    def _known(self, patient: str) -> int:
        if patient not in self.number:
            raise ValueError(f"patient: {patient} is not part of the problem")
        return self.number[patient]

    def _left(self, share: float = 1.0) -> Limits:
        left = share * (self.ends - perf_counter())
        return replace(self.limits, time_limit_s=max(SOON, left))
