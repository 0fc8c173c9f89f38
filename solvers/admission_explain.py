"""Why a patient has no date, and what another date or room would cost."""

from collections import Counter

from solvers.admission_part import Plan
from solvers.admission_rules import ROOM_RULES, Night
from solvers.admission_state import State
from solvers.admission_table import FORBIDDEN, Table

FULL = "BEDS"  # the plan gives the beds to others
DEARER = "NOT_WORTH_IT"  # there is room, at a higher price than waiting
NO_DATE = "THEATRE_TIME"  # no date in the window on which the theatre has time


def state_of(table: Table, plan: Plan) -> State:
    state = State(table)
    for patient, option in enumerate(plan):
        if option.parts:
            state.put(patient, option)
    return state


def hindrances(table: Table, plan: Plan, patient: int) -> tuple[tuple[str, int], ...]:
    """How many stays in one room each rule keeps the patient from."""
    if not table.starts[patient]:
        return ((NO_DATE, 1),)
    state, found = state_of(table, plan), Counter[str]()
    for position in range(len(table.starts[patient])):
        for room, cost in enumerate(table.stays[patient][position]):
            if cost >= FORBIDDEN:
                found.update(forbids(table, patient, room))
                continue
            option = table.whole(patient, position, room)
            found[state.obstacle(patient, option) or DEARER] += 1
    return tuple(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def forbids(table: Table, patient: int, room: int) -> tuple[str, ...]:
    """The binding rules, not waived, that keep the patient from ever lying in the room."""
    person, place = table.patients[patient], table.rooms[room]
    ward = table.wards[place.ward]
    keys = (person.key, place.key, ward.key)
    codes = {
        code
        for name, _nights in person.care
        for code, rule in ROOM_RULES.items()
        if rule(Night(person, name, place, ward, table.rules))
    }
    return tuple(sorted(c for c in codes & set(table.rules.binding) if not table.waived(c, *keys)))
