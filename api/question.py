"""`@question` makes a field whose answer a solver computes: read, close the snapshot, then ask.

The resolver reads what to ask in a session of its own, which is closed before the solver begins:
nobody's transaction stays open for as long as a solver may take.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

import anyio
import strawberry
from strawberry.extensions import FieldExtension
from strawberry.types.field import StrawberryField

from api.context import Context, snapshot
from api.query import ACTION, read
from api.sight import Sight
from domain.plans.asked import Asked

ASKED = "asked"  # field metadata: a solver answers


class AnswerView(Protocol):
    @classmethod
    def of(cls, answer: dict[str, Any], sight: Sight, subject: Any) -> Any: ...


class _Asking(FieldExtension):
    def __init__(self, action: str, view: type[AnswerView], resolve: Callable[..., Asked]) -> None:
        self._action = action
        self._view = view
        self._resolve = resolve

    def apply(self, field: StrawberryField) -> None:
        field.arguments = [a for a in field.arguments if a.python_name != "reader"]

    async def resolve_async(
        self, next_: Any, source: Any, info: strawberry.Info, **kwargs: Any
    ) -> Any:
        return await anyio.to_thread.run_sync(partial(self._answer, source, info.context, kwargs))

    def _answer(self, source: Any, context: Context, kwargs: dict[str, Any]) -> Any:
        with snapshot(context) as session:
            resolve = partial(self._resolve, source)
            asked: Asked = read(context, session, self._action, resolve, kwargs)
            sight = context.sight(asked.scope, session, asked.subject)
        answer = asked.ready
        if answer is None:
            answer = context.app.questions.answer(asked.kind, asked.problem, asked.question)
        return self._view.of(answer, sight, asked.subject)


def question(
    action: str, *, returns: type[AnswerView], **weights: object
) -> Callable[[Callable[..., Asked]], Any]:
    """Make a field that asks a solver. `action` decides in which scopes."""

    def decorate(resolve: Callable[..., Asked]) -> Any:
        return strawberry.field(
            resolve,
            graphql_type=returns,
            description=f"{resolve.__doc__ or ''}\n\nNeeds `{action}`.".strip(),
            extensions=[_Asking(action, returns, resolve)],
            metadata={ACTION: action, ASKED: True, **weights},
        )

    return decorate
