"""Stands in for an S3-compatible store: one bucket, every request's signature checked.

The check is written from the published description of Signature Version 4, in another way than
the program's: it works on the request line as it came over the wire.
"""

import hashlib
import hmac
import re
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote
from xml.sax.saxutils import escape

from tests.mllp.certificates import Certified

BUCKET, REGION = "backups", "eu-central-1"
KEY_ID, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
_FORM = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<id>[^/]+)/(?P<scope>(?P<day>\d{8})/(?P<region>[^/]+)/s3/"
    r"aws4_request), ?SignedHeaders=(?P<names>[a-z0-9;-]+), ?Signature=(?P<told>[0-9a-f]{64})"
)
Answer = tuple[int, bytes]


def signature(method: str, target: str, headers: dict[str, str], form: re.Match[str]) -> str:
    """Of a request as it stands on the wire, with the names in lower case."""
    path, _, query = target.partition("?")
    pairs = sorted(one if "=" in one else f"{one}=" for one in query.split("&")) if query else []
    lines = [method, path, "&".join(pairs)]
    lines += [f"{name}:{headers[name]}" for name in form["names"].split(";")]
    lines += ["", form["names"], headers["x-amz-content-sha256"]]
    hashed = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    key = f"AWS4{SECRET}".encode()
    for word in (form["day"], form["region"], "s3", "aws4_request"):
        key = hmac.new(key, word.encode(), hashlib.sha256).digest()
    text = f"AWS4-HMAC-SHA256\n{headers['x-amz-date']}\n{form['scope']}\n{hashed}"
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


@dataclass(slots=True)
class Store:
    """`failing` answers a status or, as "cut", ends the connection midway; `spoils` keeps other
    bytes than were sent before it checks them."""

    url: str = ""
    objects: dict[str, bytes] = field(default_factory=dict)
    failing: int | str | None = None
    spoils: bool = False
    page: int = 1000
    asked: list[tuple[str, str]] = field(default_factory=list)

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        self.asked.append((method, target))
        form = _FORM.fullmatch(headers.get("authorization", ""))
        needed = {"host", "x-amz-content-sha256", "x-amz-date"}
        if form is None or not needed <= set(form["names"].split(";")):
            return _error(400, "AuthorizationHeaderMalformed")
        if form["id"] != KEY_ID or form["region"] != REGION:
            return _error(403, "InvalidAccessKeyId")
        if form["told"] != signature(method, target, headers, form):
            return _error(403, "SignatureDoesNotMatch")
        if isinstance(self.failing, int):
            return _error(self.failing, "AccessDenied" if self.failing == 403 else "SlowDown")
        path, _, query = target.partition("?")
        bucket, _, key = unquote(path).removeprefix("/").partition("/")
        if bucket != BUCKET:
            return _error(404, "NoSuchBucket")
        return self._done(
            method, key, dict(parse_qsl(query, keep_blank_values=True)), headers, body
        )

    def _done(
        self, method: str, key: str, query: dict[str, str], headers: dict[str, str], body: bytes
    ) -> Answer:
        if method == "PUT":
            kept = body[:-1] + b"?" if self.spoils else body
            if hashlib.sha256(kept).hexdigest() != headers["x-amz-content-sha256"]:
                return _error(400, "XAmzContentSHA256Mismatch")
            self.objects[key] = kept
            return 200, b""
        if method == "DELETE":
            self.objects.pop(key, None)
            return 204, b""
        if not key:
            return 200, self._listing(query)
        if key not in self.objects:
            return _error(404, "NoSuchKey")
        if part := re.fullmatch(r"bytes=0-(\d+)", headers.get("range", "")):
            return 206, self.objects[key][: int(part[1]) + 1]
        return 200, self.objects[key]

    def _listing(self, query: dict[str, str]) -> bytes:
        prefix, after = query["prefix"], query.get("continuation-token", "")
        assert (query["list-type"], query["delimiter"]) == ("2", "/")
        keys = [
            key for key in sorted(self.objects)
            if key.startswith(prefix) and "/" not in key.removeprefix(prefix) and f"+{key}" > after
        ]  # fmt: skip
        some, more = keys[: self.page], keys[self.page :]
        listed = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{len(self.objects[key])}</Size></Contents>"
            for key in some
        )
        token = (
            f"<NextContinuationToken>{escape('+' + some[-1])}</NextContinuationToken>"
            if more
            else ""
        )
        return (
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<IsTruncated>{'true' if more else 'false'}</IsTruncated>{listed}{token}"
            "</ListBucketResult>"
        ).encode()


def _error(status: int, code: str) -> Answer:
    return status, f"<Error><Code>{code}</Code><Message>{SECRET}</Message></Error>".encode()


@contextmanager
def object_server(certified: Certified | None = None) -> Iterator[Store]:
    """On a port of this machine, as long as the test lasts; with a certificate over TLS."""
    store = Store()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, content = store.answer(self.command, self.path, headers, body)
            self.send_response(status)
            if status != 204:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if store.failing == "cut":
                content, self.close_connection = content[: len(content) // 2], True
            self.wfile.write(content)

        do_GET = do_PUT = do_DELETE = _any

        def log_message(self, *_args: Any) -> None:
            """Tests keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    store.url = f"http://127.0.0.1:{server.server_port}"
    if certified is not None:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(certified.certificate, certified.key)
        server.socket = tls.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
        store.url = f"https://localhost:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield store
    finally:
        server.shutdown()
        server.server_close()
