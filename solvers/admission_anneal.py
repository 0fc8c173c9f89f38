"""Simulated annealing over stays in one room: change a room, or swap two patients.

Each trial costs a few whole-number operations, whatever the length of the stays. Source of the
moves: Ceschia, Schaerf, Computers & Operations Research 38(10), 2011.
"""

from math import exp, log
from random import Random
from time import perf_counter

from solvers.admission_start import Candidates
from solvers.admission_state import State
from solvers.admission_table import FORBIDDEN, Option
from solvers.engine import Stop

HOT, COLD = 25.0, 4.0  # points: a change for the worse by so much is accepted one time in e
BATCH = 5_000  # trials between looks at the clock


def anneal(
    state: State,
    near: Candidates,
    *,
    draw: Random,
    ends: float,
    trials: int | None = None,
    hot: float = HOT,
    stop: Stop | None = None,
) -> list[Option]:
    """The best options met until `ends` on the clock, or for `trials` alone: then repeatable."""
    began, done = perf_counter(), 0
    movable = [i for i, mine in enumerate(near) if len(mine) > 1]
    best, best_cost = list(state.option), state.cost
    search = _Search(state, near, movable, draw)
    while movable:
        if trials is None:
            passed = (perf_counter() - began) / max(1e-9, ends - began)
        else:
            passed = done / trials
        if passed >= 1 or (stop is not None and stop()):
            break
        search.run(BATCH, hot * exp(log(COLD / hot) * passed))
        done += BATCH
        cost = state.cost
        if cost < best_cost:
            best, best_cost = list(state.option), cost
    return best


class _Search:
    """Trials at one heat after the other. Patients whose stay is split are left where they are."""

    def __init__(self, state: State, near: Candidates, movable: list[int], draw: Random) -> None:
        self.state, self.near, self.movable, self.draw = state, near, movable, draw
        table = state.table
        self.sex = table.sex
        self.nowhere = len(table.rooms)
        # Costs by patient, position of start and room; the room after the last one is nowhere.
        self.stays = [
            [[*stay, table.unplanned[i]] for stay in stays] for i, stays in enumerate(table.stays)
        ]
        self.masks = [[table.mask(i, start) for start in table.starts[i]] for i in range(len(near))]
        self.room, self.position = [self.nowhere] * len(near), [0] * len(near)
        self.whole = [True] * len(near)
        for i, option in enumerate(state.option):
            self._noted(i)
            self.whole[i] = len(option.parts) <= 1
        limited = any(each is not None for each in (*table.staffed, *table.quiet))
        self.special = limited or any(table.cohort) or bool(table.theatre)

    def run(self, trials: int, heat: float) -> None:
        """Accept what is better, and what is worse by `heat` one time in e."""
        chance, movable, near, whole = self.draw.random, self.movable, self.near, self.whole
        inside, room_of, patients = self.state.inside, self.room, len(movable)
        for _ in range(trials):
            p = movable[int(chance() * patients)]
            mine = near[p]
            r = chance()
            _cost, position, room, mask = mine[int(r * r * len(mine))]
            if not whole[p] or (room == room_of[p] and position == self.position[p]):
                continue
            price = self._change(p, position, room, mask)
            if price is None or price > 0:
                there = inside[room]
                if there and chance() < 0.5:
                    q = there[int(chance() * len(there))]
                    self._try_swap(p, position, mask, q, -heat * log(1.0 - chance()))
                    continue
            if price is not None and price <= -heat * log(1.0 - chance()):
                self._put(p, position, room)

    def _change(self, p: int, position: int, room: int, mask: int) -> int | None:
        """What moving the patient alone adds; None if it does not fit."""
        state, old = self.state, self.room[p]
        if self.special or old == room:
            return self._change_slowly(p, self._option(p, position, room))
        if state.full[room] & mask:
            return None
        stays, sex, mixing = self.stays[p], self.sex[p], state.mixing
        price = stays[position][room] - stays[self.position[p]][old]
        if mixing[room]:
            price += mixing[room] * (state.less[sex][room] & mask & state.mixes[room]).bit_count()
        if mixing[old]:
            was = self.masks[p][self.position[p]] & state.mixes[old]
            price -= mixing[old] * (was & ~state.less[1 - sex][old]).bit_count()
        return price

    def _change_slowly(self, p: int, option: Option) -> int | None:
        """The same where wards, theatres, cohorts or dates have a say."""
        state, old = self.state, self.state.option[p]
        state.put(p, state.table.waiting(p))
        price = option.cost + state.company(p, option) - old.cost - state.company(p, old)
        fits = state.fits(p, option)
        state.put(p, old)
        return price if fits else None

    def _try_swap(self, p: int, position: int, mask: int, q: int, allowed: float) -> None:
        """Give each the other's room, if that adds no more than is allowed."""
        here, there = self.room[p], self.room[q]
        theirs = self.masks[q][self.position[q]]
        if not self.whole[q] or here == there or not mask & theirs:
            return
        if self.special:
            self._swap_slowly(p, self._option(p, position, there), q, here, allowed)
            return
        mine, full = self.masks[p][self.position[p]], self.state.full
        if full[there] & mask & ~theirs:
            return
        if here != self.nowhere and full[here] & theirs & ~mine:
            return
        stays, other = self.stays[p], self.stays[q][self.position[q]]
        price = stays[position][there] - stays[self.position[p]][here] + other[here] - other[there]
        if price < FORBIDDEN // 2:
            price += self._replaced(there, q, theirs, p, mask)
            price += self._replaced(here, p, mine, q, theirs)
            if price <= allowed:
                self._swap(p, position, q)

    def _replaced(self, room: int, out: int, was: int, into: int, will: int) -> int:
        """What one patient instead of another adds for mixing in the room."""
        weight = self.state.mixing[room]
        if not weight:
            return 0
        less, sex, other = self.state.less, self.sex[into], self.sex[out]
        was, will = was & self.state.mixes[room], will & self.state.mixes[room]
        both = was & will
        times = (less[sex][room] & will & ~both).bit_count()
        times -= (was & ~both & ~less[1 - other][room]).bit_count()
        if both and sex != other:
            times += (both & self.state.less2[sex][room]).bit_count()
            times -= (both & ~less[sex][room]).bit_count()
        return weight * times

    def _swap_slowly(self, p: int, option: Option, q: int, room: int, allowed: float) -> None:
        state = self.state
        old_p, old_q = state.option[p], state.option[q]
        new_q = self._option(q, self.position[q], room)
        self._lift(p, q)
        before = self._together(p, old_p, q, old_q, checked=False)
        after = self._together(p, option, q, new_q, checked=True)
        if before is None or after is None or after - before > allowed:
            state.put(p, old_p)
            state.put(q, old_q)
            return
        state.put(p, option)
        state.put(q, new_q)
        self._noted(p)
        self._noted(q)

    def _lift(self, *patients: int) -> None:
        for patient in patients:
            self.state.put(patient, self.state.table.waiting(patient))

    def _together(
        self, p: int, option: Option, q: int, other: Option, *, checked: bool
    ) -> int | None:
        """What both cost when nobody of them is placed yet; None if they do not fit."""
        state = self.state
        if option.cost + other.cost >= FORBIDDEN or (checked and not state.fits(p, option)):
            return None
        price = option.cost + other.cost + state.company(p, option)
        state.put(p, option)
        fits = not checked or state.fits(q, other)
        price += state.company(q, other)
        self._lift(p)
        return price if fits else None

    def _option(self, patient: int, position: int, room: int) -> Option:
        if room == self.nowhere:
            return self.state.table.waiting(patient)
        return self.state.table.whole(patient, position, room)

    def _put(self, p: int, position: int, room: int) -> None:
        self.state.put(p, self._option(p, position, room))
        self._noted(p)

    def _swap(self, p: int, position: int, q: int) -> None:
        here, there = self.room[p], self.room[q]
        new_p = self._option(p, position, there)
        new_q = self._option(q, self.position[q], here)
        self._lift(p)
        self.state.put(q, new_q)
        self.state.put(p, new_p)
        self._noted(p)
        self._noted(q)

    def _noted(self, patient: int) -> None:
        option = self.state.option[patient]
        if option.parts:
            self.room[patient] = option.parts[0][0]
            self.position[patient] = self.state.table.starts[patient].index(option.start)
        else:
            self.room[patient] = self.nowhere
