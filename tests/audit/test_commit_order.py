"""The sequencer takes transactions in the order of their numbers, not of their digits."""

from sqlalchemy import Engine, text

from audit.log_rows import committed_after
from kit.db import open_engine

# Hides the table in this session, so that a test can choose the numbers of transactions.
_ENTRIES = (
    "CREATE TEMP TABLE ledger_entry"
    " (id bigint, xid xid8, stream text, sseq bigint, body bytea, mac bytea)"
)
_PUT = "INSERT INTO ledger_entry VALUES (:id, CAST(:xid AS xid8), 's', :id, '', '')"


def test_transaction_9_comes_before_10(postgres_url: str) -> None:
    engine: Engine = open_engine(postgres_url, guarded=False)
    with engine.connect() as connection:
        connection.execute(text(_ENTRIES))
        for number, transaction in ((1, "10"), (2, "8"), (3, "9"), (4, "11")):
            connection.execute(text(_PUT), {"id": number, "xid": transaction})
        connection.commit()
        rows = committed_after(connection, (0, 0), 3)
        connection.rollback()
    engine.dispose()
    assert [(row.xid, row.id) for row in rows] == [(8, 2), (9, 3), (10, 1)]
