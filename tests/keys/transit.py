"""Stands in for HashiCorp Vault's Transit engine: one derived AES-256-GCM key with versions."""

import json
import os
import threading
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

TOKEN = "hvs.stand-in-token"


@dataclass(slots=True)
class Transit:
    """`rotate` makes a version; `sealed`, `mute` and `token` bring about what goes wrong."""

    url: str = ""
    versions: list[bytes] = field(default_factory=lambda: [os.urandom(32)])
    least: int = 1  # min_decryption_version
    token: str = TOKEN
    namespace: str | None = None
    sealed: bool = False
    mute: bool = False  # takes the connection and says nothing of use
    asked: list[tuple[str, int]] = field(default_factory=list)

    def rotate(self) -> None:
        self.versions.append(os.urandom(32))

    def answer(self, path: str, headers: Any, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        _, version, mount, act, key = path.split("/")
        if self.sealed:
            return 503, {"errors": ["Vault is sealed"]}
        if headers["X-Vault-Token"] != self.token or headers["X-Vault-Namespace"] != self.namespace:
            return 403, {"errors": ["permission denied", json.dumps(body)]}
        assert (version, mount, key) == ("v1", "transit", "wardgrid")
        self.asked.append((act, len(body["batch_input"])))
        results = [self._one(act, item) for item in body["batch_input"]]
        status = 400 if any("error" in one for one in results) else 200
        return status, {"data": {"batch_results": results}}

    def _one(self, act: str, item: dict[str, str]) -> dict[str, Any]:
        context = b64decode(item["context"])
        if act == "encrypt":
            return self._encrypt(b64decode(item["plaintext"]), context)
        _, number, text = item["ciphertext"].split(":")
        version, raw = int(number[1:]), b64decode(text)
        if not self.least <= version <= len(self.versions):
            return {"error": "ciphertext or signature version is disallowed by policy (too old)"}
        try:
            plain = self._cipher(version, context).decrypt(raw[:12], raw[12:], None)
        except InvalidTag:
            return {"error": "cipher: message authentication failed"}
        return self._encrypt(plain, context) if act == "rewrap" else {
            "plaintext": b64encode(plain).decode()
        }  # fmt: skip

    def _encrypt(self, plain: bytes, context: bytes) -> dict[str, Any]:
        nonce, version = os.urandom(12), len(self.versions)
        raw = nonce + self._cipher(version, context).encrypt(nonce, plain, None)
        return {"ciphertext": f"vault:v{version}:{b64encode(raw).decode()}", "key_version": version}

    def _cipher(self, version: int, context: bytes) -> AESGCM:
        derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=context)
        return AESGCM(derived.derive(self.versions[version - 1]))


@contextmanager
def transit_server() -> Iterator[Transit]:
    """On a port of this machine, as long as the test lasts."""
    transit = Transit()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if transit.mute:
                self.close_connection = True
                return
            status, answer = transit.answer(self.path, self.headers, body)
            sent = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_args: Any) -> None:
            """Tests keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    transit.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield transit
    finally:
        server.shutdown()
        server.server_close()
