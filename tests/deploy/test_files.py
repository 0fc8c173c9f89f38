"""What operators start from: every file parses, is locked down, and names only what is there."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.settings import Settings
from tests.docs.test_readme import words_of

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
CHART = DEPLOY / "helm/wardgrid"
ROOMS = {"api", "app", "audit", "authz", "domain", "gateways", "kit", "migrations", "solvers"}
PINNED = re.compile(r"[a-z/-]+:\d+\.\d+(\.\d+)?[a-z.-]*(@sha256:[0-9a-f]{64})?")
SECRET_NAMES = re.compile(r"PASSWORD$|SECRET$|TOKEN$|_KEY$|DATABASE_URL$")
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
CONTAINERFILE = (DEPLOY / "Containerfile").read_text()
TEMPLATES = sorted((CHART / "templates").glob("*.yaml"))


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_pinned_and_locked_down(name: str) -> None:
    service = SERVICES[name]
    assert PINNED.fullmatch(service["image"]), service["image"]
    assert not service["user"].startswith(("0", "root"))
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
    assert "healthcheck" in service
    assert not {"privileged", "cap_add", "devices"} & set(service)
    told = service.get("environment", {}).items()
    named = [value for key, value in told if SECRET_NAMES.search(key)]
    assert [value for value in named if not value.startswith("/run/secrets/")] == []
    assert not ("network_mode" in service and "networks" in service)


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_names_is_declared(name: str) -> None:
    service = SERVICES[name]
    assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"])
    assert set(service.get("networks", [])) <= set(COMPOSE["networks"])
    assert set(service.get("depends_on", [])) <= set(SERVICES)
    for volume in service.get("volumes", []):
        source = volume.partition(":")[0]
        assert source in COMPOSE["volumes"] or (DEPLOY / source).is_file(), source
    for key in service.get("environment", {}):
        if key.startswith("WARDGRID_"):
            assert key.removeprefix("WARDGRID_").lower() in Settings.model_fields, key


def test_compose_has_every_part_once_and_two_doors() -> None:
    commands = {
        name: service["command"] for name, service in SERVICES.items()
        if service["image"].startswith("wardgrid:") and "command" in service
    }  # fmt: skip
    only = sorted(words[-1] for words in commands.values() if "--only" in words)
    assert only == ["api", "api", "sequencer", "worker"]
    for first, second, *_ in commands.values():
        assert first in words_of()
        assert second.startswith("--") or second in words_of(first)
    published = {name for name, service in SERVICES.items() if "ports" in service}
    assert published == {"proxy", "broker"}
    assert COMPOSE["networks"]["inside"]["internal"] is True
    proxy = SERVICES["proxy"]["networks"]["inside"]["ipv4_address"]
    assert {SERVICES[one]["environment"]["FORWARDED_ALLOW_IPS"] for one in ("api-1", "api-2")} == {proxy}  # fmt: skip


def test_the_proxy_believes_no_other_authority_than_ours() -> None:
    nginx, given = (DEPLOY / "nginx.conf").read_text(), SERVICES["proxy"]["secrets"]
    assert re.findall(r"proxy_pass (\S+);", nginx) == ["https://api"]
    assert "proxy_ssl_verify on;" in nginx
    assert "proxy_ssl_trusted_certificate /run/secrets/inside_authority;" in nginx
    assert "inside_authority" in given
    for one in ("api-1", "api-2"):
        assert SERVICES[one]["environment"]["WARDGRID_TLS_CERTIFICATE"] == "/run/secrets/api_certificate"  # fmt: skip
        assert set(SERVICES[one]["secrets"]) == {"api_certificate", "api_key"}


def test_docker_compose_takes_the_file() -> None:
    """Only where the plug-in is installed; no daemon is needed."""
    docker = shutil.which("docker")
    if not docker or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:  # fmt: skip
        pytest.skip("docker compose is not installed")
    command = [docker, "compose", "-f", str(DEPLOY / "compose.yaml"), "--profile", "tools"]
    told = subprocess.run([*command, "config", "-q"], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr


def test_the_image_is_small_its_own_and_without_secrets() -> None:
    stages = re.findall(r"^FROM (\S+)", CONTAINERFILE, re.MULTILINE)
    assert len(stages) == 3
    assert all(PINNED.fullmatch(stage) for stage in stages)
    final = CONTAINERFILE.rpartition("FROM ")[2]
    assert re.search(r"^USER 10001:10001$", final, re.MULTILINE)
    assert final.index("USER ") > final.rindex("COPY ")
    copied = {words.split()[-1] for words in re.findall(r"^COPY (.+)$", final, re.MULTILINE)}
    assert copied == {*ROOMS, ".venv", "web/dist"}
    assert "--require-hashes" in CONTAINERFILE
    assert re.findall(r"^(?:ADD|VOLUME|EXPOSE 22)", CONTAINERFILE, re.MULTILINE) == []
    assert re.findall(r"^(?:ARG|ENV).*(?:PASSWORD|SECRET|TOKEN)", CONTAINERFILE, re.MULTILINE) == []
    assert re.search(r'^ENTRYPOINT \[.*"-m", "app.cli"\]$', final, re.MULTILINE)


def test_no_file_names_a_host_to_fetch_from() -> None:
    for file in (path for path in DEPLOY.rglob("*") if path.is_file()):
        hosts = set(re.findall(r"[a-z]+://([^/\s:;$\"']+)", file.read_text()))
        own = {"127.0.0.1", "api", "witness", "beds.example.org", "wardgrid_app"}
        assert hosts <= own, (file, hosts)


def test_the_roles_are_those_of_the_documentation() -> None:
    blocks = re.findall(r"^```sql\n(.*?)^```", (ROOT / "docs/postgres.md").read_text(), re.M | re.S)
    roles = (DEPLOY / "roles.sql").read_text()
    for name in re.findall(r"CREATE (?:ROLE|DATABASE) \w+", blocks[0]):
        assert name in roles


def test_nginx_takes_the_file(tmp_path: Path) -> None:
    """Only where it is installed: with a certificate of the test and ports of this machine."""
    nginx, openssl = shutil.which("nginx") or "/usr/sbin/nginx", shutil.which("openssl")
    if not Path(nginx).exists() or not openssl:
        pytest.skip("nginx is not installed")
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "ed25519", "-nodes", "-subj", "/CN=localhost",
         "-keyout", tmp_path / "site_key", "-out", tmp_path / "site_certificate"],
        check=True, capture_output=True,
    )  # fmt: skip
    text = (DEPLOY / "nginx.conf").read_text().replace("/tmp/", f"{tmp_path}/")  # noqa: S108 - of the container
    text = text.replace("/run/secrets", str(tmp_path))
    shutil.copy(tmp_path / "site_certificate", tmp_path / "inside_authority")
    (tmp_path / "conf").write_text(re.sub(r"api-\d:8080", "127.0.0.1:8080", text))
    told = subprocess.run(
        [nginx, "-t", "-q", "-c", tmp_path / "conf"], capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stderr


def test_the_unit_is_hardened(tmp_path: Path) -> None:
    unit = (DEPLOY / "systemd/wardgrid.service").read_text()
    assert re.search(r"^User=wardgrid$", unit, re.MULTILINE)
    start = re.search(r"^ExecStart=\S+ -m app\.cli (\w+) --data /var/lib/wardgrid$", unit, re.M)
    assert start
    assert start[1] in words_of()
    for line in (
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "CapabilityBoundingSet=",
        "UMask=0077",
    ):
        assert f"\n{line}\n" in unit
    assert "@resources" not in unit.replace("not ~@resources", ""), "a solver limits itself"
    analyze = shutil.which("systemd-analyze")
    if not analyze:
        pytest.skip("systemd-analyze is not installed: the unit was read, not judged")
    file = tmp_path / "wardgrid.service"
    file.write_text(unit.replace("/opt/wardgrid/.venv/bin/python", "/bin/sh"))
    verified = subprocess.run(
        [analyze, "verify", file], capture_output=True, text=True, check=False
    )
    assert "wardgrid.service" not in verified.stderr, verified.stderr
    judged = subprocess.run(
        [analyze, "security", "--offline=true", "--threshold=20", file],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert judged.returncode == 0, judged.stdout[-300:]
