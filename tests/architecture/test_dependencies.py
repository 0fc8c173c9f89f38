"""Each direct dependency is explained in docs/dependencies.md, and nothing else is."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def _declared() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    lists = [
        project["project"]["dependencies"],
        *project["project"]["optional-dependencies"].values(),
        *project["dependency-groups"].values(),
    ]
    return {re.split(r"[\[<>=~! ]", item)[0].lower() for items in lists for item in items}


def test_every_direct_dependency_has_its_line_and_every_line_its_dependency() -> None:
    text = (ROOT / "docs/dependencies.md").read_text()
    lines = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| ")]
    rows = {cells[0].strip(): cells for cells in lines if cells[0].strip() != "package"}
    assert set(rows) == _declared()
    assert [name for name, cells in rows.items() if not cells[1].strip()] == []
