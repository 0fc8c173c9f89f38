"""A restored log begins a new epoch: the loss is told to whoever can prove it, and hides no more."""

import json
from dataclasses import replace

import pytest

from audit.checkpoint import Checkpoint, open_checkpoint
from audit.epoch import Epoch, new_epoch, read_epoch
from audit.form import Malformed
from audit.guard import LedgerRefused
from audit.report import Result
from tests.audit import second_verifier
from tests.audit.forgery import chain, cut, loaded, signed_export, verify_files
from tests.audit.ledgers import LOG, NOON, SIGNER, Ledger, some_id

KEYS = [SIGNER.verifier.text]
TWO = (str(some_id(8)), str(some_id(9)))


def checkpoint(note: str) -> Checkpoint:
    return open_checkpoint(note, [SIGNER.verifier])


def restored(ledger: Ledger, kept: int, lost: Checkpoint | None) -> None:
    """As after a disaster: the rows of a backup, and no guard file."""
    ledger.attack(lambda connection: cut(connection, kept), triggers=False)
    ledger.sequencer.close()
    ledger.guard.unlink()
    ledger.streams = ledger.streams.resume(ledger.engine, LOG, bytes(range(32)))
    ledger.stream = ledger.streams.new()
    ledger.sequencer = ledger.new_sequencer()
    ledger.sequencer.recover(TWO, NOON, lost)


def judged(ledger: Ledger, *kept: str) -> tuple[Result, list[str]]:
    """What both verifiers say; they must agree."""
    report = ledger.verify(*kept)
    second = second_verifier.judge(loaded(ledger.export()), KEYS, list(kept))
    assert second[0] == report.result.name, second
    return report.result, sorted({finding.code for finding in report.findings})


def test_a_restored_log_goes_on_and_says_what_is_lost(written: tuple[Ledger, list[str]]) -> None:
    ledger, (early, late) = written
    restored(ledger, 4, checkpoint(late))
    assert judged(ledger, early) == (Result.PASS, [])
    assert judged(ledger, late) == (Result.INCOMPLETE, ["lost"])
    ledger.fill(9)  # beyond the size that was lost: sizes are used again
    newest = ledger.sequencer.checkpoint
    assert checkpoint(newest).size == 14
    assert judged(ledger, early, newest) == (Result.PASS, [])
    assert judged(ledger, early, late, newest) == (Result.INCOMPLETE, ["lost"])
    report = ledger.verify(late)
    assert report.epochs == [Epoch(1, 4, "2026-01-05T12:00:00.000000Z", TWO, 12,
                                   checkpoint(late).root.hex())]  # fmt: skip
    assert "signed up to 12" in report.page()
    assert json.loads(report.to_json())["epochs"][0]["approved"] == list(TWO)
    assert ledger.alarms == []


def test_the_next_process_goes_on_behind_the_epoch(written: tuple[Ledger, list[str]]) -> None:
    ledger, (early, late) = written
    restored(ledger, 4, checkpoint(late))
    ledger.sequencer = ledger.new_sequencer_after_stop()
    ledger.sequencer.open()
    ledger.fill(2)
    restored(ledger, 6, None)  # once more, and nothing is known to be lost
    assert judged(ledger, early) == (Result.PASS, [])
    assert [epoch.number for epoch in ledger.verify().epochs] == [1, 2]


def test_a_larger_or_another_checkpoint_is_not_hidden(written: tuple[Ledger, list[str]]) -> None:
    ledger, (_, late) = written
    claimed = replace(checkpoint(late), size=11)
    restored(ledger, 4, claimed)  # who restored says that less is lost than was signed
    assert judged(ledger, late) == (Result.FAIL, ["rolled-back"])
    ledger.fill(9)
    assert judged(ledger, late) == (Result.FAIL, ["root"])
    other = SIGNER.sign(Checkpoint(LOG, 11, bytes(32)))  # another head of the lost size
    assert judged(ledger, other) == (Result.FAIL, ["root"])
    earlier = SIGNER.sign(Checkpoint(LOG, 4, bytes(32)))  # what was restored is not lost
    assert judged(ledger, earlier) == (Result.FAIL, ["root"])


def test_a_log_with_its_guard_file_needs_no_epoch(written: tuple[Ledger, list[str]]) -> None:
    ledger, _ = written
    ledger.sequencer.close()
    with pytest.raises(LedgerRefused, match="guard file is there"):
        ledger.new_sequencer().recover(TWO, NOON, None)


@pytest.mark.parametrize(
    "changed",
    [
        {"number": 2}, {"number": 0}, {"first": 5}, {"at": "2026-01-05 12:00"},
        {"approved": TWO[:1]}, {"approved": (TWO[0], TWO[0])}, {"approved": ("A", "B")},
        {"lost_size": 6}, {"lost_root": "00"}, {"lost_size": None, "lost_root": "ab" * 32},
    ],
)  # fmt: skip
def test_an_epoch_that_is_none_fails_in_both_verifiers(changed: dict[str, object]) -> None:
    sound = Epoch(1, 6, "2026-01-05T12:00:00.000000Z", TWO, 9, "ab" * 32)
    assert verdicts(sound) == {"PASS"}
    odd = replace(sound, **changed)  # type: ignore[arg-type]
    allowed = (
        {"PASS"} if odd.lost_size is None else {"FAIL"}
    )  # a root without a size is not written
    assert verdicts(odd) == allowed


def verdicts(epoch: Epoch) -> set[str]:
    files = signed_export([*chain(6), epoch.body(LOG)])
    return {verify_files(files, KEYS).result.name, second_verifier.judge(files, KEYS, [])[0]}


def test_only_the_exact_form_is_read() -> None:
    body = new_epoch(None, 3, NOON, TWO, None).body(LOG)
    assert read_epoch(body) == (LOG, Epoch(1, 3, "2026-01-05T12:00:00.000000Z", TWO))
    for odd in (body + b" ", body.replace(b'"v":1', b'"v":2'), body.replace(b',"number":1', b""),
                body.replace(b'"lost":null', b'"lost":7'), b"{}", b""):  # fmt: skip
        with pytest.raises(Malformed):
            read_epoch(odd)
