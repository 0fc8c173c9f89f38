"""Backups in a store far away: what arrives, what is told where it cannot, and the way back."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from app.backup_target import Access, BadTarget, Target, access_of, target_of
from app.backups.container import BackupRefused
from app.backups.far import MARK, Far, far_of, fetched_newest
from app.backups.object_store import MOST_BYTES, ObjectStore, TargetAway, TargetRefused
from app.backups.restoring import restore
from app.backups.runner import AGAIN_S
from app.backups.shelf import standing
from app.cli import app as program
from app.settings import Settings
from app.wiring import App
from audit.erasures import NAME
from audit.keys import KeyTrouble
from domain.backups.model import BackupAct, BackupFault
from kit.clock import utc_now
from kit.ids import new_id
from tests.backups.object_server import BUCKET, KEY_ID, REGION, SECRET, Store, object_server
from tests.backups.test_runner import Clock, runs
from tests.databases import Databases
from tests.house import KEYS, LOG, enrol, house, settings_for, sign
from tests.mllp.certificates import Authority

HOUR = timedelta(hours=1)


@pytest.fixture
def store() -> Iterator[Store]:
    with object_server() as served:
        yield served


@pytest.fixture
def clock() -> Clock:
    return Clock()


def given(store: Store, **more: Any) -> dict[str, Any]:
    return {
        "backup_target": f"s3+{store.url}/{BUCKET}/ward/grid",
        "backup_target_key": SecretStr(f"{KEY_ID}:{SECRET}"),
        "backup_target_region": REGION, **more,
    }  # fmt: skip


@pytest.fixture
def running(sqlite_url: str, tmp_path: Path, clock: Clock, store: Store) -> Iterator[App]:
    with house(sqlite_url, tmp_path, clock=clock, **given(store)) as app:
        yield app
        app.backups.stop()


def direct(store: Store, secret: str = SECRET, origin: str | None = None) -> ObjectStore:
    target = Target(origin or store.url, BUCKET, "ward/", REGION)
    return ObjectStore(target, Access(KEY_ID, SecretStr(secret)))


def last(app: App) -> tuple[BackupAct, BackupFault | None]:
    run = runs(app)[-1]
    return run.act, run.fault


def test_over_tls_the_store_must_be_who_our_authority_says(tmp_path: Path) -> None:
    (tmp_path / "strange").mkdir()
    ours, stranger = Authority(tmp_path), Authority(tmp_path / "strange")
    with object_server(ours.sign("store")) as served:
        known, unknown = (
            ObjectStore(
                Target(served.url, BUCKET, "ward/", REGION, one.file),
                Access(KEY_ID, SecretStr(SECRET)),
            )
            for one in (ours, stranger)
        )
        known.put_bytes(b"sealed", "a")
        assert (known.content("a", 10), [one.name for one in known.listed()]) == (b"sealed", ["a"])
        asked = len(served.asked)
        with pytest.raises(TargetAway, match="ConnectError"):
            unknown.put_bytes(b"sealed", "b")
        assert len(served.asked) == asked


def test_the_store_keeps_lists_gives_and_forgets(store: Store, tmp_path: Path) -> None:
    far, file = direct(store), tmp_path / "a b+c$.bin"
    file.write_bytes(bytes(range(256)) * 1000)
    far.put(file, file.name)
    assert store.objects == {f"ward/{file.name}": file.read_bytes()}
    far.get(file.name, tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == file.read_bytes()
    assert (tmp_path / "back").stat().st_mode & 0o777 == 0o600
    assert far.beginning(file.name, 10) == bytes(range(10))
    assert far.content("none", 10) is None
    with pytest.raises(TargetRefused, match="larger than it can be"):
        far.content(file.name, 10)
    store.page = 2
    store.objects |= {f"ward/{n}&": b"x" * n for n in range(5)} | {"ward/sub/x": b"", "other": b""}
    listed = [(one.name, one.size) for one in far.listed()]
    assert listed == [(f"{n}&", n) for n in range(5)] + [(file.name, 256_000)]
    far.delete(file.name)
    assert f"ward/{file.name}" not in store.objects


def test_what_goes_wrong_is_told_without_a_secret(store: Store, tmp_path: Path) -> None:
    far, file = direct(store), tmp_path / "x"
    file.write_bytes(b"content" * 9999)
    far.put(file, "x")
    for failing, kind, told in (
        (503, TargetAway, "503 SlowDown"), (403, TargetRefused, "403 AccessDenied"),
        (429, TargetAway, "429"), (301, TargetRefused, "301"), ("cut", TargetAway, "is away"),
    ):  # fmt: skip
        store.failing = failing
        with pytest.raises(kind, match=told) as failed:
            far.get("x", tmp_path / f"got-{failing}")
        assert SECRET not in str(failed.value)
    store.failing = None
    with pytest.raises(TargetRefused, match="403 SignatureDoesNotMatch"):
        list(direct(store, secret="another").listed())
    store.spoils = True
    with pytest.raises(TargetRefused, match="400 XAmzContentSHA256Mismatch"):
        far.put(file, "y")
    assert set(store.objects) == {"ward/x"}
    with pytest.raises(TargetAway, match="ConnectError"):
        list(direct(store, origin="http://127.0.0.1:1").listed())
    with (tmp_path / "huge").open("wb") as huge:
        huge.truncate(MOST_BYTES + 1)
    with pytest.raises(TargetRefused, match="5 GiB"):
        far.put(tmp_path / "huge", "huge")


def test_a_target_is_refused_where_it_is_open_or_has_no_key(tmp_path: Path) -> None:
    def named(target: str, **more: object) -> Settings:
        return settings_for("sqlite://", tmp_path, backup_target=target, **more)

    key = {"backup_target_key": SecretStr("A:b")}
    for target, why in (
        ("s3+http://store.example/bucket", "without TLS"), ("https://h/bucket", "not of the form"),
        ("s3+https://h/Bucket", "not of the form"), ("s3+https://h/bucket/../x", "not of the form"),
        ("s3+https://u:p@h/bucket", "not of the form"),
    ):  # fmt: skip
        with pytest.raises(BadTarget, match=why):
            target_of(named(target, **key))
    here = "s3+https://store.example:9000/bucket/a/b/"
    with pytest.raises(BadTarget, match="needs backup_target_key_file"):
        target_of(named(here))
    found = target_of(named(here, **key))
    assert found is not None
    assert found.told == "https://store.example:9000/bucket/a/b/"
    file = tmp_path / "access"
    file.write_text("ID1:se:cret\n")
    with pytest.raises(KeyTrouble, match="backup_target_key_file is open to others"):
        access_of(named(here, backup_target_key_file=file))
    file.chmod(0o600)
    access = access_of(named(here, backup_target_key_file=file))
    assert (access.key_id, access.secret.get_secret_value()) == ("ID1", "se:cret")
    assert "se:cret" not in repr(access)


def test_each_backup_goes_away_and_the_rehearsal_takes_it_from_there(
    running: App, clock: Clock, store: Store
) -> None:
    assert running.backups.age_s() > 1e9
    running.backups.look()
    assert [(run.act, run.fault) for run in runs(running)] == [
        (BackupAct.MADE, None), (BackupAct.SENT, None), (BackupAct.REHEARSED, None),
    ]  # fmt: skip
    (made,) = standing(running.settings.backups)
    assert store.objects[f"ward/grid/{made.name}"] == made.path.read_bytes()
    assert store.objects[f"ward/grid/{NAME}"] == (running.settings.backups / NAME).read_bytes()
    fetched = [target for method, target in store.asked if method == "GET" and "wgb" in target]
    assert fetched == [f"/{BUCKET}/ward/grid/{made.name}"]
    clock.now += timedelta(seconds=60)
    assert running.backups.age_s() == 60
    running.backups.look()
    assert len(runs(running)) == 3
    clock.now += 40 * 24 * HOUR  # all but the newest of a week may go
    running.backups.tried[BackupAct.REHEARSED] = clock.now
    for _ in range(3):
        running.backups.look()
        clock.now += 8 * 24 * HOUR
    names = {one.name for one in Far(far_of(running.settings).store).standing()}  # type: ignore[union-attr]  # it is set
    assert names == {one.name for one in standing(running.settings.backups)}


def test_a_store_that_is_away_leaves_it_here_and_is_tried_again(
    running: App, clock: Clock, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    running.backups.look()
    store.failing = 503
    for _ in range(2):
        clock.now += HOUR
        running.backups.look()
        assert last(running) == (BackupAct.SENT, BackupFault.STORAGE)
    assert running.backups.age_s() == 2 * 3600  # an alarm rule on backup_age tells people
    assert len(standing(running.settings.backups)) == 3
    tried = len(runs(running))
    clock.now += timedelta(seconds=AGAIN_S / 2)
    running.backups.tried[BackupAct.MADE] -= HOUR  # not newer than the attempt
    running.backups.settings = running.settings.model_copy(update={"backup_period_s": 0})
    running.backups.look()
    assert len(runs(running)) == tried
    store.failing = 403
    clock.now += timedelta(seconds=AGAIN_S / 2)
    running.backups.look()
    assert last(running) == (BackupAct.SENT, BackupFault.REFUSED)
    store.failing = None
    clock.now += timedelta(seconds=AGAIN_S)
    running.backups.look()
    assert last(running) == (BackupAct.SENT, None)
    assert sum(name.endswith(".wgb") for name in store.objects) == 3
    assert running.backups.age_s() == 2 * AGAIN_S
    assert SECRET not in caplog.text


def test_nothing_stays_here_where_that_is_set(
    sqlite_url: str, tmp_path: Path, clock: Clock, store: Store
) -> None:
    with house(sqlite_url, tmp_path, clock=clock, **given(store, backup_keep_local=False)) as app:
        store.failing = 503
        app.backups.look()
        assert len(standing(app.settings.backups)) == 1
        store.failing = None
        clock.now += HOUR
        app.backups.look()
        assert standing(app.settings.backups) == []
        assert sum(name.endswith(".wgb") for name in store.objects) == 2
        assert app.backups.age_s() == 0
        app.backups.stop()


def test_a_damaged_list_of_erasures_there_is_told_and_stays(
    running: App, clock: Clock, store: Store
) -> None:
    running.backups.look()
    store.objects[f"ward/grid/{NAME}"] = b"nonsense"
    clock.now += HOUR
    running.backups.look()
    assert (BackupAct.SENT, BackupFault.REFUSED) in [(run.act, run.fault) for run in runs(running)]
    assert store.objects[f"ward/grid/{NAME}"] == b"nonsense"
    assert running.backups.age_s() == 0  # the backup itself arrived


def test_the_shell_makes_lists_drills_and_restores_from_there(
    sqlite_url: str, tmp_path: Path, store: Store, databases: Databases
) -> None:
    (old := tmp_path / "old").mkdir()
    with house(sqlite_url, old, **given(store)) as app:
        enrol(sqlite_url, "nurse")
        sign(app)
    env = {
        "WARDGRID_PROFILE": "development", "WARDGRID_LOG_ORIGIN": LOG,
        "WARDGRID_DATABASE_URL": sqlite_url, "WARDGRID_KEY_PROVIDER": "environment",
        "WARDGRID_KEY_SECRET": "a test knows every key of the house it builds",
        "WARDGRID_BACKUP_TARGET": f"s3+{store.url}/{BUCKET}",
        "WARDGRID_BACKUP_TARGET_KEY": f"{KEY_ID}:{SECRET}",
        "WARDGRID_BACKUP_TARGET_REGION": REGION,
    }  # fmt: skip

    def shell(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(program, [*words, "--data", str(old)], env=env)
        return done.exit_code, done.output

    store.failing = 503
    code, told = shell("backup", "make")
    assert (code, "stands here only: the store answers GET with 503 SlowDown" in told) == (1, True)
    store.failing = None
    code, told = shell("backup", "make")
    assert (code, f"sent to {store.url}/{BUCKET}/" in told) == (0, True)
    newest = standing(old / "backups")[-1]
    assert (old / "backups" / MARK).read_text() == newest.name
    code, told = shell("backup", "list", "--target")
    assert (code, told.splitlines()[-1].split()[-1]) == (0, newest.name)
    assert f"{newest.leaves()} leaves" in told
    code, told = shell("backup", "drill", "--target")
    assert (code, told.startswith(f"PASS: {newest.name}")) == (0, True)
    code, told = shell("restore", "--target")
    assert (code, "a house lives in this folder" in told) == (1, True)
    assert SECRET not in told
    _restore_elsewhere(store, tmp_path, newest.leaves())


def _restore_elsewhere(store: Store, folder: Path, leaves: int) -> None:
    (new := folder / "new").mkdir()
    (staging := folder / "fetched").mkdir()
    settings = settings_for(f"sqlite:///{new / 'w.db'}", new,
                            **given(store, backup_target=f"s3+{store.url}/{BUCKET}"))  # fmt: skip
    with pytest.raises(BackupRefused, match="no such backup in the store"):
        fetched_newest(settings, staging, before=datetime(2020, 1, 1, tzinfo=UTC))
    archive = fetched_newest(settings, staging, leaves=leaves)
    done = restore(settings, KEYS, archive, kept=(), at=utc_now(),
                   approve=lambda _engine: (str(new_id()), str(new_id())))  # fmt: skip
    assert (done.manifest.leaves, done.erased) == (leaves, 0)
