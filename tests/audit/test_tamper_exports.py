"""Attacks on an export: every byte of every file counts, for two verifiers that share no code."""

import random
import re
from pathlib import Path

import pytest

from audit.report import Result
from audit.tree import leaf_hash, node_hash
from audit.verify import verify
from kit.canonical import canonical_json
from tests.audit import second_verifier
from tests.audit.forgery import STREAM, chain, forged, loaded, signed_export, verify_files
from tests.audit.ledgers import LOG, SIGNER, Ledger, draft

KEYS = [SIGNER.verifier.text]
BY_DAY, BY_NIGHT = 10_000, 100_000


@pytest.fixture(scope="module")
def small() -> dict[str, bytes]:
    return signed_export(chain(6))


@pytest.fixture
def exported(sqlite_ledger: Ledger) -> tuple[dict[str, bytes], str]:
    sqlite_ledger.fill(1)
    sqlite_ledger.write(draft(90), draft(91, notes={"reason": "Überlauf", "n": -5}))
    note = sqlite_ledger.sequence()
    return loaded(sqlite_ledger.export()), note


def test_both_verifiers_pass_a_clean_export(exported: tuple[dict[str, bytes], str]) -> None:
    files, note = exported
    assert verify_files(files, KEYS, [note]).result is Result.PASS
    assert second_verifier.judge(files, KEYS, [note]) == ("PASS", "")


@pytest.mark.parametrize("flips", [BY_DAY, pytest.param(BY_NIGHT, marks=pytest.mark.nightly)])
def test_byte_flips_are_all_refused(exported: tuple[dict[str, bytes], str], flips: int) -> None:
    files, note = exported
    chance = random.Random(20261122 + flips)
    names = sorted(files)
    weights = [len(files[name]) for name in names]
    for count in range(flips):
        # half of the flips in proportion to length, half to give small files their share
        (name,) = chance.choices(names, weights if count % 2 else None)
        place = chance.randrange(len(files[name]))
        content = bytearray(files[name])
        content[place] ^= 1 << chance.randrange(8) if count % 3 else chance.randrange(1, 256)
        report = verify_files(files | {name: bytes(content)}, KEYS, [note])
        assert report.result is Result.FAIL, (name, place)
        assert report.findings[0].code != "crash", (name, place)


def test_the_second_verifier_refuses_flips_too(small: dict[str, bytes]) -> None:
    chance = random.Random(7)
    for _ in range(300):
        name = chance.choice(sorted(small))
        content = bytearray(small[name])
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        assert second_verifier.judge(small | {name: bytes(content)}, KEYS, [])[0] == "FAIL"


@pytest.mark.parametrize("kind", ["cut", "insert", "double", "swap"])
def test_bytes_taken_out_put_in_or_moved_are_refused(small: dict[str, bytes], kind: str) -> None:
    chance = random.Random(kind)
    for _ in range(200):
        name = chance.choice(sorted(small))
        content = small[name]
        start = chance.randrange(len(content))
        end = min(len(content), start + chance.randrange(1, 40))
        changed = {
            "cut": content[:start] + content[end:],
            "insert": content[:start] + chance.randbytes(end - start) + content[start:],
            "double": content[:end] + content[start:],
            "swap": content[:start] + content[start:end][::-1] + content[end:],
        }[kind]
        if changed != content:
            assert verify_files(small | {name: changed}, KEYS).result is Result.FAIL


def test_a_node_presented_as_a_leaf_is_found(small: dict[str, bytes]) -> None:
    lines = small["bundles/00000000"].split(b"\n")
    node = node_hash(leaf_hash(lines[0]), leaf_hash(lines[1]))
    files = small | {
        "bundles/00000000": b"\n".join([b"=" + node.hex().encode(), *lines[2:]]),
        "leaves/00000000": node + small["leaves/00000000"][64:],
    }
    assert verify_files(files, KEYS).result is Result.FAIL
    assert second_verifier.judge(files, KEYS, [])[0] == "FAIL"


def test_lines_left_out_added_or_reordered_are_found(small: dict[str, bytes]) -> None:
    lines = small["bundles/00000000"].split(b"\n")[:-1]
    for changed, bad in (
        ([*lines[:3], *lines[4:]], 3),
        ([*lines[:2], lines[3], lines[2], *lines[4:]], 2),
        (lines[:-1], 5),
        ([*lines, forged(STREAM, 7, leaf_hash(lines[-1]).hex())[0]], 6),  # the unsigned tail
        ([*lines, lines[-1]], 6),
    ):
        content = b"".join(line + b"\n" for line in changed)
        report = verify_files(small | {"bundles/00000000": content}, KEYS)
        assert (report.result, report.first_bad_index) == (Result.FAIL, bad)


def test_files_left_out_or_added_are_found(small: dict[str, bytes]) -> None:
    for name in small:
        left = {key: value for key, value in small.items() if key != name}
        assert verify_files(left, KEYS).result is Result.FAIL
    for name in ("notes/000000000000001", "bundles/00000001", "readme.txt", "x\u202e<b>.csv"):
        report = verify_files(small | {name: b"=1+1"}, KEYS)
        assert [finding.code for finding in report.findings] == ["files"]
        assert report.page().isascii()
        assert "\u202e" not in report.page()


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\n", b"{}\n", b"null\n", b"[]\n", b'{"v":1}\n', b"\xff\n", b"[" * 100_000 + b"\n",
        canonical_json({"v": 1, "log": LOG, "size": 10**14, "bundle": 4096,
                        "notes": [[10**14, "ab" * 32]]}) + b"\n",
        canonical_json({"v": 1, "log": "", "size": 6, "bundle": 4096, "notes": []}) + b"\n",
        canonical_json({"v": 1, "log": LOG, "size": True, "bundle": 4096, "notes": [[1, ""]]}) + b"\n",
    ],
)  # fmt: skip
def test_a_manifest_that_is_none_fails_and_nothing_crashes(
    small: dict[str, bytes], content: bytes
) -> None:
    report = verify_files(small | {"manifest.json": content}, KEYS)
    assert report.result is Result.FAIL
    assert "crash" not in {finding.code for finding in report.findings}


def test_a_range_shows_the_rest_as_bare_hashes_and_is_incomplete(sqlite_ledger: Ledger) -> None:
    sqlite_ledger.fill(8)
    files = loaded(sqlite_ledger.export(first=3, end=5))
    report = verify_files(files, KEYS, [sqlite_ledger.sequencer.checkpoint])
    assert (report.result, report.entries, report.withheld) == (Result.INCOMPLETE, 2, 6)
    assert second_verifier.judge(files, KEYS, [])[0] == "INCOMPLETE"
    content = bytearray(files["bundles/00000000"])
    content[3] ^= 1
    assert verify_files(files | {"bundles/00000000": bytes(content)}, KEYS).result is Result.FAIL


def test_links_and_devices_are_not_read(sqlite_ledger: Ledger, tmp_path: Path) -> None:
    sqlite_ledger.fill(2)
    folder = sqlite_ledger.export()
    moved = tmp_path / "elsewhere"
    (folder / "checkpoint").rename(moved)
    (folder / "checkpoint").symlink_to(moved)
    assert verify(folder, KEYS).result is Result.FAIL
    (folder / "checkpoint").unlink()
    moved.rename(folder / "checkpoint")
    assert verify(folder, KEYS).result is Result.PASS
    (folder / "more").symlink_to(tmp_path)
    assert verify(folder, KEYS).result is Result.FAIL


def test_the_second_verifier_shares_no_code() -> None:
    source = Path(second_verifier.__file__).read_text()
    imported = set(re.findall(r"^(?:import|from) ([a-z0-9_]+)", source, re.MULTILINE))
    assert imported == {"base64", "json", "re", "unicodedata", "hashlib", "cryptography"}
