"""Key files: made once, for their owner alone, refused when open to others."""

import os
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from audit.doctor import Finding, examine
from audit.keys import KeyKind, Keys, KeyTrouble, add_key, development_keys, init_keys, load_keys
from audit.subjects import make_subject_key

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    init_keys(tmp_path / "keys")
    return tmp_path / "keys"


def test_init_makes_one_key_of_each_kind_for_the_owner_alone(folder: Path) -> None:
    files = sorted(path.name for path in folder.iterdir())

    assert files == sorted(f"{kind.value}-1.key" for kind in KeyKind)
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700
    keys = load_keys(folder)
    assert len({keys.secret(kind) for kind in KeyKind}) == len(KeyKind)


def test_a_key_is_never_overwritten(folder: Path) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    with pytest.raises(KeyTrouble, match="never overwritten"):
        init_keys(folder)

    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o777])
def test_a_key_open_to_others_is_refused(folder: Path, mode: int) -> None:
    (folder / "kek-1.key").chmod(mode)

    with pytest.raises(KeyTrouble, match="is open to others"):
        load_keys(folder)


def test_a_link_in_place_of_a_key_is_refused(folder: Path) -> None:
    (folder / "kek-1.key").rename(folder / "elsewhere")
    (folder / "kek-1.key").symlink_to(folder / "elsewhere")

    with pytest.raises(KeyTrouble, match="cannot be opened"):
        load_keys(folder)


def test_a_key_under_another_name_is_refused(folder: Path) -> None:
    os.replace(folder / "blind-1.key", folder / "kek-1.key")

    with pytest.raises(KeyTrouble, match="does not hold the key of its name"):
        load_keys(folder)


@pytest.mark.parametrize("text", ["", "wardgrid-key/1 kek 1 AAAA\n", "x" * 5000, "\x00\xff"])
def test_a_damaged_key_is_refused_without_showing_it(folder: Path, text: str) -> None:
    (folder / "kek-1.key").write_text(text, encoding="latin-1")

    with pytest.raises(KeyTrouble) as trouble:
        load_keys(folder)

    assert str(trouble.value) == "kek-1.key does not hold the key of its name"


def test_a_missing_kind_or_folder_is_named(folder: Path) -> None:
    (folder / "mac-1.key").unlink()

    with pytest.raises(KeyTrouble, match="there is no mac key"):
        load_keys(folder)
    with pytest.raises(KeyTrouble, match="there is no key folder"):
        load_keys(folder / "nowhere")


def test_a_second_version_writes_and_the_first_stays(folder: Path) -> None:
    first = load_keys(folder).secret(KeyKind.KEK)
    add_key(folder, KeyKind.KEK, 2)

    keys = load_keys(folder)

    assert keys.versions(KeyKind.KEK) == (1, 2)
    assert keys.secret(KeyKind.KEK, 1) == first
    assert keys.secret(KeyKind.KEK) == keys.secret(KeyKind.KEK, 2) != first
    with pytest.raises(KeyTrouble, match="kek-3 is missing"):
        keys.secret(KeyKind.KEK, 3)


def test_an_unknown_kind_of_key_is_refused(folder: Path) -> None:
    (folder / "spare-1.key").write_text("")

    with pytest.raises(KeyTrouble, match="no kind of key"):
        load_keys(folder)


def test_development_keys_need_a_long_secret_and_are_always_the_same() -> None:
    once, again = (development_keys("x" * 32) for _ in range(2))

    assert [once.secret(k) for k in KeyKind] == [again.secret(k) for k in KeyKind]
    with pytest.raises(KeyTrouble, match="at least 32 bytes"):
        development_keys("x" * 31)


def test_a_key_of_another_length_is_none() -> None:
    held = {(kind, 1): b"k" * 32 for kind in KeyKind}

    with pytest.raises(KeyTrouble, match="kek-1 is not a key"):
        Keys(held | {(KeyKind.KEK, 1): b"short"})


def test_the_doctor_names_each_key_and_what_it_cannot_open(bare_engine: Engine) -> None:
    keys, wrong = (development_keys(letter * 32) for letter in "ab")
    with Session(bare_engine) as session, session.begin():
        for number in range(3):
            session.add(make_subject_key(keys, UUID(int=number), NOON, blind=1))

    with Session(bare_engine) as session:
        assert examine(keys, session) == (
            Finding("blind-1", 3, 0), Finding("kek-1", 3, 0),
            Finding("ledger-1", 1, 0), Finding("token-1", 1, 0),
        )  # fmt: skip
        ill = [f for f in examine(wrong, session) if not f.healthy]
        assert ill == [Finding("blind-1", 0, 3), Finding("kek-1", 0, 3)]
        lost = Keys({(k, 2 if k is KeyKind.KEK else 1): keys.secret(k) for k in KeyKind})
        assert Finding("kek-1", 0, 3) in examine(lost, session)


def test_the_doctor_counts_a_missing_blind_key_as_broken(bare_engine: Engine) -> None:
    keys = development_keys("a" * 32)
    with Session(bare_engine) as session, session.begin():
        session.add(make_subject_key(keys, UUID(int=1), NOON, blind=1))

    with Session(bare_engine) as session:
        lost = Keys({(k, 2 if k is KeyKind.BLIND else 1): keys.secret(k) for k in KeyKind})
        assert Finding("blind-1", 0, 1) in examine(lost, session)
