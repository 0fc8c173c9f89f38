"""The file of a backup: what was written comes back, and nothing else ever does."""

import io
import random
import tarfile
from pathlib import Path

import pytest

from app.backups.container import FRAME, BackupRefused, opened, require_key, writing
from audit.keys import KeyKind, Keys, development_keys

KEYS = development_keys("a test knows every key of its hospital")
OTHER = development_keys("another hospital has other keys than this one")
PARTS = {"one": b"", "rows/two": b"x" * 10, "three": random.Random(1).randbytes(2 * FRAME + 17)}


def written(path: Path, parts: dict[str, bytes], keys: Keys = KEYS) -> Path:
    with writing(path, keys, "20261130T120000.000000Z", 7) as tar:
        for name, content in parts.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def read(path: Path, keys: Keys = KEYS) -> dict[str, bytes]:
    found = {}
    with opened(path, keys) as tar:
        for member in tar:
            content = tar.extractfile(member)
            assert content is not None
            found[member.name] = content.read()
    return found


@pytest.fixture(scope="module")
def backup(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("backups") / "a.wgb", PARTS)


def test_what_was_written_comes_back(backup: Path) -> None:
    assert read(backup) == PARTS
    assert backup.stat().st_mode & 0o777 == 0o600
    header = require_key(backup, KEYS)
    assert (header.key, header.leaves) == (1, 7)


def test_no_part_is_in_it_in_clear(tmp_path: Path) -> None:
    secret = b"Ouyang, Xiuying 110101199003071234"
    assert secret not in written(tmp_path / "a", {"one": secret * 40}).read_bytes()


def test_a_backup_is_never_written_over_another(backup: Path) -> None:
    with pytest.raises(FileExistsError):
        written(backup, {})
    assert read(backup) == PARTS


@pytest.mark.parametrize("seed", range(60))
def test_a_changed_byte_is_refused(backup: Path, tmp_path: Path, seed: int) -> None:
    content = bytearray(backup.read_bytes())
    place = random.Random(seed).randrange(len(content)) if seed > 20 else seed * 8
    content[place] ^= 1 << seed % 8
    damaged = tmp_path / "damaged"
    damaged.write_bytes(content)
    with pytest.raises(BackupRefused):
        read(damaged)


@pytest.mark.parametrize("kept", [0, 1, 100, 200, FRAME, 2 * FRAME, -1, -20])
def test_a_shortened_backup_is_refused(backup: Path, tmp_path: Path, kept: int) -> None:
    short = tmp_path / "short"
    short.write_bytes(backup.read_bytes()[:kept])
    with pytest.raises(BackupRefused, match=r"no backup|too early|first line|unpack|changed"):
        read(short)


def test_something_behind_its_end_is_refused(backup: Path, tmp_path: Path) -> None:
    longer = tmp_path / "longer"
    longer.write_bytes(backup.read_bytes() + b"x")
    with pytest.raises(BackupRefused, match="behind the end"):
        read(longer)


def test_frames_of_two_backups_do_not_mix(backup: Path, tmp_path: Path) -> None:
    twin = written(tmp_path / "twin", PARTS).read_bytes()
    first, second = backup.read_bytes().split(b"\n", 1), twin.split(b"\n", 1)
    mixed = tmp_path / "mixed"
    mixed.write_bytes(first[0] + b"\n" + second[1])
    with pytest.raises(BackupRefused, match="changed at or behind byte"):
        read(mixed)


def test_a_wrong_or_missing_key_is_told_before_anything_is_read(backup: Path) -> None:
    with pytest.raises(BackupRefused, match="backup-1 is not the key"):
        require_key(backup, OTHER)
    without = Keys({(kind, 1): KEYS.secret(kind) for kind in KeyKind if kind != KeyKind.BACKUP})
    with pytest.raises(BackupRefused, match=r"the key backup-1 .* is not here"):
        read(backup, without)
