"""Attacks on rows that are not linked yet, and rows that an attacker adds."""

import pytest
from sqlalchemy import Connection

from audit.form import ZERO_HASH
from audit.report import Result
from audit.stream import mac_of, stream_key
from audit.tree import leaf_hash
from tests.audit import forgery
from tests.audit.forgery import body_at, insert_row, reworded, run
from tests.audit.ledgers import LOG, SECRET, Ledger

SIZE = 12
BAD = 5  # the leaf that is attacked


def test_a_row_inserted_without_the_mac_key_becomes_evidence(
    written: tuple[Ledger, list[str]],
) -> None:
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


def test_a_row_forged_with_the_mac_key_in_the_past_is_found(
    written_file: tuple[Ledger, list[str]],
) -> None:
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
) -> None:
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


def test_a_replayed_row_becomes_evidence(written_file: tuple[Ledger, list[str]]) -> None:
    ledger, kept = written_file

    def attack(connection: Connection) -> None:
        run(connection, "DROP INDEX ledger_entry_place")
        body = body_at(connection, BAD)
        insert_row(connection, body, mac_of(stream_key(SECRET, LOG, ledger.stream.id), body))

    ledger.attack(attack)
    ledger.sequence()
    assert [alarm.faults for alarm in ledger.alarms] == [("replay",)]
    assert ledger.verify(*kept).first_bad_index == SIZE


def test_an_edit_before_sequencing_becomes_evidence(written: tuple[Ledger, list[str]]) -> None:
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
) -> None:
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
) -> None:
    ledger, kept = written_file
    (entry,) = ledger.write()
    ledger.attack(lambda c: run(c, "UPDATE ledger_entry SET sseq = 99 WHERE id = :i", i=entry))
    ledger.sequence()
    assert [alarm.faults for alarm in ledger.alarms] == [("projection",)]
    assert ledger.verify(*kept).first_bad_index == SIZE
