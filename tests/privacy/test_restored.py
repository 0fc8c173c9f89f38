"""Backup → erased → destroyed → restored: the person stays erased, or the restore says why not."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine

from api.patient_views import PatientView
from api.sight import look
from app.backups.container import BackupRefused
from app.backups.making import Made, make_backup
from app.backups.restoring import Restored, restore
from audit.erasures import NAME
from audit.export import export_ledger
from audit.keys import KeyKind
from audit.live import check_live
from domain.patients.model import Patient
from kit.clock import utc_now
from kit.ids import new_id
from tests.databases import Databases, Kind
from tests.house import KEYS, house, settings_for, sign
from tests.privacy.ward import Ward, ward


@dataclass
class Lost:
    """A house that made a backup, erased somebody who had been in it, and is gone."""

    made: Made
    person: Patient
    people: Ward
    export: Path


@contextmanager
def lost(url: str, folder: Path) -> Iterator[Lost]:
    (folder / "house").mkdir()
    with ward(url, folder / "house") as here:
        person, stays = here.patient("Gone"), here.patient("Stays")
        here.encounter(stays)
        sign(here.app)
        made = make_backup(here.app.settings, KEYS, here.app.engine, folder / "shelf", utc_now())
        here.app.erasing.settings.backups.mkdir()
        here.erase(person)
        listed = here.app.settings.backups / NAME  # the shelf is the folder of its backups
        shutil.copy(listed, folder / "shelf" / NAME)
        export_ledger(here.app.engine, folder / "export", here.app.sequencer._signer.verifier)
    shutil.rmtree(folder / "house")
    yield Lost(made, person, here, folder / "export")


def put_back(lost: Lost, url: str, folder: Path, *lists: Path) -> Restored:
    folder.mkdir(exist_ok=True)

    def approve(_engine: Engine) -> tuple[str, str]:
        return str(new_id()), str(new_id())

    return restore(
        settings_for(url, folder), KEYS, lost.made.path, approve=approve, kept=(), at=utc_now(),
        erasures=lists,
    )  # fmt: skip


def assert_erased(lost: Lost, url: str, folder: Path) -> None:
    with house(url, folder) as app:
        assert app.erasing.replayed == 1
        was = lost.people
        here = Ward(app, was.hospital, was.ward, was.clerk, was.officer, was.custodian)
        assert here.keys(lost.person) == []
        row = here.row(lost.person)
        view = PatientView.of(row, here.sight())
        assert [look(view, name) for name in ("family_name_en", "phone")] == [None, None]
        assert (row.family_en_blind, row.erased_at is None) == (None, False)
        sign(app)
        secrets = [KEYS.secret(KeyKind.MAC)]
        report = check_live(app.engine, app.sequencer._signer.verifier, (), secrets)
        assert (report.redacted, report.findings) == (1, [])
    with house(url, folder) as app:
        assert app.erasing.replayed == 0


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> Kind:
    found: Kind = request.param
    return found


def test_who_was_erased_after_the_backup_is_erased_again(
    kind: Kind, databases: Databases, tmp_path: Path
) -> None:
    with (
        databases.migrated(kind) as url,
        lost(url, tmp_path) as gone,
        new(databases, kind, tmp_path) as target,
    ):
        done = put_back(gone, target, tmp_path / "new")
        assert done.erased == 1
        assert_erased(gone, target, tmp_path / "new")


def test_without_a_list_the_restore_says_so_and_takes_one(sqlite_url: str, tmp_path: Path) -> None:
    with lost(sqlite_url, tmp_path) as gone:
        beside = tmp_path / "shelf" / NAME
        kept = beside.rename(tmp_path / "kept")
        first = f"sqlite:///{tmp_path / 'first.db'}"
        assert put_back(gone, first, tmp_path / "first").erased is None
        with house(first, tmp_path / "first") as app:  # the control: without it the key is back
            was = gone.people
            here = Ward(app, was.hospital, was.ward, was.clerk, was.officer, was.custodian)
            view = PatientView.of(here.row(gone.person), here.sight())
            assert look(view, "family_name_en") == "Gone"
        for number, given in enumerate((kept, gone.export)):
            url = f"sqlite:///{tmp_path / f'{number}.db'}"
            assert put_back(gone, url, tmp_path / f"new-{number}", given).erased == 1
            assert_erased(gone, url, tmp_path / f"new-{number}")
        (tmp_path / "bad").write_bytes(kept.read_bytes().replace(b'"sseq":', b'"sseq":1', 1))
        with pytest.raises(BackupRefused, match="damaged"):
            put_back(gone, f"sqlite:///{tmp_path / 'x.db'}", tmp_path / "x", tmp_path / "bad")
        assert list((tmp_path / "x").iterdir()) == []


@contextmanager
def new(databases: Databases, kind: Kind, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'new.db'}"
    else:
        with databases.empty(kind) as url:
            yield url
