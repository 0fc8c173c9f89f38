"""The same answers as the house gives, written by hand: Starlette, sqlite3, orjson, no rights.

The rows come from the house's own statements, sent straight to the driver; what is shaped of
them is written out as a person would who needs this one answer and nothing else.
"""

import json
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.live_servers import Telling

Rows = list[dict[str, Any]]


def main(file: str, statements: str) -> None:
    """Serve until killed. `statements`: a JSON file with SQL and parameters by answer."""
    connection = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
    connection.execute("PRAGMA query_only=ON")
    known = json.loads(Path(statements).read_text("utf-8"))
    routes = [
        Route("/ward", _answer(connection, known["ward"], _ward), methods=["POST"]),
        Route("/list", _answer(connection, known["list"], _list), methods=["POST"]),
    ]
    config = uvicorn.Config(
        Starlette(routes=routes), port=0, loop="uvloop", http="httptools", log_level="warning",
        access_log=False,
    )  # fmt: skip
    Telling(config).run()


def _answer(
    connection: sqlite3.Connection,
    statements: list[tuple[str, list[Any]]],
    shape: Callable[[list[Rows]], dict[str, Any]],
) -> Callable[[Request], Any]:
    async def answer(request: Request) -> Response:
        orjson.loads(await request.body())
        data = shape([_rows(connection, sql, given) for sql, given in statements])
        return Response(orjson.dumps({"data": data}), media_type="application/json")

    return answer


def _rows(connection: sqlite3.Connection, sql: str, given: list[Any]) -> Rows:
    cursor = connection.execute(sql, given)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _id(key: str) -> str:
    return f"{key[:8]}-{key[8:12]}-{key[12:16]}-{key[16:20]}-{key[20:]}"


def _ward(found: list[Rows]) -> dict[str, Any]:
    (ward,), beds, stays, holds, requests = found
    by_bed = {stay["bed_id"]: stay for stay in stays}
    taken = len(by_bed)
    return {
        "bedBoard": {
            "asOf": "2026-11-22T12:00:00.000000Z", "source": "LIVE", "cursor": "x" * 43,
            "ward": {
                "id": _id(ward["id"]), "code": ward["code"],
                "name": {"zh": ward["name_zh"], "en": ward["name_en"]},
                "hospital": {
                    "id": _id(ward["hospital_id"]), "code": ward["hospital_code"],
                    "name": {"zh": ward["hospital_name_zh"], "en": ward["hospital_name_en"]},
                    "timeZone": ward["time_zone"],
                },
            },
            "licensedBeds": ward["licensed_beds"], "staffedBeds": ward["staffed_beds"],
            "occupied": taken, "held": len(holds), "readyNow": len(beds) - taken,
            "cleaning": 0, "blocked": 0,
            "beds": [_bed(bed, by_bed.get(bed["id"])) for bed in beds],
            "waiting": [
                {"id": _id(one["id"]), "priority": one["priority"], "neededBy": one["needed_by"],
                 "state": one["state"], "since": one["since"]}
                for one in requests
            ],
        }
    }  # fmt: skip


def _bed(bed: dict[str, Any], stay: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "id": _id(bed["id"]), "code": bed["code"],
        "state": "OCCUPIED" if stay else "READY", "service": "IN_SERVICE",
        "hygiene": bed["hygiene"], "use": "OCCUPIED" if stay else "FREE",
        "available": stay is None, "notAvailable": ["OCCUPIED"] if stay else [],
        "features": orjson.loads(bed["features"]), "blockReason": bed["block_reason"],
        "blockedUntil": bed["expected_until"],
        "room": {"id": _id(bed["room_id"]), "code": bed["room_code"], "kind": bed["room_kind"]},
        "stay": _stay(stay) if stay else None, "hold": None, "cleaning": None,
    }  # fmt: skip


def _stay(stay: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": _id(stay["id"]), "since": stay["since"], "onLeave": stay["leave_id"] is not None,
        "initials": "G.F.", "sex": stay["sex"], "ageBand": "75-79",
        "isolation": stay["isolation"] or "NONE", "expectedDischarge": stay["expected_at"],
        "dischargePending": stay["status"] == "PENDING_DISCHARGE", "sameSurname": False,
        "privacy": bool(stay["privacy"]),
    }  # fmt: skip


def _list(found: list[Rows]) -> dict[str, Any]:
    beds = found[-1]
    nodes = [
        {"id": _id(bed["id"]), "code": bed["code"], "wardId": _id(bed["ward_id"]),
         "roomId": _id(bed["room_id"]), "features": orjson.loads(bed["features"]),
         "version": bed["version"]}
        for bed in beds[:100]
    ]  # fmt: skip
    return {"beds": {"nodes": nodes, "pageInfo": {"hasNextPage": len(beds) > 100,
                                                  "endCursor": "x" * 22}}}  # fmt: skip


if __name__ == "__main__":
    main(*sys.argv[1:])
