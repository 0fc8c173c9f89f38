"""The Helm chart, rendered: its templates only put values in, so the test can do it alone."""

import re
import runpy
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.settings import Settings
from tests.deploy.test_files import CHART, TEMPLATES
from tests.docs.test_readme import words_of

VALUES: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text())
RELEASE = "beds"


def render(text: str) -> list[dict[str, Any]]:
    """What `helm template` makes of it."""

    def value(found: re.Match[str]) -> str:
        here: Any = {"Values": VALUES, "Release": {"Name": RELEASE}}
        for word in found[1].split("."):
            here = here[word]
        return str(here)

    filled = re.sub(r"\{\{ \.([\w.]+) \}\}", value, text)
    assert "{{" not in filled, "only values are put in"
    return [one for one in yaml.safe_load_all(filled) if one]


def _pods() -> list[tuple[str, dict[str, Any]]]:
    made = [one for file in TEMPLATES for one in render(file.read_text())]
    return [
        (one["metadata"]["name"], one["spec"]["template"]["spec"])
        for one in made if one["kind"] in ("Deployment", "StatefulSet")
    ]  # fmt: skip


def test_every_value_is_used_and_every_use_has_a_value() -> None:
    used = {
        found for file in TEMPLATES
        for found in re.findall(r"\.Values\.([\w.]+)", file.read_text())
    }  # fmt: skip
    there = {
        f"{name}.{inner}" if inner else name for name, value in VALUES.items()
        for inner in (value if isinstance(value, dict) else [None])
    }  # fmt: skip
    assert used == there


def test_api_worker_and_sequencer_are_pods_of_their_own() -> None:
    parts = {name: pod["containers"][0]["args"] for name, pod in _pods()}
    assert parts == {
        f"{RELEASE}-{part}": ["serve", "--only", part] for part in ("api", "worker", "sequencer")
    }
    assert "serve" in words_of()


@pytest.mark.parametrize(("name", "pod"), _pods(), ids=lambda it: it if isinstance(it, str) else "")
def test_every_pod_is_locked_down(name: str, pod: dict[str, Any]) -> None:
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    volumes = {volume["name"] for volume in pod["volumes"]} | {"house"}
    for box in (*pod["initContainers"], *pod["containers"]):
        security = box["securityContext"]
        assert security["readOnlyRootFilesystem"] is True
        assert security["allowPrivilegeEscalation"] is False
        assert security["capabilities"] == {"drop": ["ALL"]}
        assert {"cpu", "memory"} <= set(box["resources"]["limits"])
        assert {mount["name"] for mount in box["volumeMounts"]} <= volumes
        for variable in box.get("env", []):
            own = variable["name"].removeprefix("WARDGRID_")
            assert own == variable["name"] or own.lower() in Settings.model_fields
            assert "valueFrom" not in variable, "secrets are files"
    (program,) = pod["containers"]
    assert {"readinessProbe", "livenessProbe"} <= set(program), name


def test_the_secret_becomes_files_that_are_the_programs_alone(tmp_path: Path) -> None:
    secret, data = tmp_path / "secret", tmp_path / "house"
    (secret / "..data").mkdir(parents=True)  # as a cluster mounts it: links into a hidden folder
    for file in ("wardgrid.toml", "kek-1.key"):
        (secret / "..data" / file).write_text(file)
        (secret / file).symlink_to(secret / "..data" / file)
    (chart,) = render((CHART / "templates/prepare.yaml").read_text())
    program = tmp_path / "prepare.py"
    text = chart["data"]["prepare.py"]
    program.write_text(text.replace("/data/house", str(data)).replace("/secret", str(secret)))
    for _ in range(2):  # a pod that starts again finds its volume filled
        runpy.run_path(str(program))
    made = [data, data / "keys", data / "wardgrid.toml", data / "keys/kek-1.key"]
    assert [oct(one.lstat().st_mode & 0o777) for one in made] == [
        "0o700",
        "0o700",
        "0o600",
        "0o600",
    ]
    assert made[3].read_text() == "kek-1.key"
    assert not made[3].is_symlink()


def test_helm_takes_the_chart() -> None:
    helm = shutil.which("helm")
    if not helm:
        pytest.skip("helm is not installed: the chart was rendered by this file")
    told = subprocess.run([helm, "lint", CHART], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout
