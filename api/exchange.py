"""Exchanges of other systems (FHIR) over HTTP: token, size and time are checked here, once."""

import asyncio
from functools import partial
from itertools import chain

import anyio
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send

from api.door import Door, Visitor
from api.mutation import STRANGER
from api.negotiation import HttpProblem
from api.purpose import HEADER as PURPOSE
from api.purpose import stating
from app.drafts import Operation
from app.exchange import Answered, Asked, Exchange
from kit.errors import Refusal

MAX_BODY_BYTES = 1024 * 1024
BODY_TIMEOUT_S = 10
AT_ONCE = 16  # an exchange may be long: it must not take every thread from the screens


class ExchangeDoor:
    """The ASGI application of one exchange."""

    def __init__(self, door: Door, exchange: Exchange) -> None:
        self._door = door
        self._exchange = exchange
        self._limiter = anyio.CapacityLimiter(AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            answer = await self._answer(request)
        except ClientDisconnect:
            return
        headers = {**dict(answer.headers), "Content-Type": answer.media_type}
        if answer.chunks is None:
            body = answer.body if request.method != "HEAD" else b""
            await Response(body, answer.status, headers)(scope, receive, send)
        else:
            chunks = chain([answer.body], answer.chunks)
            await StreamingResponse(chunks, answer.status, headers)(scope, receive, send)

    async def _answer(self, request: Request) -> Answered:
        refuse = self._exchange.refuse
        path = tuple(filter(None, request.scope["path"].removeprefix(
            request.scope.get("root_path", "")).split("/")))  # fmt: skip
        visitor = await self._visitor(request)
        if visitor is None and path[-1:] and path[-1] in self._exchange.open_paths:
            return self._open(request, path)
        if visitor is None:
            return _with_challenge(refuse(401, "UNAUTHENTICATED", "send a token as Bearer"))
        if not self._door.free_form(visitor.actor):
            return refuse(403, "DENIED", "a ward screen's token is not for this")
        try:
            actor = stating(visitor.actor, request.headers.get(PURPOSE))
        except HttpProblem as unknown:
            return refuse(unknown.status, unknown.code, unknown.message)
        body = await self._body(request)
        if isinstance(body, Answered):
            return body
        asked = Asked(
            actor=actor, method=request.method, path=path, body=body,
            query=tuple(request.query_params.multi_items()),
            media_type=request.headers.get("content-type", ""),
            operation=Operation(self._exchange.prefix.strip("/")),
        )  # fmt: skip
        return await anyio.to_thread.run_sync(
            partial(self._exchange.answer, asked), limiter=self._limiter
        )

    def _open(self, request: Request, path: tuple[str, ...]) -> Answered:
        """What says nothing about anybody: answered without a token."""
        asked = Asked(actor=STRANGER, method=request.method, path=path)
        return self._exchange.answer(asked)

    async def _body(self, request: Request) -> bytes | Answered:
        if "content-encoding" in request.headers:
            return self._exchange.refuse(415, "UNSUPPORTED", "send the body as it is")
        body = bytearray()
        try:
            async with asyncio.timeout(BODY_TIMEOUT_S):
                async for chunk in request.stream():
                    body += chunk
                    if len(body) > MAX_BODY_BYTES:
                        return self._exchange.refuse(
                            413, "TOO_LARGE", f"a body has at most {MAX_BODY_BYTES} bytes"
                        )
        except TimeoutError:
            return self._exchange.refuse(408, "BODY_TIMEOUT", "the body took too long")
        return bytes(body)

    async def _visitor(self, request: Request) -> Visitor | None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            return None
        try:
            return await anyio.to_thread.run_sync(self._door.authenticate, token.strip())
        except Refusal:
            return None


def exchange_routes(door: Door, exchanges: tuple[Exchange, ...]) -> list[Mount]:
    """Each exchange below its own prefix."""
    return [Mount(one.prefix, ExchangeDoor(door, one)) for one in exchanges]


def _with_challenge(answer: Answered) -> Answered:
    return Answered(status=answer.status, body=answer.body, media_type=answer.media_type,
                    headers=(*answer.headers, ("WWW-Authenticate", "Bearer")))  # fmt: skip
