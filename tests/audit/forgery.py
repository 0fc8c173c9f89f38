"""What an attacker who owns the database or the export can do, as small tools."""

import json
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from audit.checkpoint import Checkpoint
from audit.entry import body_of
from audit.export_form import Manifest
from audit.form import ZERO_HASH, Link
from audit.report import Report
from audit.signer import Signer
from audit.stream import mac_of, stream_key
from audit.tree import leaf_hash, root_of
from audit.verify import verify
from kit.canonical import canonical_json
from tests.audit.ledgers import LOG, SECRET, SIGNER, draft

STREAM = "01a20473-34c9-7269-89db-c1a1b29660ad"
Tamper = Callable[[Connection], None]


def run(connection: Connection, statement: str, **values: Any) -> Any:
    return connection.execute(text(statement), values)


def body_at(connection: Connection, index: int) -> bytes:
    return bytes(
        run(
            connection,
            "SELECT body FROM ledger_entry e JOIN ledger_leaf l ON l.entry_id = e.id WHERE idx = :i",
            i=index,
        ).scalar_one()
    )


def set_body(connection: Connection, index: int, body: bytes) -> None:
    run(
        connection,
        "UPDATE ledger_entry SET body = :b WHERE id = (SELECT entry_id FROM ledger_leaf WHERE idx = :i)",
        b=body,
        i=index,
    )


def rehash(connection: Connection, index: int) -> None:
    run(
        connection,
        "UPDATE ledger_leaf SET hash = :h WHERE idx = :i",
        h=leaf_hash(body_at(connection, index)),
        i=index,
    )


def size(connection: Connection) -> int:
    return int(run(connection, "SELECT count(*) FROM ledger_leaf").scalar_one())


def reworded(body: bytes) -> bytes:
    """The same length, another truth."""
    changed = body.replace(b"OCCUPIED", b"RESERVED")
    assert changed != body
    assert len(changed) == len(body)
    return changed


def relinked(body: bytes, **members: Any) -> bytes:
    """The body with other members, in canonical form."""
    return canonical_json({**json.loads(body), **members})


def rewrite_tail(connection: Connection, first: int) -> None:
    """Reword one entry and make every later one of the stream follow it."""
    set_body(connection, first, reworded(body_at(connection, first)))
    rehash(connection, first)
    for index in range(first + 1, size(connection)):
        before = leaf_hash(body_at(connection, index - 1)).hex()
        set_body(connection, index, relinked(body_at(connection, index), sprev=before))
        rehash(connection, index)


def resign(connection: Connection, signer: Signer = SIGNER) -> None:
    """Sign every checkpoint again over the leaves as they are now: the stolen log key."""
    hashes = [bytes(row[0]) for row in run(connection, "SELECT hash FROM ledger_leaf ORDER BY idx")]
    sizes = [row[0] for row in run(connection, "SELECT size FROM ledger_checkpoint")]
    run(connection, "DELETE FROM ledger_checkpoint")
    for covered in {min(n, len(hashes)) for n in sizes}:
        note = signer.sign(Checkpoint(signer.name, covered, root_of(hashes[:covered])))
        run(
            connection,
            "INSERT INTO ledger_checkpoint (size, note) VALUES (:s, :n)",
            s=covered,
            n=note,
        )


def cut(connection: Connection, kept: int) -> None:
    """Take away every leaf from `kept` on, with its entry and checkpoints."""
    run(
        connection,
        "DELETE FROM ledger_entry WHERE id IN (SELECT entry_id FROM ledger_leaf WHERE idx >= :k)",
        k=kept,
    )
    run(connection, "DELETE FROM ledger_leaf WHERE idx >= :k", k=kept)
    run(connection, "DELETE FROM ledger_checkpoint WHERE size > :k", k=kept)


def renumber(connection: Connection, gone: int) -> None:
    """Close the gap that a deleted leaf left, and drop the checkpoint over the old length."""
    for index in range(gone, size(connection)):
        run(connection, "UPDATE ledger_leaf SET idx = :i WHERE idx = :j", i=index, j=index + 1)
    run(
        connection,
        "DELETE FROM ledger_checkpoint WHERE size > :s",
        s=size(connection),
    )


def insert_row(connection: Connection, body: bytes, mac: bytes) -> int:
    """A row as only someone with SQL access makes it."""
    members = json.loads(body)
    columns = "stream, sseq, at, actor_id, action, outcome, scope, body, mac"
    values = "m.stream, :q, e.at, e.actor_id, e.action, e.outcome, e.scope, :b, :m"
    if connection.dialect.name == "postgresql":
        columns, values = f"{columns}, xid", f"{values}, pg_current_xact_id()"
    run(
        connection,
        f"INSERT INTO ledger_entry ({columns}) SELECT {values} FROM ledger_entry e,"
        " (SELECT CAST(:s AS varchar) AS stream) m ORDER BY e.id LIMIT 1",
        s=members["stream"],
        q=members["sseq"],
        b=body,
        m=mac,
    )
    return int(run(connection, "SELECT max(id) FROM ledger_entry").scalar_one())


def forged(stream: str, sseq: int, sprev: str, secret: bytes = SECRET) -> tuple[bytes, bytes]:
    """A body and its MAC under a secret."""
    body = body_of(draft(777), Link(LOG, stream, sseq, sprev, ()))
    return body, mac_of(stream_key(secret, LOG, stream), body)


def chain(count: int) -> list[bytes]:
    """Bodies of one stream."""
    bodies: list[bytes] = []
    for number in range(1, count + 1):
        before = leaf_hash(bodies[-1]).hex() if bodies else ZERO_HASH
        bodies.append(forged(STREAM, number, before)[0])
    return bodies


def signed_export(lines: list[bytes], log: str = LOG, signer: Signer = SIGNER) -> dict[str, bytes]:
    """An export whose every hash and signature is right: only the form can give it away."""
    hashes = [leaf_hash(line) for line in lines]
    note = signer.sign(Checkpoint(log, len(lines), root_of(hashes))).encode()
    manifest = Manifest(log, len(lines), ((len(lines), sha256(note).hexdigest()),))
    return {
        "manifest.json": manifest.content(),
        "public.key": f"{signer.verifier.text}\n".encode(),
        "checkpoint": note,
        "bundles/00000000": b"".join(line + b"\n" for line in lines),
        "leaves/00000000": b"".join(hashes),
    }


class MemoryFiles:
    """An export in memory."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files

    def names(self) -> set[str]:
        return set(self.files)

    def read(self, name: str) -> bytes:
        try:
            return self.files[name]
        except KeyError:
            raise FileNotFoundError(name) from None


def loaded(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def verify_files(files: dict[str, bytes], keys: Sequence[str], kept: Sequence[str] = ()) -> Report:
    return verify(MemoryFiles(files), keys, kept)
