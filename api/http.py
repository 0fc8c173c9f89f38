"""GraphQL over HTTP: one POST, one operation, one answer, as the working draft says it.

Source: GraphQL over HTTP, working draft; audited by its `graphql-http` suite (tests/edge).
"""

import asyncio
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import anyio
import orjson
from graphql import ExecutionResult, OperationDefinitionNode, OperationType
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.documents import Document, Rejected
from api.door import Asking, Door, Visitor
from api.negotiation import JSON, HttpProblem, answer_type, require_json
from api.purpose import HEADER as PURPOSE
from api.purpose import stating
from api.replies import UNAUTHENTICATED, masked, outcome_of, payload_of, status_of, to_json
from api.request import MAX_BODY_BYTES, GraphQLRequest, as_request, read_request
from api.work_class import class_of
from app.load import BUSY, RETRY_AFTER_S, Busy
from app.objectives import WorkClass
from app.traces import Span
from kit.errors import Refusal
from kit.ids import new_id

BODY_TIMEOUT_S = 10
AT_ONCE = 256  # requests that are read or under way; operations have limits of their own
_LOG_IN = {"WWW-Authenticate": "Bearer"}


class HttpDoor:
    """The ASGI application of /graphql. `GET` serves queries in the development profile only."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self._guarded(request)
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def _guarded(self, request: Request) -> Response:
        if self._under_way >= AT_ONCE:
            return _told(_busy())
        self._under_way += 1
        try:
            return await self._answer(request)
        except HttpProblem as problem:
            return _told(problem)
        except ClientDisconnect:
            raise
        except Exception as fault:  # the server would print its message, which may hold a name
            return _json({"errors": [masked(fault, None)]}, 500, JSON)
        finally:
            self._under_way -= 1

    async def _answer(self, request: Request) -> Response:
        media_type = self._method_allowed(request)
        asked = await self._read(request)
        kind = self._door.expected(asked)
        try:
            with self._door.load.under(kind):
                return await self._found(request, asked, media_type)
        except Busy:
            self._door.metrics.shed(kind)
            raise _busy() from None

    async def _found(self, request: Request, asked: GraphQLRequest, media_type: str) -> Response:
        visitor = await self._visitor(request)
        if visitor is not None:
            stated = stating(visitor.actor, asked.purpose, request.headers.get(PURPOSE))
            visitor = replace(visitor, actor=stated)
        try:
            document = self._door.find(asked, visitor.actor if visitor else None)
            operation = document.operation(asked.operation_name)
            self._require_servable(request, document, operation, visitor)
        except Rejected as why:
            result = ExecutionResult(None, why.errors)
            return _json(payload_of(result, "en", None), status_of(result, media_type), media_type)
        return await self._execute(request, asked, document, operation, visitor, media_type)

    async def _execute(
        self,
        request: Request,
        asked: GraphQLRequest,
        document: Document,
        operation: OperationDefinitionNode,
        visitor: Visitor | None,
        media_type: str,
    ) -> Response:
        asking = Asking(
            visitor.actor if visitor else None,
            language_of(request.headers.get("accept-language", "")),
            request.client.host if request.client else "",
            operation.name.value if operation.name else "",
            document.digest,
            new_id(),
        )
        context = self._door.context(asking)
        kind = class_of(self._door.schema._schema, document, operation)
        with (
            self._traced(request, asking, kind) as span,
            self._door.metrics.operation(asking.operation_name or None, kind) as outcome,
        ):
            result = await self._door.run(document, asked.operation_name, asked.variables, context)
            await context.seal_reads()  # what was shown is on record before it is shown
            outcome.is_(outcome_of(result))
            span.set(outcome=outcome.code)
        payload = payload_of(result, asking.language, asking.request, pending=context.pending)
        status = status_of(result, media_type)
        return _json(payload, status, media_type, _LOG_IN if status == 401 else None)

    def _traced(
        self, request: Request, asking: Asking, kind: WorkClass
    ) -> AbstractContextManager[Span]:
        door = self._door
        return door.traces.span(
            "operation", request.headers.get("traceparent") if door.behind_proxy else None,
            operation=door.metrics.label(asking.operation_name), document=asking.document,
            request=asking.request, work=kind,
        )  # fmt: skip

    def _method_allowed(self, request: Request) -> str:
        if request.method == "GET" and self._door.development:
            return answer_type(request.headers.get("accept"))
        if request.method != "POST":
            allowed = "GET, POST" if self._door.development else "POST"
            raise HttpProblem(405, "METHOD_NOT_ALLOWED", "send POST", {"Allow": allowed})
        headers = request.headers
        require_json(headers.get("content-type"), headers.get("content-encoding"))
        return answer_type(headers.get("accept"))

    async def _read(self, request: Request) -> GraphQLRequest:
        if request.method == "GET":
            return _from_address(request)
        try:
            async with asyncio.timeout(BODY_TIMEOUT_S):
                return read_request(await _body(request))
        except TimeoutError:
            raise HttpProblem(408, "BODY_TIMEOUT", "the body took too long") from None

    async def _visitor(self, request: Request) -> Visitor | None:
        """Whose token it is; None for a stranger, who may still log in or refresh."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            return None
        try:
            return await anyio.to_thread.run_sync(self._door.authenticate, token.strip())
        except Refusal:
            return None

    def _require_servable(
        self,
        request: Request,
        document: Document,
        operation: OperationDefinitionNode,
        visitor: Visitor | None,
    ) -> None:
        if operation.operation is OperationType.SUBSCRIPTION:
            raise Rejected.because("USE_WEBSOCKET", "subscriptions are served over WebSocket")
        if request.method == "GET" and operation.operation is not OperationType.QUERY:
            raise HttpProblem(405, "METHOD_NOT_ALLOWED", "send POST", {"Allow": "POST"})
        if visitor is None and not self._door.open_to_strangers(document, operation):
            raise _stranger()


def language_of(accept_language: str) -> str:
    """`zh` where that is the first language asked for, else `en`."""
    return "zh" if accept_language.strip().lower().startswith("zh") else "en"


async def _body(request: Request) -> bytes:
    length = request.headers.get("content-length", "")
    if length.isdecimal() and len(length) < 12 and int(length) > MAX_BODY_BYTES:
        raise _too_large()
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise _too_large()
    return bytes(body)


def _from_address(request: Request) -> GraphQLRequest:
    given: dict[str, Any] = dict(request.query_params)
    for name in ("variables", "extensions"):
        if name in given:
            given[name] = _json_part(given[name])
    return as_request(given)


def _json_part(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise HttpProblem(400, "BAD_REQUEST", "the address holds no valid JSON") from None


def _told(problem: HttpProblem) -> Response:
    error = {"message": problem.message, "extensions": {"code": problem.code}}
    return _json({"errors": [error]}, problem.status, JSON, problem.headers)


def _json(
    payload: Any, status: int, media_type: str, headers: dict[str, str] | None = None
) -> Response:
    return Response(
        to_json(payload),
        status,
        {**(headers or {}), "Content-Type": f"{media_type}; charset=utf-8"},
    )


def _stranger() -> HttpProblem:
    return HttpProblem(401, UNAUTHENTICATED, "log in, then send the access token", _LOG_IN)


def _busy() -> HttpProblem:
    return HttpProblem(503, BUSY, "too much is under way; try again soon",
                       {"Retry-After": str(RETRY_AFTER_S)})  # fmt: skip


def _too_large() -> HttpProblem:
    return HttpProblem(413, "TOO_LARGE", f"a body has at most {MAX_BODY_BYTES} bytes")
