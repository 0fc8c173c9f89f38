"""What the doors (HTTP and WebSocket) need of the house, and nothing more of it."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import strawberry
from graphql import ExecutionResult, OperationDefinitionNode, execute
from strawberry.execution import optimized_is_awaitable

from api.documents import Document, Documents, Rejected, digest, root_fields
from api.request import GraphQLRequest
from api.work_class import class_of
from app.load import Load
from app.metrics import Metrics
from app.objectives import WorkClass
from app.traces import Traces
from kit.work import Actor

ANYONE = "anyone"  # field metadata: needs no token (log-in, refresh)
MAX_COERCION_ERRORS = 10
STRANGERS_CHARACTERS = 2048  # a log-in is short; nobody else's document is parsed for a stranger


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who holds a token, and until when it is good."""

    actor: Actor
    until: datetime


@dataclass(frozen=True, slots=True)
class Asking:
    """One operation on its way to a context."""

    actor: Actor | None
    language: str
    address: str  # of the client, for throttling only
    operation_name: str
    document: str  # its digest
    request: UUID


@dataclass(frozen=True, slots=True)
class Door:
    """`api/asgi.py` fills it from the running program; tests from a toy.

    `authenticate` raises a Refusal. `free_form` tells who may send documents that are not on
    the allow-list. `ended` answers which of the actors have lost their session or account.
    """

    schema: strawberry.Schema
    documents: Documents
    authenticate: Callable[[str], Visitor]
    free_form: Callable[[Actor], bool]
    context: Callable[[Asking], Any]
    ended: Callable[[Collection[Actor]], Collection[Actor]]
    clock: Callable[[], datetime]
    metrics: Metrics
    development: bool = False
    load: Load = field(default_factory=Load)
    traces: Traces = field(default_factory=Traces)
    behind_proxy: bool = False  # then the proxy says what an operation is a part of

    def expected(self, asked: GraphQLRequest) -> WorkClass:
        """The class of work, before anything dear is done; a document never seen may wait."""
        try:
            document = (self.documents.known(asked.query) if asked.query
                        else self.documents.trusted(asked.document or ""))  # fmt: skip
            if document is None:
                return WorkClass.LIST
            return class_of(self.schema._schema, document, document.operation(asked.operation_name))
        except Rejected:  # told why in a moment
            return WorkClass.LIST

    def find(self, asked: GraphQLRequest, actor: Actor | None) -> Document:
        """The document asked for. Raises Rejected where this actor may not send it."""
        if asked.document and asked.query and _key(asked.document) != digest(asked.query):
            raise Rejected.because("DIGEST_MISMATCH", "the digest is not that of the query")
        if asked.query is None:
            return self.documents.trusted(asked.document or "")
        if actor is not None and not self.free_form(actor):
            return self.documents.listed(asked.query)
        if actor is None and len(asked.query) > STRANGERS_CHARACTERS:
            raise Rejected.because("UNAUTHENTICATED", "log in, then send the access token")
        return self.documents.admit(asked.query)

    def open_to_strangers(self, document: Document, operation: OperationDefinitionNode) -> bool:
        """True where the operation only logs in or refreshes a token."""
        fields = root_fields(self.schema._schema, document, operation)
        return bool(fields) and all(known.get(ANYONE) for _, known in fields)

    async def run(
        self, document: Document, name: str | None, variables: dict[str, Any], context: Any
    ) -> ExecutionResult:
        """Execute a query or mutation."""
        result = execute(
            self.schema._schema,
            document.node,
            context_value=context,
            variable_values=variables,
            operation_name=name,
            is_awaitable=cast("Any", optimized_is_awaitable),
            executor_class=self.schema.execution_context_class,
            max_coercion_errors=MAX_COERCION_ERRORS,
            hide_suggestions=True,
            operation_extensions=None,
        )
        return await result if isinstance(result, Awaitable) else result


def _key(document: str) -> str:
    return document.removeprefix("sha256:").lower()
