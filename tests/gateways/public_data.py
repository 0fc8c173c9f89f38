"""Where the public data lie: beside the project, or where WARDGRID_PUBLIC_DATA says."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def public_data(folder: str) -> Path:
    """The folder, or a visible skip: tests never fetch anything."""
    base = os.environ.get("WARDGRID_PUBLIC_DATA") or ROOT.parent / "shared" / "data"
    path = Path(base) / folder
    if not path.is_dir():
        pytest.skip(f"the public data {folder} are not beside the project")
    return path
