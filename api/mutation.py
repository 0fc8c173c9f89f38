"""`@mutation` turns a translator (arguments → command) into a GraphQL field.

This is the only file that may use `strawberry.mutation` (ruff TID251 and
`tests/architecture` both say so). A translator gets no session, no context and no
actor: all it can do is to build the command, and the pipeline does the rest.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from inspect import isclass
from typing import Annotated, Any, Protocol, Union, get_type_hints
from uuid import UUID

import anyio
import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.extensions import FieldExtension
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField
from strawberry.types.unset import UNSET

from api.context import Context, snapshot
from api.door import ANYONE
from api.limits import ONCE
from api.problems import Problem, unauthenticated
from api.sight import Sight
from kit.command import Command
from kit.errors import Refusal
from kit.work import NETWORK, Actor, ActorKind, Scope

COMMAND = "command"

STRANGER = Actor(UUID(int=0), ActorKind.PERSON)  # who logs in: holds the role `anyone` only

Prepare = Callable[[Context, dict[str, Any]], Awaitable[dict[str, Any]]]


class ResultView(Protocol):
    @classmethod
    def of(cls, result: Any, sight: Sight) -> Any: ...


class _ThroughPipeline(FieldExtension):
    def __init__(
        self,
        view: type[ResultView],
        action: str,
        anyone: bool,
        prepare: Prepare | None,
        prepared: str | None,
    ) -> None:
        self._view = view
        self._action = action
        self._anyone = anyone
        self._prepare = prepare
        self._prepared = prepared

    def apply(self, field: StrawberryField) -> None:
        sent = [a for a in field.arguments if a.python_name != self._prepared]
        field.arguments = [*sent, _key_argument(required=not self._anyone)]

    async def resolve_async(
        self, next_: Any, source: Any, info: strawberry.Info, **kwargs: Any
    ) -> Any:
        context: Context = info.context
        key = kwargs.pop("idempotency_key", None)
        actor = context.actor or (STRANGER if self._anyone else None)
        if actor is None:
            raise unauthenticated()
        try:
            if self._prepare:
                await anyio.to_thread.run_sync(partial(self._may_ask, context, actor))
                kwargs = await self._prepare(context, kwargs)
            command = await next_(source, info, **kwargs)
            return await anyio.to_thread.run_sync(partial(self._run, context, actor, command, key))
        except Refusal as refusal:
            return Problem.of(refusal, context.language)

    def _run(self, context: Context, actor: Actor, command: Command[Any], key: str | None) -> Any:
        done = context.app.pipeline.run(actor, command, key=key, operation=context.operation)
        context.pending = context.pending or done.pending
        return self._view.of(done.result, self._sight(context, actor, done.scope, done.subjects))

    def _may_ask(self, context: Context, actor: Actor) -> None:
        """Hashing a password is dear: nobody gets it done who may do the thing nowhere."""
        app = context.app
        if app.decisions.scopes(actor, self._action):
            return
        try:
            app.decisions.require(actor, self._action, NETWORK)
        except Refusal as why:
            app.pipeline.record(
                app.drafts.turned_away(app.clock(), actor, self._action, context.operation, why)
            )
            raise

    @staticmethod
    def _sight(context: Context, actor: Actor, scope: Scope, subjects: frozenset[UUID]) -> Sight:
        with snapshot(context) as session:
            if context.actor is None:
                classes = context.app.decisions.classes(actor, scope)
                return Sight(scope, classes, context.disclosures, context.app.late_vault)
            subject = next(iter(subjects)) if len(subjects) == 1 else None
            return context.sight(scope, session, subject)


def mutation(
    *,
    returns: type[ResultView],
    anyone: bool = False,
    once: bool = False,
    prepare: Prepare | None = None,
    prepared: str | None = None,
) -> Callable[[Callable[..., Command[Any]]], Any]:
    """Make a mutation field that answers with `returns` or a Problem.

    `anyone` lets a caller without a token in (log-in only). `prepare` may turn arguments into
    others off the transaction, e.g. a password into its verdict; it sees no session. What it adds
    under the name `prepared` is a parameter of the translator and does not show in the schema.
    """

    def decorate(translate: Callable[..., Command[Any]]) -> Any:
        command = get_type_hints(translate).get("return")
        if not (isclass(command) and issubclass(command, Command)):
            raise TypeError(f"{translate.__qualname__} must be annotated to return a Command")
        name = "".join(part.title() for part in translate.__name__.split("_"))
        union: Any = Annotated[
            Union[returns, Problem],  # noqa: UP007 - built at run time
            strawberry.union(f"{name}Result"),
        ]
        return strawberry.mutation(  # noqa: TID251 - the one place
            translate,
            graphql_type=union,
            description=f"{command.__doc__ or ''}\n\nNeeds `{command.action}`.".strip(),
            extensions=[_ThroughPipeline(returns, command.action, anyone, prepare, prepared)],
            metadata={COMMAND: command, ONCE: once, ANYONE: anyone},
        )

    return decorate


def _key_argument(*, required: bool) -> StrawberryArgument:
    """Whoever only logs in may leave it out: a second session does no harm."""
    kind = StrawberryAnnotation(str if required else str | None)
    return StrawberryArgument(
        python_name="idempotency_key",
        graphql_name=None,
        type_annotation=kind,
        default=UNSET if required else None,
        description="Chosen by the sender, e.g. a UUID; a repeated send has one effect.",
    )
