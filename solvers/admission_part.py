"""Free some patients of a plan, and plan them anew as one model."""

from collections.abc import Iterable

from solvers.admission_bound import Bound
from solvers.admission_model import PartModel
from solvers.admission_start import Candidates
from solvers.admission_state import State
from solvers.admission_table import Option
from solvers.engine import Limits

Plan = tuple[Option, ...]


def plan_again(
    state: State, near: Candidates, free: Iterable[int], rooms: set[int] | None, limits: Limits
) -> Plan | None:
    """The plan with the free patients planned anew, None if nothing better was found.

    They may go to `rooms` (None: to any) where those who stay leave them space.
    """
    before, freed = list(state.option), sorted(free)
    for patient in freed:
        state.put(patient, state.table.waiting(patient))
    options = {
        patient: list(_options(state, near[patient], patient, rooms, before[patient]))
        for patient in freed
    }
    model = PartModel(state, options)
    start = {patient: before[patient] for patient in freed}
    answer = model.solve(limits, start)
    chosen = model.chosen(answer)
    for patient in freed:
        state.put(patient, before[patient])
    if len(chosen) < len(freed):
        return None
    return tuple(chosen.get(patient, option) for patient, option in enumerate(before))


def _options(
    state: State,
    near: list[tuple[int, int, int, int]],
    patient: int,
    rooms: set[int] | None,
    before: Option,
) -> dict[Option, None]:
    starts = state.table.starts[patient]
    found = {before: None, state.table.waiting(patient): None}
    for cost, position, room, mask in near:
        option = Option(cost, starts[position], ((room, mask),))
        if (rooms is None or room in rooms) and state.fits(patient, option):
            found[option] = None
    return found
