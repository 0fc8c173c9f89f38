"""The verifier as one file: what the house says, without the house; and its page for people."""

import ast
import json
import random
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit import one_file, verifier
from audit.ed25519 import holds_in_plain_python, signature_holds
from audit.page import finding_texts, page
from audit.report import Finding, Report
from tests.audit.ledgers import LOG, SIGNER, Ledger

KEY = SIGNER.verifier.text
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
AUDIT = Path(verifier.__file__).parent


@pytest.fixture
def carried(tmp_path: Path) -> Path:
    one_file.pack(tmp_path / "verifier.pyz")
    return tmp_path / "verifier.pyz"


def bare(*arguments: object) -> subprocess.CompletedProcess[str]:
    """A Python without any library, environment or working folder of ours."""
    command = [sys.executable, "-I", "-S", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")


def test_one_file_judges_as_the_house_does(
    sqlite_ledger: Ledger, carried: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sqlite_ledger.fill(3)
    folder, kept = sqlite_ledger.export(), tmp_path / "kept"
    kept.write_text(sqlite_ledger.sequencer.checkpoint)
    asked = ["verify", str(folder), "--key", KEY, "--previous", str(kept), "--json"]
    assert verifier.main(asked) == 0
    ours, theirs = capsys.readouterr().out, bare(carried, *asked)
    assert (theirs.returncode, theirs.stdout, theirs.stderr) == (0, ours, "")
    assert json.loads(ours)["result"] == "PASS"
    assert bare(carried, "verify", folder).returncode == 2  # without a key of one's own
    bundle = next((folder / "bundles").iterdir())
    bundle.write_bytes(bundle.read_bytes().replace(b"OCCUPIED", b"RESERVED", 1))
    assert verifier.main(asked) == 1
    ours, theirs = capsys.readouterr().out, bare(carried, *asked)
    assert (theirs.returncode, theirs.stdout) == (1, ours)
    assert json.loads(ours)["first_bad_index"] == 0
    assert bare(carried, "verify", tmp_path / "nowhere", "--key", KEY).returncode == 1
    assert bare(carried, "verify", folder, "--previous", tmp_path / "none").returncode == 1


def test_one_file_is_the_same_each_time_and_holds_no_signing_code(
    carried: Path, tmp_path: Path
) -> None:
    again = one_file.pack(tmp_path / "again.pyz")
    assert carried.read_bytes() == (tmp_path / "again.pyz").read_bytes()
    assert len(again) == 64
    loaded = bare("-c", f"import sys; sys.path.insert(0, {str(carried)!r}); import audit.verifier;"
                  "print([n for n in sys.modules if n.split('.')[0] in"
                  " ('cryptography', 'sqlalchemy', 'orjson') or n.endswith('signer')])")  # fmt: skip
    assert loaded.stdout == "[]\n", loaded.stderr


def test_signatures_hold_in_plain_python_exactly_where_they_do_in_the_library() -> None:
    chance = random.Random(8032)
    for turn in range(40):
        signing = Ed25519PrivateKey.from_private_bytes(chance.randbytes(32))
        key, message = signing.public_key().public_bytes_raw(), chance.randbytes(turn)
        signature = bytearray(signing.sign(message))
        assert holds_in_plain_python(key, message, bytes(signature))
        signature[chance.randrange(64)] ^= 1 << chance.randrange(8)
        assert not signature_holds(key, message, bytes(signature))
        assert not holds_in_plain_python(key, message, bytes(signature))
        assert not holds_in_plain_python(key, message + b"x", bytes(signing.sign(message)))


def test_other_forms_of_a_signature_and_keys_off_the_curve_are_refused() -> None:
    signing = Ed25519PrivateKey.from_private_bytes(bytes(32))
    key, signature = signing.public_key().public_bytes_raw(), signing.sign(b"head")
    order = 2**252 + 27742317777372353535851937790883648493
    again = int.from_bytes(signature[32:], "little") + order  # says the same, in another form
    odd = [
        (key, signature[:32] + again.to_bytes(32, "little")),
        (key, signature[:63]),
        (key[:31], signature),
        ((2).to_bytes(32, "little"), signature),  # no point has this y
        ((2**255 - 18).to_bytes(32, "little"), signature),  # y beyond the field
    ]
    for wrong_key, wrong in odd:
        assert not signature_holds(wrong_key, b"head", wrong)
        assert not holds_in_plain_python(wrong_key, b"head", wrong)


def test_the_page_tells_people_what_was_found_in_both_languages(
    sqlite_ledger: Ledger, tmp_path: Path
) -> None:
    sqlite_ledger.fill(2)
    folder, written = sqlite_ledger.export(), tmp_path / "page.html"
    bundle = next((folder / "bundles").iterdir())
    bundle.write_bytes(bundle.read_bytes().replace(b"OCCUPIED", b"RESERVED", 1))
    for language, verdict in (("en", "Keep this export"), ("zh", "请保留此导出")):
        asked = [
            "verify",
            str(folder),
            "--key",
            KEY,
            "--page",
            str(written),
            "--language",
            language,
        ]
        assert verifier.main(asked) == 1
        told = written.read_text("utf-8")
        assert verdict in told
        assert "<strong>leaf</strong>" in told
        assert LOG in told


def test_nothing_from_an_export_acts_on_the_page() -> None:
    report = Report(log="<script>alert(1)</script>\u202e", size=1)
    report.add(Finding("form", "<img src=x onerror=alert(1)>\u202etxt", index=0))
    told = page(report, "en", NOON)
    assert "<script" not in told
    assert "<img" not in told
    assert "\u202e" not in told


def test_every_code_of_a_finding_is_explained_in_both_languages() -> None:
    codes = set()
    for path in AUDIT.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                if name in ("Finding", "_fail", "_incomplete"):
                    codes.add(node.args[0].value)
    codes |= {"gap", "fork", "replay", "predecessor"}  # faults of a stream go by their own names
    texts = finding_texts()
    assert codes <= set(texts)
    assert all(english.isascii() and not chinese.isascii() for english, chinese in texts.values())
