"""Free some patients of a plan, and plan them anew as one model."""

from collections.abc import Iterable

from solvers.admission_model import PartModel
from solvers.admission_start import Candidates
from solvers.admission_state import State
from solvers.admission_table import HARD, Option
from solvers.engine import Limits
from solvers.engine_run import Building

Plan = tuple[Option, ...]


def plan_again(
    state: State, near: Candidates, free: Iterable[int], limits: Limits, clock: Building
) -> Plan | None:
    """The plan with the free patients planned anew; None if the model found none in time.

    They may go wherever those who stay leave them space.
    """
    freed = sorted(free)
    if not freed:
        return None
    with clock.building():
        return _planned(state, near, freed, limits, clock)


def _planned(
    state: State, near: Candidates, freed: list[int], limits: Limits, clock: Building
) -> Plan | None:
    before = tuple(state.option)
    for patient in freed:
        state.put(patient, state.table.waiting(patient))
    options = {patient: list(_options(state, near, patient, before)) for patient in freed}
    model = PartModel(state, options)
    answer = model.solve(limits, {patient: before[patient] for patient in freed})
    clock.solved((answer.outcome.wall_ms - answer.outcome.build_ms) / 1000)
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
