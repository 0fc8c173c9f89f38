"""Entries leave the database as the signed log approves, and streams go on after them."""

import pytest
from sqlalchemy import text

from audit.entry import Change
from audit.pruning import PruneRefused, prune
from audit.report import Result
from audit.stream import Streams
from kit.db import reading
from tests.audit.ledgers import LOG, SECRET, Ledger, draft, some_id

END = 3


def approve(ledger: Ledger, end: int = END, *, asked: int = 9, begin: bool = True) -> None:
    """In a stream of its own, as another connection would."""
    stream = Streams.resume(ledger.engine, LOG, SECRET).new()
    notes = {"first": 0, "end": end, "asked": str(some_id(asked))}
    with ledger.another_connection():
        ledger.write(draft(50, action="ledger.prune", notes=notes), stream=stream)
        if begin:
            ledger.write(draft(51, action="pruning.begin", notes=notes), stream=stream)
    ledger.sequence()


def take_out(ledger: Ledger, end: int = END) -> None:
    while not prune(ledger.engine, ledger.sequencer._write, 0, end):
        pass


def test_a_stream_whose_entries_are_all_gone_goes_on(ledger: Ledger) -> None:
    ledger.fill(END)
    approve(ledger)
    take_out(ledger)
    with reading(ledger.engine) as session:
        left = session.connection().execute(text("SELECT count(*) FROM ledger_entry")).scalar_one()
    assert left == 2
    again = ledger.new_sequencer_after_stop()
    again.open()
    ledger.sequencer = again
    ledger.fill(2)  # the first stream, at its number 4
    assert ledger.alarms == []
    report = ledger.verify()
    assert (report.result, report.pruned) == (Result.PASS, END)


@pytest.mark.parametrize(("asked", "begin"), [(1, True), (9, False)])
def test_one_person_or_half_a_record_is_found(
    sqlite_ledger: Ledger, asked: int, begin: bool
) -> None:
    sqlite_ledger.fill(END)
    approve(sqlite_ledger, asked=asked, begin=begin)
    take_out(sqlite_ledger)
    report = sqlite_ledger.verify()
    assert [(one.code, one.index) for one in report.findings] == [("pruned", 0)]


def test_another_range_than_the_signed_one_is_refused(ledger: Ledger) -> None:
    ledger.fill(END)
    with pytest.raises(PruneRefused):
        take_out(ledger)
    approve(ledger)
    with pytest.raises(PruneRefused):
        take_out(ledger, END - 1)


@pytest.mark.parametrize(("last", "lifted", "found"), [
    (1, False, ["held"]), (None, False, ["held"]), (1, True, []),
])  # fmt: skip
def test_pruning_under_a_hold_is_found(
    sqlite_ledger: Ledger, last: int | None, lifted: bool, found: list[str]
) -> None:
    """By a program that does not ask for holds: what it did is on record, and judged by it."""
    row = ("legal_hold", str(some_id(70)), 1)
    sqlite_ledger.fill(END)
    placed = Change(*row, "insert", {"first_leaf": (None, 0), "last_leaf": (None, last)})
    ended = Change(*row, "update", {"lifted_at": (None, "2026-01-05T12:00:00.000000Z")})
    sqlite_ledger.write(draft(60, action="legal_hold.place", changes=(placed,)))
    if lifted:
        sqlite_ledger.write(draft(61, action="legal_hold.lift", changes=(ended,)))
    approve(sqlite_ledger)
    take_out(sqlite_ledger)
    report = sqlite_ledger.verify()
    assert [one.code for one in report.findings] == found
