"""The door for live screens: who may open a socket, how many, and when one must end."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

import anyio
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from api.door import Door, Visitor
from api.groups import Member, Reader
from api.hub import Hub, follow
from api.incoming import Closing
from api.replies import masked
from api.socket import Socket
from app.feed import Feed
from app.objectives import Source
from kit.errors import Refusal

PROTOCOL = "graphql-transport-ws"
MOST_SOCKETS = 5  # a user
SWEEP_S = 1.0

log = logging.getLogger("wardgrid.live")


class LiveDoor:
    """The ASGI application of the WebSocket at /graphql."""

    def __init__(
        self,
        door: Door,
        reader: Reader,
        feed: Feed,
        epoch: Callable[[], int],
        *,
        origins: Collection[str] = (),
        most_sockets: int = MOST_SOCKETS,
    ) -> None:
        """`origins` are those of browsers that may connect, besides this machine's own in
        development. A client that sends none is no browser: its token decides alone."""
        self._door = door
        self._feed = feed
        self._origins = frozenset(origins)
        self._most_sockets = most_sockets
        self._sockets: dict[Socket, None] = {}
        self._by_actor: Counter[UUID] = Counter()
        self.hub = Hub(door.schema, reader, epoch, _refuse, _fail, self._alarm_shown)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Serve while this is open: follow the feed, look after the sockets."""
        end = follow(self._feed, self.hub, asyncio.get_running_loop())
        sweeping = asyncio.create_task(self._sweep())
        try:
            yield
        finally:
            end()
            sweeping.cancel()
            with suppress(asyncio.CancelledError):
                await sweeping
            await self.hub.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        websocket = WebSocket(scope, receive, send)
        headers = websocket.headers
        if not self._origin_allowed(headers.get("origin"), headers.get("host")):
            await websocket.close(4403)
            return
        if PROTOCOL not in websocket.scope.get("subprotocols", ()):
            await websocket.accept()
            await websocket.close(4406, "Subprotocol not acceptable")
            return
        await websocket.accept(PROTOCOL)
        await self._serve(Socket(websocket, self._door, self.hub, self._admit))

    async def _serve(self, socket: Socket) -> None:
        self._sockets[socket] = None
        self._door.metrics.socket_opened()
        code = 1011
        try:
            code = await socket.serve()
        except WebSocketDisconnect:
            code = 0
        finally:
            del self._sockets[socket]
            self._door.metrics.socket_closed(code)
            if socket.visitor is not None:
                self._by_actor[socket.visitor.actor.id] -= 1
                self._by_actor += Counter()  # drops zeroes

    def _admit(self, socket: Socket, visitor: Visitor) -> None:
        if self._by_actor[visitor.actor.id] >= self._most_sockets:
            raise Closing(4429, f"At most {self._most_sockets} sockets of one account")
        self._by_actor[visitor.actor.id] += 1

    def _origin_allowed(self, origin: str | None, host: str | None) -> bool:
        """Our own pages may connect, and those that the settings name. Nothing rests on this
        alone: a page from elsewhere holds no token."""
        if origin is None or origin in self._origins or urlsplit(origin).netloc == host:
            return True
        return self._door.development and urlsplit(origin).hostname in ("127.0.0.1", "localhost")

    def _alarm_shown(self, at: datetime) -> None:
        late_s = (self._door.clock() - at).total_seconds()
        self._door.metrics.levels.note(Source.ALARM, max(0.0, late_s))

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            self.hub.tick()
            self._drop_stalled()
            try:
                await self._end_visits()
            except Exception as fault:  # a database that is away must not stop the next sweep
                log.warning("visits cannot be checked", extra={"reason": type(fault).__name__})

    def _drop_stalled(self) -> None:
        now = asyncio.get_running_loop().time()
        for socket in list(self._sockets):
            if socket.stalled(now):
                socket.drop()

    async def _end_visits(self) -> None:
        """Close sockets whose token ran out, or whose session or account was ended."""
        now = self._door.clock()
        visits = [(s, s.visitor) for s in self._sockets if s.visitor is not None]
        for socket, visitor in visits:
            if visitor.until <= now:
                socket.end(4401, "The token has run out")
        actors = {visitor.actor for _, visitor in visits}
        if not actors:
            return
        ended = frozenset(await anyio.to_thread.run_sync(self._door.ended, actors))
        for socket, visitor in visits:
            if visitor.actor in ended:
                socket.end(4403, "The session has ended")


def _refuse(member: Member, why: Refusal) -> None:
    member.receiver.refuse(member, why)


def _fail(members: Collection[Member], fault: Exception) -> None:
    error = masked(fault, None)
    for member in members:
        member.receiver.fail(member, error)
