"""Which demand each person on duty counts for: the cheapest way to fill posts, shift by shift."""

from collections import defaultdict
from collections.abc import Sequence

from solvers.roster_model import NO_POST, RosterModel
from solvers.roster_rows import FREE, Row


def posted(model: RosterModel, rows: Sequence[Row]) -> dict[tuple[int, int], int]:
    """The demand's number for each (person, day) on duty.

    Heads are seated one by one along a cheapest chain of moves, which stays cheapest because each
    further head of a demand is worth no more than the one before.
    """
    present: dict[tuple[int, int], list[tuple[int, tuple[int, ...]]]] = defaultdict(list)
    for person, row in enumerate(rows):
        for day, duty in enumerate(row):
            post = int(model.post[person, day, duty])
            if duty != FREE and post != NO_POST:
                present[day, duty].append((person, model.posts[post].cells))
    seats: dict[tuple[int, int], int] = {}
    for (day, _), people in present.items():
        for person, cell in _seated(model, people).items():
            seats[person, day] = cell
    return seats


def _seated(model: RosterModel, people: list[tuple[int, tuple[int, ...]]]) -> dict[int, int]:
    if all(len(cells) == 1 for _, cells in people):
        return {person: cells[0] for person, cells in people}
    seat: dict[int, int] = {}
    may = dict(people)
    heads: dict[int, int] = defaultdict(int)
    for person, cells in sorted(people, key=lambda pair: (len(pair[1]), pair[0])):
        chain = _chain(model, cells, seat, may, heads)
        for mover, cell in chain[:-1]:
            seat[mover] = cell
        first, last = chain[-1]
        seat[person] = first
        heads[last] += 1
    return seat


def _chain(
    model: RosterModel,
    cells: tuple[int, ...],
    seat: dict[int, int],
    may: dict[int, tuple[int, ...]],
    heads: dict[int, int],
) -> list[tuple[int, int]]:
    """Moves (person, new demand) that make room, then (newcomer's demand, demand that grows)."""
    came: dict[int, tuple[int, int] | None] = dict.fromkeys(cells)
    queue = list(cells)
    while queue:
        cell = queue.pop(0)
        for mover, at in sorted(seat.items()):
            if at == cell:
                for other in may[mover]:
                    if other not in came:
                        came[other] = (mover, cell)
                        queue.append(other)
    grows = min(came, key=lambda cell: (_worth(model, cell, heads[cell]), cell))
    moves: list[tuple[int, int]] = []
    at = grows
    while (step := came[at]) is not None:
        moves.append((step[0], at))
        at = step[1]
    return [*moves, (at, grows)]


def _worth(model: RosterModel, cell: int, heads: int) -> int:
    """What one more head changes in the points of a demand."""
    return gap_points(model, cell, heads + 1) - gap_points(model, cell, heads)


def gap_points(model: RosterModel, cell: int, heads: int) -> int:
    """What a demand costs with so many heads."""
    demand = model.cells[cell]
    uncovered, thin, above = (int(points) for points in model.cell_points[cell])
    short = max(0, demand.minimum - heads)
    missing = max(0, demand.preferred - heads) - short
    return (
        short * uncovered
        + missing * min(thin, uncovered)
        + max(0, heads - demand.preferred) * above
    )


def heads_of(model: RosterModel, seats: dict[tuple[int, int], int]) -> list[int]:
    heads = [0] * len(model.cells)
    for cell in seats.values():
        heads[cell] += 1
    return heads


def gaps_points(model: RosterModel, rows: Sequence[Row]) -> int:
    """What all demands cost with these rows."""
    heads = heads_of(model, posted(model, rows))
    return sum(gap_points(model, cell, count) for cell, count in enumerate(heads))


def gap_days(model: RosterModel, rows: Sequence[Row]) -> list[int]:
    """The days on which heads are missing or too many, in order."""
    heads = enumerate(heads_of(model, posted(model, rows)))
    wrong = {model.cells[cell].day for cell, count in heads if gap_points(model, cell, count)}
    return sorted(wrong)
