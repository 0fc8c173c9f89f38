"""A house whose database fell behind its own ledger goes on in a new epoch, by two people.

After a snapshot of the disk, a point in time or a lost guard file the sequencer refuses to write:
what was signed is not there. A restore of ours never gets here; it begins its epoch itself.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from app.backups.making import private_folder
from app.settings import Settings
from audit.checkpoint import BadNote, Checkpoint, open_checkpoint
from audit.export import ExportRefused, export_ledger
from audit.guard import LedgerRefused, flush_folder
from audit.keys import KeyKind, Keys
from audit.report import Result
from audit.sequencer import Sequencer
from audit.signer import Signer
from audit.verify import verify
from kit.canonical import parse_canonical
from kit.db import open_engine

Approve = Callable[[Engine], tuple[str, str]]


class RecoveryRefused(RuntimeError):
    """Nothing was changed; the message says why, and what to do instead."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """`lost`: leaves that are known to have been signed and are not there any more."""

    checkpoint: Checkpoint
    lost: int


def recover(
    settings: Settings, keys: Keys, *, approve: Approve, kept: Sequence[str], at: datetime
) -> Recovered:
    """Begin a new epoch. `kept`: checkpoints that were kept elsewhere; the guard file's own counts
    among them. Raises RecoveryRefused, AnotherSequencer, and whatever `approve` raises."""
    signer = Signer(settings.log_origin, keys.secret(KeyKind.LEDGER))
    secrets = [keys.secret(KeyKind.MAC, v) for v in reversed(keys.versions(KeyKind.MAC))]
    guard = settings.guard_file
    engine = open_engine(settings.database)
    sequencer = Sequencer(engine, signer, secrets, guard)
    try:
        _require_need(sequencer, guard)
        notes = [*kept, *_remembered(guard)]
        newest = max((_opened(note, signer) for note in notes), key=lambda c: c.size, default=None)
        with private_folder(settings.data_folder) as staging:
            _require_whole(engine, signer, staging / "ledger", notes)
        people = approve(engine)
        checkpoint = _begin(sequencer, guard, people, at, newest)
    finally:
        sequencer.close()
        engine.dispose()
    lost = max(0, newest.size - (checkpoint.size - 1)) if newest else 0
    return Recovered(checkpoint, lost)


def _require_need(sequencer: Sequencer, guard: Path) -> None:
    try:
        sequencer.open()
    except LedgerRefused:
        return
    sequencer.close()
    raise RecoveryRefused(f"the database and {guard.name} agree: there is nothing to recover")


def _remembered(guard: Path) -> list[str]:
    """The checkpoint in the guard file; none where it is lost or cannot be read."""
    try:
        return [str(parse_canonical(guard.read_bytes())["note"])]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _opened(note: str, signer: Signer) -> Checkpoint:
    try:
        return open_checkpoint(note, [signer.verifier])
    except BadNote as odd:
        raise RecoveryRefused(f"a kept checkpoint is not this ledger's: {odd}") from None


def _require_whole(engine: Engine, signer: Signer, folder: Path, notes: Sequence[str]) -> None:
    """What is left must be what was signed. A log that was changed is not gone on with."""
    try:
        size = export_ledger(engine, folder, signer.verifier, durable=False).size
    except ExportRefused as refused:
        raise RecoveryRefused(f"{refused}: restore a backup") from None
    older = [note for note in notes if _opened(note, signer).size <= size]
    report = verify(folder, [signer.verifier.text], older)
    if report.result is Result.FAIL:
        bad = report.first_bad_index
        raise RecoveryRefused(
            "the ledger was changed, not only cut short"
            + ("" if bad is None else f"; the first bad leaf is {bad}")
            + ": keep this database as evidence and restore a backup"
        )


def _begin(
    sequencer: Sequencer, guard: Path, people: tuple[str, str], at: datetime,
    newest: Checkpoint | None,
) -> Checkpoint:  # fmt: skip
    aside = guard.with_name(f"{guard.name}.{at:%Y%m%dT%H%M%SZ}")
    if guard.exists():
        guard.rename(aside)  # kept: it proves what was signed
        flush_folder(guard.parent)
    try:
        return sequencer.recover(people, at, newest)
    except BaseException:
        if aside.exists() and not guard.exists():
            aside.rename(guard)
        raise
