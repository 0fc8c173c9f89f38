"""A base backup of a whole PostgreSQL cluster, taken by PostgreSQL's own pg_basebackup.

Its files stream into a sealed container of ours; pg_basebackup's manifest goes with them. Its WAL
comes from the archive: the server ends the backup when all of it stands there.
"""

import os
import re
import select
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import IO, Any, cast

import psycopg
from sqlalchemy.engine import make_url

from app.backups import wal
from app.backups.container import BackupRefused, read_header, writing
from app.backups.listed import keep_beside
from app.backups.postgres_copy import address
from app.backups.programs import Programs, plain_environment
from app.settings import Settings
from audit.checkpoint import read_unchecked
from audit.erasures import erasures_signer
from audit.guard import flush_folder
from audit.keys import KeyKind, Keys
from kit.canonical import canonical_json, parse_canonical

FOLDER = "base"  # below the folder of backups
NAME = "base.json"  # the last part
CLUSTER = "cluster"
SERVERS_MANIFEST = "backup_manifest"
STILL_S = 300.0  # the server waits for its WAL to be archived; longer than that is a fault
_STAMP = "%Y%m%dT%H%M%S.%fZ"
_FILE = re.compile(r"wardgrid-base-(\d{8}T\d{6}\.\d{6}Z)-([0-9A-F]{24})\.wgb")
_FIRST = re.compile(rb"^START WAL LOCATION: \S+ \(file ([0-9A-F]{24})\)$", re.MULTILINE)
_STATE = """SELECT current_setting('archive_mode') <> 'off',
    coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false),
    current_setting('server_version_num')::int / 10000 FROM pg_stat_archiver"""


@dataclass(frozen=True, slots=True)
class BaseManifest:
    """`note`: the newest signed checkpoint before it began, over `leaves`. `first`: the WAL
    segment it begins with. `manifest_sha256`: of pg_basebackup's own manifest."""

    at: str
    log: str
    note: str
    leaves: int
    release: int
    first: str
    files: int
    size: int
    manifest_sha256: str

    def content(self) -> bytes:
        return canonical_json({**asdict(self), "v": 1})

    @classmethod
    def parse(cls, content: bytes) -> "BaseManifest":
        """Raises BackupRefused for one of another version."""
        try:
            members: dict[str, Any] = parse_canonical(content)
            if members.pop("v") != 1:
                raise ValueError("another version")
            return cls(**members)
        except (ValueError, TypeError, KeyError, RecursionError):
            raise BackupRefused("the base backup's manifest is of another version") from None


@dataclass(frozen=True, slots=True)
class Base:
    """A whole base backup in the folder."""

    path: Path
    at: datetime
    first: str

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def size(self) -> int:
        return self.path.stat().st_size

    def leaves(self) -> int:
        with self.path.open("rb") as file:
            return read_header(file).leaves


def standing(shelf: Path) -> list[Base]:
    """Oldest first. Other files are none of ours."""
    if not shelf.is_dir():
        return []
    found = (named(path) for path in shelf.iterdir())
    return sorted((base for base in found if base is not None), key=lambda base: base.at)


def named(path: Path) -> Base | None:
    """What the name of a file tells; None for another file's."""
    form = _FILE.fullmatch(path.name)
    if form is None:
        return None
    return Base(path, datetime.strptime(form[1], _STAMP).replace(tzinfo=UTC), form[2])


def too_old(bases: Sequence[Base], now: datetime, days: float) -> list[Base]:
    """What no moment of the last `days` needs: they begin with the newest base before them."""
    since = now - timedelta(days=days)
    before = [base for base in bases if base.at <= since]
    return before[:-1]


def tidy(folder: Path, now: datetime, days: float) -> int:
    """Remove base backups that are no longer kept, and the WAL that only they need; how many
    files."""
    shelf, removed = folder / FOLDER, 0
    for old in too_old(standing(shelf), now, days):
        old.path.unlink(missing_ok=True)
        removed += 1
    if kept := standing(shelf):
        first = min((base.first for base in kept), key=wal.place)
        for name in wal.too_old(wal.standing(folder / wal.FOLDER), first):
            (folder / wal.FOLDER / f"{name}{wal.SUFFIX}").unlink(missing_ok=True)
            removed += 1
    return removed


def make_base(
    settings: Settings, keys: Keys, programs: Programs, folder: Path, at: datetime
) -> tuple[Base, BaseManifest]:
    """Take one while the house works. Raises BackupRefused, KeyTrouble, BadErasures, OSError.

    A file that stands there is whole: until then it has another name.
    """
    shelf, stamp = folder / FOLDER, at.strftime(_STAMP)
    shelf.mkdir(mode=0o700, parents=True, exist_ok=True)
    lister = erasures_signer(settings.log_origin, keys.secret(KeyKind.LEDGER))
    keep_beside(settings, lister, shelf)
    note, release = _ask(settings)
    leaves = read_unchecked(note).size if note else 0
    partial = shelf / f".base-{stamp}.partial"
    with wal.alone(shelf):
        for left in shelf.glob(".base-*.partial"):  # of a machine that stopped
            left.unlink()
        try:
            with writing(partial, keys, stamp, leaves) as sealed:
                with _taken(settings, programs.find("pg_basebackup", release)) as tar:
                    counted = _pour(tar, sealed)
                manifest = BaseManifest(stamp, settings.log_origin, note, leaves, release, *counted)
                _add(sealed, NAME, manifest.content())
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
        target = shelf / f"wardgrid-base-{stamp}-{manifest.first}.wgb"
        os.replace(partial, target)
        flush_folder(shelf)
    return Base(target, at, manifest.first), manifest


def _ask(settings: Settings) -> tuple[str, int]:
    """The newest checkpoint, and the server's release."""
    with psycopg.connect(address(settings.database)) as connection:
        archives, failing, release = connection.execute(_STATE).fetchone() or (False, True, 0)
        newest = connection.execute(
            "SELECT note FROM ledger_checkpoint ORDER BY size DESC LIMIT 1"
        ).fetchone()
    if not archives:
        raise BackupRefused(
            "archive_mode is off: without its WAL a base backup is worth nothing. Set archive_mode"
            " and archive_command as docs/backup.md says, and restart PostgreSQL"
        )
    if failing:
        raise BackupRefused("PostgreSQL cannot archive its WAL: its log says why; mend that first")
    return (newest[0] if newest else ""), release


@contextmanager
def _taken(settings: Settings, program: Path) -> Iterator[tarfile.TarFile]:
    """What pg_basebackup writes. Raises BackupRefused where it fails."""
    asked, password = _connection(settings)
    words = [str(program), "--pgdata=-", "--format=tar", "--wal-method=none", "--checkpoint=fast",
             "--manifest-checksums=SHA256", "--no-password", f"--dbname={asked}"]  # fmt: skip
    with tempfile.TemporaryFile("w+") as told, subprocess.Popen(  # noqa: S603 - no shell
        words, env=plain_environment(password), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=told, bufsize=0,
    ) as process:  # fmt: skip
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        cut = False
        try:
            with tarfile.open(fileobj=cast(IO[bytes], _Patient(process.stdout)), mode="r|") as tar:
                yield tar
        except tarfile.TarError:
            cut = True  # the program says why
        except BaseException:
            process.kill()
            raise
        while process.stdout.read(1 << 16):
            pass
        if process.wait() != 0 or cut:
            told.seek(0)
            lines = told.read().strip().splitlines() or ["what it sent is not whole"]
            raise BackupRefused(f"pg_basebackup failed: {lines[-1]}")


class _Patient:
    """The program's output, waited for as long as something comes."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe

    def read(self, size: int) -> bytes:
        if not select.select([self._pipe], [], [], STILL_S)[0]:
            raise BackupRefused(
                f"nothing came for {STILL_S:.0f} s: does PostgreSQL archive its WAL? Its log says"
            )
        return self._pipe.read(size)


def _connection(settings: Settings) -> tuple[str, dict[str, str]]:
    """The address for a program, and apart from it the password, which no list of processes may
    show."""
    given = settings.cluster_backup_url
    url = make_url(given.get_secret_value() if given else settings.database)
    password = {} if url.password is None else {"PGPASSWORD": str(url.password)}
    bare = url.set(drivername="postgresql", password=None)
    return bare.render_as_string(hide_password=False), password


def _pour(tar: tarfile.TarFile, sealed: tarfile.TarFile) -> tuple[str, int, int, str]:
    """All files, as they come: the first segment, how many files and bytes, and the SHA-256 of
    the server's manifest."""
    first, files, size, servers = "", 0, 0, ""
    for member in tar:
        name = member.name.removeprefix("./")
        content: IO[bytes] | None = tar.extractfile(member) if member.isfile() else None
        member.name, member.pax_headers = f"{CLUSTER}/{name}", {}
        if name in ("backup_label", SERVERS_MANIFEST) and content is not None:
            whole = content.read()
            content = BytesIO(whole)
            if name == SERVERS_MANIFEST:
                servers = sha256(whole).hexdigest()
            elif found := _FIRST.search(whole):
                first = found[1].decode()
        sealed.addfile(member, content)
        files, size = files + 1, size + member.size
    if not (first and servers):
        raise tarfile.TarError("no label or no manifest")
    return first, files, size, servers


def _add(sealed: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o600
    sealed.addfile(member, BytesIO(content))
