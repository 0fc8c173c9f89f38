"""The witness on the network: one path, one method, small bodies."""

from collections.abc import Awaitable, Callable, MutableMapping
from time import time
from typing import Any

import anyio

from audit.witness import MOST_BYTES, Reply, Witness

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]


def witness_app(witness: Witness, clock: Callable[[], float] = time) -> Application:
    """An ASGI application."""

    async def application(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http":
            await _answer(send, await _reply(witness, scope, receive, int(clock())))

    return application


async def _reply(
    witness: Witness, scope: MutableMapping[str, Any], receive: Receive, at: int
) -> Reply:
    if scope["path"] != "/add-checkpoint":
        return Reply(404, "there is /add-checkpoint\n")
    if scope["method"] != "POST":
        return Reply(405, "POST a checkpoint\n")
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return Reply(400, "not a request in its format\n")
        body, more = body + message.get("body", b""), message.get("more_body", False)
        if len(body) > MOST_BYTES:
            return Reply(413, f"a request has at most {MOST_BYTES} bytes\n")
    return await anyio.to_thread.run_sync(witness.add_checkpoint, body, at)


async def _answer(send: Send, reply: Reply) -> None:
    kind = b"text/x.tlog.size" if reply.size else b"text/plain; charset=utf-8"
    headers = [(b"content-type", kind), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body.encode()})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
