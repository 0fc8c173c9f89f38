"""One row for each person out of those that are known, exactly: an integer model over columns."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import pulp

from solvers.engine import Limits, Outcome, Status, minimise
from solvers.engine_run import Progress, Stop
from solvers.roster_model import NO_POST, RosterModel
from solvers.roster_pool import Column
from solvers.roster_rows import Row

Rows = tuple[Row, ...]
Terms = list[tuple[pulp.LpVariable, int]]


def choose(
    model: RosterModel,
    columns: Sequence[Column],
    fixed: Mapping[int, Row],
    limits: Limits,
    *,
    start: Rows | None = None,
    progress: Progress | None = None,
    stop: Stop | None = None,
) -> tuple[Outcome, Rows | None]:
    """The best choice among `columns`; `fixed` people keep their row.

    `start`: rows to begin with. The outcome's figures leave out the points of the fixed rows.
    """
    free = [column for column in columns if column.person not in fixed]
    lp = _model(model, free, fixed)
    hint = None
    if start is not None:
        hint = {f"x{i}": 1 for i, column in enumerate(free) if start[column.person] == column.row}
    answer = minimise(lp, limits, progress, start=hint, stop=stop)
    if answer.outcome.status in (Status.NONE, Status.INFEASIBLE):
        return answer.outcome, None
    rows = dict(fixed)
    rows |= {free[i].person: free[i].row for i in range(len(free)) if answer.values[f"x{i}"]}
    return answer.outcome, tuple(rows[person] for person in range(len(model.people)))


def posts_of(model: RosterModel, person: int, row: Row) -> list[int]:
    posts = (int(model.post[person, day, duty]) for day, duty in enumerate(row))
    return [post for post in posts if post != NO_POST]


def _model(model: RosterModel, free: Sequence[Column], fixed: Mapping[int, Row]) -> pulp.LpProblem:
    lp = pulp.LpProblem("roster", pulp.LpMinimize)
    one: dict[int, Terms] = defaultdict(list)
    supply: dict[int, Terms] = defaultdict(list)
    objective: Terms = []
    for i, column in enumerate(free):
        var = lp.add_variable(f"x{i}", cat=pulp.LpBinary)
        objective.append((var, column.points))
        one[column.person].append((var, 1))
        for post in posts_of(model, column.person, column.row):
            supply[post].append((var, 1))
    for person, terms in sorted(one.items()):
        lp += pulp.LpAffineExpression(terms) == 1, f"one{person}"
    given = Counter(post for person, row in fixed.items() for post in posts_of(model, person, row))
    objective += _fill(lp, model, supply, given)
    lp.setObjective(pulp.LpAffineExpression(objective))
    return lp


def _fill(
    lp: pulp.LpProblem, model: RosterModel, supply: Mapping[int, Terms], given: Mapping[int, int]
) -> Terms:
    """Demands met by posts; heads missing or too many cost points. Gives those terms."""
    objective: Terms = []
    flows: dict[int, Terms] = defaultdict(list)
    known: Counter[int] = Counter()
    for number, post in enumerate(model.posts):
        terms, heads = supply.get(number, []), given.get(number, 0)
        if len(post.cells) == 1:
            flows[post.cells[0]] += terms
            known[post.cells[0]] += heads
        elif terms or heads:
            for cell, var in _shared(lp, number, post.cells, terms, heads):
                flows[cell].append((var, 1))
    for number, demand in enumerate(model.cells):
        spare = _spare(lp, model, number)
        heads_wanted = [*flows.get(number, []), *((var, sign) for var, sign, _ in spare)]
        lp += (
            pulp.LpAffineExpression(heads_wanted) == demand.preferred - known[number],
            f"cell{number}",
        )
        objective += [(var, points) for var, _, points in spare]
    return objective


def _shared(
    lp: pulp.LpProblem, number: int, cells: Sequence[int], terms: Terms, heads: int
) -> list[tuple[int, pulp.LpVariable]]:
    """How many heads of a post that may fill several demands go to each of them."""
    parts = [(cell, lp.add_variable(f"f{number}_{cell}", 0, cat=pulp.LpInteger)) for cell in cells]
    away = [(var, -1) for _, var in parts]
    lp += pulp.LpAffineExpression([*terms, *away]) == -heads, f"post{number}"
    return parts


def _spare(
    lp: pulp.LpProblem, model: RosterModel, number: int
) -> tuple[tuple[pulp.LpVariable, int, int], ...]:
    """Heads missing, thin and too many of a demand: variable, sign and points."""
    demand = model.cells[number]
    uncovered, thin, above = (int(points) for points in model.cell_points[number])
    room = demand.preferred - demand.minimum
    return (
        (lp.add_variable(f"u{number}", 0, cat=pulp.LpInteger), 1, uncovered),
        (lp.add_variable(f"t{number}", 0, room, pulp.LpInteger), 1, min(thin, uncovered)),
        (lp.add_variable(f"o{number}", 0, cat=pulp.LpInteger), -1, above),
    )
