"""HTTP to addresses that people typed: guarded against being turned on one's own network.

The name is resolved once; every address it has must be public; the connection goes to the
address that was judged, while TLS still verifies the name. No redirect is followed, no proxy is
asked, and of the answer only the beginning is read.
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

import httpx
import stamina

from gateways.public_addresses import is_public

logging.getLogger("httpx").setLevel(logging.WARNING)  # it tells URLs, and a robot's is a secret
logging.getLogger("httpcore").setLevel(logging.WARNING)

PORTS = frozenset((443, 8443))
LARGEST_REPLY = 65_536  # bytes read of an answer; the rest is left
TIMES = httpx.Timeout(10.0, connect=5.0)
WHOLE_S = 20.0  # for everything: a server that drips bytes is not waited for
CONNECT_ATTEMPTS = 2  # before anything was sent; a name may have a dead address first

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


class Unreachable(Exception):
    """Not sent, for a reason that is a code; `for_good` where another try would not help."""

    def __init__(self, code: str, *, for_good: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.for_good = for_good


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes  # at most LARGEST_REPLY


async def resolve(name: str, port: int) -> Sequence[str]:
    """Every address of the name, as the system knows it."""
    found = await asyncio.get_running_loop().getaddrinfo(name, port, type=socket.SOCK_STREAM)
    # IPv4 first: a house without IPv6 would wait for every such address in vain
    found.sort(key=lambda one: one[0] is not socket.AF_INET)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


class Outside:
    """Sends POST requests to the outside. `inside_too` names `host:port` pairs for tests only."""

    def __init__(
        self,
        *,
        inside_too: frozenset[str] = frozenset(),
        names: Resolve = resolve,
        tls: ssl.SSLContext | None = None,
        times: httpx.Timeout = TIMES,
        whole_s: float = WHOLE_S,
    ) -> None:
        self._inside_too, self._names, self._times = inside_too, names, times
        self._tls, self._whole_s = tls or ssl.create_default_context(), whole_s

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """The answer. Raises Unreachable."""
        parts = urlsplit(url)
        port = self._port(parts)
        try:
            async with asyncio.timeout(self._whole_s):
                address = await self._address(parts.hostname or "", port)
                return await self._send(parts, address, port, body, headers)
        except TimeoutError:
            raise Unreachable("TIMED_OUT") from None

    def _port(self, parts: SplitResult) -> int:
        try:
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError:
            raise Unreachable("PORT_REFUSED", for_good=True) from None
        if f"{parts.hostname}:{port}" in self._inside_too:
            return port
        if parts.scheme != "https":
            raise Unreachable("NOT_HTTPS", for_good=True)
        if port not in PORTS:
            raise Unreachable("PORT_REFUSED", for_good=True)
        return port

    async def _address(self, name: str, port: int) -> str:
        try:
            found = await self._names(name, port)
        except (OSError, UnicodeError):
            raise Unreachable("NAME_UNKNOWN") from None
        if not found:
            raise Unreachable("NAME_UNKNOWN")
        # One inside address among public ones is as bad: the next look-up would pick it.
        if f"{name}:{port}" not in self._inside_too and not all(map(is_public, found)):
            raise Unreachable("ADDRESS_REFUSED", for_good=True)
        return found[0]

    async def _send(
        self, parts: SplitResult, address: str, port: int, body: bytes, headers: Mapping[str, str]
    ) -> Reply:
        host = f"[{address}]" if ":" in address else address
        query = f"?{parts.query}" if parts.query else ""
        url = f"{parts.scheme}://{host}:{port}{parts.path or '/'}{query}"
        named = parts.hostname or ""
        request = httpx.Request(
            "POST", url, content=body,
            headers={"user-agent": "wardgrid", **headers,
                     "host": named if port in (80, 443) else f"{named}:{port}"},
            extensions={"sni_hostname": named, "timeout": self._times.as_dict()},
        )  # fmt: skip
        async with httpx.AsyncClient(
            verify=self._tls, trust_env=False, follow_redirects=False, http2=False
        ) as client:
            try:
                async for attempt in stamina.retry_context(
                    on=(httpx.ConnectError, httpx.ConnectTimeout), attempts=CONNECT_ATTEMPTS,
                    timeout=self._whole_s, wait_initial=0.2, wait_max=1.0,
                ):  # fmt: skip
                    with attempt:
                        response = await client.send(request, stream=True)
            except httpx.TimeoutException:
                raise Unreachable("TIMED_OUT") from None
            except httpx.ConnectError as fault:
                raise Unreachable(_connect_code(fault)) from None
            except (httpx.HTTPError, httpx.InvalidURL):
                raise Unreachable("CONNECTION_LOST") from None
            try:
                return Reply(response.status_code, await _beginning(response))
            except httpx.TimeoutException:
                raise Unreachable("TIMED_OUT") from None
            except httpx.HTTPError:
                raise Unreachable("CONNECTION_LOST") from None
            finally:
                await response.aclose()


def _connect_code(fault: BaseException) -> str:
    cause: BaseException | None = fault
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return "TLS_REFUSED"
        cause = cause.__cause__ or cause.__context__
    return "NO_CONNECTION"


async def _beginning(response: httpx.Response) -> bytes:
    """Raw bytes, not decoded: a small compressed answer could be a large one."""
    read = bytearray()
    async for chunk in response.aiter_raw():
        read += chunk
        if len(read) >= LARGEST_REPLY:
            break
    return bytes(read[:LARGEST_REPLY])
