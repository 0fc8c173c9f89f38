"""The first plan: everybody to where the prices of the linear programme are lowest."""

from solvers.admission_bound import Bound
from solvers.admission_state import State
from solvers.admission_table import FORBIDDEN, HARD, Option, Table

Candidates = list[list[tuple[int, int, int, int]]]  # cost, position of start, room, nights

REACH = 120.0  # points above the linear optimum up to which a stay is worth looking at
MOST = 45  # stays per patient
LEAST = 12


def candidates(table: Table, bound: Bound) -> Candidates:
    """Each patient's stays that may belong to a good plan, nearest to the linear optimum first."""
    return [_of(table, bound, patient) for patient in range(len(table.patients))]


def _of(table: Table, bound: Bound, patient: int) -> list[tuple[int, int, int, int]]:
    found = []
    for position, start in enumerate(table.starts[patient]):
        above, costs = bound.above[patient][position], table.stays[patient][position]
        mask = table.mask(patient, start)
        for room, cost in enumerate(costs):
            if cost < FORBIDDEN:
                found.append((round(float(above[room]), 3), cost, position, room, mask))
    found.sort()
    kept = [each for i, each in enumerate(found[:MOST]) if i < LEAST or each[0] <= REACH]
    return [each[1:] for each in kept]


def those_there(table: Table) -> State:
    """Who lies in a room stays in it, and nobody comes."""
    state = State(table)
    for patient, person in enumerate(table.patients):
        if person.current_room is not None:
            room = table.room_index[person.current_room]
            state.put(patient, table.whole(patient, 0, room))
    return state


def first_plan(table: Table, bound: Bound) -> State:
    """Those who are there stay; the others come in the order of how much they have to lose."""
    state = those_there(table)
    near = candidates(table, bound)
    for patient in sorted(range(len(near)), key=lambda i: (-_at_stake(table, near[i], i), i)):
        if not state.option[patient].parts:
            option = _best(state, near[patient], patient) or _anywhere(state, patient)
            if option is not None:
                state.put(patient, option)
    return state


def _at_stake(table: Table, near: list[tuple[int, int, int, int]], patient: int) -> int:
    """Urgent and long stays first, then those with the dearest second choice."""
    nights = table.end(patient, table.starts[patient][0]) if table.starts[patient] else 0
    return table.unplanned[patient] * 100 + nights


def _best(state: State, near: list[tuple[int, int, int, int]], patient: int) -> Option | None:
    best: tuple[int, Option] | None = None
    for cost, position, room, mask in near:
        option = Option(cost, state.table.starts[patient][position], ((room, mask),))
        if state.fits(patient, option):
            price = cost + state.company(patient, option)
            if price < HARD and (best is None or price < best[0]):
                best = (price, option)
    return best[1] if best and best[0] <= state.table.unplanned[patient] else None


def _anywhere(state: State, patient: int) -> Option | None:
    """The best of all stays in one room."""
    table = state.table
    everywhere = [
        (cost, position, room, table.mask(patient, start))
        for position, start in enumerate(table.starts[patient])
        for room, cost in enumerate(table.stays[patient][position])
        if cost < FORBIDDEN
    ]
    return _best(state, everywhere, patient)
