"""What a client is told of an operation: data, refusals with their code, faults without a word.

A fault's message may hold anything, so neither client nor log gets it: the client gets an
incident number, the log the number, the fault's type and where it was raised.
"""

import logging
from typing import Any
from uuid import UUID

import orjson
from graphql import ExecutionResult, GraphQLError

from api.messages import in_chinese
from api.negotiation import GRAPHQL
from api.problems import refused
from kit.errors import Refusal
from kit.ids import new_id

FAULT = "FAULT"
BAD_DOCUMENT = "BAD_DOCUMENT"
UNAUTHENTICATED = "UNAUTHENTICATED"
PENDING = "PUBLICATION_PENDING"

log = logging.getLogger("wardgrid.api")


def payload_of(
    result: ExecutionResult, language: str, request: UUID | None, *, pending: bool = False
) -> dict[str, Any]:
    """The response map. Without `data` where nothing was executed. `pending` says that what was
    done is not cosigned by enough witnesses yet."""
    payload: dict[str, Any] = {}
    if result.errors:
        payload["errors"] = [told(error, language, request) for error in result.errors]
    if not never_executed(result):
        payload["data"] = result.data
    if pending:
        payload["extensions"] = {"publication": PENDING}
    return payload


def never_executed(result: ExecutionResult) -> bool:
    """True where the request failed before its first field: syntax, rules, variables."""
    return result.data is None and all(error.path is None for error in result.errors or ())


def told(error: GraphQLError, language: str, request: UUID | None) -> dict[str, Any]:
    """One error as the client sees it."""
    cause = _cause(error)
    if isinstance(cause, Refusal):
        return _placed(_refusal(cause, language), error)
    if cause is not None and error.path is not None:
        return _placed(masked(cause, request), error)
    formatted: dict[str, Any] = dict(error.formatted)
    formatted["extensions"] = {"code": BAD_DOCUMENT, **(error.extensions or {})}
    return formatted


def masked(fault: BaseException, request: UUID | None) -> dict[str, Any]:
    """Log a fault and give what may be said about it."""
    incident = str(new_id())
    log.error(
        "a fault was masked",
        exc_info=(type(fault), fault, fault.__traceback__),
        extra={"incident": incident, "request": request},
    )
    return {
        "message": f"something failed on our side; quote incident {incident}",
        "extensions": {"code": FAULT, "incident": incident},
    }


def to_json(payload: Any) -> bytes:
    """Bytes for the wire. UUIDs, times and enums have their own text."""
    return orjson.dumps(payload, option=orjson.OPT_UTC_Z)


def status_of(result: ExecutionResult, media_type: str) -> int:
    """The status of GraphQL over HTTP: with `application/json` a bad document is still a 200."""
    codes = {(error.extensions or {}).get("code") for error in result.errors or ()}
    if UNAUTHENTICATED in codes and result.data is None:
        return 401
    return 400 if never_executed(result) and media_type == GRAPHQL else 200


def outcome_of(result: ExecutionResult) -> str:
    """The word for the metrics: done, a refusal's code, invalid or fault."""
    if not result.errors:
        return "done"
    if never_executed(result):
        return "invalid"
    cause = _cause(result.errors[0])
    return cause.code.lower() if isinstance(cause, Refusal) else "fault" if cause else "denied"


def _cause(error: GraphQLError) -> BaseException | None:
    """What was raised below GraphQL's own errors; None where one of those was raised itself."""
    cause: BaseException | None = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause


def _refusal(cause: Refusal, language: str) -> dict[str, Any]:
    formatted: dict[str, Any] = dict(refused(cause).formatted)
    if language == "zh":
        formatted["message"] = in_chinese(cause) or cause.message
    return formatted


def _placed(formatted: dict[str, Any], error: GraphQLError) -> dict[str, Any]:
    if error.path is not None:
        formatted["path"] = error.path
    return formatted
