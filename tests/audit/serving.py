"""`wardgrid witness serve` as its own process, on a free port of this machine."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

_CLI = [sys.executable, "-m", "app.cli", "witness"]


@contextmanager
def served(folder: Path, name: str, log_key: str) -> Iterator[tuple[str, str]]:
    """Its address and its public key."""
    said = subprocess.run([*_CLI, "init", str(folder), "--name", name], check=True,
                          capture_output=True, text=True).stdout  # fmt: skip
    subprocess.run([*_CLI, "trust", str(folder), log_key], check=True, capture_output=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([*_CLI, "serve", str(folder), "--port", str(port)])
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(url)
        yield url, said.split()[-1]
    finally:
        process.terminate()
        assert process.wait(10) in (0, -15)


def _wait(url: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            assert httpx.post(f"{url}/add-checkpoint", content=b"").status_code == 400
            return
        except httpx.HTTPError:
            assert time.monotonic() < deadline, "the witness did not start"
            time.sleep(0.05)
