"""What is locked and installed is not older than is safe, and came with hashes."""

import importlib.metadata
import json
import re
import tomllib
from pathlib import Path

import pytest
from packaging.version import Version

ROOT = Path(__file__).parents[2]
FLOORS = tomllib.loads((ROOT / "security/floors.toml").read_text())
LOCK = (ROOT / "requirements.lock").read_text()
LOCKED = {name.lower(): Version(v) for name, v in re.findall(r"^([\w.-]+)==([\w.]+)", LOCK, re.M)}


@pytest.mark.parametrize("floor", FLOORS["floor"], ids=lambda floor: floor["package"])
def test_locked_and_installed_versions_are_not_below_the_floor(floor: dict[str, str]) -> None:
    least, package = Version(floor["least"]), floor["package"]
    assert floor["why"]
    if package in LOCKED:
        assert LOCKED[package] >= least
        assert Version(importlib.metadata.version(package)) >= least


@pytest.mark.parametrize("banned", FLOORS["never"], ids=lambda banned: banned["package"])
def test_a_banned_package_is_neither_locked_nor_installed(banned: dict[str, str]) -> None:
    assert banned["why"]
    assert banned["package"] not in LOCKED
    with pytest.raises(importlib.metadata.PackageNotFoundError):
        importlib.metadata.version(banned["package"])


def test_every_locked_package_has_a_hash_and_no_address() -> None:
    entries = re.split(r"\n(?=[\w.-]+==)", LOCK)
    assert len(entries) == len(LOCKED) > 50
    assert [entry.split("==")[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in LOCK


def test_what_is_installed_is_what_is_locked() -> None:
    installed = {
        re.sub(r"[-_.]+", "-", d.name).lower(): Version(d.version)
        for d in importlib.metadata.distributions()
    }
    assert installed == LOCKED


def test_the_screens_are_locked_by_hash_and_without_addresses() -> None:
    lock = json.loads((ROOT / "web/package-lock.json").read_text())
    packages = {path: entry for path, entry in lock["packages"].items() if path}
    assert packages
    assert [path for path, entry in packages.items() if "resolved" in entry] == []
    assert [path for path, entry in packages.items() if "integrity" not in entry] == []
