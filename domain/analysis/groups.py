"""Divides people into groups that are never divided again: each of at least so many people.

Whatever is published is a sum of whole groups. So is every difference of published figures, and
every set of people that some combination of them counts: it holds nobody, or a whole group. This
is suppression with its complements done once for all tables: a small cell shares a group with a
cell that is then not published either.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

Cell = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """One countable thing of a person: its cell in a cube, and its amount, where it has one."""

    person: UUID
    cell: Cell
    amount: float | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """At least so many people. `cells` are those that somebody in it is in."""

    cells: tuple[Cell, ...]
    cases: int
    amounts: tuple[float, ...] = ()  # ascending


def groups_of(facts: Sequence[Fact], least: int) -> list[Group]:
    """The groups; none where all together are too few. The same facts give the same groups."""
    ordered = sorted(facts, key=lambda fact: (fact.cell, fact.person.int))
    if _people(ordered) < least:
        return []
    return [_group(part) for part in _divided(ordered, 0, least)]


def _divided(facts: list[Fact], depth: int, least: int) -> list[list[Fact]]:
    """Divide by one dimension after the other, as long as each part has enough people."""
    if depth == len(facts[0].cell):
        return [facts]
    by_value: defaultdict[str, list[Fact]] = defaultdict(list)
    for fact in facts:
        by_value[fact.cell[depth]].append(fact)
    parts: list[list[Fact]] = []
    rest: list[Fact] = []
    for value in sorted(by_value):
        if _people(by_value[value]) >= least:
            parts += _divided(by_value[value], depth + 1, least)
        else:
            rest += by_value[value]
    if not parts or _people(rest) >= least:  # together they are enough, whatever the value
        return parts + _divided(rest, depth + 1, least)
    if rest:  # too few to stand alone: they hide among the smallest part
        smallest = min(range(len(parts)), key=lambda at: (_people(parts[at]), at))
        parts[smallest] = parts[smallest] + rest
    return parts


def _people(facts: Sequence[Fact]) -> int:
    return len({fact.person for fact in facts})


def _group(facts: Sequence[Fact]) -> Group:
    amounts = sorted(fact.amount for fact in facts if fact.amount is not None)
    return Group(tuple(sorted({fact.cell for fact in facts})), len(facts), tuple(amounts))
