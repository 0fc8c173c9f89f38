"""The command line: groups are found without being imported, and failures are plain sentences."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import app
from app.migrate import newest_revision

ROOT = Path(__file__).parents[2]


@pytest.fixture
def cli() -> CliRunner:
    return CliRunner()


def test_help_names_every_group_and_imports_none_of_them() -> None:
    program = (
        "import sys, contextlib\n"
        "from app.cli import main\n"
        "with contextlib.suppress(SystemExit): main()\n"
        "print(sorted(m for m in sys.modules if m.partition('.')[0] in"
        " {'sqlalchemy', 'pydantic', 'strawberry', 'starlette', 'cryptography', 'alembic'}))\n"
    )
    shown = subprocess.run(
        [sys.executable, "-c", program, "--help"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    for group in (
        "init",
        "serve",
        "demo",
        "migrate",
        "user",
        "keys",
        "ledger",
        "import",
        "ingest",
        "plan",
        "forecast",
    ):
        assert f"\n  {group} " in shown
    assert shown.endswith("[]\n")


def test_every_group_has_its_module_and_its_own_help(cli: CliRunner) -> None:
    for group in (
        "init",
        "serve",
        "migrate",
        "user",
        "keys",
        "ledger",
        "import",
        "ingest",
        "plan",
        "forecast",
        "demo",
    ):
        shown = cli.invoke(app, [group, "--help"])
        assert shown.exit_code == 0, (group, shown.output)
        assert "Usage:" in shown.output


def test_an_unknown_group_is_refused(cli: CliRunner) -> None:
    assert cli.invoke(app, ["unknown"]).exit_code == 2


def test_a_new_folder_gets_keys_and_settings_that_only_its_owner_reads(
    cli: CliRunner, tmp_path: Path
) -> None:
    folder = tmp_path / "ward"
    made = cli.invoke(app, ["init", str(folder), "--log-origin", "beds.example.org/log"])
    assert made.exit_code == 0, made.output
    assert "beds.example.org/log+" in made.output
    assert folder.stat().st_mode & 0o777 == 0o700
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert (folder / "wardgrid.toml").read_text().endswith('log_origin = "beds.example.org/log"\n')


def test_keys_are_never_made_over_others(cli: CliRunner, tmp_path: Path) -> None:
    folder = tmp_path / "ward"
    cli.invoke(app, ["init", str(folder)])
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    again = cli.invoke(app, ["init", str(folder)])
    assert again.exit_code == 1
    assert "is not empty" in again.output
    assert {path: path.read_bytes() for path in before} == before


def test_a_bad_name_for_the_ledger_makes_nothing(cli: CliRunner, tmp_path: Path) -> None:
    refused = cli.invoke(app, ["init", str(tmp_path / "ward"), "--log-origin", "two words"])
    assert refused.exit_code == 1
    assert "log_origin: String should match pattern" in refused.output
    assert not (tmp_path / "ward").exists()


def test_migrate_goes_up_and_one_step_down(cli: CliRunner, tmp_path: Path) -> None:
    folder = tmp_path / "ward"
    cli.invoke(app, ["init", str(folder)])
    up = cli.invoke(app, ["migrate", "--data", str(folder)])
    newest = newest_revision()
    assert up.output == f"revision {newest}, newest {newest}\n"
    down = cli.invoke(app, ["migrate", "--data", str(folder), "--down"])
    assert down.exit_code == 0
    assert not down.output.startswith(f"revision {newest},")


def test_an_open_folder_and_a_missing_one_are_refused(cli: CliRunner, tmp_path: Path) -> None:
    missing = cli.invoke(app, ["migrate", "--data", str(tmp_path / "none")])
    assert (missing.exit_code, "is no data folder" in missing.output) == (1, True)
    folder = tmp_path / "ward"
    cli.invoke(app, ["init", str(folder)])
    folder.chmod(0o755)
    opened = cli.invoke(app, ["migrate", "--data", str(folder)])
    assert (opened.exit_code, "open to other users" in opened.output) == (1, True)
    assert not (folder / "wardgrid.db").exists()


def test_an_old_database_is_not_served(cli: CliRunner, tmp_path: Path) -> None:
    folder = tmp_path / "ward"
    cli.invoke(app, ["init", str(folder)])
    refused = subprocess.run(
        [sys.executable, "-m", "app.cli", "serve", "--data", folder, "--port", "0"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert refused.returncode == 1
    assert "run: wardgrid migrate" in refused.stderr
