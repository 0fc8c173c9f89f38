"""What a peer sends on a live socket: JSON objects with a type, or the socket is closed."""

from dataclasses import dataclass
from typing import Any

import orjson

from api.negotiation import HttpProblem
from api.request import require_shallow

MOST_ID_CHARACTERS = 128
AUTHORIZATION = "authorization"


class Closing(Exception):
    """The socket must be closed."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Message:
    """`id` is empty where the kind has none."""

    kind: str
    id: str
    payload: Any


def read_message(text: str) -> Message:
    """The message in a text. Raises Closing with 4400 for anything that is none."""
    try:
        value = orjson.loads(text)
        require_shallow([value])
    except (orjson.JSONDecodeError, HttpProblem):
        raise Closing(4400, "Messages are JSON") from None
    if not isinstance(value, dict) or not isinstance(value.get("type"), str):
        raise Closing(4400, "Messages are objects with a type")
    kind, key = value["type"], value.get("id")
    if kind in ("subscribe", "complete") and (
        not isinstance(key, str) or not 0 < len(key) <= MOST_ID_CHARACTERS
    ):
        raise Closing(4400, "This message needs an id")
    if kind == "subscribe" and not isinstance(value.get("payload"), dict):
        raise Closing(4400, "This message needs a payload")
    return Message(kind, str(key or ""), value.get("payload"))


def authorization_of(payload: Any) -> str:
    """The field of that name, in whatever case; empty where there is none."""
    given = payload if isinstance(payload, dict) else {}
    return next((str(v) for name, v in given.items() if name.lower() == AUTHORIZATION), "")
