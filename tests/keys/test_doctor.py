"""The doctor names what is damaged, gone or back, by id, and what to do."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from sqlmodel import Session, col, delete, select
from typer.testing import CliRunner, Result

from app.cli import app as command_line
from app.rotation.stage import GRACE
from app.settings import FILE_NAME
from audit.keys import KeyKind, add_key
from audit.subjects import SubjectKey
from domain.keys.model import RotationKind
from domain.patients.model import Patient
from kit.db import open_engine
from tests.house import LOG
from tests.keys.rotating import House


@dataclass
class Clinic:
    house: House

    def look(self, *more: str) -> Result:
        return CliRunner().invoke(
            command_line, ["keys", "doctor", "--data", str(self.house.folder), *more]
        )

    def change(self, does: Callable[[Session], None]) -> None:
        """Past the program, as somebody with the database file would."""
        engine = open_engine(self.house.url, guarded=False)
        with Session(engine) as session, session.begin():
            does(session)
        engine.dispose()


@pytest.fixture
def clinic(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clinic]:
    folder = tmp_path / "house"
    folder.mkdir(mode=0o700)
    (folder / FILE_NAME).write_text(f'log_origin = "{LOG}"\n')
    (folder / FILE_NAME).chmod(0o600)
    monkeypatch.setenv("WARDGRID_DATABASE_URL", sqlite_url)
    house = House(sqlite_url, folder)
    house.register(3)
    yield Clinic(house)
    house.app.stop()


def test_a_sound_house_is_sound(clinic: Clinic) -> None:
    for arguments in ((), ("--full",)):
        seen = clinic.look(*arguments)
        assert seen.exit_code == 0, seen.output
        lines = seen.output.splitlines()
        for line in ("blind-1: 3 sound, 0 broken", "kek-1: 3 sound, 0 broken",
                     "fields of patient: 12 sound, 0 broken",
                     "fields of patient_identifier: 3 sound, 0 broken",
                     "destroyed keys: 3 sound, 0 broken"):  # fmt: skip
            assert line in lines
        assert any(line.startswith("mac-1: ") and line.endswith(", 0 broken") for line in lines)


def test_it_says_when_an_older_kek_is_no_longer_needed(clinic: Clinic) -> None:
    house = clinic.house
    add_key(house.folder / "keys", KeyKind.KEK, 2)
    assert "no longer needed" not in clinic.look().output
    house.turn(house.begin(RotationKind.KEK))
    assert "kek-1: no longer needed here" in clinic.look().output
    (house.folder / "keys" / "kek-1.key").unlink()
    assert clinic.look("--full").exit_code == 0


def test_a_key_that_is_corrupted_or_deleted_is_named(clinic: Clinic) -> None:
    bad, gone, _ = clinic.house.subject_keys()

    def corrupt(session: Session) -> None:
        row = session.exec(select(SubjectKey).where(SubjectKey.id == bad.id)).one()
        row.wrapped = row.wrapped[:-1] + bytes([row.wrapped[-1] ^ 1])
        session.add(row)

    clinic.change(corrupt)
    clinic.change(lambda session: _delete(session, gone.id))
    seen = clinic.look()
    assert seen.exit_code == 1
    assert f"kek-1: 1 sound, 1 broken\n  {bad.id}\n  -> bring back this KEK" in seen.output
    assert "fields of patient: 4 sound, 8 broken" in seen.output
    assert f"key {gone.id}" in seen.output
    assert "deleted without a record" in seen.output or "restore the row" in seen.output


def test_a_destroyed_key_that_is_back_is_named(clinic: Clinic) -> None:
    house = clinic.house
    old = house.subject_keys()[0]
    kept = old.model_dump()
    rotation = house.begin(RotationKind.SUBJECT)
    house.turn(rotation)
    house.now += GRACE * 2
    house.turn(rotation)
    assert clinic.look().exit_code == 0
    clinic.change(lambda session: session.add(SubjectKey(**kept)))
    seen = clinic.look()
    assert seen.exit_code == 1
    assert f"destroyed keys: 3 sound, 1 broken\n  {old.id}\n  -> a destroyed key is back" in (
        seen.output
    )


def test_a_lost_file_and_a_moved_field_are_named(clinic: Clinic) -> None:
    def move(session: Session) -> None:
        first, second, _ = session.exec(select(Patient).order_by(col(Patient.id))).all()
        second.phone = first.phone

    clinic.change(move)
    folder = clinic.house.folder / "keys"
    add_key(folder, KeyKind.BLIND, 2)
    (folder / "blind-1.key").rename(folder / "elsewhere")
    seen = clinic.look()
    assert seen.exit_code == 1
    assert "blind-1: 0 sound, 3 broken" in seen.output
    assert "fields of patient: 11 sound, 1 broken\n  phone of " in seen.output


def test_an_entry_by_an_unknown_mac_key_is_named(clinic: Clinic) -> None:
    folder = clinic.house.folder / "keys"
    (folder / "mac-1.key").unlink()
    add_key(folder, KeyKind.MAC, 1)
    seen = clinic.look()
    assert seen.exit_code == 1
    assert "mac of the ledger: 0 sound, " in seen.output
    assert "bring back the MAC key" in seen.output


def test_a_key_service_that_is_away_is_no_finding(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = clinic.house.folder / "token"
    token.write_text("t")
    token.chmod(0o600)
    monkeypatch.setenv("WARDGRID_KEY_PROVIDER", "vault")
    monkeypatch.setenv("WARDGRID_VAULT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("WARDGRID_VAULT_TOKEN_FILE", str(token))
    clinic.change(_to_vault)
    seen = clinic.look()
    assert seen.exit_code == 2
    assert "key service does not answer" in seen.output


def _to_vault(session: Session) -> None:
    for row in session.exec(select(SubjectKey)):
        row.wrapped = b"vault:v1:AAAA"
        session.add(row)


def _delete(session: Session, key: UUID) -> None:
    session.exec(delete(SubjectKey).where(col(SubjectKey.id) == key))
