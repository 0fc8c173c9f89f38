"""Imports point down, and each contract notices a violation that is planted for it."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("api", "app", "audit", "authz", "domain", "gateways", "kit", "solvers")

# contract → (a new module, what it imports)
PLANTED = {
    "imports point down": ("kit/planted.py", "import app.settings"),
    "the domain knows no web, no GraphQL, no Casbin": ("audit/planted.py", "import casbin"),
    "only api knows GraphQL and the web server's types": ("app/planted.py", "import starlette"),
    "solvers are pure: no database": ("solvers/planted.py", "import sqlalchemy"),
    "slices of the domain have no cycles": (
        "domain/planted/model.py",
        "import domain.planted_again.model",
    ),
    "only the domain and the job runner call solvers": ("gateways/planted.py", "import solvers"),
}


def test_the_house_keeps_every_import_contract() -> None:
    verdict = _lint(ROOT)
    assert verdict.returncode == 0, verdict.stdout


def test_each_contract_notices_its_violation(tmp_path: Path) -> None:
    for room in ROOMS:
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for module, statement in PLANTED.values():
        _plant(tmp_path / module, statement)
    _plant(tmp_path / "domain/planted_again/model.py", "import domain.planted.model")

    verdict = _lint(tmp_path)

    assert verdict.returncode == 1
    kept = [name for name in PLANTED if f"{name} BROKEN" not in verdict.stdout]
    assert kept == [], verdict.stdout


def _plant(module: Path, statement: str) -> None:
    module.parent.mkdir(exist_ok=True)
    (module.parent / "__init__.py").touch()
    module.write_text(f"{statement}\n")


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
