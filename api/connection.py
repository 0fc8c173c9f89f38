"""Relay connections over keysets: a cursor names a row, so pages hold still while rows come."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar
from uuid import UUID

import strawberry

from api.sight import classified
from authz.classes import DataClass
from kit.errors import Invalid

NodeT = TypeVar("NodeT")
MOST = 100


@classified(DataClass.GENERAL)
@strawberry.type
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@classified(DataClass.GENERAL)
@strawberry.type
class Edge(Generic[NodeT]):
    cursor: str
    node: NodeT


@classified(DataClass.GENERAL)
@strawberry.type
class Connection(Generic[NodeT]):
    """A page of a list. `nodes` are the edges' nodes without their cursors."""

    edges: list[Edge[NodeT]]
    nodes: list[NodeT]
    page_info: PageInfo


def page_size(first: int) -> int:
    """`first` as given, or Invalid outside 1 to 100."""
    if not 1 <= first <= MOST:
        raise Invalid(f"ask for 1 to {MOST} at a time", field="first")
    return first


def after_key(cursor: str | None) -> UUID | None:
    """The row that a cursor names. Raises Invalid for anything this server did not make."""
    if cursor is None:
        return None
    try:
        return UUID(bytes=urlsafe_b64decode(cursor.encode() + b"=="))
    except (ValueError, NotBase64, UnicodeEncodeError):
        raise Invalid("no such cursor; take one from pageInfo or an edge", field="after") from None


def cursor_of(key: UUID) -> str:
    return urlsafe_b64encode(key.bytes).decode().rstrip("=")


def page_of(
    rows: Sequence[Any], first: int, after: str | None, view: Callable[[Any], NodeT]
) -> Connection[NodeT]:
    """A page from up to `first` + 1 rows: the one too many tells that there are more."""
    shown = rows[:first]
    edges = [Edge(cursor=cursor_of(row.id), node=view(row)) for row in shown]
    return Connection(
        edges=edges,
        nodes=[edge.node for edge in edges],
        page_info=PageInfo(
            has_next_page=len(rows) > first,
            has_previous_page=after is not None,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        ),
    )
