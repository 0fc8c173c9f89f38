"""One row for each person out of those that are known, exactly: an integer model over columns."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import pulp

from solvers.engine import Limits, Outcome, Status, minimise
from solvers.engine_run import Progress, Stop
from solvers.roster_model import NO_POST, RosterModel
from solvers.roster_pool import Column
from solvers.roster_rows import Row

Rows = tuple[Row, ...]


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
    lp = pulp.LpProblem("roster", pulp.LpMinimize)
    free = [column for column in columns if column.person not in fixed]
    taken = [lp.add_variable(f"x{i}", cat=pulp.LpBinary) for i in range(len(free))]
    objective = [(var, column.points) for var, column in zip(taken, free, strict=True)]
    one: dict[int, list[tuple[pulp.LpVariable, int]]] = defaultdict(list)
    supply: dict[int, list[tuple[pulp.LpVariable, int]]] = defaultdict(list)
    for var, column in zip(taken, free, strict=True):
        one[column.person].append((var, 1))
        for post in posts_of(model, column.person, column.row):
            supply[post].append((var, 1))
    given: dict[int, int] = defaultdict(int)
    for person, row in fixed.items():
        for post in posts_of(model, person, row):
            given[post] += 1
    for person, terms in sorted(one.items()):
        lp += pulp.LpAffineExpression(terms) == 1, f"one{person}"
    objective += _fill(lp, model, supply, given)
    lp.setObjective(pulp.LpAffineExpression(objective))
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


def _fill(
    lp: pulp.LpProblem,
    model: RosterModel,
    supply: Mapping[int, list[tuple[pulp.LpVariable, int]]],
    given: Mapping[int, int],
) -> list[tuple[pulp.LpVariable, int]]:
    """Demands met by posts; heads missing or too many cost points. Gives those terms."""
    objective: list[tuple[pulp.LpVariable, int]] = []
    flows: dict[int, list[tuple[pulp.LpVariable, int]]] = defaultdict(list)
    known: dict[int, int] = defaultdict(int)
    for number, post in enumerate(model.posts):
        terms, heads = supply.get(number, []), given.get(number, 0)
        if len(post.cells) == 1:
            flows[post.cells[0]] += terms
            known[post.cells[0]] += heads
        elif terms or heads:
            parts = [
                (lp.add_variable(f"f{number}_{cell}", 0, cat=pulp.LpInteger), cell)
                for cell in post.cells
            ]
            lp += (
                pulp.LpAffineExpression([*terms, *((var, -1) for var, _ in parts)]) == -heads,
                f"post{number}",
            )
            for var, cell in parts:
                flows[cell].append((var, 1))
    for number, demand in enumerate(model.cells):
        uncovered, thin, above = (int(points) for points in model.cell_points[number])
        spare = (
            (lp.add_variable(f"u{number}", 0, cat=pulp.LpInteger), 1, uncovered),
            (
                lp.add_variable(f"t{number}", 0, demand.preferred - demand.minimum, pulp.LpInteger),
                1,
                min(thin, uncovered),
            ),
            (lp.add_variable(f"o{number}", 0, cat=pulp.LpInteger), -1, above),
        )
        lp += (
            pulp.LpAffineExpression(
                [*flows.get(number, []), *((var, sign) for var, sign, _ in spare)]
            )
            == demand.preferred - known[number],
            f"cell{number}",
        )
        objective += [(var, points) for var, _, points in spare]
    return objective
