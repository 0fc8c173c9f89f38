"""`@query` runs a read inside a read-only session, cut to what the viewer may see.

The resolver's `reader` is filled in here and does not show in the schema.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import anyio
import strawberry
from sqlmodel import Session
from strawberry.extensions import FieldExtension
from strawberry.types.field import StrawberryField

from api.context import Context, snapshot
from api.problems import unauthenticated
from api.sight import Sight
from app.purposes import require_purpose
from kit.work import Actor, Scope

ACTION = "action"


@dataclass(frozen=True, slots=True)
class Reader:
    """A snapshot of the database and the scopes in which the viewer holds the field's action."""

    session: Session
    scopes: Sequence[Scope]
    now: datetime
    context: Context

    @property
    def actor(self) -> Actor:
        return self.context.viewer()

    def unlock(self, subjects: Iterable[UUID]) -> None:
        """Fetch these people's keys in one go, where a list shows sealed fields of many."""
        self.context.app.vault.load(self.session, subjects)

    def sight(self, scope: Scope, subject: UUID | None = None) -> Sight:
        return self.context.sight(scope, self.session, subject)


class _Scoped(FieldExtension):
    def __init__(self, action: str, resolve: Callable[..., Any]) -> None:
        self._action = action
        self._resolve = resolve

    def apply(self, field: StrawberryField) -> None:
        field.arguments = [a for a in field.arguments if a.python_name != "reader"]

    async def resolve_async(
        self, next_: Any, source: Any, info: strawberry.Info, **kwargs: Any
    ) -> Any:
        # Not `next_`: Strawberry wraps it to run on the event loop, and this read blocks.
        return await anyio.to_thread.run_sync(partial(self._read, source, info.context, kwargs))

    def _read(self, source: Any, context: Context, kwargs: dict[str, Any]) -> Any:
        with snapshot(context) as session:
            return read(context, session, self._action, partial(self._resolve, source), kwargs)


def read(
    context: Context,
    session: Session,
    action: str,
    resolve: Callable[..., Any],
    arguments: dict[str, Any],
) -> Any:
    """Call a resolver with the scopes that the viewer holds now."""
    if context.actor is None:
        raise unauthenticated()
    context.actions.add(action)
    require_purpose(context.app, context.actor, action, context.operation)
    scopes = context.app.decisions.scopes(context.actor, action)
    return resolve(reader=Reader(session, scopes, context.app.clock(), context), **arguments)


def query(action: str, **weights: object) -> Callable[[Callable[..., Any]], Any]:
    """Make a field that reads. `action` decides in which scopes; the docs name it.

    `weights` go to api/limits.py as the field's metadata.
    """

    def decorate(resolve: Callable[..., Any]) -> Any:
        return strawberry.field(
            resolve,
            description=f"{resolve.__doc__ or ''}\n\nNeeds `{action}`.".strip(),
            extensions=[_Scoped(action, resolve)],
            metadata={ACTION: action, **weights},
        )

    return decorate
