"""Attacks on an export: every byte of every file counts, for two verifiers that share no code."""

import json
import random
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.form import ZERO_HASH, Malformed, read
from audit.report import Result
from audit.tree import leaf_hash, node_hash
from audit.verify import main, verify
from kit.canonical import canonical_json
from tests.audit import second_verifier
from tests.audit.forgery import forged, loaded, relinked, signed_export, verify_files
from tests.audit.ledgers import LOG, SIGNER, Ledger, draft

KEYS = [SIGNER.verifier.text]
STREAM = "01a20473-34c9-7269-89db-c1a1b29660ad"
FLIPS = 10_000


def chain(count: int) -> list[bytes]:
    """Bodies of one stream."""
    bodies: list[bytes] = []
    for number in range(1, count + 1):
        before = leaf_hash(bodies[-1]).hex() if bodies else ZERO_HASH
        bodies.append(forged(STREAM, number, before)[0])
    return bodies


@pytest.fixture(scope="module")
def small() -> dict[str, bytes]:
    return signed_export(chain(6))


@pytest.fixture
def exported(sqlite_ledger: Ledger) -> tuple[dict[str, bytes], str]:
    sqlite_ledger.fill(1)
    sqlite_ledger.write(draft(90), draft(91, notes={"reason": "Überlauf", "n": -5}))
    note = sqlite_ledger.sequence()
    return loaded(sqlite_ledger.export()), note


def test_both_verifiers_pass_a_clean_export(exported: tuple[dict[str, bytes], str]):
    files, note = exported
    assert verify_files(files, KEYS, [note]).result is Result.PASS
    assert second_verifier.judge(files, KEYS, [note]) == ("PASS", "")


def test_ten_thousand_byte_flips_are_all_refused(exported: tuple[dict[str, bytes], str]):
    files, note = exported
    chance = random.Random(20261122)
    names = sorted(files)
    weights = [len(files[name]) for name in names]
    for count in range(FLIPS):
        # half of the flips in proportion to length, half to give small files their share
        (name,) = chance.choices(names, weights if count % 2 else None)
        place = chance.randrange(len(files[name]))
        content = bytearray(files[name])
        content[place] ^= 1 << chance.randrange(8) if count % 3 else chance.randrange(1, 256)
        report = verify_files(files | {name: bytes(content)}, KEYS, [note])
        assert report.result is Result.FAIL, (name, place)
        assert report.findings[0].code != "crash", (name, place)


def test_the_second_verifier_refuses_flips_too(small: dict[str, bytes]):
    chance = random.Random(7)
    for _ in range(300):
        name = chance.choice(sorted(small))
        content = bytearray(small[name])
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        assert second_verifier.judge(small | {name: bytes(content)}, KEYS, [])[0] == "FAIL"


@pytest.mark.parametrize("kind", ["cut", "insert", "double", "swap"])
def test_bytes_taken_out_put_in_or_moved_are_refused(small: dict[str, bytes], kind: str):
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


def line(change: Callable[[bytes], bytes]) -> list[bytes]:
    """A chain whose third body is another, everything else made to fit it."""
    bodies = chain(2)
    bodies.append(change(forged(STREAM, 3, leaf_hash(bodies[1]).hex())[0]))
    bodies.append(forged(STREAM, 4, leaf_hash(bodies[2]).hex())[0])
    return bodies


def put(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    def change(body: bytes) -> bytes:
        assert old in body
        return body.replace(old, new, 1)

    return change


FORMS = {
    "duplicate key": put(b'{"action":', b'{"action":"bed.free","action":'),
    "duplicate key at the end": put(b'"v":1}', b'"v":1,"v":1}'),
    "keys in another order": put(b'"sealed":[],', b""),
    "one member more": put(b'"v":1}', b'"v":1,"w":1}'),
    "one member less": put(b'"purpose":"TREAT",', b""),
    "decomposed letters": put(b'"AdmitPatient"', '"Admit\u0041\u030a"'.encode()),
    "a float": put(b'"version":1}', b'"version":1.0}'),
    "an exponent": put(b'"version":1}', b'"version":1e0}'),
    "minus zero": put(b'["command","AdmitPatient"]', b'["command",-0]'),
    "an integer beyond 2^53": put(b'["command","AdmitPatient"]', b'["command",9007199254740992]'),
    "a leading zero": put(b'"sseq":3', b'"sseq":03'),
    "a blank": put(b'"v":1}', b'"v": 1}'),
    "a byte order mark": lambda body: b"\xef\xbb\xbf" + body,
    "a carriage return": lambda body: body + b"\r",
    "an escape that is not needed": put(b"AdmitPatient", b"\\u0041dmitPatient"),
    "upper case escape": put(b"AdmitPatient", b"Admit\\u001F"),
    "a raw control character": put(b"AdmitPatient", b"Admit\x01"),
    "a lone surrogate": put(b"AdmitPatient", b"Admit\\ud800"),
    "not UTF-8": put(b"AdmitPatient", b"Admit\xff"),
    "true for a number": put(b'"v":1}', b'"v":true}'),
    "another version": put(b'"v":1}', b'"v":2}'),
    "another outcome": put(b'"outcome":"done"', b'"outcome":"fine"'),
    "another log": put(LOG.encode(), b"hospitaI.example/ledger"),
    "upper case hash": lambda body: relinked(body, sprev=json.loads(body)["sprev"].upper()),
    "number 0": lambda body: relinked(body, sseq=0),
    "a negative number": lambda body: relinked(body, sseq=-3),
    "too large": lambda body: relinked(body, purpose="x" * (1 << 20)),
    "empty": lambda body: b"",
    "null": lambda body: b"null",
    "a list": lambda body: b"[" + body + b"]",
    "a value of another kind": put(b'["use",null,"OCCUPIED"]', b'["use",null,["OCCUPIED"]]'),
    "two values instead of three": put(b'["use",null,"OCCUPIED"]', b'["use",null]'),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_signed_body_that_is_not_in_the_one_form_is_found_at_its_leaf(name: str):
    files = signed_export(line(FORMS[name]))
    report = verify_files(files, KEYS)
    assert (report.result, report.first_bad_index) == (Result.FAIL, 2), report.page()
    assert report.findings[0].code in ("form", "log", "replay")
    assert second_verifier.judge(files, KEYS, [])[0] == "FAIL"


@pytest.mark.parametrize(("sseq", "code"), [(2, "replay"), (5, "gap"), (4, "fork")])
def test_a_signed_break_in_a_stream_is_found(sseq: int, code: str):
    bodies = [*chain(3), forged(STREAM, sseq, "ef" * 32)[0]]
    files = signed_export(bodies)
    report = verify_files(files, KEYS)
    assert [(finding.code, finding.index) for finding in report.findings] == [(code, 3)]
    assert second_verifier.judge(files, KEYS, [])[0] == "FAIL"


@pytest.mark.parametrize(
    ("before", "result"),
    [
        ([], Result.PASS),
        ([{"hash": 3, "sseq": 3, "stream": STREAM, "sure": True}], Result.PASS),
        ([{"hash": 3, "sseq": 3, "stream": STREAM, "sure": False}], Result.PASS),
        ([{"hash": 2, "sseq": 2, "stream": STREAM, "sure": False}], Result.PASS),
        ([{"hash": 2, "sseq": 2, "stream": STREAM, "sure": True}], Result.FAIL),
        ([{"hash": 2, "sseq": 3, "stream": STREAM, "sure": False}], Result.FAIL),
        ([{"hash": 3, "sseq": 3, "stream": STREAM[::-1], "sure": True}], Result.FAIL),
    ],
)
def test_a_stream_must_take_over_where_the_other_ended(before: list[dict], result: Result):
    bodies = chain(3)
    heads = [{**head, "hash": leaf_hash(bodies[head["hash"] - 1]).hex()} for head in before]
    new = forged("01a20473-34c9-7269-89db-000000000000", 1, ZERO_HASH)[0]
    files = signed_export([*bodies, relinked(new, before=heads)])
    report = verify_files(files, KEYS)
    assert report.result is result
    assert {finding.code for finding in report.findings} == ({"predecessor"} if result else set())
    assert second_verifier.judge(files, KEYS, [])[0] == result.name


def test_a_node_presented_as_a_leaf_is_found(small: dict[str, bytes]):
    lines = small["bundles/00000000"].split(b"\n")
    node = node_hash(leaf_hash(lines[0]), leaf_hash(lines[1]))
    files = small | {
        "bundles/00000000": b"\n".join([b"=" + node.hex().encode(), *lines[2:]]),
        "leaves/00000000": node + small["leaves/00000000"][64:],
    }
    assert verify_files(files, KEYS).result is Result.FAIL
    assert second_verifier.judge(files, KEYS, [])[0] == "FAIL"


def test_lines_left_out_added_or_reordered_are_found(small: dict[str, bytes]):
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


def test_files_left_out_or_added_are_found(small: dict[str, bytes]):
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
def test_a_manifest_that_is_none_fails_and_nothing_crashes(small: dict[str, bytes], content: bytes):
    report = verify_files(small | {"manifest.json": content}, KEYS)
    assert report.result is Result.FAIL
    assert "crash" not in {finding.code for finding in report.findings}


def test_a_range_shows_the_rest_as_bare_hashes_and_is_incomplete(sqlite_ledger: Ledger):
    sqlite_ledger.fill(8)
    files = loaded(sqlite_ledger.export(first=3, end=5))
    report = verify_files(files, KEYS, [sqlite_ledger.sequencer.checkpoint])
    assert (report.result, report.entries, report.withheld) == (Result.INCOMPLETE, 2, 6)
    assert second_verifier.judge(files, KEYS, [])[0] == "INCOMPLETE"
    content = bytearray(files["bundles/00000000"])
    content[3] ^= 1
    assert verify_files(files | {"bundles/00000000": bytes(content)}, KEYS).result is Result.FAIL


def test_links_and_devices_are_not_read(sqlite_ledger: Ledger, tmp_path: Path):
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


def test_the_command_prints_a_page_or_json_and_answers_0_1_2(
    sqlite_ledger: Ledger, capsys: pytest.CaptureFixture[str], tmp_path: Path
):
    sqlite_ledger.fill(2)
    folder = sqlite_ledger.export()
    assert main(folder, KEYS, [sqlite_ledger.sequencer.checkpoint]) == 0
    assert capsys.readouterr().out.startswith(f"Ledger {LOG}: PASS\n  leaves 2, root ")
    assert main(folder, [], as_json=True) == 2
    assert json.loads(capsys.readouterr().out)["result"] == "INCOMPLETE"
    assert main(tmp_path / "nowhere", KEYS, as_json=True) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["result"], told["first_bad_index"]) == ("FAIL", None)


@given(st.binary(max_size=300))
def test_any_bytes_for_a_body_are_judged_without_a_crash(content: bytes):
    with pytest.raises(Malformed):
        read(content)


@given(st.data())
def test_no_other_bytes_say_what_a_body_says(data: st.DataObject):
    """Whatever bytes are accepted, JSON reads them as no accepted other bytes."""
    body = bytearray(chain(1)[0])
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(body) - 1))
        body[place : place + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
    changed = bytes(body)
    try:
        read(changed)
    except Malformed:
        return
    assert canonical_json(json.loads(changed)) == changed


def test_the_verifier_needs_no_database_code():
    script = (
        "import sys, audit.verify, audit.proof\n"
        "print([name for name in ('sqlalchemy', 'sqlmodel', 'psycopg', 'sqlite3')"
        " if name in sys.modules])"
    )
    told = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert told.stdout == "[]\n"


def test_the_second_verifier_shares_no_code():
    source = Path(second_verifier.__file__).read_text()
    imported = set(re.findall(r"^(?:import|from) ([a-z0-9_]+)", source, re.MULTILINE))
    assert imported == {"base64", "json", "re", "unicodedata", "hashlib", "cryptography"}
