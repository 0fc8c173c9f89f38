"""What a client asks: a GraphQL request read from JSON that is held to a size and a shape."""

from dataclasses import dataclass, field
from typing import Any

import orjson

from api.negotiation import HttpProblem
from api.purpose import EXTENSION as PURPOSE

MAX_BODY_BYTES = 128 * 1024
MAX_JSON_DEPTH = 32


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """`query` or `document` (the SHA-256 of a trusted document) is there, or both agree."""

    query: str | None
    document: str | None
    operation_name: str | None
    variables: dict[str, Any] = field(default_factory=dict)
    purpose: str | None = None  # of use, as stated; api/purpose.py judges it


def read_request(body: bytes) -> GraphQLRequest:
    """The request in a body. Raises 400 saying which part is wrong, never echoing it."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise _bad("the body is not JSON") from None
    return as_request(value)


def as_request(value: Any) -> GraphQLRequest:
    """The request in a JSON value, of a body or of a `subscribe` message."""
    if not isinstance(value, dict):
        raise _bad("send one JSON object; batches are not taken")
    require_shallow(value)
    extensions = _part(value, "extensions", dict) or {}
    query = _part(value, "query", str)
    document = _part(value, "documentId", str) or _persisted(extensions)
    if not query and not document:
        raise _bad("`query` or `documentId` is missing")
    name = _part(value, "operationName", str) or None
    variables = _part(value, "variables", dict) or {}
    purpose = _part(extensions, PURPOSE, str)
    return GraphQLRequest(query or None, document, name, variables, purpose)


def require_shallow(value: Any, most: int = MAX_JSON_DEPTH) -> None:
    """Raise 400 where JSON is nested deeper than anything that we ask for."""
    level = [value]
    for _ in range(most):
        level = [
            item
            for parent in level
            for item in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(item, dict | list)
        ]
        if not level:
            return
    raise _bad(f"the JSON is nested deeper than {most}")


def _persisted(extensions: dict[str, Any]) -> str | None:
    persisted = _part(extensions, "persistedQuery", dict) or {}
    found: str | None = _part(persisted, "sha256Hash", str)
    return found


def _part(value: dict[str, Any], name: str, kind: type) -> Any:
    part = value.get(name)
    if part is not None and not isinstance(part, kind):
        expected = "a string" if kind is str else "an object"
        raise _bad(f"`{name}` must be {expected}")
    return part


def _bad(message: str) -> HttpProblem:
    return HttpProblem(400, "BAD_REQUEST", message)
