"""All ways to plan each patient of a small problem, transfers included."""

from solvers.admission_table import FORBIDDEN, Option, Table

SMALL = 2_500  # options in all, up to which one model proves its plan


def every_option(table: Table) -> dict[int, list[Option]] | None:
    """Options by patient; None where there are too many for one model."""
    options: dict[int, list[Option]] = {}
    left = SMALL
    for patient in range(len(table.patients)):
        if left < _least(table, patient):
            return None
        options[patient] = [*table.may_wait(patient), *_of(table, patient)]
        left -= len(options[patient])
        if left < 0:
            return None
    return options


def _least(table: Table, patient: int) -> int:
    return len(table.starts[patient])


def _of(table: Table, patient: int) -> list[Option]:
    found = []
    for position, start in enumerate(table.starts[patient]):
        costs = table.stays[patient][position]
        whole = [room for room, cost in enumerate(costs) if cost < FORBIDDEN]
        found += [table.whole(patient, position, room) for room in whole]
        if table.rules.max_transfers:
            found += _split(table, patient, start)
    return found


def _split(table: Table, patient: int, start: int) -> list[Option]:
    """One transfer after each night but the last."""
    nights, rooms = table.end(patient, start) - start, range(len(table.rooms))
    pairs = ((one, other) for one in rooms for other in rooms if one != other)
    found = [
        table.option(patient, start, [one] * after + [other] * (nights - after))
        for one, other in pairs
        for after in range(1, nights)
    ]
    return [option for option in found if option.cost < FORBIDDEN]


def rooms_of(table: Table, option: Option) -> tuple[str, ...]:
    """The keys of the option's rooms, night by night."""
    by_night = {
        night: table.rooms[room].key
        for room, nights in option.parts
        for night in range(table.nights)
        if nights >> night & 1
    }
    return tuple(by_night[night] for night in sorted(by_night))
