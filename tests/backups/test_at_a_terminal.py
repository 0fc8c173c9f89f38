"""A backup is fetched over TLS and restored by two people who type at a terminal."""

import os
import pty
import re
import select
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlmodel import select as rows

from domain.places.commands import OpenHospital
from domain.places.model import Hospital
from kit.db import open_engine, reading
from tests.backups.object_server import BUCKET, KEY_ID, REGION, SECRET, Store, object_server
from tests.backups.test_restore import PASSWORD, hire
from tests.databases import Databases, Kind
from tests.house import LOG, enrol, house, sign
from tests.mllp.certificates import Authority

pytestmark = pytest.mark.nightly  # a program is started for each
ROOT = Path(__file__).parents[2]
PATIENCE_S = 120.0


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def store(authority: Authority) -> Iterator[Store]:
    with object_server(authority.sign("store")) as served:
        yield served


def settings_of(store: Store, authority: Authority, url: str) -> dict[str, str]:
    return {
        "WARDGRID_PROFILE": "development", "WARDGRID_LOG_ORIGIN": LOG,
        "WARDGRID_DATABASE_URL": url, "WARDGRID_KEY_PROVIDER": "environment",
        "WARDGRID_KEY_SECRET": "a test knows every key of the house it builds",
        "WARDGRID_BACKUP_TARGET": f"s3+{store.url}/{BUCKET}/ward",
        "WARDGRID_BACKUP_TARGET_KEY": f"{KEY_ID}:{SECRET}",
        "WARDGRID_BACKUP_TARGET_REGION": REGION,
        "WARDGRID_BACKUP_TARGET_CA": str(authority.file),
    }  # fmt: skip


def typed(env: dict[str, str], words: list[str], answers: list[tuple[str, str]]) -> tuple[int, str]:
    """Run the program at a terminal; type each answer when its question stands there. The exit
    code, and all that was to be seen."""
    child, terminal = pty.fork()
    if child == 0:  # pragma: no cover - becomes the program
        os.chdir(ROOT)
        os.execve(sys.executable, [sys.executable, "-m", "app.cli", *words],  # noqa: S606
                  {"PATH": os.defpath, "LANG": "C.UTF-8", **env})  # fmt: skip
    seen, asked, deadline = "", 0, time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 0.1)[0]:
            continue
        try:
            block = os.read(terminal, 4096)
        except OSError:  # the other end is gone
            break
        seen += block.decode()
        if asked < len(answers) and re.search(answers[asked][0], seen[-80:]):
            os.write(terminal, f"{answers[asked][1]}\n".encode())
            seen += "\n"  # the same question may come again
            asked += 1
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), seen


def log_ins(*names: str) -> list[tuple[str, str]]:
    return [
        answer
        for name in names
        for answer in (("person: $", name), ("password: $", PASSWORD), (r"if none\): $", ""))
    ]


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.nightly)])
def test_two_people_restore_from_the_store(
    kind: Kind, databases: Databases, store: Store, authority: Authority, tmp_path: Path
) -> None:
    (old := tmp_path / "old").mkdir(mode=0o700)
    (new := tmp_path / "new").mkdir(mode=0o700)
    with databases.migrated(kind) as url, databases.empty(kind) as empty:
        given: dict[str, Any] = {
            "backup_target": f"s3+{store.url}/{BUCKET}/ward", "backup_target_ca": authority.file,
            "backup_target_key": SecretStr(f"{KEY_ID}:{SECRET}"), "backup_target_region": REGION,
        }  # fmt: skip
        with house(url, old, **given) as app:
            hire(url, keeper="system-administrator", officer="compliance-officer")
            actor = enrol(url, "system-administrator")
            app.decisions.reload()
            app.pipeline.run(actor, OpenHospital(code="EAST", name_zh="EAST", name_en="EAST"))
            sign(app)
            app.backups.look()
            app.backups.stop()
        assert sum(name.endswith(".wgb") for name in store.objects) == 1
        env = settings_of(store, authority, empty)
        words = ["restore", "--target", "--data", str(new)]
        code, seen = typed(env, words, log_ins("keeper", "keeper"))
        assert (code, "nothing was restored: this takes two different people" in seen) == (1, True)
        code, seen = typed(env, words, log_ins("keeper", "officer"))
        assert (code, "the ledger verifies, its new epoch is leaf" in seen) == (0, True), seen
        assert PASSWORD not in seen
        assert "0 erasures are on the list" in seen
        engine = open_engine(empty)
        with reading(engine) as session:
            assert list(session.exec(rows(Hospital.code))) == ["EAST"]
        engine.dispose()
        assert (new / "ledger.guard").exists()


def test_a_store_with_another_certificate_is_not_told_anything(
    databases: Databases, store: Store, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path, "stranger")
    (new := tmp_path / "new").mkdir(mode=0o700)
    with databases.empty("sqlite") as empty:
        env = settings_of(store, stranger, empty)
        code, seen = typed(env, ["restore", "--target", "--data", str(new)], [])
        assert (code, "the store is away (ConnectError)" in seen) == (1, True), seen
    assert store.asked == []
    assert list(new.iterdir()) == []
