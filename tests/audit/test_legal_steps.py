"""Whatever writers and sequencers may lawfully do, in any order, is never taken for an attack."""

import random
from collections.abc import Callable

import pytest

from audit.entry import Draft
from audit.report import Result
from audit.stream import Streams
from tests.audit.ledgers import LOG, SECRET, Ledger, draft

BY_DAY, BY_NIGHT = 2_000, 1_000_000
MOST_NOTES = 60


class Steps:
    """One writer and one sequencer that stumble, stop and go on; `wrote` counts what must stand."""

    def __init__(self, ledger: Ledger, chance: random.Random) -> None:
        self.ledger, self.chance = ledger, chance
        self.wrote = self.number = 0

    def drafts(self) -> list[Draft]:
        self.number += 1
        return [draft(self.number)] * self.chance.choice((1, 1, 1, 2, 5))

    def commit(self) -> None:
        self.wrote += len(self.ledger.write(*self.drafts()))

    def roll_back(self) -> None:
        with self.ledger.connection.begin() as transaction:
            self.ledger.stream.append(self.ledger.connection, self.drafts())
            transaction.rollback()
        self.ledger.stream.rolled_back()

    def savepoint(self) -> None:
        connection, stream = self.ledger.connection, self.ledger.stream
        with connection.begin():
            inner = connection.begin_nested()
            stream.append(connection, self.drafts())
            inner.rollback()
            stream.rolled_back()
            self.wrote += len(stream.append(connection, self.drafts()))
        stream.committed()

    def lose_the_answer(self) -> None:
        """The connection broke at COMMIT: nobody knows whether it took place."""
        transaction = self.ledger.connection.begin()
        ids = self.ledger.stream.append(self.ledger.connection, self.drafts())
        took_place = self.chance.random() < 0.5
        (transaction.commit if took_place else transaction.rollback)()
        self.wrote += len(ids) * took_place
        self.ledger.stream.unknown()

    def kill_the_writer(self) -> None:
        """In the middle of a transaction; the next program knows nothing of it."""
        transaction = self.ledger.connection.begin()
        self.ledger.stream.append(self.ledger.connection, self.drafts())
        transaction.rollback()
        self.ledger.streams = Streams.resume(self.ledger.engine, LOG, SECRET)
        self.ledger.stream = self.ledger.streams.new()

    def sequence(self) -> None:
        self.ledger.sequencer.step()

    def kill_the_sequencer(self) -> None:
        """Sometimes after it stored leaves, before it told its guard file of them."""
        guard = self.ledger.guard.read_bytes()
        self.ledger.sequencer.step()
        if self.chance.random() < 0.5:
            self.ledger.guard.write_bytes(guard)
        self.ledger.sequencer = self.ledger.new_sequencer_after_stop()


@pytest.mark.parametrize("count", [BY_DAY, pytest.param(BY_NIGHT, marks=pytest.mark.nightly)])
def test_no_lawful_step_raises_an_alarm(sqlite_ledger: Ledger, count: int) -> None:
    ledger = sqlite_ledger
    steps = Steps(ledger, random.Random(count))
    seldom: list[Callable[[], None]] = [steps.lose_the_answer, steps.kill_the_writer,
                                        steps.kill_the_sequencer]  # fmt: skip
    often: list[Callable[[], None]] = [steps.commit, steps.commit, steps.commit, steps.roll_back,
                                       steps.savepoint, steps.sequence]  # fmt: skip
    notes = []
    for turn in range(count):
        steps.chance.choice(seldom if steps.chance.random() < 0.02 else often)()
        if turn % (count // MOST_NOTES) == 0:
            notes.append(ledger.sequence())
    notes.append(ledger.sequence())
    assert ledger.alarms == []
    report = ledger.verify(*notes[1:])
    assert (report.result, report.findings) == (Result.PASS, [])
    assert report.entries == steps.wrote
