"""graphql-transport-ws, message by message."""

import json
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from tests.edge.conftest import TRUSTED
from tests.edge.screen import BOARD, Screen
from tests.edge.toy import SECRET, WARDS, ToyHouse


def test_a_subscriber_gets_the_board_then_each_change(port: int, house: ToyHouse) -> None:
    with Screen(port) as screen:
        screen.watch()
        assert screen.board() == {"01": None, "02": None}
        house.occupy(WARDS[0], "02", "Li")
        assert screen.board() == {"01": None, "02": "Li"}
        screen.send(type="complete", id="1")
        screen.quiet()
        house.occupy(WARDS[0], "01", "Wu")
        screen.quiet("still")
        screen.watch()
        assert screen.board() == {"01": "Wu", "02": "Li"}


def test_a_socket_without_the_protocol_is_closed_4406(port: int) -> None:
    for offered in (None, ["graphql-ws"]):
        with Screen(port, user=None, subprotocols=offered) as screen:
            assert screen.closed() == (4406, "Subprotocol not acceptable")


def test_a_foreign_origin_is_refused_before_the_handshake(port: int) -> None:
    for origin in ("https://evil.example", "http://ward.example", "http://127.0.0.1", "null"):
        with pytest.raises(InvalidStatus) as refused:
            Screen(port, user=None, origin=origin)
        assert refused.value.response.status_code == 403
    with Screen(port, origin="https://ward.example") as screen:
        screen.quiet()


@pytest.mark.parametrize(
    "message",
    [
        "", "{", "[]", "null", "7", '"ping"', "{}", '{"type":1}', '{"type":"start"}',
        '{"type":"connection_init","payload":[]}', '{"type":"subscribe"}',
        '{"type":"subscribe","id":"1"}', '{"type":"subscribe","id":"","payload":{}}',
        '{"type":"subscribe","id":1,"payload":{}}', '{"type":"complete"}',
        '{"type":"subscribe","id":"' + "a" * 129 + '","payload":{}}',
        "[" * 500 + "]" * 500, b"{}", b"\x00",
    ],
)  # fmt: skip
def test_a_message_that_is_none_closes_4400(port: int, message: str | bytes) -> None:
    with Screen(port, user=None) as screen:
        screen.send_raw(message)
        assert screen.closed()[0] == 4400


def test_an_uninvited_subscriber_is_closed_4401(port: int) -> None:
    with Screen(port, user=None) as screen:
        screen.watch()
        assert screen.closed() == (4401, "Unauthorized")


@pytest.mark.parametrize(
    "payload",
    [None, {}, {"authorization": "Bearer forged"}, {"authorization": "user-1"},
     {"authorization": "Bearer "}, {"authorization": 7}],
)  # fmt: skip
def test_a_bad_token_is_closed_4401(port: int, payload: Any) -> None:
    with Screen(port, user=None) as screen:
        screen.send(type="connection_init", payload=payload)
        assert screen.closed() == (4401, "Unauthorized")


def test_a_second_init_is_closed_4429(port: int) -> None:
    with Screen(port) as screen:
        screen.init(1)
        assert screen.closed() == (4429, "Too many initialisation requests")


def test_an_id_in_use_is_closed_4409(port: int) -> None:
    with Screen(port) as screen:
        screen.watch()
        screen.watch()
        assert screen.closed()[0] == 4409


def test_a_silent_socket_is_closed_after_the_init_timeout(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.socket.INIT_TIMEOUT_S", 0.05)
    with Screen(port, user=None) as screen:
        assert screen.closed() == (4408, "Connection initialisation timeout")


def test_a_pong_echoes_its_ping(port: int) -> None:
    with Screen(port, user=None) as screen:
        screen.send(type="ping")
        assert screen.receive() == {"type": "pong"}
        screen.send(type="ping", payload={"at": 7})
        assert screen.receive() == {"type": "pong", "payload": {"at": 7}}
        screen.send(type="pong")
        screen.init(1)
        assert screen.receive() == {"type": "connection_ack"}
        screen.quiet()


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"query": "subscription {"}, "BAD_DOCUMENT"),
        ({"query": "subscription { nothing }"}, "BAD_DOCUMENT"),
        ({"query": "{ hello }"}, "USE_HTTP"),
        ({"query": 'mutation { login(name: "li") }'}, "USE_HTTP"),
        ({"query": BOARD, "variables": {"ward": "not an id"}}, "BAD_DOCUMENT"),
        ({"query": BOARD}, "BAD_DOCUMENT"),
        ({"query": BOARD, "variables": []}, "BAD_REQUEST"),
        ({"query": BOARD, "operationName": "Other"}, "OPERATION_NOT_FOUND"),
        ({"documentId": "0" * 64}, "PERSISTED_QUERY_NOT_FOUND"),
        ({}, "BAD_REQUEST"),
        ({"query": BOARD, "variables": {"ward": "0" * 32}}, "NOT_FOUND"),
    ],
)
def test_a_bad_subscription_answers_error_and_the_socket_stays(
    port: int, payload: Any, code: str
) -> None:
    with Screen(port) as screen:
        screen.send(type="subscribe", id="bad", payload=payload)
        answer = screen.receive()
        assert (answer["type"], answer["id"]) == ("error", "bad")
        assert answer["payload"][0]["extensions"]["code"] == code
        screen.watch(key="bad")
        assert screen.board() == {"01": None, "02": None}


def test_the_eleventh_subscription_is_an_error(port: int) -> None:
    with Screen(port) as screen:
        for number in range(11):
            screen.watch(key=str(number))
        answers = [screen.receive() for _ in range(11)]
    errors = [answer for answer in answers if answer["type"] == "error"]
    assert [(e["id"], e["payload"][0]["extensions"]["code"]) for e in errors] == [
        ("10", "TOO_MANY")
    ]


def test_the_sixth_socket_of_a_user_is_closed(port: int) -> None:
    screens = [Screen(port, user=3) for _ in range(5)]
    with Screen(port, user=None) as sixth:
        sixth.init(3)
        assert sixth.closed() == (4429, "At most 5 sockets of one account")
    with Screen(port, user=4) as another:
        another.quiet()
    for screen in screens:
        screen.leave()
    with Screen(port, user=3) as again:
        again.quiet()


def test_a_fault_is_masked_and_ends_the_subscription_only(port: int, house: ToyHouse) -> None:
    house.broken = True
    with Screen(port) as screen:
        screen.watch()
        answer = screen.receive()
        assert (answer["type"], answer["id"]) == ("error", "1")
        assert answer["payload"][0]["extensions"]["code"] == "FAULT"
        assert SECRET not in json.dumps(answer)
        house.broken = False
        screen.watch()
        assert screen.board() == {"01": None, "02": None}


def test_a_screen_watches_trusted_documents_only(port: int) -> None:
    with Screen(port, user=900) as screen:
        screen.watch(query=BOARD)
        assert screen.receive()["payload"][0]["extensions"]["code"] == "TRUSTED_ONLY"
        screen.watch(query=TRUSTED["board"])
        assert screen.board() == {"01": None, "02": None}
