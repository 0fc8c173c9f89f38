"""The screens' static files, and the headers that every answer carries."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import anyio
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_SCREEN = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self';"
    " connect-src 'self'; manifest-src 'self'; worker-src 'self';"
    " frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_EXPLORER = _SCREEN.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_KEPT = "public, max-age=31536000, immutable"  # a build names its files by their content


class Headers:
    """ASGI middleware: nothing is stored, sniffed, framed or run that we did not mean."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _ALWAYS.items():
                    headers[name] = value
                headers.setdefault("Content-Security-Policy", _NOTHING)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, guarded)


class _Assets(StaticFiles):
    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = _KEPT
        response.headers["Content-Security-Policy"] = _SCREEN
        return response


def screen_routes(folder: Path, *, development: bool) -> list[BaseRoute]:
    """Routes of a built `web/dist`: each address of a screen answers with the one page."""
    page = _page(folder / "index.html", _SCREEN)
    routes: list[BaseRoute] = [
        Route("/", page),
        Route("/ward/{path:path}", page),
        Route("/favicon.svg", _page(folder / "favicon.svg", _SCREEN)),
    ]
    if (folder / "assets").is_dir():
        routes.append(Mount("/assets", _Assets(directory=folder / "assets")))
    if development:
        routes.append(Route("/graphiql", _page(folder / "graphiql.html", _EXPLORER)))
    return routes


def _page(file: Path, policy: str) -> Callable[[Request], Awaitable[Response]]:
    headers: Mapping[str, str] = {"Content-Security-Policy": policy, "Cache-Control": "no-cache"}

    async def answer(_request: Request) -> Response:
        if not await anyio.Path(file).is_file():
            return PlainTextResponse("this screen has not been built: run make screens", 404)
        return FileResponse(file, headers=headers)

    return answer
