"""WAL segments in the archive: sealed once, never over another, and given back or refused."""

import os
from base64 import b64encode
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.backups import cluster_copy, wal
from app.backups.container import BackupRefused, require_key
from app.cli import app as program
from app.cli_wal import DAMAGED
from audit.keys import KeyKind, KeyTrouble, load_backup_keys
from kit.clock import utc_now
from tests.backups.test_runner import DAY, NOON
from tests.house import KEYS

FIRST, SECOND, THIRD = (f"0000000100000000000000{number:02X}" for number in (0x0D, 0x0E, 0x0F))
SIZE = 1 << 20


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    return tmp_path / "wal"


def handed(folder: Path, name: str, content: bytes = b"WAL") -> Path:
    """As the server hands a segment over early: the rest is zeros."""
    (folder / "pg_wal").mkdir(exist_ok=True)
    file = folder / "pg_wal" / name
    file.write_bytes(content.ljust(SIZE, b"\0"))
    return file


def put(shelf: Path, name: str, content: bytes = b"WAL") -> Path:
    return wal.archive(handed(shelf.parent, name, content), shelf, KEYS, utc_now())


def test_a_segment_comes_back_as_it_was_and_takes_little_room(shelf: Path, tmp_path: Path) -> None:
    sealed = put(shelf, FIRST)
    assert sealed.stat().st_mode & 0o777 == 0o600
    assert sealed.stat().st_size < SIZE // 100
    wal.fetch(FIRST, shelf, KEYS, tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == (tmp_path / "pg_wal" / FIRST).read_bytes()
    assert (tmp_path / "back").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "back").stat().st_blocks * 512 < SIZE // 10


def test_the_same_again_is_fine_and_another_of_its_name_is_refused(shelf: Path) -> None:
    before = put(shelf, FIRST).read_bytes()
    put(shelf, FIRST)  # the server did not learn that it stood there
    with pytest.raises(BackupRefused, match="another 00000001000000000000000D is in the archive"):
        put(shelf, FIRST, b"of another cluster")
    assert (shelf / f"{FIRST}.wgw").read_bytes() == before
    for odd in ("../escape", "nonsense", FIRST.lower(), f"{FIRST}.wgw"):
        with pytest.raises(BackupRefused, match="no name of a WAL segment"):
            wal.archive(shelf / odd, shelf, KEYS, utc_now())
    assert wal.standing(shelf) == [FIRST]


def test_what_a_machine_left_that_stopped_does_no_harm(shelf: Path) -> None:
    shelf.mkdir()
    (shelf / f".{FIRST}.wgw.partial").write_bytes(b"half")
    put(shelf, FIRST)
    assert sorted(path.name for path in shelf.iterdir()) == [".lock", f"{FIRST}.wgw"]


def test_a_full_disk_leaves_nothing_and_the_server_keeps_its_segment(
    shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            put(shelf, FIRST)
    assert wal.standing(shelf) == []
    assert [path.name for path in shelf.iterdir()] == [".lock"]


def test_the_end_of_the_archive_is_no_gap_in_it(shelf: Path, tmp_path: Path) -> None:
    put(shelf, FIRST)
    with pytest.raises(wal.NoSuchWal):
        wal.fetch(SECOND, shelf, KEYS, tmp_path / "back")
    put(shelf, THIRD)
    with pytest.raises(BackupRefused, match=f"{SECOND} is missing, {THIRD} behind it is there"):
        wal.fetch(SECOND, shelf, KEYS, tmp_path / "back")
    with pytest.raises(wal.NoSuchWal):
        wal.fetch("00000002.history", shelf, KEYS, tmp_path / "back")
    assert not (tmp_path / "back").exists()


def test_what_was_changed_or_renamed_does_not_come_back(shelf: Path, tmp_path: Path) -> None:
    content = bytearray(put(shelf, FIRST).read_bytes())
    content[-40] ^= 1
    (shelf / f"{SECOND}.wgw").write_bytes(put(shelf, FIRST).read_bytes())
    with pytest.raises(BackupRefused, match=f"the WAL segment {SECOND}: it is not {SECOND}"):
        wal.fetch(SECOND, shelf, KEYS, tmp_path / "back")
    (shelf / f"{FIRST}.wgw").write_bytes(content)
    with pytest.raises(BackupRefused, match="changed at or behind byte"):
        wal.fetch(FIRST, shelf, KEYS, tmp_path / "back")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pg_wal", "wal"]


def test_the_server_is_answered_in_exit_codes(tmp_path: Path) -> None:
    keys, shelf, back = tmp_path / "keys", tmp_path / "shelf", tmp_path / "back"
    keys.mkdir(mode=0o700)
    with pytest.raises(KeyTrouble, match="there is no backup key"):
        load_backup_keys(keys)
    secret = b64encode(KEYS.secret(KeyKind.BACKUP)).decode()
    (keys / "backup-1.key").write_text(f"wardgrid-key/1 backup 1 {secret}\n")
    (keys / "backup-1.key").chmod(0o600)
    where = ["--folder", str(shelf), "--keys", str(keys)]

    def asked(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(program, ["backup", *words, *where])
        return done.exit_code, done.output

    assert asked("wal", str(handed(tmp_path, FIRST))) == (0, "")
    require_key(shelf / "wal" / f"{FIRST}.wgw", KEYS)
    assert asked("wal", str(handed(tmp_path, FIRST)))[0] == 0
    code, told = asked("wal", str(handed(tmp_path, FIRST, b"other")))
    assert (code, "two clusters must not share one" in told) == (1, True)
    assert asked("wal-fetch", FIRST, str(back)) == (0, "")
    assert back.read_bytes()[:4] == b"WAL\0"
    assert asked("wal-fetch", SECOND, str(back))[0] == 1
    (shelf / "wal" / f"{FIRST}.wgw").write_bytes(b"nonsense")
    assert asked("wal-fetch", FIRST, str(back))[0] == DAMAGED
    (keys / "backup-1.key").chmod(0o644)
    assert asked("wal-fetch", FIRST, str(back))[0] == DAMAGED


def test_wal_is_kept_for_the_bases_that_are_kept(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    names = [f"0000000{line}00000000000000{number:02X}" for line, number in
             ((1, 1), (1, 2), (2, 3), (2, 4), (2, 5))]  # fmt: skip
    for age, first in ((20, names[0]), (8, names[2]), (1, names[4])):
        stamp = (NOON - age * DAY).strftime("%Y%m%dT%H%M%S.%fZ")
        (tmp_path / "base" / f"wardgrid-base-{stamp}-{first}.wgb").touch()
    for name in (*names, "00000002.history", f"{names[1]}.00000028.backup"):
        put(tmp_path / "wal", name)
    (tmp_path / "base" / "other.txt").touch()
    assert cluster_copy.tidy(tmp_path, NOON, 7) == 4  # one base, two segments, a label
    assert [one.first for one in cluster_copy.standing(tmp_path / "base")] == [names[2], names[4]]
    assert wal.standing(tmp_path / "wal") == ["00000002.history", *names[2:]]
    assert cluster_copy.tidy(tmp_path, NOON + 900 * DAY, 7) == 3  # the newest always stays
    assert [one.first for one in cluster_copy.standing(tmp_path / "base")] == [names[4]]
