"""SIGTERM: what was accepted is finished, recorded and signed; what was not is refused plainly."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from app.settings import load
from app.wiring import ledger_signer
from audit.export import export_ledger
from audit.keys import load_keys
from audit.report import Result
from audit.verify import verify
from kit.db import open_engine
from tests.faults.serving import Client, NoAnswer, Served

CLIENTS, DRAIN_S = 8, 20


def test_a_stop_under_load_finishes_what_was_accepted(served: Served) -> None:
    answers: list[dict[str, Any]] = []
    clients = [threading.Thread(target=_ask, args=(served, n, answers)) for n in range(CLIENTS)]
    for client in clients:
        client.start()
    while len(answers) < 3 * CLIENTS:
        time.sleep(0.005)
    with _screen(served) as screen:
        began = time.monotonic()
        served.stop()
        assert time.monotonic() - began <= DRAIN_S
        with pytest.raises(ConnectionClosed) as closed:
            screen.recv(timeout=5)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1012  # come again
    for client in clients:
        client.join()

    lines = [json.loads(line) for line in served.log().splitlines()]
    assert lines[-1]["event"] == "stopped"
    assert [line for line in lines if line["level"] == "error"] == []
    done = [answer for answer in answers if answer["__typename"] == "Hospital"]
    refused = [answer for answer in answers if answer["__typename"] == "Problem"]
    assert [answer for answer in refused if not answer["retryable"]] == []
    report = _exported(served.folder)
    assert report.result is Result.PASS
    assert report.entries >= len(done)


@contextmanager
def _screen(served: Served) -> Iterator[ClientConnection]:
    """A live socket that was let in."""
    address, protocol = f"ws://127.0.0.1:{served.port}/graphql", Subprotocol("graphql-transport-ws")
    with connect(address, subprotocols=[protocol], compression=None) as screen:
        init = {"authorization": f"Bearer {served.token}"}
        screen.send(json.dumps({"type": "connection_init", "payload": init}))
        assert json.loads(screen.recv(timeout=10)) == {"type": "connection_ack"}
        yield screen


def _ask(served: Served, number: int, answers: list[dict[str, Any]]) -> None:
    client, count = Client(served.port, served.token), 0
    while True:
        count += 1
        try:
            answers.append(client.open_hospital(f"D{number}-{count}", key=f"{number}-{count}"))
        except NoAnswer:  # stopped
            return


def _exported(folder: Path) -> Any:
    settings = load(folder)
    key = ledger_signer(settings, load_keys(settings.key_folder)).verifier
    engine = open_engine(settings.database)
    export_ledger(engine, folder / "export", key, durable=False)
    engine.dispose()
    return verify(folder / "export", [key.text])
