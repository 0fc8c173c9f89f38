"""The way back: prove the key, unpack aside, check everything, and only then take the place.

Whatever is refused leaves the place as empty as it was. A restored ledger begins a new epoch that
says what is lost, and who stood for the restore.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg
from sqlalchemy import Engine

from app import migrate
from app.backups import postgres_copy, sqlite_copy
from app.backups.container import BackupRefused, opened, require_key
from app.backups.listed import found
from app.backups.making import private_folder, sha256_of
from app.backups.manifest import MOST_BYTES, NAME, Manifest, Part
from app.settings import Settings
from audit.checkpoint import BadNote, Checkpoint, open_checkpoint
from audit.doctor import examine
from audit.erasures import erasures_signer, remember
from audit.export import export_ledger
from audit.keys import KeyKind, Keys
from audit.report import Result
from audit.sequencer import Sequencer
from audit.signer import Signer
from audit.verify import verify
from kit.db import open_engine, reading

Approve = Callable[[Engine], tuple[str, str]]  # two people, by what the backup knows of them
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Checked:
    """A backup that holds what it promises. `leaves` of the ledger were verified."""

    manifest: Manifest
    leaves: int


@dataclass(frozen=True, slots=True)
class Restored:
    """`lost`: leaves that are known to have been signed and are not in the backup. `erased`: how
    many erasures the next start sees to; None where no list of them was found."""

    manifest: Manifest
    lost: int
    checkpoint: Checkpoint
    erased: int | None


def restore(
    settings: Settings,
    keys: Keys,
    archive: Path,
    *,
    approve: Approve,
    kept: Sequence[str],
    at: datetime,
    erasures: Sequence[Path] = (),
) -> Restored:
    """Put a backup where no database is yet. `kept`: checkpoints that were kept elsewhere;
    `erasures`: lists of who was erased, beside those that stand where they belong.

    Raises BackupRefused, and whatever `approve` raises.
    """
    require_empty(settings)
    signer = Signer(settings.log_origin, keys.secret(KeyKind.LEDGER))
    newest = newest_kept(kept, signer)
    lister = erasures_signer(settings.log_origin, keys.secret(KeyKind.LEDGER))
    with private_folder(settings.data_folder) as staging:
        manifest = unpack(settings, keys, archive, staging)
        listed = found(settings, signer, lister, archive, erasures)
        if manifest.database == "sqlite":
            file = staging / sqlite_copy.PART
            people = _judge(f"sqlite:///{file}", manifest, keys, signer, staging, kept, approve)
            sqlite_copy.put(file, Path(settings.database.removeprefix("sqlite:///")))
        else:
            people = _fill(settings, manifest, keys, signer, staging, kept, approve)
    if listed is not None:  # before the guard file: no start is possible without it
        remember(settings.erasures_file, lister, listed)
    checkpoint = begin_epoch(settings, keys, signer, people, newest, at)
    lost = max(0, newest.size - (checkpoint.size - 1)) if newest else 0
    return Restored(manifest, lost, checkpoint, None if listed is None else len(listed))


def check(settings: Settings, keys: Keys, archive: Path, spare: str | None = None) -> Checked:
    """Rehearse a restore beside the house: everything but taking the place. Raises BackupRefused.

    `spare` is the address of an empty PostgreSQL database; without one its rows are only counted.
    """
    signer = Signer(settings.log_origin, keys.secret(KeyKind.LEDGER))
    with private_folder(settings.data_folder) as staging:
        manifest = unpack(settings, keys, archive, staging)
        if manifest.database == "sqlite":
            _judge(f"sqlite:///{staging / sqlite_copy.PART}", manifest, keys, signer, staging, ())
        elif spare is not None:
            postgres_copy.put(spare, staging / postgres_copy.FOLDER, manifest)
            try:
                _judge(spare, manifest, keys, signer, staging, ())
            finally:
                _wipe(spare)
        else:
            _count_rows(staging / postgres_copy.FOLDER, manifest)
    return Checked(manifest, manifest.leaves)


def unpack(settings: Settings, keys: Keys, archive: Path, staging: Path) -> Manifest:
    """All parts into the folder, each as the manifest says. Raises BackupRefused."""
    require_key(archive, keys)
    with opened(archive, keys) as tar:
        for member in tar:
            name = Path(member.name)
            if not member.isfile() or name.is_absolute() or ".." in name.parts:
                raise BackupRefused("the backup holds something that is no part of a backup")
            target, content = staging / name, tar.extractfile(member)
            target.parent.mkdir(mode=0o700, exist_ok=True)
            with target.open("xb") as file:
                target.chmod(0o600)
                while content and (block := content.read(_BLOCK)):
                    file.write(block)
    listed = staging / NAME
    if not listed.is_file() or listed.stat().st_size > MOST_BYTES:
        raise BackupRefused("the backup has no manifest")
    manifest = Manifest.parse(listed.read_bytes())
    _require_parts(staging, manifest.parts)
    _require_ours(settings, manifest)
    return manifest


def _require_parts(staging: Path, parts: Sequence[Part]) -> None:
    found = {str(path.relative_to(staging)) for path in staging.rglob("*") if path.is_file()}
    if found != {part.name for part in parts} | {NAME}:
        raise BackupRefused("the backup has not the parts that its manifest names")
    for part in parts:
        if sha256_of(staging / part.name) != part.sha256:
            raise BackupRefused(f"{part.name} is not what the manifest names")


def _require_ours(settings: Settings, manifest: Manifest) -> None:
    here = "sqlite" if settings.database.startswith("sqlite") else "postgresql"
    if manifest.database != here:
        raise BackupRefused(f"the backup is of a {manifest.database} database, this one is {here}")
    if manifest.log != settings.log_origin:
        raise BackupRefused(
            f"the backup is of the ledger {manifest.log}, this folder's is {settings.log_origin}"
        )
    if not migrate.knows(manifest.revision):
        raise BackupRefused(
            f"this release does not know the schema {manifest.revision}: use the release that made"
            " the backup, or a newer one"
        )


def require_empty(settings: Settings) -> None:
    """Raises BackupRefused where a house lives already."""
    if settings.guard_file.exists():
        raise BackupRefused(
            f"{settings.guard_file.name} is there: a house lives in this folder. Restore to a new"
            " one, with its keys and its settings"
        )
    if settings.database.startswith("sqlite"):
        database = Path(settings.database.removeprefix("sqlite:///"))
        if database.exists():
            raise BackupRefused(f"{database.name} is there already; restore to a new place")


def _fill(
    settings: Settings, manifest: Manifest, keys: Keys, signer: Signer, staging: Path,
    kept: Sequence[str], approve: Approve,
) -> tuple[str, str]:  # fmt: skip
    url = settings.database
    postgres_copy.put(url, staging / postgres_copy.FOLDER, manifest)
    try:
        return _judge(url, manifest, keys, signer, staging, kept, approve)
    except BaseException:
        _wipe(url)  # it was empty before us
        raise


def nobody(_engine: Engine) -> tuple[str, str]:
    return "", ""


def _judge(
    url: str, manifest: Manifest, keys: Keys, signer: Signer, staging: Path, kept: Sequence[str],
    approve: Approve = nobody,
) -> tuple[str, str]:  # fmt: skip
    if url.startswith("sqlite"):
        sqlite_copy.require_sound(Path(url.removeprefix("sqlite:///")), manifest.rows)
    return judge(url, manifest.note, keys, signer, staging, kept, approve)


def judge(
    url: str, promised: str, keys: Keys, signer: Signer, staging: Path, kept: Sequence[str],
    approve: Approve = nobody,
) -> tuple[str, str]:  # fmt: skip
    """The ledger of an unpacked database, as it is, with the checkpoint that was promised; its
    keys, once it is brought to this release's revision; then the two people."""
    engine = open_engine(url)
    try:
        _require_ledger(engine, promised, signer, staging / "ledger", kept)
        engine.dispose()
        migrate.upgrade(url)  # what follows is asked in the words of this release
        with reading(engine) as session:
            broken = [one.what for one in examine(keys, session) if not one.healthy]
        if broken:
            raise BackupRefused(f"{broken[0]} does not open what it must; bring the right key back")
        return approve(engine)
    finally:
        engine.dispose()


def _require_ledger(
    engine: Engine, promised: str, signer: Signer, folder: Path, kept: Sequence[str]
) -> None:
    """The whole log verifies, up to the checkpoint that the manifest promised. Of the kept
    checkpoints those count that the backup is old enough to have."""
    if not promised:
        return
    size = export_ledger(engine, folder, signer.verifier, durable=False).size
    older = [note for note in kept if _checkpoint(note, signer).size <= size]
    report = verify(folder, [signer.verifier.text], [promised, *older])
    if report.result is Result.FAIL:
        at = report.first_bad_index
        raise BackupRefused(
            "the ledger in the backup does not verify"
            + ("" if at is None else f": the first bad leaf is {at}")
        )


def newest_kept(kept: Sequence[str], signer: Signer) -> Checkpoint | None:
    found = [_checkpoint(note, signer) for note in kept]
    return max(found, key=lambda checkpoint: checkpoint.size, default=None)


def _checkpoint(note: str, signer: Signer) -> Checkpoint:
    try:
        return open_checkpoint(note, [signer.verifier])
    except BadNote as odd:
        raise BackupRefused(f"a kept checkpoint is not this ledger's: {odd}") from None


def begin_epoch(
    settings: Settings, keys: Keys, signer: Signer, people: tuple[str, str],
    newest: Checkpoint | None, at: datetime,
) -> Checkpoint:  # fmt: skip
    engine = open_engine(settings.database)
    secrets = [keys.secret(KeyKind.MAC, v) for v in reversed(keys.versions(KeyKind.MAC))]
    sequencer = Sequencer(engine, signer, secrets, settings.guard_file)
    try:
        return sequencer.recover(people, at, newest)
    finally:
        sequencer.close()
        engine.dispose()


def _count_rows(folder: Path, manifest: Manifest) -> None:
    for table, rows in manifest.rows.items():
        with (folder / f"{table}.copy").open("rb") as file:
            if sum(1 for _ in file) != rows:
                raise BackupRefused(f"{table} has not the rows that the manifest counts")


def _wipe(url: str) -> None:
    with psycopg.connect(postgres_copy.address(url), autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
