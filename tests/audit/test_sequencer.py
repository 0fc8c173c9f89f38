"""The sequencer: safe order, restarts at every point, one at a time, waiting."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import Connection, text

from audit import sequencer as module
from audit.checkpoint import open_checkpoint
from audit.export import prove_entry
from audit.guard import State, save_guard
from audit.proof import BadProof, Proof, check_proof
from audit.report import Result
from audit.sequencer import AnotherSequencer, CheckpointLate, Sequencer
from tests.audit.ledgers import SECRET, SIGNER, Ledger, draft

T = TypeVar("T")


class Killed(BaseException):
    """The process ended here."""


def test_nothing_to_link_makes_no_checkpoint(ledger: Ledger) -> None:
    assert ledger.sequencer.step() is None
    assert open_checkpoint(ledger.sequencer.checkpoint, [SIGNER.verifier]).size == 0


def test_every_step_signs_what_was_committed(ledger: Ledger) -> None:
    ledger.write(draft(1), draft(2))
    note = ledger.sequence()
    checkpoint = open_checkpoint(note, [SIGNER.verifier])
    assert checkpoint.size == 2
    assert ledger.sequencer.step() is None
    assert ledger.sequencer.checkpoint == note


def test_rows_of_a_transaction_that_commits_late_are_not_lost(postgres_ledger: Ledger) -> None:
    """Its rows have smaller ids than rows that were committed, and linked, before."""
    ledger = postgres_ledger
    late = ledger.streams.new()
    with ledger.engine.connect() as connection:
        transaction = connection.begin()
        (late_id,) = late.append(connection, [draft(1)])
        (early_id,) = ledger.write()
        assert early_id > late_id
        ledger.sequencer.step()
        assert linked(ledger) == []  # the open transaction holds the order back
        transaction.commit()
        late.committed()
    ledger.sequence()
    assert linked(ledger) == [late_id, early_id]
    assert ledger.verify().result is Result.PASS


def test_a_row_that_is_rolled_back_leaves_no_gap(postgres_ledger: Ledger) -> None:
    ledger = postgres_ledger
    ledger.write()
    transaction = ledger.connection.begin()
    ledger.stream.append(ledger.connection, [draft(1)])
    transaction.rollback()
    ledger.stream.rolled_back()
    ledger.write()
    ledger.sequence()
    assert linked(ledger) == [1, 3]
    assert ledger.verify().result is Result.PASS


def test_a_second_sequencer_is_refused_and_may_follow(ledger: Ledger) -> None:
    ledger.fill(1)
    second = ledger.new_sequencer()
    with pytest.raises(AnotherSequencer):
        second.open()
    ledger.sequencer.close()
    second.open()
    ledger.write()
    second.close()
    ledger.sequencer = ledger.new_sequencer()
    ledger.sequencer.open()
    note = ledger.sequence()
    assert ledger.verify(note).result is Result.PASS


def test_a_second_sequencer_elsewhere_is_refused_by_the_database(
    postgres_ledger: Ledger, tmp_path: Path
) -> None:
    far = Sequencer(postgres_ledger.engine, SIGNER, [SECRET], tmp_path / "far.guard")
    with pytest.raises(AnotherSequencer):
        far.open()


def test_leaves_written_behind_its_back_stop_it(sqlite_ledger: Ledger) -> None:
    sqlite_ledger.fill(2)
    sqlite_ledger.attack(
        lambda c: c.execute(text("INSERT INTO ledger_leaf VALUES (2, 1, x'00', NULL)"))
    )
    sqlite_ledger.write()
    with pytest.raises(AnotherSequencer):
        sqlite_ledger.sequencer.step()


@pytest.mark.parametrize("point", ["before storing", "after storing", "before the guard"])
def test_a_kill_at_any_point_of_a_step_loses_nothing(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    ledger.fill(2)
    ledger.write()

    def killed(*_: object) -> None:
        raise Killed

    plain = ledger.sequencer._write

    def write(fn: Callable[[Connection], T]) -> T:
        if point == "after storing":
            plain(fn)
        raise Killed

    if point == "before the guard":
        monkeypatch.setattr(module, "save_guard", killed)
    else:
        ledger.sequencer._write = write
    with pytest.raises(Killed):
        step_until_linked(ledger)
    monkeypatch.undo()
    ledger.sequencer.close()
    ledger.sequencer = ledger.new_sequencer()
    ledger.sequencer.open()
    note = ledger.sequence()
    assert open_checkpoint(note, [SIGNER.verifier]).size == 3
    ledger.fill(1)
    assert ledger.verify(note).result is Result.PASS
    assert ledger.alarms == []


def test_a_failing_step_raises_an_alarm_and_the_log_goes_on(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = iter([OSError("disk full")])

    def save(path: Path, log: str, state: State) -> None:
        for failure in failures:
            raise failure
        save_guard(path, log, state)

    monkeypatch.setattr(module, "save_guard", save)
    monkeypatch.setattr(module, "PAUSE_S", 0.0)
    (entry,) = ledger.write()
    stop = threading.Event()
    thread = threading.Thread(target=ledger.sequencer.run, args=(stop,))
    thread.start()
    ledger.sequencer.wait_for(entry, 10)
    stop.set()
    thread.join()
    assert [alarm.faults for alarm in ledger.alarms] == [("sequencer: OSError",)]
    assert ledger.verify().result is Result.PASS


def test_waiting_ends_with_the_checkpoint_that_covers_the_entry(ledger: Ledger) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=ledger.sequencer.run, args=(stop,))
    thread.start()
    for _ in range(3):
        (entry,) = ledger.write()
        ledger.sequencer.wait_for(entry, 10)
        assert entry in linked(ledger)
    stop.set()
    thread.join()


def test_waiting_gives_up_in_time(ledger: Ledger) -> None:
    (entry,) = ledger.write()
    with pytest.raises(CheckpointLate):
        ledger.sequencer.wait_for(entry, 0.01)
    assert linked(ledger) == []


def test_what_is_committed_before_the_stop_is_linked_by_the_stop(sqlite_ledger: Ledger) -> None:
    ids = sqlite_ledger.write(*[draft(number) for number in range(5000)])
    stop = threading.Event()
    stop.set()
    sqlite_ledger.sequencer.run(stop)
    assert linked(sqlite_ledger) == ids
    assert sqlite_ledger.verify().size == 5000  # two bundles


def test_streams_that_left_memory_are_found_again(
    sqlite_ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STREAMS_IN_MEMORY", 2)
    sqlite_ledger.sequencer.close()
    sqlite_ledger.sequencer.open()
    streams = [sqlite_ledger.streams.new() for _ in range(5)]
    for _ in range(3):
        for stream in streams:
            sqlite_ledger.write(stream=stream)
            sqlite_ledger.sequence()
    assert sqlite_ledger.alarms == []
    assert sqlite_ledger.verify().result is Result.PASS


def test_an_older_secret_still_reads_what_it_wrote(sqlite_ledger: Ledger) -> None:
    sqlite_ledger.fill(2)
    sqlite_ledger.sequencer.close()
    sqlite_ledger.sequencer = Sequencer(
        sqlite_ledger.engine, SIGNER, [bytes(32), SECRET], sqlite_ledger.guard,
        alarm=sqlite_ledger.alarms.append,
    )  # fmt: skip
    sqlite_ledger.sequencer.open()
    sqlite_ledger.fill(2)
    assert sqlite_ledger.alarms == []


def test_an_entry_is_proved_by_its_body_and_a_short_text(ledger: Ledger) -> None:
    ids = ledger.write(*[draft(number) for number in range(700)])
    ledger.sequence()
    keys = [SIGNER.verifier.text]
    for entry in (ids[0], ids[255], ids[256], ids[699]):
        body, proof = prove_entry(ledger.engine, entry)
        assert len(proof.path) <= 10
        assert check_proof(body, proof.text(), keys).size == 700
        assert Proof.parse(proof.text()) == proof
        for wrong in (
            (body + b" ", proof.text()),
            (body, proof.text().replace(f"index {proof.index}", "index 13")),
            (body, proof.text().replace("@v1", "@v2")),
            (body, proof.text()[:-2] + "\n"),
            (body, ""),
        ):
            with pytest.raises(BadProof):
                check_proof(*wrong, keys)


def step_until_linked(ledger: Ledger) -> None:
    while ledger.sequencer.step() is None:  # PostgreSQL may hold the order back a moment
        pass


def linked(ledger: Ledger) -> list[int]:
    with ledger.engine.connect() as connection:
        found = connection.execute(text("SELECT entry_id FROM ledger_leaf ORDER BY idx"))
        ids = list(found.scalars())
        connection.rollback()
    return ids
