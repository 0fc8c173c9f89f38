"""The two servers that bench.fanout compares; each runs in a process of its own.

Both answer GET /cost (processor seconds and memory so far) and POST /change (commit one change
whose stamp is the time of the commit).
"""

import asyncio
import json
import resource
import sys
import threading
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import strawberry
import uvicorn
from sqlalchemy import create_engine, insert
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route, WebSocketRoute
from strawberry.asgi import GraphQL
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL

from api.documents import Documents
from api.door import Asking, Door, Visitor
from api.live import LiveDoor
from api.sight import Disclosures
from api.subscription import Topic, subscription
from app.cursors import Cursors
from app.feed import Feed
from app.metrics import Metrics
from app.outbox import OUTBOX
from bench.ward import BEDS, Ward, open_read, rows, ward_view
from kit.clock import utc_now
from kit.work import Actor, Scope

HERE = Scope(UUID(int=1), UUID(int=2))
GROUPED = "subscription { boardChanged { asOf cursor beds { id code room { id code kind } state service hygiene available stay { id since initials sex ageBand isolation } stamp } } }"  # noqa: E501


@strawberry.type
class Query:
    ok: bool = True


class Store:
    """The ward's rows; every change is one transaction with its outbox row."""

    def __init__(self, file: Path) -> None:
        self.engine = create_engine(f"sqlite:///{file}")
        with self.engine.begin() as connection:
            OUTBOX.create(connection)
        self._read = threading.local()
        self._file = file
        self.heard: list[Any] = []

    def ward(self) -> Ward:
        if not hasattr(self._read, "connection"):
            self._read.connection = open_read(self._file)
        return ward_view(rows(self._read.connection, BEDS))

    def change(self) -> int:
        event: dict[str, Any] = {
            "hospital_id": HERE.hospital, "ward_id": HERE.ward, "name": "BedOccupied",
            "ids": {}, "at": utc_now(),
        }  # fmt: skip
        with self.engine.begin() as connection:
            connection.execute(insert(OUTBOX), [event])
            stamp = time.time_ns()
            connection.exec_driver_sql("UPDATE bed SET stamp = ? WHERE number = 0", (stamp,))
        for listener in self.heard:
            listener()
        return stamp


def main(kind: str, file: str) -> None:
    """Serve until killed; prints the port."""
    store = Store(Path(file))
    app = grouped(store) if kind == "grouped" else stock(store)
    config = uvicorn.Config(
        app, port=0, loop="uvloop", http="httptools", log_level="warning", backlog=4096,
        ws="api.wire:Wire" if kind == "grouped" else "websockets-sansio",
        ws_per_message_deflate=False, lifespan="on",
    )  # fmt: skip
    server = Telling(config)
    server.run()


class Telling(uvicorn.Server):
    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        print(json.dumps(self.servers[0].sockets[0].getsockname()[1]), flush=True)


def _operating(store: Store) -> list[Route]:
    async def cost(_request: Request) -> JSONResponse:
        used = resource.getrusage(resource.RUSAGE_SELF)
        return JSONResponse({"cpu_s": used.ru_utime + used.ru_stime, "kib": _resident_kib()})

    async def change(_request: Request) -> JSONResponse:
        return JSONResponse({"stamp": await asyncio.to_thread(store.change)})

    return [Route("/cost", cost), Route("/change", change, methods=["POST"])]


def _resident_kib() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4


# -- groups ----------------------------------------------------------------------------------


def _topics(reader: Any, **_: Any) -> tuple[Topic, ...]:
    return (Topic(HERE),)


@strawberry.type
class GroupedSubscription:
    @subscription("bed.read", topics=_topics)
    def board_changed(self, reader: Any) -> Ward:
        """The ward's board."""
        return cast("Ward", reader.ward())


class _Context:
    language = "en"

    def __init__(self) -> None:
        self.disclosures = Disclosures()


class _Reader:
    """Rights as cheap as can be: what is measured is the way from the change to the sockets."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def topics(self, context: Any, live: Any, arguments: Any) -> tuple[Topic, ...]:
        return (Topic(HERE),)

    @contextmanager
    def opened(self, context: Any, live: Any, arguments: Any) -> Iterator[Any]:
        yield live.resolve(None, reader=self._store)

    def viewer_key(self, actor: Actor, topics: Any) -> tuple[object, ...]:
        return ("nurse",)

    def on_view(self, views: Any, context: Any, shown: Any, phase: str, how: str) -> None:
        raise AssertionError("the toy discloses nothing")


def grouped(store: Store) -> Starlette:
    """api/live.py over the real feed."""
    schema = strawberry.Schema(Query, subscription=GroupedSubscription)
    end = datetime.now(UTC) + timedelta(hours=1)  # noqa: TID251 - a bench

    def context(_asking: Asking) -> _Context:
        return _Context()

    door = Door(
        schema=schema, documents=Documents(schema._schema),
        authenticate=lambda token: Visitor(Actor(UUID(int=int(token[5:]) + 1)), end),
        free_form=lambda actor: True, context=context, ended=lambda actors: (),
        clock=utc_now, metrics=Metrics(),
    )  # fmt: skip
    feed = Feed(store.engine, Cursors(bytes(32)))
    feed.start()
    store.heard.append(feed.wake)
    live = LiveDoor(door, _Reader(store), feed, lambda: 1)
    routes = [*_operating(store), WebSocketRoute("/graphql", live)]
    return Starlette(routes=routes, lifespan=lambda _app: live.running())


# -- a resolver per subscriber ---------------------------------------------------------------


class _Bell:
    def __init__(self) -> None:
        self._waiting: set[asyncio.Event] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    def ring(self) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        for event in self._waiting:
            event.set()

    async def rings(self) -> AsyncGenerator[None, None]:
        self._loop = asyncio.get_running_loop()
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            while True:
                yield
                await event.wait()
                event.clear()
        finally:
            self._waiting.discard(event)


def stock(store: Store) -> Starlette:
    """Strawberry's own ASGI view and protocol handler, as its documentation shows them."""
    bell = _Bell()
    store.heard.append(bell.ring)

    async def board_changed() -> AsyncGenerator[Ward, None]:
        async for _ in bell.rings():
            yield store.ward()

    field = strawberry.subscription(board_changed)  # noqa: TID251 - what is compared with
    held = strawberry.type(type("Subscription", (), {"board_changed": field}))
    schema = strawberry.Schema(Query, subscription=held)
    view: Any = GraphQL(schema, subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL])
    return Starlette(routes=[*_operating(store), Mount("/", view)])


if __name__ == "__main__":
    main(*sys.argv[1:])
