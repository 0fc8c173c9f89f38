"""Attacks on the rows, by whoever owns the database: each is found, at the right leaf."""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection

from audit.export import ExportRefused
from audit.guard import GuardMissing, RolledBack
from audit.report import Result
from audit.tree import leaf_hash
from tests.audit import forgery
from tests.audit.conftest import twelve_entries
from tests.audit.forgery import body_at, rehash, reworded, run, set_body
from tests.audit.ledgers import Ledger

SIZE = 12
BAD = 5  # the leaf that is attacked


def test_a_clean_copy_passes(written: tuple[Ledger, list[str]]) -> None:
    ledger, kept = written
    report = ledger.verify(*kept)
    assert (report.result, report.findings) == (Result.PASS, [])
    assert (report.size, report.entries, report.first_bad_index) == (SIZE, SIZE, None)
    assert report.compared_with == (4, SIZE)
    assert ledger.alarms == []


def modify(connection: Connection) -> None:
    set_body(connection, BAD, reworded(body_at(connection, BAD)))


def modify_and_rehash(connection: Connection) -> None:
    modify(connection)
    rehash(connection, BAD)


def rewrite_tail(connection: Connection) -> None:
    forgery.rewrite_tail(connection, BAD)


def delete(connection: Connection) -> None:
    run(
        connection,
        "DELETE FROM ledger_entry WHERE id = (SELECT entry_id FROM ledger_leaf WHERE idx = 5)",
    )


def delete_leaf(connection: Connection) -> None:
    run(connection, "DELETE FROM ledger_leaf WHERE idx = 5")


def delete_and_renumber(connection: Connection) -> None:
    delete(connection)
    delete_leaf(connection)
    forgery.renumber(connection, BAD)


def delete_renumber_and_relink(connection: Connection) -> None:
    """The whole tail is made to fit; only the signatures are the old ones."""
    delete_and_renumber(connection)
    for index in range(BAD, SIZE - 1):
        before = leaf_hash(body_at(connection, index - 1)).hex()
        body = forgery.relinked(body_at(connection, index), sprev=before, sseq=index + 1)
        set_body(connection, index, body)
        rehash(connection, index)


def swap_bodies(connection: Connection) -> None:
    one, other = body_at(connection, BAD), body_at(connection, BAD + 1)
    set_body(connection, BAD, other)
    set_body(connection, BAD + 1, one)


def swap_leaves(connection: Connection) -> None:
    swap_bodies(connection)
    rehash(connection, BAD)
    rehash(connection, BAD + 1)


def point_leaf_elsewhere(connection: Connection) -> None:
    run(connection, "UPDATE ledger_leaf SET entry_id = 1 WHERE idx = 5")


def change_stored_hash(connection: Connection) -> None:
    run(connection, "UPDATE ledger_leaf SET hash = :h WHERE idx = 5", h=bytes(32))


def replace_entry_by_evidence(connection: Connection) -> None:
    run(connection, "UPDATE ledger_leaf SET evidence = :e WHERE idx = 5", e=b'{"evidence":{}}')


def break_lines(connection: Connection) -> None:
    set_body(connection, BAD, body_at(connection, BAD) + b"\n" + body_at(connection, BAD + 1))


def empty_body(connection: Connection) -> None:
    set_body(connection, BAD, b"")


def binary_body(connection: Connection) -> None:
    set_body(connection, BAD, b'{"\xff\xfe\x00"}')


def huge_body(connection: Connection) -> None:
    set_body(connection, BAD, b"{" + b" " * (1 << 20) + b"}")


def deep_body(connection: Connection) -> None:
    set_body(connection, BAD, b'{"a":' + b"[" * 200_000 + b"\xc3\xa9")


ATTACKS: list[Callable[[Connection], None]] = [
    modify, modify_and_rehash, rewrite_tail, delete, delete_leaf, delete_and_renumber,
    delete_renumber_and_relink, swap_bodies, swap_leaves, point_leaf_elsewhere,
    change_stored_hash, replace_entry_by_evidence, break_lines, empty_body, binary_body,
    huge_body, deep_body,
]  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_an_attack_on_a_linked_row_is_found_at_its_leaf(
    written_file: tuple[Ledger, list[str]], attack: Callable[[Connection], None]
) -> None:
    ledger, kept = written_file
    ledger.attack(attack)
    for notes in ([], kept):  # even without a checkpoint kept elsewhere
        report = ledger.verify(*notes)
        assert (report.result, report.first_bad_index) == (Result.FAIL, BAD), report.page()
        assert "crash" not in {finding.code for finding in report.findings}


def test_a_rewrite_with_the_stolen_log_key_is_found_by_kept_checkpoints(
    written_file: tuple[Ledger, list[str]],
) -> None:
    ledger, kept = written_file

    def attack(connection: Connection) -> None:
        forgery.rewrite_tail(connection, BAD)
        forgery.resign(connection)

    ledger.attack(attack)
    assert ledger.verify().result is Result.PASS  # that is why checkpoints are kept elsewhere
    report = ledger.verify(*kept)
    assert (report.result, report.first_bad_index) == (Result.FAIL, 4)  # 4 is the last one held
    assert [finding.code for finding in report.findings] == ["root"]
    with pytest.raises(RolledBack):
        ledger.new_sequencer_after_stop().open()


def test_truncation_with_its_checkpoints_is_found(written_file: tuple[Ledger, list[str]]) -> None:
    ledger, kept = written_file
    ledger.attack(lambda connection: forgery.cut(connection, 8))
    report = ledger.verify(*kept)
    assert (report.result, report.first_bad_index) == (Result.FAIL, 8)
    assert [finding.code for finding in report.findings] == ["rolled-back"]
    with pytest.raises(RolledBack, match="12"):
        ledger.new_sequencer_after_stop().open()


def test_a_rollback_that_grew_again_is_found(written: tuple[Ledger, list[str]]) -> None:
    ledger, kept = written
    ledger.sequencer.close()
    ledger.attack(lambda connection: forgery.cut(connection, 8))
    ledger.guard.unlink()  # the attacker takes the guard too
    with pytest.raises(GuardMissing):
        ledger.new_sequencer_after_stop().open()
    ledger.sequencer.open(adopt=True)
    ledger.stream = ledger.streams.new()
    ledger.fill(6)
    report = ledger.verify(*kept)
    assert (report.size, report.result, report.first_bad_index) == (14, Result.FAIL, 4)


def test_an_emptied_ledger_is_found(written_file: tuple[Ledger, list[str]]) -> None:
    ledger, _ = written_file
    ledger.attack(lambda connection: forgery.cut(connection, 0))
    with pytest.raises(ExportRefused, match="nothing is signed"):
        ledger.export()
    with pytest.raises(RolledBack, match="0 ledger leaves"):
        ledger.new_sequencer_after_stop().open()


def test_a_dropped_stream_is_found_at_its_first_entry(ledger: Ledger) -> None:
    ledger.fill(3)
    first, ledger.stream = ledger.stream, ledger.streams.new()
    with ledger.another_connection():
        ledger.fill(2)
    ledger.stream = first
    ledger.fill(3)

    def attack(connection: Connection) -> None:
        for _ in range(2):
            run(
                connection,
                "DELETE FROM ledger_entry WHERE id = (SELECT entry_id FROM ledger_leaf WHERE idx = 3)",
            )
            run(connection, "DELETE FROM ledger_leaf WHERE idx = 3")
            forgery.renumber(connection, 3)

    ledger.attack(attack)
    report = ledger.verify()
    assert (report.size, report.result, report.first_bad_index) == (6, Result.FAIL, 3)


@pytest.mark.parametrize("attack", [modify, delete, delete_and_renumber], ids=lambda a: a.__name__)
def test_postgresql_attacks_are_found_at_their_leaf(
    postgres_ledger: Ledger, attack: Callable[[Connection], None]
) -> None:
    ledger, kept = twelve_entries(postgres_ledger)
    ledger.attack(attack)
    report = ledger.verify(*kept)
    assert (report.result, report.first_bad_index) == (Result.FAIL, BAD)
