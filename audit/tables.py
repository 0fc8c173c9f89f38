"""The ledger's tables: entries as written, and what the sequencer makes of them.

Only `body` and `mac` of an entry count; its other columns are projections for search.
No foreign key leads from a leaf to its entry: checking it would lock rows that writers insert.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    Uuid,
)
from sqlmodel import SQLModel

from kit.rows import UtcTime

_NUMBER = BigInteger().with_variant(Integer, "sqlite")

LEDGER_ENTRY = Table(
    "ledger_entry",
    SQLModel.metadata,
    # on PostgreSQL the migration adds `xid xid8`, by which the sequencer orders rows
    Column("id", _NUMBER, primary_key=True, autoincrement=True),
    Column("stream", String(36), nullable=False),
    Column("sseq", BigInteger, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("actor_id", Uuid, nullable=False),
    Column("action", String(160), nullable=False),
    Column("outcome", String(8), nullable=False),
    Column("scope", String(80), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("mac", LargeBinary, nullable=False),
    Index("ledger_entry_place", "stream", "sseq", unique=True),
    # a search asks for one of these and the newest first; each is appended to at a few spots
    Index("ledger_entry_action", "action", "id"),
    Index("ledger_entry_outcome", "outcome", "id"),
    Index("ledger_entry_scope", "scope", "id"),
    Index("ledger_entry_at", "at", "id"),
    sqlite_autoincrement=True,  # an id is never given twice, even if the last row is deleted
)

LEDGER_LEAF = Table(
    "ledger_leaf",
    SQLModel.metadata,
    Column("idx", _NUMBER, primary_key=True, autoincrement=False),
    Column("entry_id", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("evidence", LargeBinary),  # the leaf's own bytes where an entry was found bad
    Index("ledger_leaf_entry", "entry_id"),
)

LEDGER_CHECKPOINT = Table(
    "ledger_checkpoint",
    SQLModel.metadata,
    Column("size", _NUMBER, primary_key=True, autoincrement=False),
    Column("note", Text, nullable=False),
)

LEDGER_TILE = Table(
    "ledger_tile",
    SQLModel.metadata,
    Column("level", SmallInteger, primary_key=True, autoincrement=False),  # 1: over 256 leaves
    Column("idx", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
)

# Who acted and who is concerned, so that one person's entries are found among millions. The
# sequencer makes it of what it links: a search is never later than the signed log, and no writer
# waits for it. Only a projection: what is shown comes from the body.
LEDGER_PERSON = Table(
    "ledger_person",
    SQLModel.metadata,
    Column("person", Uuid, primary_key=True),
    Column("entry_id", _NUMBER, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

# For what purpose: made and used likewise.
LEDGER_PURPOSE = Table(
    "ledger_purpose",
    SQLModel.metadata,
    Column("purpose", String(160), primary_key=True),
    Column("entry_id", _NUMBER, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

# Leaves [first_leaf, end_leaf) whose entries may be gone, and the entry that approved it.
LEDGER_PRUNED = Table(
    "ledger_pruned",
    SQLModel.metadata,
    Column("first_leaf", _NUMBER, primary_key=True, autoincrement=False),
    Column("end_leaf", BigInteger, nullable=False),
    Column("entry_id", BigInteger, nullable=False),
)

# Where a stream stood whose last entries are gone: whatever goes on from there must follow.
LEDGER_STREAM_END = Table(
    "ledger_stream_end",
    SQLModel.metadata,
    Column("stream", String(36), primary_key=True),
    Column("sseq", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
)

LEDGER_TABLES = (LEDGER_ENTRY, LEDGER_LEAF, LEDGER_CHECKPOINT, LEDGER_TILE)
