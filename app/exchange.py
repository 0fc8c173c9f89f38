"""A request of another system over HTTP, freed from the web server: how gateways answer it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from app.drafts import Operation
from kit.work import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request by somebody whose token was checked. `path` lies below the exchange's own."""

    actor: Actor
    method: str
    path: tuple[str, ...]
    query: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    media_type: str = ""
    operation: Operation = field(default_factory=Operation)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What goes back. `media_type` is complete, with its character set. `chunks` follow the body,
    made one by one as the client takes them."""

    status: int
    body: bytes
    media_type: str
    headers: tuple[tuple[str, str], ...] = ()
    chunks: Iterator[bytes] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One way in over HTTP. `refuse` answers what the server itself turns away."""

    prefix: str  # /fhir
    answer: Callable[[Asked], Answered]
    refuse: Callable[[int, str, str], Answered]  # status, code, sentence
    open_paths: frozenset[str]  # last part of paths that need no token
