"""One key, one effect, however often a request is sent and whichever answers are lost.

Each mutation is sent two to five times through a proxy that loses requests and answers.
"""

import json
import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from typing import Any

import pytest
from sqlalchemy import text

from app.settings import load
from kit.db import open_engine
from tests.faults.lossy_proxy import FATES, LossyProxy
from tests.faults.serving import Client, NoAnswer, Served

CLIENTS = 4


@pytest.mark.parametrize("sends", [250, pytest.param(5_000, marks=pytest.mark.nightly)])
def test_each_key_has_one_effect_one_entry_and_one_answer(served: Served, sends: int) -> None:
    with closing(LossyProxy(served.port, seed=sends)) as proxy, _clients() as clients:
        share = sends // CLIENTS
        told = [
            client.result()
            for client in [
                clients.submit(_send, proxy.port, served.token, number, share)
                for number in range(CLIENTS)
            ]
        ]
    answers = {code: heard for client in told for code, heard in client.items()}
    _one_effect_each(served, answers)
    assert set(proxy.fates) == set(FATES)
    assert proxy.fates.total() >= sends


def test_a_key_with_another_payload_is_a_conflict_and_changes_nothing(served: Served) -> None:
    with closing(Client(served.port, served.token)) as client:
        first = client.open_hospital("A", key="once")
        other = client.open_hospital("B", key="once")
        renamed = client.open_hospital("A", key="once", name="Another")
        again = client.open_hospital("A", key="once")
    assert first["__typename"] == "Hospital"
    assert again == first
    reused = {
        "__typename": "Problem", "code": "CONFLICT", "reason": "KEY_REUSED", "retryable": False
    }  # fmt: skip
    assert (other, renamed) == (reused, reused)
    assert _rows(served, "SELECT code FROM hospital") == [("A",)]


def _clients() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(CLIENTS)


def _send(port: int, token: str, number: int, sends: int) -> dict[str, set[str]]:
    """Send mutations until `sends` are gone; what was heard of each, by code."""
    dice = random.Random(number)
    heard: dict[str, set[str]] = {}
    sent = 0
    while sent < sends:
        code = f"P{number}-{len(heard)}"
        heard[code] = set()
        left = dice.randint(2, 5)
        while left > 0 or not heard[code]:  # at least one answer must have come through
            sent, left = sent + 1, left - 1
            client = Client(port, token)
            with suppress(NoAnswer), closing(client):
                heard[code].add(json.dumps(client.open_hospital(code, key=code), sort_keys=True))
    return heard


def _one_effect_each(served: Served, answers: dict[str, set[str]]) -> None:
    assert [code for code, heard in answers.items() if len(heard) != 1] == []
    told = {code: json.loads(next(iter(heard))) for code, heard in answers.items()}
    rows = _rows(served, "SELECT code, id FROM hospital")
    there = {code: str(key).replace("-", "") for code, key in rows}
    assert len(rows) == len(there)
    assert there == {code: answer["id"].replace("-", "") for code, answer in told.items()}
    bodies = [json.loads(body) for (body,) in _rows(served, "SELECT body FROM ledger_entry")]
    entries = [body for body in bodies if body["action"] == "place.manage"]
    assert {body["outcome"] for body in entries} == {"done"}
    assert len(entries) == len(rows)


def _rows(served: Served, query: str) -> list[Any]:
    engine = open_engine(load(served.folder).database)
    with engine.connect().execution_options(readonly=True) as connection:
        rows = connection.execute(text(query)).all()
        connection.rollback()
    engine.dispose()
    return [tuple(row) for row in rows]
