"""A PostgreSQL cluster of any moment: base backup, WAL, and the way back to a point of it."""

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from app.backups import cluster_copy, wal
from app.backups.approvers import approved_by
from app.backups.container import BackupRefused
from app.backups.rewind import Asked, Rewound, rehearse, rewind
from app.settings import Settings
from audit.export import export_ledger
from audit.guard import RolledBack
from audit.keys import Keys, development_keys
from audit.report import Result
from audit.verify import verify
from domain.places.commands import OpenHospital
from domain.places.model import Hospital
from kit.clock import utc_now
from kit.db import open_engine, reading
from tests.backups.clusters import NOBODY, PROGRAMS, Cluster, bare_server, cluster
from tests.backups.test_at_a_terminal import log_ins, typed
from tests.backups.test_restore import BOTH, hire
from tests.house import KEYS, LOG, enrol, house, settings_for, sign


@dataclass
class Past:
    """A house on a cluster: three hospitals were opened one after the other. `sizes`: signed leaves
    after each, `moments`: when that was, `kept`: its last checkpoint."""

    cluster: Cluster
    made: cluster_copy.Base
    sizes: list[int]
    moments: list[datetime]
    kept: str
    public_key: str
    guard: bytes


CODES = ("ONE", "TWO", "SIX")  # and OLD, before the base backup


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Past]:
    with cluster() as running:
        folder = tmp_path_factory.mktemp("house")
        url = running.url
        with house(url, folder) as app:
            hire(url, keeper="system-administrator", officer="compliance-officer")
            actor = enrol(url, "system-administrator")
            app.decisions.reload()
            app.pipeline.run(actor, OpenHospital(code="OLD", name_zh="OLD", name_en="OLD"))
            sign(app)
            made, _ = cluster_copy.make_base(app.settings, KEYS, PROGRAMS, running.shelf, utc_now())
            sizes, moments = [], []
            for code in CODES:
                app.pipeline.run(actor, OpenHospital(code=code, name_zh=code, name_en=code))
                sign(app)
                sizes.append(int(app.sequencer.checkpoint.split("\n")[1]))
                time.sleep(0.002)  # commits carry microseconds
                moments.append(utc_now())
                running.switch()
            kept, key = app.sequencer.checkpoint, app.sequencer._signer.verifier.text
        running.switch()
        guard = (folder / "ledger.guard").read_bytes()
        yield Past(running, made, sizes, moments, kept, key, guard)


@pytest.fixture
def place(past: Past, tmp_path: Path) -> Settings:
    return settings_for(past.cluster.url, tmp_path)


def back(
    past: Past, settings: Settings, *, at: datetime | None = None, leaves: int | None = None,
    made: Path | None = None, shelf: Path | None = None, keys: Keys = KEYS,
    then: Callable[[Settings], None] = lambda _there: None,
) -> Rewound:  # fmt: skip
    asked = Asked(made or past.made.path, shelf or past.cluster.shelf / "wal", at, leaves)
    return rewind(
        settings, keys, asked, place_of(past, settings), PROGRAMS, kept=[past.kept], at=utc_now(),
        approve=lambda engine: approved_by(engine, keys, utc_now, *BOTH), then=then,
    )  # fmt: skip


def place_of(past: Past, settings: Settings) -> Path:
    return past.cluster.room / "new" / settings.data_folder.name


def hospitals(settings: Settings) -> list[str]:
    engine = open_engine(settings.database)
    with reading(engine) as session:
        found = sorted(session.exec(select(Hospital.code)))
    engine.dispose()
    return found


def assert_untouched(past: Past, settings: Settings) -> None:
    """Nothing stands in the new place, nothing lies about in clear, and the live house is whole."""
    assert [path.name for path in settings.data_folder.iterdir()] == []
    assert not place_of(past, settings).exists()
    assert list((past.cluster.room / "new").glob(".restore-*")) == []
    assert hospitals(settings) == sorted(("OLD", *CODES))


def test_the_cluster_of_a_moment_is_restored(past: Past, place: Settings, tmp_path: Path) -> None:
    seen: list[str] = []

    def look(there: Settings) -> None:
        """It lives, goes on, and does not follow the guard file of the lost one."""
        seen.extend(hospitals(there))
        with house(there.database, place.data_folder) as app:
            actor = enrol(there.database, "system-administrator")
            app.decisions.reload()
            app.pipeline.run(actor, OpenHospital(code="NEW", name_zh="NEW", name_en="NEW"))
            sign(app)
            export_ledger(app.engine, tmp_path / "export", app.sequencer._signer.verifier)
        (old := tmp_path / "old").mkdir()
        (old / "ledger.guard").write_bytes(past.guard)
        with pytest.raises(RolledBack), house(there.database, old):
            pass

    done = back(past, place, at=past.moments[1], then=look)
    assert seen == ["OLD", "ONE", "TWO"]
    assert (done.reached.leaves, done.reached.waiting) == (past.sizes[1], 0)
    assert done.lost == past.sizes[2] - past.sizes[1]
    assert (place_of(past, place) / "PG_VERSION").read_text() == "15\n"
    assert not (place_of(past, place) / "recovery.signal").exists()
    report = verify(tmp_path / "export", [past.public_key], past.kept)
    assert (report.result, [f.code for f in report.findings]) == (Result.INCOMPLETE, ["lost"])


@pytest.mark.nightly
def test_the_cluster_of_a_ledgers_length_is_restored(past: Past, place: Settings) -> None:
    seen: list[str] = []
    between = past.sizes[0] + (past.sizes[1] > past.sizes[0] + 1)  # no checkpoint lies there
    done = back(past, place, leaves=between, then=lambda there: seen.extend(hospitals(there)))
    assert (seen, done.reached.leaves) == (["OLD", "ONE"], past.sizes[0])
    assert done.lost == past.sizes[2] - past.sizes[0]


@pytest.mark.nightly
def test_without_a_point_it_is_the_newest_that_there_is(past: Past, place: Settings) -> None:
    asked = Asked(past.made.path, past.cluster.shelf / "wal")
    reached = rehearse(place, KEYS, asked, PROGRAMS, past.cluster.room / "new")
    assert reached.leaves == past.sizes[-1]
    assert_untouched(past, place)


Sabotage = Callable[[Past, Path], dict[str, Any]]


def flipped(past: Past, folder: Path) -> dict[str, Any]:
    content = bytearray(past.made.path.read_bytes())
    content[len(content) // 2] ^= 1
    (folder / past.made.name).write_bytes(content)
    return {"made": folder / past.made.name}


def shortened(past: Past, folder: Path) -> dict[str, Any]:
    (folder / past.made.name).write_bytes(past.made.path.read_bytes()[:-400])
    return {"made": folder / past.made.name}


def other_key(_past: Past, _folder: Path) -> dict[str, Any]:
    return {"keys": development_keys("another hospital has other keys than this one")}


def too_early(past: Past, _folder: Path) -> dict[str, Any]:
    return {"at": past.made.at - timedelta(seconds=1)}


def too_late(_past: Past, _folder: Path) -> dict[str, Any]:
    return {"at": utc_now() + timedelta(days=1)}


def too_short(_past: Past, _folder: Path) -> dict[str, Any]:
    return {"leaves": 0}


def shelf_of(past: Past, folder: Path) -> tuple[Path, list[str]]:
    """A copy of the archive, and the segments that belong to the base backup."""
    shelf = folder / "wal"
    shutil.copytree(past.cluster.shelf / "wal", shelf)
    return shelf, [name for name in wal.segments(shelf) if name >= past.made.first]


def lacking(past: Past, folder: Path) -> dict[str, Any]:
    shelf, names = shelf_of(past, folder)
    (shelf / f"{names[-2]}.wgw").unlink()
    return {"shelf": shelf}


def lacking_all(past: Past, folder: Path) -> dict[str, Any]:
    shelf, names = shelf_of(past, folder)
    (shelf / f"{names[0]}.wgw").unlink()
    return {"shelf": shelf}


def damaged(past: Past, folder: Path) -> dict[str, Any]:
    shelf, names = shelf_of(past, folder)
    content = bytearray((shelf / f"{names[-2]}.wgw").read_bytes())
    content[-40] ^= 1
    (shelf / f"{names[-2]}.wgw").write_bytes(content)
    return {"shelf": shelf, "at": past.moments[-1]}


def of_another_cluster(past: Past, folder: Path) -> dict[str, Any]:
    """By somebody who holds the backup key: the system identifier in each segment is another."""
    shelf, names = shelf_of(past, folder)
    for name in names[1:]:
        (shelf / f"{name}.wgw").unlink()
        wal.fetch(name, past.cluster.shelf / "wal", KEYS, folder / name)
        content = bytearray((folder / name).read_bytes())
        content[24:32] = b"\x01" * 8  # xlp_sysid of the first page
        (folder / name).write_bytes(content)
        wal.archive(folder / name, shelf, KEYS, utc_now())
    return {"shelf": shelf}


NIGHT = pytest.mark.nightly


@pytest.mark.parametrize(
    ("sabotage", "says"),
    [
        (other_key, "not the key that made"),
        (lacking_all, "is missing"),
        pytest.param(flipped, "changed at or behind byte", marks=NIGHT),
        pytest.param(shortened, "too early", marks=NIGHT),
        pytest.param(too_early, "younger than the moment", marks=NIGHT),
        pytest.param(too_late, "recovery ended before configured recovery target", marks=NIGHT),
        pytest.param(too_short, "when this base backup began", marks=NIGHT),
        pytest.param(lacking, "is missing, .* behind it is there", marks=NIGHT),
        pytest.param(damaged, "changed at or behind byte", marks=NIGHT),
        pytest.param(of_another_cluster, "of another cluster", marks=NIGHT),
    ],
)
def test_a_sabotaged_base_or_wal_is_refused_with_its_reason(
    past: Past, place: Settings, tmp_path_factory: pytest.TempPathFactory, sabotage: Sabotage,
    says: str,
) -> None:  # fmt: skip
    given = sabotage(past, tmp_path_factory.mktemp("sabotage"))
    with pytest.raises(BackupRefused, match=says):
        back(past, place, **given)
    assert_untouched(past, place)


@pytest.mark.nightly
def test_a_dump_in_a_fresh_cluster_is_noticed(past: Past, tmp_path: Path) -> None:
    """The fresh one counts its transactions from the beginning: nothing would be linked again."""
    (tmp_path / "ledger.guard").write_bytes(past.guard)
    programs = Path("/usr/lib/postgresql/15/bin")
    with bare_server() as fresh:
        dump = subprocess.run([programs / "pg_dump", past.cluster.url.replace("+psycopg", "")],
                              capture_output=True, check=True)  # fmt: skip
        subprocess.run([programs / "psql", "-q", "-1", fresh.replace("+psycopg", "")],
                       input=dump.stdout, stdout=subprocess.DEVNULL, check=True)  # fmt: skip
        assert hospitals(settings_for(fresh, tmp_path)) == sorted(("OLD", *CODES))
        with (
            pytest.raises(RolledBack, match="it is another one, filled from a dump"),
            house(fresh, tmp_path),
        ):
            pass


@pytest.mark.nightly
def test_two_people_go_back_at_a_terminal(past: Past, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    env = {
        "WARDGRID_PROFILE": "development", "WARDGRID_LOG_ORIGIN": LOG,
        "WARDGRID_DATABASE_URL": past.cluster.url, "WARDGRID_KEY_PROVIDER": "environment",
        "WARDGRID_KEY_SECRET": "a test knows every key of the house it builds",
    }  # fmt: skip
    (tmp_path / "kept").write_text(past.kept)
    (new := tmp_path / "new").mkdir(mode=0o700)
    words = ["restore", "--base", str(past.cluster.shelf), "--leaves", str(past.sizes[0]),
             "--cluster", str(past.cluster.room / "new" / "typed"), "--data", str(new),
             "--kept", str(tmp_path / "kept"), *(["--run-as", NOBODY] if NOBODY else [])]  # fmt: skip
    code, seen = typed(env, words, log_ins("keeper", "officer"))
    assert code == 0, seen
    lost = past.sizes[2] - past.sizes[0]
    assert f"{past.sizes[0]} leaves are signed" in seen
    assert f"new epoch is leaf {past.sizes[0]}; {lost} signed leaves are lost" in seen
    assert "0 erasures are on the list, 0 of them were done again" in seen
    assert (past.cluster.room / "new" / "typed" / "PG_VERSION").exists()
    drill = ["backup", "drill", "--base", "--folder", str(past.cluster.shelf), "--data", str(new)]
    code, seen = typed(env, [*drill, *(["--run-as", NOBODY] if NOBODY else [])], [])
    assert (code, f"{past.sizes[2]} leaves are signed" in seen) == (0, True), seen
