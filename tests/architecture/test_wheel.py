"""The wheel installs into an empty environment and works away from the work tree."""

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LEFT_OUT = ("tests/", "bench/", "scripts/", "docs/", "web/")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_the_rooms_the_migrations_and_the_policy(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    steps = {path.name for path in (ROOT / "migrations/versions").glob("*.py")}
    assert steps <= {Path(name).name for name in names if name.startswith("migrations/versions/")}
    assert {
        "app/objectives.csv",
        "authz/model.conf",
        "authz/policy.csv",
        "migrations/script.py.mako",
    } <= set(names)
    assert [name for name in names if name.startswith(LEFT_OUT)] == []
    if (ROOT / "web/dist/index.html").exists():
        assert "api/screens/index.html" in names


def test_the_wheel_works_where_there_is_no_work_tree(wheel: Path, tmp_path: Path) -> None:
    fresh = tmp_path / "fresh"
    uv = ROOT / ".tools/uv"
    installer = uv if uv.exists() else shutil.which("uv")
    quiet = {"cwd": tmp_path, "check": True, "capture_output": True}
    subprocess.run([installer, "venv", "--python", sys.executable, fresh], **quiet)  # type: ignore[call-overload] # plain keywords
    subprocess.run(
        [installer, "pip", "install", "--no-deps", "--offline", "--python", fresh / "bin/python",
         wheel],
        **quiet,  # type: ignore[call-overload] # plain keywords
    )  # fmt: skip
    # Third-party packages come from this environment: installing them is `make`'s own test.
    packages = next((fresh / "lib").glob("python3*/site-packages"))
    (packages / "third_party.pth").write_text(sysconfig.get_path("purelib"))

    alone = {"PATH": os.defpath, "HOME": str(tmp_path)}
    program = fresh / "bin/wardgrid"
    subprocess.run([program, "--help"], env=alone, **quiet)  # type: ignore[call-overload] # plain keywords
    place = subprocess.run(
        [fresh / "bin/python", "-c", "import app, migrations; print(app.__file__)"],
        env=alone, cwd=tmp_path, check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert Path(place.stdout.strip()).is_relative_to(fresh)
    folder = tmp_path / "folder"
    subprocess.run([program, "init", folder], env=alone, **quiet)  # type: ignore[call-overload] # plain keywords
    subprocess.run([program, "migrate", "--data", folder], env=alone, **quiet)  # type: ignore[call-overload] # plain keywords
    assert (folder / "wardgrid.db").stat().st_mode & 0o077 == 0
