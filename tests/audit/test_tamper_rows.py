"""Attacks on the rows, by whoever owns the database: each is found, at the right leaf."""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection

from audit.export import ExportRefused
from audit.form import ZERO_HASH
from audit.guard import GuardMissing, RolledBack
from audit.report import Result
from audit.stream import mac_of, stream_key
from audit.tree import leaf_hash
from tests.audit import forgery
from tests.audit.forgery import body_at, insert_row, rehash, reworded, run, set_body
from tests.audit.ledgers import LOG, SECRET, Ledger

SIZE = 12
BAD = 5  # the leaf that is attacked


def fill(ledger: Ledger) -> tuple[Ledger, list[str]]:
    """Twelve entries with a checkpoint each; the notes at 4 and at 12 are kept elsewhere."""
    ledger.fill(4)
    early = ledger.sequencer.checkpoint
    ledger.fill(SIZE - 4)
    return ledger, [early, ledger.sequencer.checkpoint]


@pytest.fixture
def written(ledger: Ledger) -> tuple[Ledger, list[str]]:
    return fill(ledger)


@pytest.fixture
def written_file(sqlite_ledger: Ledger) -> tuple[Ledger, list[str]]:
    """Where both databases answer alike, SQLite's answer will do."""
    return fill(sqlite_ledger)


def test_a_clean_copy_passes(written: tuple[Ledger, list[str]]):
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
):
    ledger, kept = written_file
    ledger.attack(attack)
    for notes in ([], kept):  # even without a checkpoint kept elsewhere
        report = ledger.verify(*notes)
        assert (report.result, report.first_bad_index) == (Result.FAIL, BAD), report.page()
        assert "crash" not in {finding.code for finding in report.findings}


def test_a_rewrite_with_the_stolen_log_key_is_found_by_kept_checkpoints(
    written_file: tuple[Ledger, list[str]],
):
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


def test_truncation_with_its_checkpoints_is_found(written_file: tuple[Ledger, list[str]]):
    ledger, kept = written_file
    ledger.attack(lambda connection: forgery.cut(connection, 8))
    report = ledger.verify(*kept)
    assert (report.result, report.first_bad_index) == (Result.FAIL, 8)
    assert [finding.code for finding in report.findings] == ["rolled-back"]
    with pytest.raises(RolledBack, match="12"):
        ledger.new_sequencer_after_stop().open()


def test_a_rollback_that_grew_again_is_found(written: tuple[Ledger, list[str]]):
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


def test_an_emptied_ledger_is_found(written_file: tuple[Ledger, list[str]]):
    ledger, _ = written_file
    ledger.attack(lambda connection: forgery.cut(connection, 0))
    with pytest.raises(ExportRefused, match="nothing is signed"):
        ledger.export()
    with pytest.raises(RolledBack, match="0 ledger leaves"):
        ledger.new_sequencer_after_stop().open()


def test_a_dropped_stream_is_found_at_its_first_entry(ledger: Ledger):
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


def test_a_row_inserted_without_the_mac_key_becomes_evidence(written: tuple[Ledger, list[str]]):
    ledger, kept = written
    body, _ = forgery.forged(ledger.stream.id, SIZE + 1, ledger.stream._kept[1])
    rows: list[int] = []
    ledger.attack(lambda connection: rows.append(insert_row(connection, body, bytes(32))))
    ledger.sequence()
    assert [(alarm.faults, alarm.entry_id, alarm.index) for alarm in ledger.alarms] == [
        (("mac",), rows[0], SIZE)
    ]
    report = ledger.verify(*kept)
    assert (report.result, report.first_bad_index, report.evidence) == (Result.FAIL, SIZE, 1)


def test_a_row_forged_with_the_mac_key_in_the_past_is_found(written_file: tuple[Ledger, list[str]]):
    ledger, _ = written_file
    body, mac = forgery.forged("0" * 8 + "-0000-7000-8000-" + "0" * 12, 1, ZERO_HASH)

    def attack(connection: Connection) -> None:
        row = insert_row(connection, body, mac)
        for index in reversed(range(BAD, SIZE)):
            run(connection, "UPDATE ledger_leaf SET idx = :i + 1 WHERE idx = :i", i=index)
        run(connection, "INSERT INTO ledger_leaf (idx, entry_id, hash) VALUES (5, :r, :h)",
            r=row, h=leaf_hash(body))  # fmt: skip

    ledger.attack(attack)
    report = ledger.verify()
    assert (report.result, report.first_bad_index) == (Result.FAIL, BAD)


@pytest.mark.parametrize(
    ("sseq", "sprev", "faults", "linked"),
    [
        (SIZE + 3, "ab" * 32, ("gap",), 2),
        (SIZE + 1, "ab" * 32, ("fork",), 2),
        (SIZE - 3, "ab" * 32, ("replay",), 1),
    ],
)
def test_a_row_forged_with_the_mac_key_that_does_not_follow_is_found(
    written: tuple[Ledger, list[str]], sseq: int, sprev: str, faults: tuple[str], linked: int
):
    ledger, kept = written
    body, mac = forgery.forged(ledger.stream.id, sseq, sprev)

    def attack(connection: Connection) -> None:
        run(connection, "DROP INDEX ledger_entry_place")
        insert_row(connection, body, mac)

    ledger.attack(attack)
    ledger.sequence()
    assert [alarm.faults for alarm in ledger.alarms] == [faults]
    report = ledger.verify(*kept)
    assert (report.result, report.first_bad_index) == (Result.FAIL, SIZE)
    assert report.size == SIZE + linked


def test_a_replayed_row_becomes_evidence(written_file: tuple[Ledger, list[str]]):
    ledger, kept = written_file

    def attack(connection: Connection) -> None:
        run(connection, "DROP INDEX ledger_entry_place")
        body = body_at(connection, BAD)
        insert_row(connection, body, mac_of(stream_key(SECRET, LOG, ledger.stream.id), body))

    ledger.attack(attack)
    ledger.sequence()
    assert [alarm.faults for alarm in ledger.alarms] == [("replay",)]
    assert ledger.verify(*kept).first_bad_index == SIZE


def test_an_edit_before_sequencing_becomes_evidence(written: tuple[Ledger, list[str]]):
    ledger, kept = written
    (entry,) = ledger.write()

    def attack(connection: Connection) -> None:
        body = bytes(
            run(connection, "SELECT body FROM ledger_entry WHERE id = :i", i=entry).scalar()
        )
        run(
            connection, "UPDATE ledger_entry SET body = :b WHERE id = :i", b=reworded(body), i=entry
        )

    ledger.attack(attack)
    ledger.write()
    ledger.sequence()
    assert [alarm.faults for alarm in ledger.alarms] == [("mac",), ("gap",)]
    assert ledger.verify(*kept).first_bad_index == SIZE


def test_a_deletion_before_sequencing_is_found_at_the_next_entry(
    written: tuple[Ledger, list[str]],
):
    ledger, kept = written
    (entry,) = ledger.write()
    ledger.write()
    ledger.attack(
        lambda connection: run(connection, "DELETE FROM ledger_entry WHERE id = :i", i=entry)
    )
    ledger.sequence()
    assert [alarm.faults for alarm in ledger.alarms] == [("gap",)]
    assert ledger.verify(*kept).first_bad_index == SIZE


def test_a_projection_edited_before_sequencing_becomes_evidence(
    written_file: tuple[Ledger, list[str]],
):
    ledger, kept = written_file
    (entry,) = ledger.write()
    ledger.attack(lambda c: run(c, "UPDATE ledger_entry SET sseq = 99 WHERE id = :i", i=entry))
    ledger.sequence()
    assert [alarm.faults for alarm in ledger.alarms] == [("projection",)]
    assert ledger.verify(*kept).first_bad_index == SIZE


@pytest.mark.parametrize("attack", [modify, delete, delete_and_renumber], ids=lambda a: a.__name__)
def test_postgresql_attacks_are_found_at_their_leaf(
    postgres_ledger: Ledger, attack: Callable[[Connection], None]
):
    ledger, kept = fill(postgres_ledger)
    ledger.attack(attack)
    report = ledger.verify(*kept)
    assert (report.result, report.first_bad_index) == (Result.FAIL, BAD)
