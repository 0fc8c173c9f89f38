"""Attacks on signatures and checkpoints."""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection

from audit.checkpoint import Checkpoint
from audit.guard import LedgerRefused, RolledBack
from audit.report import Result
from audit.signer import Signer
from audit.tree import root_of
from tests.audit import forgery
from tests.audit.forgery import run
from tests.audit.ledgers import LOG, SIGNER, Ledger

SIZE = 6
OTHER = Signer(LOG, bytes(32))
FOREIGN = Signer("elsewhere.example/ledger", bytes(range(32, 64)))


@pytest.fixture
def written(sqlite_ledger: Ledger) -> tuple[Ledger, str]:
    sqlite_ledger.fill(SIZE)
    return sqlite_ledger, sqlite_ledger.sequencer.checkpoint


def newest(change: Callable[[str], str]) -> Callable[[Connection], None]:
    """An attack on the newest note."""

    def attack(connection: Connection) -> None:
        note = run(connection, "SELECT note FROM ledger_checkpoint WHERE size = 6").scalar_one()
        run(connection, "UPDATE ledger_checkpoint SET note = :n WHERE size = 6", n=change(note))

    return attack


def foreign(note: str) -> str:
    root = bytes.fromhex("00" * 32)
    return FOREIGN.sign(Checkpoint(FOREIGN.name, SIZE, root))


@pytest.mark.parametrize(
    "attack",
    [
        pytest.param(lambda c: forgery.resign(c, OTHER), id="another key under the same name"),
        pytest.param(newest(lambda note: note.rpartition("— ")[0]), id="stripped signature"),
        pytest.param(newest(foreign), id="foreign origin"),
        pytest.param(newest(lambda note: note.replace("\n6\n", "\n06\n")), id="malformed size"),
        pytest.param(newest(lambda note: note.replace("\n6\n", "\n5\n")), id="another size"),
        pytest.param(newest(lambda note: ""), id="empty note"),
        pytest.param(newest(lambda note: note + note), id="note twice"),
    ],
)
def test_a_false_checkpoint_is_found_and_no_sequencer_goes_on(
    written: tuple[Ledger, str], attack: Callable[[Connection], None]
) -> None:
    ledger, kept = written
    ledger.attack(attack)
    report = ledger.verify(kept)
    assert report.result is Result.FAIL
    assert "checkpoint" in {finding.code for finding in report.findings}
    assert "crash" not in {finding.code for finding in report.findings}
    with pytest.raises(LedgerRefused):
        ledger.new_sequencer_after_stop().open()


def test_a_note_moved_to_another_size_is_found(written: tuple[Ledger, str]) -> None:
    ledger, kept = written
    ledger.attack(
        lambda c: run(
            c,
            "UPDATE ledger_checkpoint SET note ="
            " (SELECT note FROM ledger_checkpoint WHERE size = 3) WHERE size = 4",
        )
    )
    report = ledger.verify(kept)
    assert report.result is Result.FAIL
    assert {finding.code for finding in report.findings} == {"checkpoint"}


def test_a_split_view_is_found_at_the_first_leaf_that_differs(written: tuple[Ledger, str]) -> None:
    """The log showed someone else another sixth entry, with a true signature."""
    ledger, _ = written
    with ledger.engine.connect() as connection:
        hashes = [bytes(row[0]) for row in run(connection, "SELECT hash FROM ledger_leaf")]
        connection.rollback()
    before = SIGNER.sign(Checkpoint(LOG, 5, root_of(hashes[:5])))
    other = SIGNER.sign(Checkpoint(LOG, SIZE, root_of([*hashes[:5], bytes(32)])))
    report = ledger.verify(before, other)
    assert (report.result, report.first_bad_index) == (Result.FAIL, 5)
    assert ledger.verify(other).first_bad_index == 0  # nothing kept tells where it began


@pytest.mark.parametrize(
    ("kept", "code"),
    [
        pytest.param(SIGNER.sign(Checkpoint(LOG, 7, bytes(32))), "rolled-back", id="larger"),
        pytest.param(OTHER.sign(Checkpoint(LOG, 3, bytes(32))), "previous", id="not our key"),
        pytest.param(
            FOREIGN.sign(Checkpoint(FOREIGN.name, 3, bytes(32))), "previous", id="foreign"
        ),
        pytest.param("nonsense", "previous", id="nonsense"),
    ],
)
def test_a_kept_checkpoint_that_does_not_fit_fails(
    written: tuple[Ledger, str], kept: str, code: str
) -> None:
    ledger, _ = written
    report = ledger.verify(kept)
    assert report.result is Result.FAIL
    assert [finding.code for finding in report.findings] == [code]


def test_a_key_swapped_inside_the_export_does_not_help(written: tuple[Ledger, str]) -> None:
    ledger, kept = written
    ledger.attack(lambda c: forgery.resign(c, OTHER))
    folder = ledger.export()
    (folder / "public.key").write_text(f"{OTHER.verifier.text}\n")
    report = forgery.verify_files(forgery.loaded(folder), [SIGNER.verifier.text], [kept])
    assert report.result is Result.FAIL
    assert {finding.code for finding in report.findings} == {"checkpoint", "key"}


def test_without_a_key_of_ones_own_nothing_is_proved(written: tuple[Ledger, str]) -> None:
    ledger, _ = written
    report = ledger.verify(keys=())
    assert report.result is Result.INCOMPLETE
    assert [finding.code for finding in report.findings] == ["no-key"]


def test_a_guard_file_that_was_edited_is_refused(written: tuple[Ledger, str]) -> None:
    ledger, _ = written
    ledger.sequencer.close()
    content = ledger.guard.read_bytes()
    for changed in (
        content.replace(b'"size":6', b'"size":5'),
        content[:-1],
        content.replace(b"ledger", b"ledgor"),
        b"",
    ):
        ledger.guard.write_bytes(changed)
        with pytest.raises(LedgerRefused):
            ledger.new_sequencer().open()
    ledger.guard.write_bytes(content)
    ledger.new_sequencer().open()


def test_an_older_guard_file_is_caught_up(written: tuple[Ledger, str]) -> None:
    ledger, _ = written
    older = ledger.guard.read_bytes()
    ledger.fill(3)
    note = ledger.sequencer.checkpoint
    ledger.sequencer.close()
    ledger.guard.write_bytes(older)
    ledger.sequencer.open()
    assert ledger.sequencer.checkpoint == note
    ledger.fill(1)
    assert ledger.verify(note).result is Result.PASS


def test_another_database_under_the_guard_is_refused(written: tuple[Ledger, str]) -> None:
    ledger, _ = written
    ledger.attack(lambda c: run(c, "UPDATE ledger_leaf SET hash = :h WHERE idx = 5", h=bytes(32)))
    with pytest.raises(RolledBack):
        ledger.new_sequencer_after_stop().open()
