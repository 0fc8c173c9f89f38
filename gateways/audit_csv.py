"""Entries of the ledger as CSV (RFC 4180), safe to open in a spreadsheet."""

import csv
from collections.abc import Iterable, Iterator
from io import StringIO
from typing import Any

import orjson

from audit.search import Found

MEDIA_TYPE = "text/csv; charset=utf-8; header=present"
COLUMNS = (
    "leaf", "hash", "at", "actor", "role", "action", "outcome", "purpose", "scope", "operation",
    "request", "resource", "subjects", "fields", "changes", "notes",
)  # fmt: skip
# A spreadsheet takes a cell that begins so for a formula and runs it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def header() -> bytes:
    return lines([COLUMNS])


def rows(entries: Iterable[Found]) -> bytes:
    """Lines of these entries, each ended by CR LF."""
    return lines(_cells(entry) for entry in entries)


def safe(cell: str) -> str:
    """A text that no spreadsheet takes for a formula: an apostrophe before it, as OWASP has it."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def lines(table: Iterable[Iterable[object]]) -> bytes:
    """Rows of cells, each disarmed."""
    text = StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerows([safe(str(cell)) for cell in line] for line in table)
    return text.getvalue().encode()


def _cells(entry: Found) -> Iterator[object]:
    body: dict[str, Any] = orjson.loads(entry.body)
    resource = body["resource"]
    yield from (
        "" if entry.leaf is None else entry.leaf, (entry.hash or b"").hex(), body["at"],
        body["actor"]["id"], body["actor"]["role"], body["action"], body["outcome"],
        body["purpose"], body["scope"], body["op"]["name"], body["op"]["request"],
        f"{resource['type']}/{resource['id']}" if resource else "", " ".join(body["subjects"]),
        " ".join(body["fields"]), orjson.dumps(body["change"]).decode(),
        orjson.dumps(body["notes"]).decode(),
    )  # fmt: skip
