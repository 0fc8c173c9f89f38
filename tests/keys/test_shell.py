"""Two key custodians begin a rotation at a terminal, and see there how far it is."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.cli import app
from tests.backups.test_restore import PASSWORD, hire
from tests.faults.serving import make_folder


@pytest.fixture
def folder(sqlite_url: str, tmp_path: Path) -> Path:
    make_folder(tmp_path / "ward", sqlite_url)
    hire(f"sqlite:///{tmp_path / 'ward' / 'wardgrid.db'}", kim="key-custodian",
         lee="key-custodian", ann="compliance-officer")  # fmt: skip
    return tmp_path / "ward"


def _run(folder: Path, *words: str, people: str = "") -> Result:
    typed = "".join(f"{name}\n{PASSWORD}\n\n" for name in people.split())
    return CliRunner().invoke(app, ["keys", *words, "--data", str(folder)], input=typed)


def test_a_rotation_begins_with_two_custodians_and_a_newer_key(folder: Path) -> None:
    early = _run(folder, "rotate", "blind", people="kim lee")
    assert (early.exit_code, "wardgrid keys add blind" in early.output) == (1, True)
    assert _run(folder, "add", "blind").exit_code == 0
    for people, why in (("kim kim", "two different people"), ("kim ann", "may not")):
        refused = _run(folder, "rotate", "blind", people=people)
        assert (refused.exit_code, why in refused.output) == (1, True), refused.output
    assert _run(folder, "rotations").output == ""
    begun = _run(folder, "rotate", "blind", people="kim lee")
    assert begun.exit_code == 0, begun.output
    shown = _run(folder, "rotations").output
    assert " BLIND RUNNING: step 1 of 19, write both; 0 moved, 0 damaged" in shown
    assert _run(folder, "rotate", "ledger").exit_code == 1
