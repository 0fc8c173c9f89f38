"""Plain top-level imports are safe only while no installed package shares a room's name."""

import importlib.metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = {"api", "app", "domain", "authz", "audit", "solvers", "gateways", "kit", "migrations"}
VAGUE = {"utils", "helpers", "manager", "data", "info", "common", "base"}


def test_no_installed_package_shares_a_name_with_a_room() -> None:
    taken = importlib.metadata.packages_distributions()
    assert {room: taken[room] for room in ROOMS | {"tests", "bench"} if room in taken} == {}


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_modules_say_what_they_are(room: str) -> None:
    modules = [path for path in (ROOT / room).rglob("*.py") if "__pycache__" not in path.parts]
    assert [str(path) for path in modules if VAGUE & set(path.stem.split("_"))] == []
    texts = {str(path): path.read_text() for path in modules}
    assert [path for path, text in texts.items() if text and not text.startswith('"""')] == []


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_no_file_outgrows_three_hundred_lines(room: str) -> None:
    modules = (path for path in (ROOT / room).rglob("*.py") if "__pycache__" not in path.parts)
    assert [str(path) for path in modules if len(path.read_text().splitlines()) > 300] == []


def test_nothing_lies_deeper_than_two_folders() -> None:
    deep = [
        str(path)
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if len(path.relative_to(ROOT).parts) > 3
    ]
    assert deep == []
