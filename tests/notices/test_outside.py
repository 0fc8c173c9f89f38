"""Requests to addresses that people typed: judged once, connected as judged, never redirected."""

import asyncio
import socket
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateways.outside import LARGEST_REPLY, Outside, Reply, Unreachable
from tests.notices.servers import NAME, Papers, Target, http, papers, raw_server


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    return papers(tmp_path_factory.mktemp("papers"))


class Names:
    """A name service that says what a test wants, and counts."""

    def __init__(self, *addresses: str) -> None:
        self.addresses, self.asked = addresses, 0

    async def __call__(self, _name: str, _port: int) -> Sequence[str]:
        self.asked += 1
        return self.addresses


def post(url: str, **how: Any) -> Reply:
    return asyncio.run(Outside(**how).post(url, b"{}", {"x-test": "1"}))


def refused(url: str, **how: Any) -> tuple[str, bool]:
    with pytest.raises(Unreachable) as why:
        post(url, **how)
    return why.value.code, why.value.for_good


INSIDE = (
    ("127.0.0.1",), ("169.254.169.254",), ("::ffff:10.0.0.1",), ("10.1.2.3",), ("::1",),
    ("192.168.0.1",), ("100.64.0.1",), ("fd00:ec2::254",), ("0.0.0.0",), ("168.63.129.16",),
    ("93.184.216.34", "127.0.0.1"), ("127.0.0.1", "93.184.216.34"), ("64:ff9b::7f00:1",),
)  # fmt: skip


@pytest.mark.parametrize("addresses", INSIDE, ids=" ".join)
def test_a_name_that_stands_for_something_inside_is_refused_for_good(
    addresses: tuple[str, ...],
) -> None:
    assert refused("https://hooks.example.org/", names=Names(*addresses)) == (
        "ADDRESS_REFUSED", True,
    )  # fmt: skip


@pytest.mark.parametrize(
    "url",
    ["https://127.0.0.1/", "https://[::1]/", "https://[::ffff:7f00:1]/", "https://localhost/",
     "https://2130706433/", "https://0x7f000001/", "https://127.1/", "https://169.254.169.254/"],
)  # fmt: skip
def test_an_address_in_any_spelling_is_refused_by_the_system_s_own_names(url: str) -> None:
    code, _ = refused(url)
    assert code in ("ADDRESS_REFUSED", "NAME_UNKNOWN")


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://hooks.example.org/", "NOT_HTTPS"), ("https://h.org:22/", "PORT_REFUSED"),
        ("https://h.org:25/", "PORT_REFUSED"), ("https://h.org:80/", "PORT_REFUSED"),
        ("https://h.org:6379/", "PORT_REFUSED"), ("gopher://h.org/", "NOT_HTTPS"),
        ("https://h.org:0x50/", "PORT_REFUSED"),
    ],
)  # fmt: skip
def test_other_ports_and_schemes_are_refused_before_a_name_is_asked(url: str, code: str) -> None:
    names = Names("93.184.216.34")
    assert refused(url, names=names) == (code, True)
    assert names.asked == 0


def test_the_name_is_asked_once_and_tls_verifies_it(paper: Papers, tmp_path: Path) -> None:
    names = Names("127.0.0.1")
    with http(target := Target(answers=[(200, {}, b"yes")]), paper) as port:
        inside = frozenset((f"{NAME}:{port}", f"other.test:{port}"))
        how = {"names": names, "inside_too": inside}
        url = f"https://{NAME}:{port}/hook?x=1"
        assert post(url, tls=paper.client(), **how) == Reply(200, b"yes")
        assert names.asked == 1
        ((path, headers, body),) = target.got
        assert (path, headers["host"], headers["x-test"], body) == (
            "/hook?x=1", f"{NAME}:{port}", "1", b"{}",
        )  # fmt: skip
        assert refused(f"https://other.test:{port}/", tls=paper.client(), **how) == (
            "TLS_REFUSED", False,
        )  # fmt: skip
        assert refused(url, **how) == ("TLS_REFUSED", False)
        assert refused(url, tls=papers(tmp_path).client(), **how) == ("TLS_REFUSED", False)
    assert len(target.got) == 1


def here(port: int, **how: Any) -> dict[str, Any]:
    return {"inside_too": frozenset((f"127.0.0.1:{port}",)), **how}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    with http(Target()) as other, http(target := Target()) as port:
        target.answers.append((status, {"location": f"http://127.0.0.1:{other}/"}, b""))
        reply = post(f"http://127.0.0.1:{port}/", **here(port, inside_too=frozenset(
            (f"127.0.0.1:{port}", f"127.0.0.1:{other}"))))  # fmt: skip
    assert (reply.status, len(target.got)) == (status, 1)


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    with http(Target()) as port:
        assert post(f"http://127.0.0.1:{port}/", **here(port)).status == 200


def test_of_a_large_answer_only_the_beginning_is_read() -> None:
    with http(Target(answers=[(200, {"content-encoding": "gzip"}, b"x" * 5_000_000)])) as port:
        reply = post(f"http://127.0.0.1:{port}/", **here(port))
    assert len(reply.body) == LARGEST_REPLY


def test_a_server_that_drips_is_not_waited_for() -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        for _ in range(40):
            connection.sendall(b"x")
            time.sleep(0.05)

    with raw_server(drip) as port:
        assert refused(f"http://127.0.0.1:{port}/", **here(port, whole_s=0.4)) == (
            "TIMED_OUT", False,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("said", "code"),
    [(b"", "CONNECTION_LOST"), (b"what?\r\n\r\n", "CONNECTION_LOST"),
     (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx", "CONNECTION_LOST")],
)  # fmt: skip
def test_a_server_that_breaks_off(said: bytes, code: str) -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(10_000)
        connection.sendall(said)

    with raw_server(talk) as port:
        assert refused(f"http://127.0.0.1:{port}/", **here(port)) == (code, False)


def test_silence_and_nobody_there() -> None:
    def silent(connection: socket.socket) -> None:
        while connection.recv(10_000):  # a request may come in several pieces
            pass

    with raw_server(silent) as port:
        times = httpx.Timeout(0.2)
        assert refused(f"http://127.0.0.1:{port}/", **here(port, times=times))[0] == "TIMED_OUT"
    assert refused(f"http://127.0.0.1:{port}/", **here(port)) == ("NO_CONNECTION", False)


def test_a_name_that_nobody_knows() -> None:
    async def unknown(_name: str, _port: int) -> Sequence[str]:
        raise socket.gaierror(8, "unknown")

    assert refused("https://nowhere.invalid/", names=unknown) == ("NAME_UNKNOWN", False)
    assert refused("https://nowhere.invalid/", names=Names()) == ("NAME_UNKNOWN", False)
