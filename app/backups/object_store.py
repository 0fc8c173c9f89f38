"""An S3-compatible object store, as far as backups need it: put, list, get, delete.

A single PUT carries up to 5 GiB; its SHA-256 goes with it and the store refuses other content.
What the store writes is never told onward but for its error's code: it may repeat what it was
sent.
"""

import logging
import re
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import IO, NoReturn
from xml.etree.ElementTree import Element, ParseError

import httpx
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from app.backup_target import Access, Target
from app.backups.container import BackupRefused
from app.backups.making import sha256_of
from app.backups.sigv4 import NOTHING, path_of, query_of, signed
from kit.clock import utc_now

logging.getLogger("httpx").setLevel(logging.WARNING)  # it tells each address that is asked

MOST_BYTES = 5 << 30  # of a single PUT
MOST_LISTED = 4 << 20  # bytes of one page of a listing: 1000 keys have less
TIMES = httpx.Timeout(30.0, connect=5.0)
_CODE = re.compile(rb"<Code>([A-Za-z0-9]{1,64})</Code>")
_TRY_LATER = (408, 425, 429)


class TargetAway(OSError):
    """The store does not answer, or cannot now: the same may go well later."""


class TargetRefused(BackupRefused):
    """The store does not take it: somebody must look."""


@dataclass(frozen=True, slots=True)
class Listed:
    name: str  # without the prefix
    size: int


@dataclass(slots=True, repr=False)
class ObjectStore:
    """Names are those below the target's prefix. Every call raises TargetAway or TargetRefused."""

    target: Target
    access: Access
    now: Callable[[], datetime] = utc_now  # the store refuses a clock that is 15 minutes off
    times: httpx.Timeout = field(default_factory=lambda: TIMES)
    _trust: ssl.SSLContext | None = None

    def put(self, file: Path, name: str) -> None:
        size = file.stat().st_size
        if size > MOST_BYTES:
            raise TargetRefused(f"{file.name} is larger than the 5 GiB that one PUT may carry")
        with file.open("rb") as content, self._asked(
            "PUT", name, headers={"content-length": str(size)}, content=content,
            content_sha256=sha256_of(file),
        ):  # fmt: skip
            pass

    def put_bytes(self, content: bytes, name: str) -> None:
        with self._asked("PUT", name, headers={"content-length": str(len(content))},
                         content=content, content_sha256=sha256(content).hexdigest()):  # fmt: skip
            pass

    def listed(self) -> Iterator[Listed]:
        """Everything directly below the prefix, in the order of the names."""
        prefix, token = self.target.prefix, None
        while True:
            query = {"list-type": "2", "prefix": prefix, "delimiter": "/"}
            query |= {"continuation-token": token} if token else {}
            page = self._page(query)
            for one in page.iterfind("{*}Contents"):
                key, size = one.findtext("{*}Key", ""), one.findtext("{*}Size", "")
                if key.startswith(prefix) and size.isdecimal():
                    yield Listed(key.removeprefix(prefix), int(size))
            token = page.findtext("{*}NextContinuationToken")
            if page.findtext("{*}IsTruncated") != "true" or not token:
                return

    def get(self, name: str, into: Path) -> None:
        """The whole object as a new file for its owner alone."""
        with self._asked("GET", name) as answer, into.open("xb") as file:
            into.chmod(0o600)
            for block in answer.iter_raw():
                file.write(block)

    def beginning(self, name: str, most: int) -> bytes:
        """So many bytes or less; all where the object is no longer. Empty where there is none."""
        return self._few("GET", name, most, headers={"range": f"bytes=0-{most - 1}"})

    def content(self, name: str, most: int) -> bytes | None:
        """A small object; None where there is none."""
        try:
            content = self._few("GET", name, most + 1)
        except _Missing:
            return None
        if len(content) > most:
            raise TargetRefused(f"{name} in the store is larger than it can be")
        return content

    def delete(self, name: str) -> None:
        with self._asked("DELETE", name):
            pass

    def _page(self, query: Mapping[str, str]) -> Element:
        content = self._few("GET", None, MOST_LISTED, query=query)
        try:
            page: Element = fromstring(content.decode(), forbid_dtd=True)
        except (ParseError, DefusedXmlException, UnicodeDecodeError):
            raise TargetRefused("the store answers with no listing: is it an S3 store?") from None
        if page.tag.rpartition("}")[2] != "ListBucketResult":
            raise TargetRefused("the store answers with no listing: is it an S3 store?")
        return page

    def _few(
        self, method: str, name: str | None, most: int, query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> bytes:  # fmt: skip
        content = b""
        with self._asked(method, name, query=query, headers=headers) as answer:
            for block in answer.iter_raw():
                content += block
                if len(content) >= most:
                    break
        return content[:most]

    @contextmanager
    def _asked(
        self, method: str, name: str | None, *, query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None, content: IO[bytes] | bytes | None = None,
        content_sha256: str = NOTHING,
    ) -> Iterator[httpx.Response]:  # fmt: skip
        """The answer, its content not read yet. `name` None asks the bucket itself."""
        url = httpx.URL(self.target.origin)
        path = f"/{self.target.bucket}" + ("" if name is None else f"/{self.target.prefix}{name}")
        host = url.netloc.decode("ascii")
        sent = signed(
            method, path, query or {}, {"host": host, **(headers or {})}, content_sha256,
            self.access, self.target.region, self.now(),
        )  # fmt: skip
        address = f"{self.target.origin}{path_of(path)}?{query_of(query or {})}".rstrip("?")
        try:
            with self._client() as client, client.stream(
                method, address, headers=sent, content=content
            ) as answer:  # fmt: skip
                if not answer.is_success:
                    _refuse(method, answer)
                yield answer
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError) as away:
            # its text may name more than is anybody's business
            raise TargetAway(f"the store is away ({type(away).__name__})") from None

    def _client(self) -> httpx.Client:
        if self._trust is None:
            self._trust = ssl.create_default_context(cafile=self.target.ca)
        # trust_env: a proxy named in the environment would see what is asked
        return httpx.Client(timeout=self.times, verify=self._trust, trust_env=False,
                            headers={"accept-encoding": "identity"})  # fmt: skip


class _Missing(TargetRefused):
    """There is no such object."""


def _refuse(method: str, answer: httpx.Response) -> NoReturn:
    status, found = answer.status_code, _CODE.search(_beginning(answer))
    code = f" {found[1].decode()}" if found else ""
    told = f"the store answers {method} with {status}{code}"
    if status >= 500 or status in _TRY_LATER:
        raise TargetAway(told)
    if status == 404 and code in ("", " NoSuchKey"):
        raise _Missing(told)
    raise TargetRefused(told)


def _beginning(answer: httpx.Response) -> bytes:
    content = b""
    for block in answer.iter_raw():
        content += block
        if len(content) > 4096:
            break
    return content
