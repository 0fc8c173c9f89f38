"""A database that fell behind its own ledger: it stops, and goes on by two people or not at all."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from app.backups.approvers import Person, approved_by
from app.backups.container import BackupRefused
from app.recovering import Recovered, RecoveryRefused, recover
from app.settings import Settings
from audit.export import export_ledger
from audit.guard import LedgerRefused
from audit.report import Result
from audit.verify import verify
from domain.places.commands import OpenHospital
from kit.clock import utc_now
from kit.db import open_engine
from tests.audit.forgery import cut, set_body
from tests.audit.ledgers import drop_triggers
from tests.backups.test_restore import BOTH, PASSWORD, hire
from tests.house import KEYS, enrol, house, sign


@dataclass
class Fallen:
    """A house whose database lost its last leaves; `kept` was signed over them."""

    settings: Settings
    kept: str
    left: int
    public_key: str


@pytest.fixture
def fallen(database_url: str, tmp_path: Path) -> Fallen:
    with house(database_url, tmp_path) as app:
        hire(database_url, keeper="system-administrator", officer="compliance-officer",
             nurse="nurse")  # fmt: skip
        actor = enrol(database_url, "system-administrator")
        app.decisions.reload()
        app.pipeline.run(actor, OpenHospital(code="EAST", name_zh="EAST", name_en="EAST"))
        sign(app)
        left = int(app.sequencer.checkpoint.split("\n")[1])
        app.pipeline.run(actor, OpenHospital(code="LATE", name_zh="LATE", name_en="LATE"))
        sign(app)
        return Fallen(app.settings, app.sequencer.checkpoint, left,
                      app.sequencer._signer.verifier.text)  # fmt: skip


def cut_back(fallen: Fallen, *, forge: bool = False) -> None:
    """As after a snapshot of the disk; with `forge`, one that somebody worked on."""
    bare = open_engine(fallen.settings.database, guarded=False)
    with bare.begin() as connection:
        drop_triggers(connection)
        cut(connection, fallen.left)
        if forge:
            set_body(connection, 0, b'{"forged":true}')
    bare.dispose()


def by(settings: Settings, *kept: str, people: tuple[Person, Person] = BOTH) -> Recovered:
    return recover(
        settings, KEYS, kept=kept, at=utc_now(),
        approve=lambda engine: approved_by(engine, KEYS, utc_now, *people),
    )  # fmt: skip


def starts(fallen: Fallen) -> None:
    with house(fallen.settings.database, fallen.settings.data_folder):
        pass


def test_it_goes_on_in_a_new_epoch_that_tells_what_is_lost(fallen: Fallen, tmp_path: Path) -> None:
    settings, guard = fallen.settings, fallen.settings.guard_file
    with pytest.raises(RecoveryRefused, match="nothing to recover"):
        by(settings)
    cut_back(fallen)
    with pytest.raises(LedgerRefused):
        starts(fallen)
    remembered = guard.read_bytes()
    for people in ((BOTH[0], Person("nurse", PASSWORD)), (BOTH[0], BOTH[0]),
                   (BOTH[0], Person("officer", "wrong password, entirely"))):  # fmt: skip
        with pytest.raises(BackupRefused):
            by(settings, people=people)
    assert guard.read_bytes() == remembered
    done = by(settings)  # the guard file itself is the kept checkpoint
    assert (done.lost, done.checkpoint.size) == (1, fallen.left + 1)
    assert [path.read_bytes() for path in guard.parent.glob("ledger.guard.*Z")] == [remembered]
    with house(settings.database, settings.data_folder) as app:
        actor = enrol(settings.database, "system-administrator")
        app.decisions.reload()
        app.pipeline.run(actor, OpenHospital(code="NEW", name_zh="NEW", name_en="NEW"))
        sign(app)
        export_ledger(app.engine, tmp_path / "export", app.sequencer._signer.verifier)
    report = verify(tmp_path / "export", [fallen.public_key], fallen.kept)
    assert (report.result, [f.code for f in report.findings]) == (Result.INCOMPLETE, ["lost"])
    assert verify(tmp_path / "export", [fallen.public_key]).result is Result.PASS


def test_a_lost_guard_file_is_replaced_by_a_kept_note(fallen: Fallen) -> None:
    fallen.settings.guard_file.unlink()
    done = by(fallen.settings, fallen.kept)
    assert done.lost == 0
    starts(fallen)


def test_a_ledger_that_was_changed_is_not_gone_on_with(fallen: Fallen) -> None:
    cut_back(fallen, forge=True)
    remembered = fallen.settings.guard_file.read_bytes()
    with pytest.raises(RecoveryRefused, match="first bad leaf is 0"):
        by(fallen.settings)
    assert fallen.settings.guard_file.read_bytes() == remembered
    with pytest.raises(LedgerRefused):
        starts(fallen)
