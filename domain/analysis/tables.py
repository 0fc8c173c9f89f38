"""A table of some dimensions of a cube, made of whole groups."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from domain.analysis.groups import Cell, Group

WITHHELD = "*"  # cells that are not published, together


@dataclass(frozen=True, slots=True)
class Line:
    """A cell of the table. `mean` and `median` are rounded; None where nothing was measured."""

    cell: Cell
    cases: int
    mean: float | None
    median: float | None


@dataclass(frozen=True, slots=True)
class Table:
    lines: tuple[Line, ...]
    suppressed: int  # cells with people that have no line; for the record, never for the reader


def table_of(groups: Iterable[Group], dimensions: Sequence[int], step: float) -> Table:
    """Lines of the cells that whole groups fill, and one for all the others together.

    `dimensions` are places in a group's cells; figures are rounded to `step`.
    """
    filling: defaultdict[Cell, list[Group]] = defaultdict(list)
    straddling: set[Cell] = set()
    whole = list(groups)
    for group in whole:
        seen = {tuple(cell[at] for at in dimensions) for cell in group.cells}
        if len(seen) == 1:
            filling[next(iter(seen))].append(group)
        else:
            straddling |= seen
    shown = {cell: found for cell, found in filling.items() if cell not in straddling}
    lines = [_line(cell, found, step) for cell, found in sorted(shown.items())]
    known = {id(group) for found in shown.values() for group in found}
    rest = [group for group in whole if id(group) not in known]
    if rest:
        lines.append(_line(tuple(WITHHELD for _ in dimensions), rest, step))
    return Table(tuple(lines), len(straddling))


def _line(cell: Cell, groups: Sequence[Group], step: float) -> Line:
    amounts = [one for group in groups for one in group.amounts]
    return Line(
        cell, sum(group.cases for group in groups),
        _rounded(fmean(amounts), step) if amounts else None,
        _rounded(median(amounts), step) if amounts else None,
    )  # fmt: skip


def _rounded(figure: float, step: float) -> float:
    return round(round(figure / step) * step, 3)
