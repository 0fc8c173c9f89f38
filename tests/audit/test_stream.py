"""Streams: commits, rollbacks, savepoints, unknown outcomes, restarts."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from audit.entry import parse_body
from audit.form import ZERO_HASH
from audit.report import Result
from audit.stream import Streams
from audit.tree import leaf_hash
from tests.audit.ledgers import LOG, NOON, SECRET, Ledger, draft


def bodies(engine: Engine) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT body FROM ledger_entry ORDER BY id")).scalars()
        found = [parse_body(bytes(row)) for row in rows]
        connection.rollback()
    return found


def test_a_transaction_s_entries_are_one_chain(ledger: Ledger) -> None:
    first = ledger.write(draft(1), draft(2))
    second = ledger.write(draft(3))
    assert [*first, *second] == [1, 2, 3]
    entries = bodies(ledger.engine)
    assert [entry["sseq"] for entry in entries] == [1, 2, 3]
    assert [entry["stream"] for entry in entries] == [ledger.stream.id] * 3
    assert entries[0]["sprev"] == ZERO_HASH


def test_projections_say_what_the_body_says(ledger: Ledger) -> None:
    ledger.write(draft(1, outcome="denied", scope="*"))
    with ledger.engine.connect() as connection:
        row = connection.execute(text("SELECT * FROM ledger_entry")).one()._asdict()
        connection.rollback()
    entry = parse_body(bytes(row["body"]))
    assert (row["action"], row["outcome"], row["scope"]) == ("bed.admit", "denied", "*")
    assert (row["stream"], row["sseq"]) == (entry["stream"], entry["sseq"])


def test_many_entries_are_one_statement_and_keep_their_order(ledger: Ledger) -> None:
    ids = ledger.write(*[draft(number) for number in range(300)])
    assert ids == list(range(1, 301))
    assert [entry["at"] for entry in bodies(ledger.engine)] == sorted(
        entry["at"] for entry in bodies(ledger.engine)
    )


def test_a_rollback_does_not_advance_the_stream(ledger: Ledger) -> None:
    ledger.write()
    transaction = ledger.connection.begin()
    ledger.stream.append(ledger.connection, [draft(5)])
    transaction.rollback()
    ledger.stream.rolled_back()
    ledger.write()
    assert [entry["sseq"] for entry in bodies(ledger.engine)] == [1, 2]
    note = ledger.sequence()
    assert ledger.verify(note).result is Result.PASS
    assert ledger.alarms == []


def test_a_savepoint_that_is_rolled_back_takes_its_entry_with_it(ledger: Ledger) -> None:
    ledger.write()
    with ledger.connection.begin():
        savepoint = ledger.connection.begin_nested()
        ledger.stream.append(ledger.connection, [draft(5)])
        savepoint.rollback()
        ledger.stream.rolled_back()
        ledger.stream.append(ledger.connection, [draft(6)])
    ledger.stream.committed()
    ledger.write()
    assert [entry["sseq"] for entry in bodies(ledger.engine)] == [1, 2, 3]
    ledger.sequence()
    assert ledger.verify().result is Result.PASS


def test_a_draft_without_a_body_fails_the_operation(ledger: Ledger) -> None:
    ledger.write()
    with pytest.raises(ValueError, match="scope"), ledger.connection.begin():
        ledger.stream.append(ledger.connection, [draft(1), draft(2, scope="?")])
    ledger.stream.rolled_back()
    ledger.write()
    assert [entry["sseq"] for entry in bodies(ledger.engine)] == [1, 2]


def test_a_stream_that_lost_count_goes_on_in_another(ledger: Ledger) -> None:
    ledger.write()
    ledger.stream._next = (7, ZERO_HASH)  # as if the program had lost count
    with pytest.raises(DBAPIError, match="ledger: "), ledger.connection.begin():
        ledger.stream.append(ledger.connection, [draft(1)])
    ledger.stream.rolled_back()
    ledger.write()  # another chain, that names the first
    assert bodies(ledger.engine)[1]["before"][0]["sseq"] == 1
    ledger.sequence()
    assert ledger.verify().result is Result.PASS


@pytest.mark.parametrize("took_place", [True, False])
def test_a_commit_of_unknown_outcome_abandons_the_stream(ledger: Ledger, took_place: bool) -> None:
    ledger.write()
    abandoned = ledger.stream.id
    transaction = ledger.connection.begin()
    ledger.stream.append(ledger.connection, [draft(5)])
    (transaction.commit if took_place else transaction.rollback)()
    ledger.stream.unknown()
    ledger.write()
    ledger.write()
    entries = bodies(ledger.engine)
    first_of_new = entries[2 if took_place else 1]
    assert first_of_new["stream"] == ledger.stream.id != abandoned
    assert [(head["stream"], head["sseq"], head["sure"]) for head in first_of_new["before"]] == [
        (abandoned, 1, False)
        if ledger.engine.dialect.name == "postgresql"
        else (abandoned, 2 if took_place else 1, True)  # with one writer, the table tells
    ]
    assert entries[-1]["before"] == []
    note = ledger.sequence()
    assert ledger.verify(note).result is Result.PASS
    assert ledger.alarms == []


def test_a_head_is_named_again_when_the_entry_that_named_it_was_rolled_back(ledger: Ledger) -> None:
    ledger.write()
    abandoned = ledger.stream.id
    ledger.stream.unknown()
    transaction = ledger.connection.begin()
    ledger.stream.append(ledger.connection, [draft(5)])
    transaction.rollback()
    ledger.stream.rolled_back()
    ledger.write()
    assert [head["stream"] for head in bodies(ledger.engine)[1]["before"]] == [abandoned]


def test_a_new_process_names_its_predecessor_on_sqlite(sqlite_ledger: Ledger) -> None:
    sqlite_ledger.write(draft(1), draft(2))
    before = sqlite_ledger.stream.id
    sqlite_ledger.streams = Streams.resume(sqlite_ledger.engine, LOG, SECRET)
    sqlite_ledger.stream = sqlite_ledger.streams.new()
    sqlite_ledger.write()
    (head,) = bodies(sqlite_ledger.engine)[2]["before"]
    assert (head["stream"], head["sseq"], head["sure"]) == (before, 2, True)
    note = sqlite_ledger.sequence()
    assert sqlite_ledger.verify(note).result is Result.PASS


def test_a_second_process_takes_over_where_the_first_one_is_by_then(sqlite_ledger: Ledger) -> None:
    first = sqlite_ledger.stream
    other = Streams.resume(sqlite_ledger.engine, LOG, SECRET).new()
    sqlite_ledger.write()
    sqlite_ledger.write()
    sqlite_ledger.write(stream=other)
    sqlite_ledger.write(stream=first)
    assert [entry["sseq"] for entry in bodies(sqlite_ledger.engine)] == [1, 2, 1, 3]
    note = sqlite_ledger.sequence()
    assert sqlite_ledger.alarms == []
    assert sqlite_ledger.verify(note).result is Result.PASS


def test_each_connection_has_a_stream_of_its_own_on_postgresql(postgres_ledger: Ledger) -> None:
    ledger = postgres_ledger
    other = ledger.streams.new()
    ledger.write()
    with ledger.engine.connect() as connection:
        for number in range(2):
            with connection.begin():
                other.append(connection, [draft(number)])
            other.committed()
            ledger.write()
    assert [entry["sseq"] for entry in bodies(ledger.engine)] == [1, 1, 2, 2, 3]
    ledger.sequence()
    assert ledger.verify().result is Result.PASS


def test_the_clock_may_jump(ledger: Ledger) -> None:
    for number in (500, -(10**6), 3):
        ledger.write(draft(at=NOON + timedelta(seconds=number)))
    note = ledger.sequence()
    assert ledger.verify(note).result is Result.PASS


def test_a_transaction_needs_an_entry_and_the_secret_its_length(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="at least one"):
        ledger.stream.append(ledger.connection, [])
    with pytest.raises(ValueError, match="32 bytes"):
        Streams(LOG, b"short")
    assert repr(ledger.streams) == f"Streams({LOG}, ***)"
    assert leaf_hash(b"") != bytes(32)
