"""The ASGI application: GraphQL, the live feed, the screens, and what an operator asks."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from hmac import compare_digest
from ipaddress import ip_address
from pathlib import Path

import anyio
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp

from api.door import Door
from api.exchange import exchange_routes
from api.http import HttpDoor
from api.live import LiveDoor
from api.pages import Headers, screen_routes
from api.replies import to_json
from app.exchange import Exchange
from app.health import Readiness, live
from app.metrics import CONTENT_TYPE, Metrics

Lifespan = Callable[[], AbstractAsyncContextManager[None]]


def application(
    door: Door,
    live_door: LiveDoor,
    *,
    screens: Path,
    ready: Callable[[], Readiness],
    metrics_token: str | None = None,
    lifespan: Lifespan | None = None,
    exchanges: tuple[Exchange, ...] = (),
) -> ASGIApp:
    """Put the doors together. `ready` may block; it runs in a worker thread."""
    routes: list[BaseRoute] = [
        Route("/graphql", HttpDoor(door)),
        WebSocketRoute("/graphql", live_door),
        *_operator_routes(ready, door.metrics, metrics_token),
        *exchange_routes(door, exchanges),
        *screen_routes(screens, development=door.development),
    ]
    return Starlette(
        routes=routes, middleware=[Middleware(Headers)], lifespan=_lifespan(live_door, lifespan)
    )


def backstage(
    metrics: Metrics,
    *,
    ready: Callable[[], Readiness],
    metrics_token: str | None,
    lifespan: Lifespan,
) -> ASGIApp:
    """What a process without doors for people answers: its operator's questions."""
    return Starlette(
        routes=_operator_routes(ready, metrics, metrics_token),
        middleware=[Middleware(Headers)],
        lifespan=lambda _app: lifespan(),
    )


def _operator_routes(
    ready: Callable[[], Readiness], metrics: Metrics, token: str | None
) -> list[BaseRoute]:
    return [
        Route("/livez", _alive),
        Route("/readyz", _readiness(ready)),
        Route("/metrics", _metrics(metrics, token)),
    ]


def _lifespan(
    live_door: LiveDoor, outer: Lifespan | None
) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def both(_app: Starlette) -> AsyncIterator[None]:
        if outer is None:
            async with live_door.running():
                yield
        else:
            async with outer(), live_door.running():
                yield

    return both


async def _alive(_request: Request) -> Response:
    return _json(live())


def _readiness(ready: Callable[[], Readiness]) -> Callable[[Request], object]:
    async def answer(_request: Request) -> Response:
        found = await anyio.to_thread.run_sync(ready)
        return _json(found.body(), 200 if found.ready else 503)

    return answer


def _metrics(metrics: Metrics, token: str | None) -> Callable[[Request], object]:
    async def answer(request: Request) -> Response:
        if not _may_scrape(request, token):
            return _json({"errors": [{"message": "not found"}]}, 404)
        return Response(metrics.render(), headers={"Content-Type": CONTENT_TYPE})

    return answer


def _may_scrape(request: Request, token: str | None) -> bool:
    """By token; without one from this machine only, and never through a proxy."""
    if token is not None:
        given = request.headers.get("authorization", "")
        return compare_digest(given.encode(), f"Bearer {token}".encode())
    if request.client is None or "x-forwarded-for" in request.headers:
        return False
    try:
        return ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def _json(value: object, status: int = 200) -> Response:
    return Response(to_json(value), status, {"Content-Type": "application/json; charset=utf-8"})
