"""Below the program: triggers, grants and the commit guard."""

import os
from functools import partial

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from audit import ddl
from audit.live import check_live
from audit.report import Result
from audit.stream import Streams
from kit.db import UnledgeredCommit, open_engine
from tests.audit import forgery
from tests.audit.forgery import body_at, insert_row, reworded, run
from tests.audit.ledgers import LOG, SECRET, SIGNER, Ledger, draft

KEY = SIGNER.verifier


def rows(engine: Engine) -> list[list[tuple[object, ...]]]:
    with engine.connect() as connection:
        found = [
            [tuple(row) for row in run(connection, f"SELECT * FROM {table}")]
            for table in ddl.APPEND_ONLY
        ]
        connection.rollback()
    return found


def test_the_triggers_refuse_and_nothing_changes(ledger: Ledger) -> None:
    ledger.fill(3)
    before = rows(ledger.engine)
    for statement in (
        "UPDATE ledger_entry SET action = 'bed.free' WHERE id = 1",
        "UPDATE ledger_leaf SET idx = 99 WHERE idx = 1",
        "UPDATE ledger_checkpoint SET note = ''",
        "DELETE FROM ledger_entry WHERE id = 3",
        "DELETE FROM ledger_leaf",
        "DELETE FROM ledger_checkpoint",
        "INSERT INTO ledger_leaf (idx, entry_id, hash) VALUES (7, 1, '')",
    ):
        with pytest.raises(DBAPIError, match="ledger: "):
            ledger.attack(partial(run, statement=statement), triggers=True)
        assert rows(ledger.engine) == before


def test_only_the_next_entry_of_a_stream_is_taken(ledger: Ledger) -> None:
    ledger.fill(3)
    before = rows(ledger.engine)
    for sseq in (1, 2, 5, 99, -1):
        body, mac = forgery.forged(ledger.stream.id, abs(sseq), "ab" * 32)
        number = body.replace(b'"sseq":1,', b'"sseq":-1,') if sseq < 0 else body
        with pytest.raises(DBAPIError, match=r"ledger: |ledger_entry_place|UNIQUE"):
            ledger.attack(partial(insert_row, body=number, mac=mac), triggers=True)
        assert rows(ledger.engine) == before


def test_a_raw_change_without_an_entry_does_not_commit(ledger: Ledger) -> None:
    ledger.fill(1)
    before = rows(ledger.engine)
    with pytest.raises(UnledgeredCommit), ledger.engine.begin() as connection:
        run(connection, "INSERT INTO ledger_tile (level, idx, hash) VALUES (9, 9, '')")
    assert rows(ledger.engine) == before


def test_replace_does_not_walk_past(sqlite_ledger: Ledger) -> None:
    sqlite_ledger.fill(3)
    before = rows(sqlite_ledger.engine)
    for statement in (
        "REPLACE INTO ledger_leaf (idx, entry_id, hash) VALUES (1, 1, '')",
        "INSERT OR REPLACE INTO ledger_entry SELECT * FROM ledger_entry WHERE id = 2",
        "INSERT INTO ledger_checkpoint (size, note) VALUES (1, '') ON CONFLICT DO UPDATE SET note = ''",
    ):
        with pytest.raises(DBAPIError, match="ledger: "):
            sqlite_ledger.attack(partial(run, statement=statement), triggers=True)
        assert rows(sqlite_ledger.engine) == before


def test_replace_with_recursive_triggers_off_is_found(sqlite_ledger: Ledger) -> None:
    sqlite_ledger.fill(4)

    def attack(connection: Connection) -> None:
        body = reworded(body_at(connection, 2))
        run(connection, "DROP TRIGGER ledger_entry_next")
        run(connection, "DROP TRIGGER ledger_entry_last")
        connection.exec_driver_sql("PRAGMA recursive_triggers = OFF")
        run(connection, "REPLACE INTO ledger_entry SELECT id, stream, sseq, at, actor_id, action,"
            " outcome, scope, :b, mac FROM ledger_entry WHERE id = 3", b=body)  # fmt: skip

    sqlite_ledger.attack(attack, triggers=True)
    report = sqlite_ledger.verify()
    assert (report.result, report.first_bad_index) == (Result.FAIL, 2)


def test_the_replication_role_does_not_walk_past(postgres_ledger: Ledger) -> None:
    postgres_ledger.fill(3)
    before = rows(postgres_ledger.engine)
    for statement in (
        "UPDATE ledger_entry SET action = 'x'",
        "DELETE FROM ledger_leaf",
        "TRUNCATE ledger_checkpoint",
        "TRUNCATE ledger_entry, ledger_leaf, ledger_checkpoint, ledger_tile CASCADE",
    ):

        def attack(connection: Connection, statement: str = statement) -> None:
            run(connection, "SET LOCAL session_replication_role = replica")
            run(connection, statement)

        with pytest.raises(DBAPIError, match="append-only"):
            postgres_ledger.attack(attack, triggers=True)
    assert rows(postgres_ledger.engine) == before


def test_the_program_s_role_may_only_add_entries(postgres_ledger: Ledger) -> None:
    postgres_ledger.fill(2)
    roles = tuple(f"ledger_test_{os.getpid()}_{who}" for who in ("app", "sequencer", "auditor"))

    def allow(connection: Connection) -> None:
        for role in roles:
            run(connection, f"CREATE ROLE {role}")
        for statement in ddl.grants(*roles):
            run(connection, statement)

    postgres_ledger.attack(allow, triggers=True)
    forbidden = {
        roles[0]: ("UPDATE ledger_entry SET action = ''", "DELETE FROM ledger_entry",
                   "TRUNCATE ledger_entry", "DROP TABLE ledger_entry",
                   "ALTER TABLE ledger_entry DISABLE TRIGGER ALL",
                   "SET session_replication_role = replica",
                   "INSERT INTO ledger_leaf (idx, entry_id, hash) VALUES (2, 1, '')"),
        roles[1]: ("DELETE FROM ledger_leaf", "UPDATE ledger_checkpoint SET note = ''",
                   "INSERT INTO ledger_entry (stream) VALUES ('')"),
        roles[2]: ("INSERT INTO ledger_tile (level, idx, hash) VALUES (1, 0, '')",),
    }  # fmt: skip
    for role, statements in forbidden.items():
        for statement in statements:

            def attack(connection: Connection, role: str = role, s: str = statement) -> None:
                run(connection, f"SET LOCAL ROLE {role}")
                run(connection, s)

            with pytest.raises(DBAPIError, match=r"permission denied|must be owner"):
                postgres_ledger.attack(attack, triggers=True)

    def read(connection: Connection) -> None:
        run(connection, f"SET LOCAL ROLE {roles[2]}")
        assert run(connection, "SELECT count(*) FROM ledger_entry").scalar() == 3

    def add(connection: Connection) -> None:
        run(connection, f"SET LOCAL ROLE {roles[0]}")
        Streams(LOG, SECRET).new().append(connection, [draft(3)])

    postgres_ledger.attack(add, triggers=True)

    def disallow(connection: Connection) -> None:
        for role in roles:
            run(connection, f"DROP OWNED BY {role}")
            run(connection, f"DROP ROLE {role}")

    postgres_ledger.attack(read, triggers=True)
    postgres_ledger.attack(disallow, triggers=True)


def test_the_auditor_finds_nothing_in_a_clean_database(ledger: Ledger) -> None:
    ledger.fill(3)
    report = check_live(ledger.engine, KEY, [ledger.sequencer.checkpoint], [SECRET])
    assert (report.result, report.findings) == (Result.PASS, [])


def test_the_auditor_finds_dropped_triggers(ledger: Ledger) -> None:
    ledger.fill(2)
    ledger.attack(lambda connection: None)  # drops or disables every trigger
    report = check_live(ledger.engine, KEY)
    expected = {f"{name} is missing, off or changed"
                for name in ddl.trigger_names(ledger.engine.dialect.name)}  # fmt: skip
    assert {finding.text for finding in report.findings} == expected
    assert report.result is Result.FAIL


def test_the_auditor_finds_a_trigger_that_was_made_harmless(ledger: Ledger) -> None:
    ledger.fill(2)

    def soften(connection: Connection) -> None:
        if connection.dialect.name == "sqlite":
            run(connection, "DROP TRIGGER ledger_leaf_no_delete")
            run(connection, "CREATE TRIGGER ledger_leaf_no_delete BEFORE DELETE ON ledger_leaf"
                " BEGIN SELECT 1; END")  # fmt: skip
        else:
            run(connection, "CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger"
                " LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'")  # fmt: skip

    ledger.attack(soften, triggers=True)
    texts = {finding.text for finding in check_live(ledger.engine, KEY).findings}
    assert texts
    assert all("changed" in told for told in texts)


def test_the_auditor_finds_a_trigger_that_sleeps_for_replicas(postgres_ledger: Ledger) -> None:
    postgres_ledger.fill(1)
    postgres_ledger.attack(
        lambda c: run(c, "ALTER TABLE ledger_leaf ENABLE TRIGGER ledger_leaf_append_only"),
        triggers=True,
    )
    report = check_live(postgres_ledger.engine, KEY)
    assert [finding.text for finding in report.findings] == [
        "ledger_leaf_append_only is missing, off or changed"
    ]


def test_an_edit_of_a_projection_alone_is_found_by_the_auditor(sqlite_ledger: Ledger) -> None:
    edits = (
        "stream = 'x'", "sseq = 77", "at = '2020-01-01T00:00:00.000000Z'", "action = 'bed.free'",
        "actor_id = '00000000000070008000000000000009'", "outcome = 'denied'", "scope = '*'",
    )  # fmt: skip
    sqlite_ledger.fill(len(edits))
    for number, edit in enumerate(edits, 1):
        where = f"UPDATE ledger_entry SET {edit} WHERE id = {number}"
        sqlite_ledger.attack(partial(run, statement=where))
    assert sqlite_ledger.verify().result is Result.PASS  # projections do not count
    report = check_live(sqlite_ledger.engine, KEY, (), [SECRET])
    found = [(f.code, f.index) for f in report.findings if f.code != "trigger"]
    assert found == [("projection", index) for index in range(len(edits))]
    assert report.first_bad_index == 0


def test_a_changed_mac_is_found_by_the_auditor(sqlite_ledger: Ledger) -> None:
    sqlite_ledger.fill(4)
    sqlite_ledger.attack(lambda c: run(c, "UPDATE ledger_entry SET mac = :m WHERE id = 3", m=b""))
    report = check_live(sqlite_ledger.engine, KEY, (), [SECRET])
    assert [(f.code, f.index) for f in report.findings if f.code != "trigger"] == [("mac", 2)]


def test_an_entry_put_in_behind_the_sequencer_is_found_by_the_auditor(ledger: Ledger) -> None:
    ledger.fill(4)
    body, mac = forgery.forged("01a20473-34c9-7269-89db-c1a1b29660ad", 1, "0" * 64)

    def attack(connection: Connection) -> None:
        row = insert_row(connection, body, mac)
        run(connection, "UPDATE ledger_entry SET id = -1 WHERE id = :r", r=row)
        if connection.dialect.name == "postgresql":
            run(connection, "UPDATE ledger_entry SET xid = '4' WHERE id = -1")

    ledger.attack(attack)
    ledger.sequencer.step()
    codes = [f.code for f in check_live(ledger.engine, KEY).findings if f.code != "trigger"]
    assert codes == ["left-behind"]


def test_dropped_tables_are_an_error_not_a_pass(sqlite_ledger: Ledger) -> None:
    sqlite_ledger.fill(1)
    sqlite_ledger.attack(lambda c: run(c, "DROP TABLE ledger_leaf"))
    with pytest.raises(DBAPIError):
        check_live(sqlite_ledger.engine, KEY)


def test_an_empty_log_is_no_pass(sqlite_ledger: Ledger) -> None:
    assert [f.code for f in check_live(sqlite_ledger.engine, KEY).findings] == ["empty"]


def test_no_serializable_writers_collide_over_the_ledger(postgres_url: str) -> None:
    """Two transactions that began together both append and both commit."""
    engine = open_engine(postgres_url)
    streams = Streams(LOG, SECRET)
    with engine.connect() as one, engine.connect() as other:
        chains = streams.new(), streams.new()
        for turn in range(3):
            started = one.begin(), other.begin()
            for connection in (one, other):
                connection.execute(text("SELECT 1"))
            for stream, connection in zip(chains, (one, other), strict=True):
                stream.append(connection, [draft(turn)])
            for transaction, stream in zip(started, chains, strict=True):
                transaction.commit()
                stream.committed()
        assert one.execute(text("SELECT count(*) FROM ledger_entry")).scalar() == 6
        one.rollback()
    engine.dispose()
