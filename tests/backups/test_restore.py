"""Backup under load → destroyed → restored: equal content, a verifying ledger, and what is lost."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlmodel import Session, select

from app.backups import postgres_copy, restoring
from app.backups.approvers import Person, approved_by
from app.backups.container import BackupRefused, writing
from app.backups.making import Made, make_backup, private_folder, sha256_of
from app.backups.manifest import NAME
from app.backups.restoring import Restored, check, restore
from app.settings import Settings
from audit.export import export_ledger
from audit.keys import KeyKind, Keys, development_keys
from audit.report import Result
from audit.verify import verify
from authz.passwords import Passwords
from domain.accounts.model import Account, RoleBinding
from domain.places.commands import OpenHospital
from domain.places.model import Hospital
from kit.clock import utc_now
from kit.db import open_engine, reading
from kit.ids import new_id
from kit.work import ActorKind
from tests.databases import Databases, Kind
from tests.house import KEYS, LONG_AGO, enrol, house, settings_for, sign
from tests.matrix.city import fill

PASSWORD = "correct horse battery staple"
BOTH = (Person("keeper", PASSWORD), Person("officer", PASSWORD))


@dataclass
class Saved:
    """A house that made a backup, went on, and was destroyed. `kept`: its last checkpoint."""

    kind: Kind
    made: Made
    content: dict[str, str]
    kept: str
    public_key: str


def hire(url: str, **roles: str) -> None:
    """People who log in with a password: arranged past the pipeline."""
    hashed = Passwords(workers=1).hash_here(PASSWORD)
    engine = open_engine(url, guarded=False)
    with Session(engine) as session:
        for name, role in roles.items():
            account = Account(kind=ActorKind.PERSON, title=name, login_name=name, made_at=LONG_AGO,
                              password_hash=hashed)  # fmt: skip
            session.add(account)
            session.flush()
            session.add(RoleBinding(user_id=account.id, role=role, valid_from=LONG_AGO,
                                    granted_by=new_id()))  # fmt: skip
        session.commit()
    engine.dispose()


def content_of(url: str) -> dict[str, str]:
    """Every table's content, in one form for both databases."""
    if not url.startswith("sqlite"):
        return postgres_copy.content(url)
    engine = open_engine(url)
    with reading(engine) as session:
        connection = session.connection()
        names = connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        ).scalars().all()  # fmt: skip
        found = {
            name: repr(sorted(map(repr, connection.exec_driver_sql(f'SELECT * FROM "{name}"'))))
            for name in names
        }
    engine.dispose()
    return found


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def saved(
    request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Saved]:
    shelf = tmp_path_factory.mktemp("shelf")
    with databases.migrated(request.param) as url:
        folder = tmp_path_factory.mktemp("house")
        with house(url, folder) as app:
            fill(app, url, ["EAST"], ["A"])
            hire(url, keeper="system-administrator", officer="compliance-officer",
                 nurse="nurse")  # fmt: skip
            actor = enrol(url, "system-administrator")
            app.decisions.reload()
            sign(app)
            quiet = make_backup(app.settings, KEYS, app.engine, shelf, utc_now())
            content = content_of(url)
            app.pipeline.run(actor, OpenHospital(code="LATE", name_zh="LATE", name_en="LATE"))
            sign(app)
            kept = app.sequencer.checkpoint
        yield Saved(request.param, quiet, content, kept, app.sequencer._signer.verifier.text)


Place = Callable[[], Settings]


@pytest.fixture
def place(saved: Saved, databases: Databases, tmp_path: Path) -> Iterator[Place]:
    """A new place: an empty data folder, and an empty database where it is PostgreSQL's."""
    if saved.kind == "sqlite":
        yield lambda: replaced(tmp_path, f"sqlite:///{tmp_path / 'new.db'}")
    else:
        with databases.empty("postgresql") as url:
            yield lambda: replaced(tmp_path, url)


def replaced(folder: Path, url: str) -> Settings:
    return settings_for(url, folder)


def put_back(
    saved: Saved, settings: Settings, *kept: str, people: tuple[Person, Person] = BOTH
) -> Restored:
    return restore(
        settings, KEYS, saved.made.path, kept=kept, at=utc_now(),
        approve=lambda engine: approved_by(engine, KEYS, utc_now, *people),
    )  # fmt: skip


def test_what_is_restored_is_equal_and_its_ledger_tells_what_is_lost(
    saved: Saved, place: Place, tmp_path: Path
) -> None:
    settings = place()
    done = put_back(saved, settings, saved.kept)
    assert done.lost == 1
    restored = content_of(settings.database)
    ledger = {name for name in restored if name.startswith("ledger_")}
    assert {k: v for k, v in restored.items() if k not in ledger} == {
        k: v for k, v in saved.content.items() if k not in ledger
    }
    assert restored["ledger_entry"] == saved.content["ledger_entry"]
    with house(settings.database, settings.data_folder) as app:  # it lives, and goes on
        actor = enrol(settings.database, "system-administrator")
        app.decisions.reload()
        for code in ("A1", "A2", "A3"):
            app.pipeline.run(actor, OpenHospital(code=code, name_zh=code, name_en=code))
        with reading(app.engine) as session:
            assert "LATE" not in set(session.exec(select(Hospital.code)))
        sign(app)
        export_ledger(app.engine, tmp_path / "export", app.sequencer._signer.verifier)
        newest = app.sequencer.checkpoint
    keys = [saved.public_key]
    before, after = [saved.made.manifest.note, newest], [saved.kept]
    assert verify(tmp_path / "export", keys, before).result is Result.PASS
    report = verify(tmp_path / "export", keys, after)
    assert (report.result, [f.code for f in report.findings]) == (Result.INCOMPLETE, ["lost"])
    assert len(set(report.epochs[0].approved)) == 2


def test_a_house_is_not_restored_over(saved: Saved, place: Place) -> None:
    settings = place()
    put_back(saved, settings)
    before = content_of(settings.database)
    with pytest.raises(BackupRefused, match="new"):
        put_back(saved, settings)
    settings.guard_file.unlink()
    with pytest.raises(BackupRefused, match="restore to a"):
        put_back(saved, settings)
    assert content_of(settings.database) == before


@pytest.mark.parametrize(
    ("people", "says"),
    [
        ((BOTH[0], BOTH[0]), "two different people"),
        ((BOTH[0], Person("officer", "wrong password")), "is wrong"),
        ((BOTH[0], Person("nobody", PASSWORD)), "is wrong"),
        ((BOTH[0], Person("nurse", PASSWORD)), "may not ledger.recover"),
    ],
)
def test_it_takes_two_people_who_may(
    saved: Saved, place: Place, people: tuple[Person, Person], says: str
) -> None:
    settings = place()
    with pytest.raises(BackupRefused, match=says):
        put_back(saved, settings, people=people)
    assert_untouched(settings)


def assert_untouched(settings: Settings) -> None:
    """The place is as empty as before, and nothing of the backup lies about in clear."""
    if settings.database.startswith("sqlite"):
        assert list(settings.data_folder.iterdir()) == []
    else:
        with postgres_copy.snapshot(settings.database) as connection:
            assert postgres_copy.tables(connection) == []


Sabotage = Callable[[Saved, Path, Settings], tuple[Path, Keys, Settings]]


def flipped(saved: Saved, folder: Path, settings: Settings) -> tuple[Path, Keys, Settings]:
    content = bytearray(saved.made.path.read_bytes())
    content[len(content) // 2] ^= 1
    return written(folder, bytes(content)), KEYS, settings


def shortened(saved: Saved, folder: Path, settings: Settings) -> tuple[Path, Keys, Settings]:
    return written(folder, saved.made.path.read_bytes()[:-400]), KEYS, settings


def other_key(saved: Saved, _: Path, settings: Settings) -> tuple[Path, Keys, Settings]:
    other = development_keys("another hospital has other keys than this one")
    return saved.made.path, other, settings


def other_field_key(saved: Saved, _: Path, settings: Settings) -> tuple[Path, Keys, Settings]:
    """The backup opens, the fields in it would not."""
    other = development_keys("another hospital has other keys than this one")
    kinds = {kind: (other if kind is KeyKind.KEK else KEYS) for kind in KeyKind}
    mixed = Keys({(kind, 1): keys.secret(kind) for kind, keys in kinds.items()})
    return saved.made.path, mixed, settings


def other_ledger(saved: Saved, _: Path, settings: Settings) -> tuple[Path, Keys, Settings]:
    changed = settings.model_copy(update={"log_origin": "other.example/log"})
    return saved.made.path, KEYS, changed


def repacked(
    saved: Saved, folder: Path, change: Callable[[Path], object], settings: Settings
) -> tuple[Path, Keys, Settings]:
    """By somebody who holds the backup key."""
    made = saved.made
    with private_folder(folder) as staging:
        restoring.unpack(settings, KEYS, made.path, staging)
        change(staging)
        path = folder / "repacked.wgb"
        with writing(path, KEYS, made.manifest.at, made.manifest.leaves) as tar:
            for part in sorted(staging.rglob("*")):
                if part.is_file() and part.name != NAME:
                    tar.add(part, str(part.relative_to(staging)))
            tar.add(staging / NAME, NAME)
    return path, KEYS, settings


def unlisted(saved: Saved, folder: Path, settings: Settings) -> tuple[Path, Keys, Settings]:
    return repacked(saved, folder, lambda at: (at / "extra").write_bytes(b"x"), settings)


def edited(saved: Saved, folder: Path, settings: Settings) -> tuple[Path, Keys, Settings]:
    """Rows changed behind the manifest's hash."""

    def change(staging: Path) -> None:
        names = [part.name for part in saved.made.manifest.parts]
        part = staging / ("rows/hospital.copy" if "rows/hospital.copy" in names else names[0])
        part.write_bytes(part.read_bytes().replace(b"EAST", b"WEST"))

    return repacked(saved, folder, change, settings)


def unlinked(saved: Saved, folder: Path, settings: Settings) -> tuple[Path, Keys, Settings]:
    """A ledger entry rewritten, and a manifest that names the new bytes: the tree tells."""

    def change(staging: Path) -> None:
        parts = []
        for part in saved.made.manifest.parts:
            file = staging / part.name
            if part.name.rsplit("/")[-1] in ("database.db", "ledger_entry.copy"):
                content = file.read_bytes()
                old, new = b'"action":"place.manage"', b'"action":"place.manege"'
                if old not in content:  # COPY shows bytes as hex
                    old, new = old.hex().encode(), new.hex().encode()
                assert old in content
                file.write_bytes(content.replace(old, new, 1))
                part = replace(part, sha256=sha256_of(file))
            parts.append(part)
        (staging / NAME).write_bytes(replace(saved.made.manifest, parts=tuple(parts)).content())

    return repacked(saved, folder, change, settings)


def written(folder: Path, content: bytes) -> Path:
    path = folder / "sabotaged.wgb"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("sabotage", "says"),
    [
        (flipped, "changed at or behind byte"),
        (shortened, "too early"),
        (other_key, "not the key that made"),
        (other_field_key, "kek-1 does not open"),
        (other_ledger, "of the ledger test.example/log"),
        (unlisted, "not the parts"),
        (edited, "not what the manifest names"),
        (unlinked, "does not verify: the first bad leaf is"),
    ],
)
def test_a_sabotaged_backup_is_refused_with_its_reason(
    saved: Saved, place: Place, tmp_path_factory: pytest.TempPathFactory, sabotage: Sabotage,
    says: str,
) -> None:  # fmt: skip
    settings = place()
    work = tmp_path_factory.mktemp("sabotage")
    archive, keys, settings = sabotage(saved, work, settings)
    with pytest.raises(BackupRefused, match=says):
        restore(settings, keys, archive, kept=(), at=utc_now(), approve=lambda _: ("", ""))
    assert_untouched(settings)


def test_a_rehearsal_checks_everything_and_takes_no_place(saved: Saved, place: Place) -> None:
    settings = place()
    spare = None if saved.kind == "sqlite" else settings.database
    assert check(settings, KEYS, saved.made.path, spare).leaves == saved.made.manifest.leaves
    assert_untouched(settings)
    assert list(settings.data_folder.iterdir()) == []


def test_backups_made_while_many_write_are_each_of_one_moment(
    databases: Databases, saved: Saved, tmp_path: Path
) -> None:
    stop = threading.Event()
    (tmp_path / "house").mkdir()
    with databases.migrated(saved.kind) as url, house(url, tmp_path / "house") as app:
        actor = enrol(url, "system-administrator")
        app.decisions.reload()

        def write(first: int) -> None:
            number = first
            while not stop.is_set():
                app.pipeline.run(actor, OpenHospital(code=f"H{number}", name_zh="院", name_en="H"))
                number += 4

        writers = [threading.Thread(target=write, args=(first,)) for first in range(4)]
        for writer in writers:
            writer.start()
        made = [
            make_backup(app.settings, KEYS, app.engine, tmp_path / "shelf", utc_now())
            for _ in range(4)
        ]
        stop.set()
        for writer in writers:
            writer.join()
    sizes = [each.manifest.rows["hospital"] for each in made]
    assert sizes == sorted(sizes)
    assert sizes[-1] > sizes[0]
    for each in made:
        assert each.manifest.rows["ledger_entry"] >= each.manifest.leaves
        if saved.kind == "sqlite":
            check(settings_for(url, tmp_path / "house"), KEYS, each.path)
