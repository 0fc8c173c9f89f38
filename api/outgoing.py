"""What waits to be sent to one socket: bounded, and newest-first-wins where the state is whole.

A reader that keeps up is written to at once. One that does not gets the newest board instead of
all that it missed; past 100 messages or 1 MiB, or after 10 s without progress, it is let go.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from api.wire import Parcel, Wire

MOST_MESSAGES = 100
MOST_BYTES = 1 << 20
STALLED_S = 10.0

Send = Callable[[bytes], Awaitable[None]]


class Outgoing:
    """`overflowed` is called once, when the bounds are passed."""

    def __init__(self, wire: Wire | None, send: Send, overflowed: Callable[[], None]) -> None:
        self._wire = wire
        self._send = send
        self._overflowed = overflowed
        self._waiting: OrderedDict[object, Parcel] = OrderedDict()
        self._bytes = 0
        self._sender: asyncio.Task[None] | None = None
        self._since: float | None = None  # when the message under way was handed over
        self._ended = False

    def put(self, parcel: Parcel, replaces: object | None = None) -> None:
        """Send now or queue. A waiting message of the same `replaces` makes room for this one."""
        if self._ended:
            return
        if not self._waiting and self._since is None and self._wire and self._wire.clear:
            self._wire.push(parcel.frame)
            return
        key = object() if replaces is None else replaces
        old = self._waiting.get(key)
        self._waiting[key] = parcel
        self._bytes += len(parcel) - (len(old) if old else 0)
        if len(self._waiting) > MOST_MESSAGES or self._bytes > MOST_BYTES:
            self.end()
            self._overflowed()
        elif self._sender is None or self._sender.done():  # most sockets keep up and never need one
            self._sender = asyncio.get_running_loop().create_task(self._run())
            self._sender.add_done_callback(self._sent)

    def forget(self, replaces: object) -> None:
        """Take back what waits under a key."""
        parcel = self._waiting.pop(replaces, None)
        if parcel:
            self._bytes -= len(parcel)

    def end(self) -> None:
        """Nothing more is sent."""
        self._ended = True
        self._waiting.clear()
        if self._sender is not None:
            self._sender.cancel()

    def stalled(self, now: float) -> bool:
        """True if one message has been on its way for too long. `now` is the loop's time."""
        return self._since is not None and now - self._since > STALLED_S

    async def _run(self) -> None:
        clock = asyncio.get_running_loop().time
        while self._waiting:
            _, parcel = self._waiting.popitem(last=False)
            self._bytes -= len(parcel)
            self._since = clock()
            await self._send(parcel.text)
            self._since = None

    def _sent(self, sender: asyncio.Task[None]) -> None:
        if not sender.cancelled() and sender.exception() is not None:
            self.end()  # the peer has gone; whoever listens to it will notice
