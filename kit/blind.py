"""Keyed equality indexes of sealed texts, each in two columns: one for either of two keys.

While the blind key turns, every row has the index under the old key in one column and, once it
was written or worked at, under the new one in the other. One of them always covers every row: that
one is searched, and its unique index judges. Which one it is stands in `blind_turn`.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, false, or_, select
from sqlalchemy.types import TypeDecorator
from sqlmodel import col

OTHER = "_other"  # what the second column's name ends with


class BlindColumn(TypeDecorator[bytes]):
    """The column type of a blind index; app/rotation/blinds.py says how each is made."""

    impl = LargeBinary
    cache_ok = True


@dataclass(frozen=True, slots=True)
class Blinds:
    """A text's index for either column, None where that one is not written now."""

    first: bytes | None
    other: bytes | None
    asked: int  # 0 or 1: the column that covers every row

    @property
    def sought(self) -> bytes:
        """The index in the column that is searched."""
        value = self.other if self.asked else self.first
        if value is None:
            raise AssertionError("the column that is searched is always written")
        return value


def columns_of(name: str) -> tuple[str, str]:
    """Both columns of an index."""
    return name, name + OTHER


def put(row: Any, name: str, blinds: Blinds | None) -> None:
    """Write the index into the row; None takes it away."""
    first, other = columns_of(name)
    setattr(row, first, blinds.first if blinds else None)
    setattr(row, other, blinds.other if blinds else None)


def indexed(row: Any, name: str) -> frozenset[bytes]:
    """What the row has of the index; rows of equal texts share at least one."""
    return frozenset(one for each in columns_of(name) if (one := getattr(row, each)) is not None)


def among(table: Any, name: str, some: Sequence[Blinds]) -> ColumnElement[bool]:
    """Rows whose text is one of these."""
    if not some:
        return false()
    column = columns_of(name)[some[0].asked]
    return col(getattr(table, column)).in_([one.sought for one in some])


def same(table: Any, name: str, blinds: Blinds) -> ColumnElement[bool]:
    """Rows whose text is this one."""
    column = columns_of(name)[blinds.asked]
    return col(getattr(table, column)) == blinds.sought


def alike(left: Any, right: Any, name: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Rows of two tables whose texts are equal, by either column: a join of its own for each,
    because a database finds no index for both at once. A missing index equals nothing."""
    first, other = (col(getattr(left, n)) == col(getattr(right, n)) for n in columns_of(name))
    return first, other


def shared(table: Any, name: str, those: Any) -> ColumnElement[bool]:
    """Rows of a table whose text is one of those that the condition `those` picks of it."""
    return or_(
        *(
            col(getattr(table, each)).in_(select(col(getattr(table, each))).where(those))
            for each in columns_of(name)
        )
    )


def like(table: Any, row: Any, name: str) -> ColumnElement[bool]:
    """Rows of a table whose text is that of a row in hand; none if it has no index."""
    held = ((each, getattr(row, each)) for each in columns_of(name))
    return or_(
        false(), *(col(getattr(table, each)) == value for each, value in held if value is not None)
    )


def folded(text: str) -> str:
    """The form in which texts are compared: NFKC, casefolded, single spaces."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(unicodedata.normalize("NFKC", plain).split())
