"""Too much at once: lists are turned away first, changes last, and nothing is done for those."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from app.load import BELOW, Busy, Load
from app.objectives import WorkClass
from tests.edge.screen import Screen
from tests.edge.toy import ToyHouse

LIST, SCREEN, CARE = "{ people(first: 3) { name } }", "{ hello }", "mutation { admit }"


@contextmanager
def busy(house: ToyHouse, operations: int) -> Iterator[None]:
    """So many operations of others are under way."""
    load = house._live._door.load
    load.under_way += operations
    try:
        yield
    finally:
        load.under_way -= operations


def status(http: httpx.Client, query: str) -> int:
    return http.post("/graphql", json={"query": query}).status_code


def test_the_least_needed_is_turned_away_first(http: httpx.Client, house: ToyHouse) -> None:
    assert [status(http, one) for one in (LIST, SCREEN, CARE)] == [200, 200, 200]
    for operations, expected in (
        (BELOW[WorkClass.LIST] - 1, [200, 200, 200]),
        (BELOW[WorkClass.LIST], [503, 200, 200]),
        (BELOW[WorkClass.SCREEN], [503, 503, 200]),
        (BELOW[WorkClass.CARE], [503, 503, 503]),
    ):
        with busy(house, operations):
            assert [status(http, one) for one in (LIST, SCREEN, CARE)] == expected
    assert house._live._door.load.under_way == 0
    assert [status(http, one) for one in (LIST, SCREEN, CARE)] == [200, 200, 200]


def test_who_is_turned_away_is_told_when_to_come_again_and_costs_no_look_at_the_token(
    http: httpx.Client, house: ToyHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    status(http, LIST)
    asked: list[str] = []
    monkeypatch.setattr(Load, "under", lambda _self, kind: _refuse(asked, kind))
    headers = {"authorization": "Bearer no-such-token"}
    told = http.post("/graphql", json={"query": LIST}, headers=headers)
    assert (told.status_code, told.headers["retry-after"]) == (503, "1")
    assert told.json()["errors"][0]["extensions"] == {"code": "BUSY"}
    assert asked == [WorkClass.LIST]
    sample = house._live._door.metrics.registry.get_sample_value
    assert sample("wardgrid_shed_total", {"work": "LIST"})


def _refuse(asked: list[str], kind: WorkClass) -> None:
    asked.append(kind)
    raise Busy


def test_a_document_never_seen_may_wait(http: httpx.Client, house: ToyHouse) -> None:
    new = 'mutation { login(name: "Wu") }'
    with busy(house, BELOW[WorkClass.LIST]):
        assert status(http, new) == 503
    assert status(http, new) == 200
    with busy(house, BELOW[WorkClass.LIST]):
        assert status(http, new) == 200


def test_a_subscription_is_told_busy_and_its_socket_stays(port: int, house: ToyHouse) -> None:
    with Screen(port) as screen:
        with busy(house, BELOW[WorkClass.CARE]):
            screen.watch()
            told = screen.receive()
            assert told["type"] == "error"
        assert told["payload"][0]["extensions"]["code"] == "BUSY"
        screen.watch()
        assert screen.board() == {"01": None, "02": None}
