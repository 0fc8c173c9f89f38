"""What Wardgrid is made of, from requirements.lock, web/package-lock.json and installed metadata.

The same files give the same bytes: no time, no random number, everything in order.
"""

import json
import re
import sys
import tomllib
from base64 import b64decode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, metadata, requires
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


@dataclass(frozen=True)
class Locked:
    """A package of requirements.lock."""

    name: str
    version: str
    text: str

    @property
    def ref(self) -> str:
        return f"pkg:pypi/{self.name}@{self.version}"

    @property
    def hashes(self) -> list[str]:
        return sorted(re.findall(r"--hash=sha256:([0-9a-f]{64})", self.text))


@cache
def locked() -> Mapping[str, Locked]:
    """By normal name, in the lock's order."""
    found = {}
    for text in re.split(r"\n(?=\S)", (ROOT / "requirements.lock").read_text("utf-8").strip()):
        name, _, rest = text.partition("==")
        found[normal(name)] = Locked(normal(name), rest.split()[0], text)
    return found


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def serving() -> frozenset[str]:
    """What the program with all its extras needs, with what that needs."""
    extras = [one for extra in PROJECT["optional-dependencies"].values() for one in extra]
    reached: set[tuple[str, str]] = set()
    ahead = [Requirement(one) for one in (*PROJECT["dependencies"], *extras)]
    while ahead:
        requirement = ahead.pop()
        for extra in ("", *sorted(requirement.extras)):
            here = (normal(requirement.name), extra)
            if here not in reached:
                reached.add(here)
                ahead += needs(*here)
    return frozenset(name for name, _ in reached)


def needs(name: str, extra: str = "") -> list[Requirement]:
    """Direct requirements of an installed package on this kind of machine."""
    found = (Requirement(one) for one in requires(name) or ())
    return [one for one in found if one.marker is None or one.marker.evaluate({"extra": extra})]


def bill() -> dict[str, Any]:
    """A CycloneDX document."""
    runtime = serving()
    parts = [python_part(one, one.name in runtime) for one in locked().values()]
    parts += screen_parts()
    parts.sort(key=lambda part: part["bom-ref"])
    edges = [{"ref": one.ref, "dependsOn": below(one.name)} for one in locked().values()]
    own = f"pkg:generic/{PROJECT['name']}@{PROJECT['version']}"
    edges.append({"ref": own, "dependsOn": [locked()[name].ref for name in sorted(direct())]})
    body = {
        "metadata": {"component": {
            "type": "application", "bom-ref": own, "name": PROJECT["name"],
            "version": PROJECT["version"], "licenses": [{"expression": PROJECT["license"]}],
        }},
        "components": parts,
        "dependencies": sorted(edges, key=lambda edge: str(edge["ref"])),
    }  # fmt: skip
    serial = uuid5(NAMESPACE_URL, json.dumps(body, sort_keys=True))
    head = {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1}
    return {**head, "serialNumber": f"urn:uuid:{serial}", **body}


def direct() -> frozenset[str]:
    return frozenset(normal(Requirement(one).name) for one in PROJECT["dependencies"])


def below(name: str) -> list[str]:
    try:
        wanted: Iterable[str] = {normal(one.name) for one in needs(name)}
    except PackageNotFoundError:  # locked for another kind of machine
        wanted = ()
    return sorted(locked()[one].ref for one in wanted if one in locked())


def python_part(one: Locked, served: bool) -> dict[str, Any]:
    return {
        "type": "library", "bom-ref": one.ref, "purl": one.ref, "name": one.name,
        "version": one.version, "scope": "required" if served else "excluded",
        "licenses": licences(one.name),
        "hashes": [{"alg": "SHA-256", "content": digest} for digest in one.hashes],
    }  # fmt: skip


def licences(name: str) -> list[dict[str, Any]]:
    """As the package says: an expression, a name, or its classifiers."""
    try:
        told = metadata(name)
    except PackageNotFoundError:
        return [{"license": {"name": "not installed on this kind of machine"}}]
    if "License-Expression" in told:
        return [{"expression": told["License-Expression"]}]
    kinds = [one for one in told.get_all("Classifier") or () if one.startswith("License ::")]
    if kinds:
        return [{"license": {"name": one.rpartition(":: ")[2]}} for one in sorted(kinds)]
    stated = told["License"] if "License" in told else "not stated"  # noqa: SIM401 - has no get
    return [{"license": {"name": stated.strip().partition("\n")[0]}}]


def screen_parts() -> list[dict[str, Any]]:
    """The packages that are built into the screens."""
    lock = json.loads((ROOT / "web/package-lock.json").read_text("utf-8"))
    found = []
    for path, told in lock["packages"].items():
        if not path or told.get("dev") or told.get("devOptional"):
            continue
        name, (kind, digest) = path.rpartition("node_modules/")[2], told["integrity"].split("-", 1)
        ref = f"pkg:npm/{name.replace('@', '%40')}@{told['version']}"
        found.append({
            "type": "library", "bom-ref": ref, "purl": ref, "name": name,
            "version": told["version"], "scope": "required",
            "licenses": [{"license": {"name": told.get("license", "not stated")}}],
            "hashes": [{"alg": kind.upper().replace("SHA", "SHA-"),
                        "content": b64decode(digest).hex()}],
        })  # fmt: skip
    return found


def serving_lock() -> str:
    """The lock without what only development needs."""
    wanted = serving()
    head = "# Written by scripts/sbom --lock from requirements.lock: what serving needs, no more.\n"
    return head + "".join(f"{one.text}\n" for one in locked().values() if one.name in wanted)


def main() -> None:
    if sys.argv[1:] == ["--lock"]:
        sys.stdout.write(serving_lock())
    else:
        sys.stdout.write(json.dumps(bill(), indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
