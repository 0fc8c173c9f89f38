"""What may be taken out of the house as a file: POST /exports/<what> with a token."""

import logging
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import orjson

from app.exchange import Answered, Asked, Exchange
from app.wiring import App
from gateways import analysis_export, audit_export
from kit.errors import Conflict, Denied, Invalid, NotFound, ReadOnly, Refusal
from kit.ids import new_id

PREFIX = "/exports"
EXPORTS: Mapping[str, Callable[[App, Asked], Answered]] = MappingProxyType(
    {"audit": audit_export.export, "analysis": analysis_export.export}
)
_JSON = "application/json; charset=utf-8"
_STATUS: dict[type[Refusal], int] = {
    Denied: 403, NotFound: 404, Conflict: 409, Invalid: 422, ReadOnly: 503,
}  # fmt: skip

log = logging.getLogger("wardgrid.exports")


def exchange(app: App) -> Exchange:
    return Exchange(prefix=PREFIX, answer=partial(_answer, app), refuse=refuse,
                    open_paths=frozenset())  # fmt: skip


def refuse(status: int, code: str, sentence: str, **more: Any) -> Answered:
    """An error as the GraphQL door tells it."""
    told = {"errors": [{"message": sentence, "extensions": {"code": code, **more}}]}
    return Answered(status=status, body=orjson.dumps(told), media_type=_JSON)


def _answer(app: App, asked: Asked) -> Answered:
    export = EXPORTS.get(asked.path[0]) if len(asked.path) == 1 else None
    if export is None:
        known = " and ".join(f"{PREFIX}/{name}" for name in EXPORTS)
        return refuse(404, "NOT_FOUND", f"there is {known}")
    if asked.method != "POST":
        return refuse(405, "METHOD_NOT_ALLOWED", "send POST")
    if not asked.media_type.startswith("application/json"):
        return refuse(415, "UNSUPPORTED", "send application/json")
    try:
        return export(app, asked)
    except Refusal as why:
        status = next((code for kind, code in _STATUS.items() if isinstance(why, kind)), 422)
        where = f"{why.field}: " if why.field else ""
        allowed = {"allowed": list(why.allowed)} if why.allowed else {}
        return refuse(status, why.reason, f"{where}{why.message}", **allowed)
    except Exception as fault:  # its message may hold a name: the sender gets an id to tell us
        incident = str(new_id())
        log.error("fault", extra={"fault": type(fault).__name__, "incident": incident})
        return refuse(500, "FAULT", f"something went wrong; incident {incident}")
