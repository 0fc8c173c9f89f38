"""What an operator does at the shell: found, verify, prove, try keys, import; on a real folder."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.cli import app
from tests.faults.serving import make_folder, token_for


@pytest.fixture
def folder(sqlite_url: str, tmp_path: Path) -> Path:
    make_folder(tmp_path / "ward", sqlite_url)
    return tmp_path / "ward"


@pytest.fixture
def founded(folder: Path) -> Path:
    done = _run("user", "found", "--data", folder, "--system", "sue", "--security", "sam",
                "--compliance", "cleo")  # fmt: skip
    assert done.exit_code == 0, done.output
    return folder


def _run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def _token(folder: Path, role: str) -> str:
    return token_for(f"sqlite:///{folder / 'wardgrid.db'}", role)


def _public_key(folder: Path) -> str:
    from app.settings import load
    from app.wiring import ledger_signer
    from audit.keys import load_keys

    settings = load(folder)
    return ledger_signer(settings, load_keys(settings.key_folder)).verifier.text


def test_three_administrators_are_founded_once_and_their_passwords_are_shown(folder: Path) -> None:
    names = ("--system", "sue", "--security", "sam", "--compliance", "cleo")
    first = _run("user", "found", "--data", folder, *names)
    again = _run("user", "found", "--data", folder, *names)
    assert first.exit_code == 0
    assert re.findall(r"^([a-z-]+): (\w+)$", first.output, re.M) == [
        ("system-administrator", "sue"),
        ("security-administrator", "sam"),
        ("compliance-officer", "cleo"),
    ]
    passwords = re.findall(r"password (\S{20})$", first.output, re.M)
    assert len(set(passwords)) == 3
    assert again.exit_code == 1
    assert again.output.startswith("ALREADY_FOUNDED: ")
    stored = (folder / "wardgrid.db").read_bytes()
    assert [password for password in passwords if password.encode() in stored] == []


def test_one_person_cannot_hold_two_offices(folder: Path) -> None:
    refused = _run("user", "found", "--data", folder, "--system", "sue", "--security", "sue",
                   "--compliance", "cleo")  # fmt: skip
    assert refused.exit_code == 1


def test_an_export_verifies_anywhere_and_a_changed_one_does_not(founded: Path) -> None:
    export, key = founded.parent / "export", _public_key(founded)
    note = founded.parent / "note"
    note.write_text(_run("ledger", "checkpoint", "--data", founded).output)
    assert note.read_text().startswith("faults.example/log\n")
    exported = _run("ledger", "export", export, "--data", founded)
    assert (exported.exit_code, "leaves of faults.example/log" in exported.output) == (0, True)
    good = _run("ledger", "verify", export, "--key", key, "--previous", note, "--json")
    assert (good.exit_code, json.loads(good.output)["result"]) == (0, "PASS")
    files = [path for path in export.rglob("*") if path.is_file()]
    bundle = next(path for path in files if b"account.found" in path.read_bytes())
    bundle.write_bytes(bundle.read_bytes().replace(b"account.found", b"account.bound"))
    assert _run("ledger", "verify", export, "--key", key).exit_code == 1


def test_one_entry_is_proved_and_checked(founded: Path) -> None:
    body, proof, key = founded.parent / "body", founded.parent / "proof", founded.parent / "key"
    key.write_text(_public_key(founded))
    made = _run("ledger", "prove", 1, "--body", body, "--proof", proof, "--data", founded)
    assert made.exit_code == 0, made.output
    good = _run("ledger", "check-proof", body, proof, "--key", key)
    assert (good.exit_code, good.output.startswith("PASS: in faults.example/log")) == (0, True)
    body.write_bytes(body.read_bytes().replace(b"done", b"deny"))
    assert _run("ledger", "check-proof", body, proof, "--key", key).exit_code == 1
    missing = _run("ledger", "prove", 99, "--body", body, "--proof", proof, "--data", founded)
    assert (missing.exit_code, "no checkpoint covers" in missing.output) == (1, True)


def test_the_doctor_tries_every_key_and_names_the_one_that_fails(founded: Path) -> None:
    healthy = _run("keys", "doctor", "--data", founded)
    assert (healthy.exit_code, "kek-1: 3 sound, 0 broken" in healthy.output) == (0, True)
    kek = founded / "keys" / "kek-1.key"
    kek.unlink()
    assert _run("keys", "add", "kek", "--data", founded).exit_code == 1  # there is none to follow
    (founded / "keys" / "kek-1.key").touch(mode=0o600)
    assert _run("keys", "doctor", "--data", founded).exit_code == 1


def test_a_new_version_of_a_key_is_added_beside_the_old_one(founded: Path) -> None:
    added = _run("keys", "add", "kek", "--data", founded)
    assert (added.exit_code, added.output.startswith("made kek-2.key")) == (0, True)
    assert (founded / "keys" / "kek-1.key").exists()
    assert _run("keys", "add", "nonsense", "--data", founded).exit_code == 1
    assert _run("keys", "doctor", "--data", founded).exit_code == 0


def test_nobody_imports_without_a_token(founded: Path) -> None:
    messages = founded.parent / "messages"
    messages.mkdir()
    refused = _run("import", "hl7", messages, "--hospital", "GH", "--data", founded,
                   "--token", "wgt_none")  # fmt: skip
    assert (refused.exit_code, "the token is not valid" in refused.output) == (1, True)


def test_an_import_into_an_unknown_hospital_is_refused_plainly(
    sqlite_url: str, tmp_path: Path
) -> None:
    token = token_for(sqlite_url, "integration")
    make_folder(tmp_path / "ward", sqlite_url)
    (tmp_path / "adt.hl7").write_text("")
    refused = _run("import", "hl7", tmp_path / "adt.hl7", "--hospital", "GH",
                   "--data", tmp_path / "ward", "--token", token)  # fmt: skip
    assert (refused.exit_code, refused.output.startswith("NOT_FOUND: ")) == (1, True)


def test_a_second_program_on_the_folder_is_refused(founded: Path) -> None:
    from audit.guard import held_alone

    names = ("--system", "a1", "--security", "b1", "--compliance", "c1")
    with held_alone(founded / "ledger.guard"):
        for refused in (
            _run("user", "found", "--data", founded, *names),
            _run("serve", "--data", founded, "--port", 0),
        ):
            assert refused.exit_code == 1
            assert refused.output.startswith("another wardgrid process works on this folder")


def test_a_server_without_its_key_or_its_guard_says_so_plainly(founded: Path) -> None:
    kek, away = founded / "keys" / "kek-1.key", founded.parent / "kek-1.key"
    kek.rename(away)
    lost = _run("serve", "--data", founded, "--port", 0)
    assert (lost.exit_code, lost.output) == (1, "there is no kek key\n")
    away.rename(kek)
    (founded / "ledger.guard").unlink()
    refused = _run("serve", "--data", founded, "--port", 0)
    assert refused.exit_code != 0
    assert '"event": "the ledger refuses, wardgrid ledger checkpoint says why"' in refused.output
    told = _run("ledger", "checkpoint", "--data", founded)
    assert told.output.startswith("the ledger refuses: the ledger has entries but its guard file")


@pytest.mark.parametrize("file_format", ["csv", "ndjson", "fhir"])
def test_entries_are_written_for_a_person_and_on_record(
    founded: Path, tmp_path: Path, file_format: str
) -> None:
    token, file = _token(founded, "compliance-officer"), tmp_path / "november"
    wanted = ("ledger", "entries", file, "--data", founded, "--token", token)
    done = _run(*wanted, "--format", file_format, "--action", "account.found")
    assert (done.exit_code, done.output) == (0, f"1 entries to {file}\n")
    assert file.stat().st_mode & 0o777 == 0o600
    assert len(file.read_bytes().splitlines()) == (2 if file_format == "csv" else 1)
    again = _run(*wanted, "--format", file_format)
    assert (again.exit_code, again.output) == (1, f"{file} is there already; name another file\n")
    recorded = _run("ledger", "entries", tmp_path / "exports", "--data", founded, "--token", token,
                    "--format", "ndjson", "--action", "ledger.export")  # fmt: skip
    assert recorded.output.startswith("1 entries")
    assert file_format in (tmp_path / "exports").read_text()
    assert b"Patient" not in file.read_bytes()  # accounts are subjects of their codes, no patients


def test_whoever_may_not_export_gets_a_sentence_and_no_file(founded: Path, tmp_path: Path) -> None:
    file = tmp_path / "november"
    nobody = _run("ledger", "entries", file, "--data", founded, "--token",
                  _token(founded, "nurse"))  # fmt: skip
    assert (nobody.exit_code, nobody.output) == (1, "you may not export the ledger\n")
    wrong = _run("ledger", "entries", file, "--data", founded, "--token",
                 _token(founded, "compliance-officer"), "--since", "yesterday")  # fmt: skip
    assert (wrong.exit_code, wrong.output) == (1, "since: not a value of this field\n")
    assert list(tmp_path.glob("november*")) == []
