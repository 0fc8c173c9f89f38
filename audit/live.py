"""The auditor's look at a running database: what an export cannot show.

Triggers that are gone or changed, projections that differ from their bodies, entries that were
never linked. It runs the offline verifier on a fresh export first.
"""

import hmac
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, text

from audit import ddl, log_rows
from audit.checkpoint import Verifier
from audit.entry import parse_body
from audit.export import ExportRefused, export_ledger
from audit.form import Malformed
from audit.key_history import KeyHistory
from audit.pruned_entries import read_pruned, returned
from audit.report import Finding, Report
from audit.stream import mac_of, stream_key
from audit.verify import verify
from kit.clock import parse_time, time_text
from kit.db import reading

_SQLITE_TRIGGERS = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
_POSTGRES_TRIGGERS = text(
    "SELECT t.tgname, t.tgenabled, p.proname, p.prosrc FROM pg_trigger t"
    " JOIN pg_proc p ON p.oid = t.tgfoid WHERE NOT t.tgisinternal"
)
_ENTRIES = text(
    "SELECT e.id, e.stream, e.sseq, e.at, e.actor_id, e.action, e.outcome, e.scope, e.body, e.mac,"
    " (SELECT max(l.idx) FROM ledger_leaf l WHERE l.entry_id = e.id) AS idx"
    " FROM ledger_entry e WHERE e.id > :after ORDER BY e.id LIMIT 4096"
)
_LEFT_BEHIND = {
    "sqlite": text(
        "SELECT e.id FROM ledger_entry e WHERE e.id < (SELECT max(entry_id) FROM ledger_leaf)"
        " AND NOT EXISTS (SELECT 1 FROM ledger_leaf l WHERE l.entry_id = e.id) ORDER BY e.id"
    ),
    "postgresql": text(
        "SELECT e.id FROM ledger_entry e WHERE (e.xid, e.id) <"
        " (SELECT x.xid, x.id FROM ledger_leaf y JOIN ledger_entry x ON x.id = y.entry_id"
        "  ORDER BY x.xid DESC, x.id DESC LIMIT 1)"
        " AND NOT EXISTS (SELECT 1 FROM ledger_leaf l WHERE l.entry_id = e.id) ORDER BY e.id"
    ),
}


def check_live(
    engine: Engine,
    key: Verifier,
    previous: Sequence[str] = (),
    secrets: Sequence[bytes] = (),
    segments: Path | None = None,
) -> Report:
    """Judge the database itself; with the MAC `secrets`, also who wrote each entry. What was
    pruned is read in the folder of `segments`, as far as they are there."""
    with tempfile.TemporaryDirectory(prefix="ledger-") as folder:
        try:
            export_ledger(engine, Path(folder) / "export", key, durable=False)
        except ExportRefused as problem:
            report = Report(log=key.name)
            report.add(Finding("empty", str(problem)))
        else:
            report = verify(Path(folder) / "export", [key.text], previous)
    with reading(engine) as session:
        connection = session.connection()
        keys = KeyHistory()
        read_pruned(connection, segments, keys)
        for finding in _look(connection, key.name, secrets, keys):
            report.add(finding)
        report.redacted = keys.redacted
    return report


def _look(
    connection: Connection, log: str, secrets: Sequence[bytes], keys: KeyHistory
) -> Iterator[Finding]:
    for name in sorted(missing_triggers(connection)):
        yield Finding("trigger", f"{name} is missing, off or changed")
    yield from _projections(connection, log, secrets, keys)
    yield from keys.findings(connection)
    for first, end in log_rows.pruned_ranges(connection):
        if (entry_id := returned(connection, first, end)) is not None:
            yield Finding("prune-returned", f"entry {entry_id} was pruned, and is there again")
    for entry_id in connection.execute(_LEFT_BEHIND[connection.dialect.name]).scalars():
        yield Finding("left-behind", f"entry {entry_id} was never linked, later ones were")


def missing_triggers(connection: Connection) -> set[str]:
    """Triggers that are not exactly as the migration made them."""
    expected = set(ddl.trigger_names(connection.dialect.name))
    if connection.dialect.name == "sqlite":
        made = {statement.strip() for statement in ddl.sqlite_triggers().values()}
        rows = connection.execute(_SQLITE_TRIGGERS)
        return expected - {name for name, sql in rows if sql.strip() in made}
    sources = ddl.function_sources()
    return expected - {
        name
        for name, enabled, function, source in connection.execute(_POSTGRES_TRIGGERS)
        if _letter(enabled) == "A" and sources.get(function) == source
    }


def _projections(
    connection: Connection, log: str, secrets: Sequence[bytes], keys: KeyHistory
) -> Iterator[Finding]:
    after = 0
    while rows := connection.execute(_ENTRIES, {"after": after}).all():
        for row in rows:
            yield from _entry(row, log, secrets, keys)
        after = rows[-1].id


def _entry(row: Any, log: str, secrets: Sequence[bytes], history: KeyHistory) -> Iterator[Finding]:
    body = bytes(row.body)
    try:
        entry = parse_body(body)
    except Malformed as problem:
        yield Finding("form", f"entry {row.id}: {problem}", row.idx)
        return
    history.read(entry, row.id, row.idx)
    shown = (
        row.stream, row.sseq, _time(row.at), _id(row.actor_id), row.action, row.outcome, row.scope
    )  # fmt: skip
    told = (
        entry["stream"], entry["sseq"], entry["at"], entry["actor"]["id"], entry["action"],
        entry["outcome"], entry["scope"],
    )  # fmt: skip
    if shown != told:
        yield Finding("projection", f"entry {row.id}: columns differ from the body", row.idx)
    keys = [stream_key(secret, log, entry["stream"]) for secret in secrets]
    if keys and not any(hmac.compare_digest(mac_of(key, body), bytes(row.mac)) for key in keys):
        yield Finding("mac", f"entry {row.id} was not written by this program", row.idx)


def _time(at: Any) -> str:
    return time_text(parse_time(at) if isinstance(at, str) else at)


def _id(value: Any) -> str:
    return str(value if isinstance(value, UUID) else UUID(hex=value))


def _letter(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
