"""graphql-transport-ws on one socket.

Source: the protocol text of graphql-ws (PROTOCOL.md). Where it leaves a choice: a bad document
answers `error` and the socket stays; queries and mutations are sent to HTTP. docs/live-protocol.md
tells clients the rest.
"""

import asyncio
from collections.abc import Collection
from typing import Any, Protocol

import anyio
from graphql import GraphQLError
from starlette.websockets import WebSocket, WebSocketDisconnect

from api.documents import Rejected
from api.door import Asking, Door, Visitor
from api.groups import Member
from api.http import language_of
from api.incoming import AUTHORIZATION, Closing, Message, authorization_of, read_message
from api.negotiation import HttpProblem
from api.outgoing import Outgoing
from api.problems import refused
from api.purpose import stating
from api.replies import masked, told
from api.request import as_request
from api.watching import watch_of
from api.wire import EXTENSION, Payload, Wire, message
from app.load import BUSY, Busy
from app.objectives import WorkClass
from kit.errors import Refusal
from kit.ids import new_id

INIT_TIMEOUT_S = 5.0
MOST_SUBSCRIPTIONS = 10


class Seats(Protocol):
    """Where subscriptions live: the hub."""

    async def join(self, member: Member) -> None: ...
    def leave(self, member: Member) -> None: ...


class Socket:
    """One accepted socket. `admit` may refuse a visitor, by raising Closing."""

    def __init__(self, websocket: WebSocket, door: Door, seats: Seats, admit: Any) -> None:
        self._websocket = websocket
        self._door = door
        self._seats = seats
        self._admit = admit
        self._language = language_of(websocket.headers.get("accept-language", ""))
        self._address = websocket.client.host if websocket.client else ""
        self._members: dict[str, Member] = {}
        self._wire: Wire | None = websocket.scope.get("extensions", {}).get(EXTENSION)
        self._outgoing = Outgoing(self._wire, self._send, self._too_slow)
        self._ended: asyncio.Future[Closing] = asyncio.get_running_loop().create_future()
        self.visitor: Visitor | None = None

    async def serve(self) -> int:
        """Talk until one side closes. Returns the code we closed with, 0 if the client did."""
        listening = asyncio.create_task(self._listen())
        try:
            parts: set[asyncio.Future[Any]] = {listening, self._ended}
            await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            return await self._closed(listening)
        finally:
            self._outgoing.end()
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            for member in self._members.values():
                self._seats.leave(member)
            self._door.metrics.subscribed(-len(self._members))

    def end(self, code: int, reason: str) -> None:
        """Close from outside: a right was taken away, a token ran out."""
        if not self._ended.done():
            self._ended.set_result(Closing(code, reason))

    def stalled(self, now: float) -> bool:
        """True if the peer has not taken a message for too long."""
        return self._outgoing.stalled(now)

    def drop(self) -> None:
        """Cut a peer that does not read."""
        if self._wire is not None:
            self._wire.drop()
        self.end(4408, "too slow")

    def deliver(self, member: Member, payload: Payload) -> None:
        """Send a payload to one of this socket's subscriptions."""
        replaces = member if member.watch.live.latest_wins else None
        self._outgoing.put(payload.parcel(member.id), replaces)
        self._door.metrics.sent()

    def refuse(self, member: Member, why: Refusal) -> None:
        """The hub will not, or no longer, serve a subscription."""
        self._forget(member)
        if why.retryable:  # nothing was taken away: come again
            self.end(1013, "Try again later")
        elif member.seen:
            self.end(4403, "Forbidden")
        else:
            self._error(member.id, [refused(why)])

    def fail(self, member: Member, error: dict[str, Any]) -> None:
        """The reading behind a subscription broke; `error` is what may be said of it."""
        self._forget(member)
        self._outgoing.put(message("error", id=member.id, payload=[error]))

    async def _closed(self, listening: asyncio.Task[None]) -> int:
        closing: BaseException | None = None
        if self._ended.done():
            closing = self._ended.result()
        elif listening.done():
            closing = listening.exception()
        if isinstance(closing, Closing):
            if self._wire is None or self._wire.clear:
                await self._websocket.close(closing.code, closing.reason)
            else:
                self._wire.drop()
            return closing.code
        if closing is not None and not isinstance(closing, WebSocketDisconnect):
            masked(closing, None)
            await self._websocket.close(1011, "Internal error")
            return 1011
        return 0

    async def _listen(self) -> None:
        try:
            async with asyncio.timeout(INIT_TIMEOUT_S):
                while self.visitor is None:
                    await self._before_init(await self._receive())
        except TimeoutError:
            raise Closing(4408, "Connection initialisation timeout") from None
        while True:
            await self._after_init(await self._receive())

    async def _before_init(self, got: Message) -> None:
        if got.kind == "connection_init":
            await self._init(got.payload)
        elif got.kind == "subscribe":
            raise Closing(4401, "Unauthorized")
        else:
            self._chat(got)

    async def _after_init(self, got: Message) -> None:
        if got.kind == "subscribe":
            await self._subscribe(got)
        elif got.kind == "complete":
            if member := self._members.get(got.id):
                self._forget(member)
                self._seats.leave(member)
        elif got.kind == "connection_init":
            raise Closing(4429, "Too many initialisation requests")
        elif got.kind == "ping" and authorization_of(got.payload):
            await self._renew(got.payload)
        else:
            self._chat(got)

    def _chat(self, got: Message) -> None:
        if got.kind == "ping":
            echo = {} if got.payload is None else {"payload": got.payload}
            self._outgoing.put(message("pong", **echo))
        elif got.kind not in ("pong", "complete"):
            raise Closing(4400, "Unknown message type")

    async def _init(self, payload: Any) -> None:
        if payload is not None and not isinstance(payload, dict):
            raise Closing(4400, "Invalid connection_init payload")
        visitor = await self._visitor(payload)
        if str((payload or {}).get("language", self._language)).startswith("zh"):
            self._language = "zh"
        self._admit(self, visitor)
        self.visitor = visitor
        self._outgoing.put(message("connection_ack"))

    async def _renew(self, payload: Any) -> None:
        """A ping may carry the next access token, so that a screen need not reconnect."""
        visitor = await self._visitor(payload)
        if self.visitor is None or visitor.actor != self.visitor.actor:
            raise Closing(4403, "Forbidden")
        self.visitor = visitor
        rest = {name: value for name, value in payload.items() if name.lower() != AUTHORIZATION}
        self._outgoing.put(message("pong", payload=rest))

    async def _visitor(self, payload: Any) -> Visitor:
        scheme, _, token = authorization_of(payload).partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Closing(4401, "Unauthorized")
        try:
            return await anyio.to_thread.run_sync(self._door.authenticate, token.strip())
        except Refusal:
            raise Closing(4401, "Unauthorized") from None

    async def _subscribe(self, got: Message) -> None:
        if got.id in self._members:
            raise Closing(4409, "Subscriber for this id already exists")
        if len(self._members) >= MOST_SUBSCRIPTIONS:
            self._error(got.id, [_coded("TOO_MANY", f"at most {MOST_SUBSCRIPTIONS} on a socket")])
            return
        try:
            member = self._member(got)
        except Rejected as why:
            self._error(got.id, why.errors)
        except HttpProblem as problem:
            self._error(got.id, [_coded(problem.code, problem.message)])
        else:
            await self._join(member)

    async def _join(self, member: Member) -> None:
        self._members[member.id] = member
        self._door.metrics.subscribed(1)
        try:
            with self._door.load.under(WorkClass.CARE):
                await self._seats.join(member)
        except Busy:
            self._door.metrics.shed(WorkClass.CARE)
            self._forget(member)
            self._error(member.id, [_coded(BUSY, "too much is under way; subscribe again soon")])
        except Refusal as why:
            self._forget(member)
            self._error(member.id, [refused(why)])
        except GraphQLError as error:
            self._forget(member)
            self._error(member.id, [error])
        except Exception as fault:  # one broken subscription does not end the others
            self.fail(member, masked(fault, None))

    def _member(self, got: Message) -> Member:
        if self.visitor is None:
            raise Closing(4401, "Unauthorized")
        asked = as_request(got.payload)
        actor = stating(self.visitor.actor, asked.purpose)
        document = self._door.find(asked, actor)
        watch = watch_of(self._door.schema, document, asked.operation_name, asked.variables)
        asking = Asking(actor, self._language, self._address, watch.name, document.digest, new_id())
        return Member(self, got.id, actor, watch, lambda: self._door.context(asking))

    def _forget(self, member: Member) -> None:
        self._outgoing.forget(member)
        if self._members.get(member.id) is member:
            del self._members[member.id]
            self._door.metrics.subscribed(-1)

    def _error(self, key: str, errors: Collection[GraphQLError]) -> None:
        shown = [told(error, self._language, None) for error in errors]
        self._outgoing.put(message("error", id=key, payload=shown))

    def _too_slow(self) -> None:
        self.end(4408, "Too slow: subscribe again after the last cursor you got")

    async def _receive(self) -> Message:
        received = await self._websocket.receive()
        if received["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(received.get("code") or 1005)
        text = received.get("text")
        if text is None:
            raise Closing(4400, "Messages are text")
        return read_message(text)

    async def _send(self, text: bytes) -> None:
        await self._websocket.send_text(text.decode())


def _coded(code: str, text: str) -> GraphQLError:
    return GraphQLError(text, extensions={"code": code})
