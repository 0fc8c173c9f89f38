"""Free some patients of a plan, and plan them anew as one model."""

from collections.abc import Iterable

from solvers.admission_model import PartModel
from solvers.admission_start import Candidates
from solvers.admission_state import State
from solvers.admission_table import HARD, Option
from solvers.engine import Limits

Plan = tuple[Option, ...]


def plan_again(state: State, near: Candidates, free: Iterable[int], limits: Limits) -> Plan | None:
    """The plan with the free patients planned anew; None if the model found none in time.

    They may go wherever those who stay leave them space.
    """
    before, freed = tuple(state.option), sorted(free)
    if not freed:
        return None
    for patient in freed:
        state.put(patient, state.table.waiting(patient))
    options = {patient: list(_options(state, near, patient, before)) for patient in freed}
    model = PartModel(state, options)
    answer = model.solve(limits, {patient: before[patient] for patient in freed})
    chosen = model.chosen(answer)
    for patient in freed:
        state.put(patient, before[patient])
    if len(chosen) < len(freed):
        return None
    return tuple(chosen.get(patient, option) for patient, option in enumerate(before))


def _options(state: State, near: Candidates, patient: int, before: Plan) -> dict[Option, None]:
    table = state.table
    found = dict.fromkeys([before[patient], *table.may_wait(patient)])
    for cost, position, room, mask in near[patient]:
        option = Option(cost, table.starts[patient][position], ((room, mask),))
        if state.fits(patient, option) and state.company(patient, option) < HARD:
            found[option] = None
    return found
