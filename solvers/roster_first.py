"""A first roster, person by person: each takes the row that helps most with what is still open."""

from collections.abc import Mapping

import numpy as np

from solvers.engine_master import Floats
from solvers.roster_choice import Rows
from solvers.roster_columns import Columns
from solvers.roster_model import NO_POST, RosterModel
from solvers.roster_pool import Bools
from solvers.roster_posting import gap_points
from solvers.roster_rows import Row


def first_rows(columns: Columns, allowed: Bools, given: Mapping[int, Row] | None = None) -> Rows:
    """Rows for everyone; those `given` stay, the others keep to what is `allowed` where they can.

    People who may do least come first, so that the others fill what is left.
    """
    model = columns.model
    rows: dict[int, Row] = dict(given or {})
    heads = [0] * len(model.cells)
    for person, row in rows.items():
        _count(model, heads, person, row)
    freedom = (model.post != NO_POST).sum(axis=(1, 2))
    for person in np.argsort(freedom, kind="stable").tolist():
        if person not in rows:
            row = columns.best_row(person, _worth(model, heads, person), allowed)
            rows[person] = row
            _count(model, heads, person, row)
    return tuple(rows[person] for person in range(len(model.people)))


def _gain(model: RosterModel, heads: list[int], cell: int) -> int:
    """What one more head saves."""
    return gap_points(model, cell, heads[cell]) - gap_points(model, cell, heads[cell] + 1)


def _best_cell(model: RosterModel, heads: list[int], post: int) -> int:
    return max(model.posts[post].cells, key=lambda cell: _gain(model, heads, cell))


def _worth(model: RosterModel, heads: list[int], person: int) -> Floats:
    """What each duty of a person saves, day by day."""
    worth = np.zeros((model.days, model.duties))
    for day, duty in zip(*np.nonzero(model.post[person] != NO_POST), strict=True):
        post = int(model.post[person, day, duty])
        worth[day, duty] = _gain(model, heads, _best_cell(model, heads, post))
    return worth


def _count(model: RosterModel, heads: list[int], person: int, row: Row) -> None:
    for day, duty in enumerate(row):
        post = int(model.post[person, day, duty])
        if post != NO_POST:
            heads[_best_cell(model, heads, post)] += 1
