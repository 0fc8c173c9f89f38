"""A PostgreSQL cluster of any moment since a base backup: by time or by the ledger's length.

Everything happens beside the new place, on a server for nobody but us: the key proved, the base
verified, the WAL replayed, the ledger verified, two people, the new epoch, the erasures. Only then
the cluster takes its place. Whatever is refused leaves the place as empty as it was.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from pydantic import SecretStr

from app.backups.cluster_copy import CLUSTER, BaseManifest
from app.backups.container import BackupRefused, require_key
from app.backups.listed import found
from app.backups.postgres_copy import address
from app.backups.programs import Programs
from app.backups.restoring import Approve, begin_epoch, judge, newest_kept, nobody, require_empty
from app.backups.temporary_server import Served, Target, served
from app.backups.unpacked import Staged, unpack_base, unpack_wal
from app.settings import Settings
from audit.checkpoint import Checkpoint
from audit.erasures import NAME, erasures_signer, remember
from audit.export import ExportRefused
from audit.keys import KeyKind, Keys
from audit.signer import Signer

_NEWEST = "SELECT size, note, xmin::text FROM ledger_checkpoint"
_WAITING = """SELECT count(*) FROM ledger_entry e
    WHERE NOT EXISTS (SELECT 1 FROM ledger_leaf l WHERE l.entry_id = e.id)"""


@dataclass(frozen=True, slots=True)
class Asked:
    """`base`: the sealed base backup, `wal`: the folder of sealed WAL. A moment, or how many leaves
    the ledger may have, or neither: then the newest that there is."""

    base: Path
    wal: Path
    at: datetime | None = None
    leaves: int | None = None


@dataclass(frozen=True, slots=True)
class Reached:
    """Where replaying ended. `leaves`: signed; `waiting`: entries that were committed by then and
    not signed yet, so that they follow the new epoch. `moment`: of the last transaction, in the
    server's words."""

    leaves: int
    waiting: int
    moment: str | None


@dataclass(frozen=True, slots=True)
class Rewound:
    """`lost`: leaves that are known to have been signed and are not there any more."""

    reached: Reached
    lost: int
    checkpoint: Checkpoint
    erased: int | None


def rewind(
    settings: Settings, keys: Keys, asked: Asked, cluster: Path, programs: Programs, *,
    approve: Approve, kept: Sequence[str], at: datetime, erasures: Sequence[Path] = (),
    then: Callable[[Settings], object] = lambda _settings: None,
) -> Rewound:  # fmt: skip
    """Restore to a point, into a folder `cluster` that is not there yet. `kept`, `erasures` as in
    a restore; `then` gets the settings of the restored house while its server runs.

    Raises BackupRefused, and whatever `approve` and `then` raise.
    """
    _require_room(settings, cluster, programs)
    require_key(asked.base, keys)
    signer = Signer(settings.log_origin, keys.secret(KeyKind.LEDGER))
    lister = erasures_signer(settings.log_origin, keys.secret(KeyKind.LEDGER))
    newest = newest_kept(kept, signer)
    ours = [path for path in (settings.guard_file, settings.erasures_file) if not path.exists()]
    with _beside(cluster.parent, programs) as staging:
        beside = asked.base.parent.parent / NAME  # that of the other backups may be newer
        given = [*erasures, *([beside] if beside.exists() else [])]
        listed = found(settings, signer, lister, asked.base, given)
        with _at_the_point(settings, keys, asked, staging, programs) as (there, promised, reached):
            people = _judged(there, promised, keys, signer, staging, kept, approve)
            try:
                if listed is not None:  # before the guard file: no start is possible without it
                    remember(settings.erasures_file, lister, listed)
                checkpoint = begin_epoch(there, keys, signer, people, newest, at)
                then(there)
            except BaseException:
                for path in ours:
                    path.unlink(missing_ok=True)
                raise
        (staging / CLUSTER).rename(cluster)
    lost = max(0, newest.size - (checkpoint.size - 1)) if newest else 0
    return Rewound(reached, lost, checkpoint, None if listed is None else len(listed))


def rehearse(
    settings: Settings, keys: Keys, asked: Asked, programs: Programs, beside: Path | None = None
) -> Reached:
    """Everything but the two people, the epoch and the place, in a folder of its own in `beside`,
    or where temporary files are. Raises BackupRefused."""
    programs.require_no_root()
    signer = Signer(settings.log_origin, keys.secret(KeyKind.LEDGER))
    with (
        _beside(beside or Path(tempfile.gettempdir()), programs) as staging,
        _at_the_point(settings, keys, asked, staging, programs) as (there, promised, reached),
    ):
        _judged(there, promised, keys, signer, staging, (), nobody)
    return reached


def _require_room(settings: Settings, cluster: Path, programs: Programs) -> None:
    programs.require_no_root()
    require_empty(settings)
    if settings.database.startswith("sqlite"):
        raise BackupRefused("database_url is not PostgreSQL's: name the restored database there")
    if cluster.exists():
        raise BackupRefused(f"{cluster.name} is there already; name a folder that is not")
    if not cluster.parent.is_dir():
        raise BackupRefused(f"there is no folder {cluster.parent} to put the cluster into")


@contextmanager
def _beside(folder: Path, programs: Programs) -> Iterator[Path]:
    """On the same disk, gone afterwards."""
    staging = Path(tempfile.mkdtemp(prefix=".restore-", dir=folder))
    programs.own(staging)
    try:
        yield staging
    finally:
        shutil.rmtree(staging)


Point = tuple[Settings, str, Reached]


@contextmanager
def _at_the_point(
    settings: Settings, keys: Keys, asked: Asked, staging: Path, programs: Programs
) -> Iterator[Point]:
    """The restored house while its server runs, a checkpoint that it must have, where it stands."""
    manifest = unpack_base(asked.base, keys, settings.log_origin, staging, programs)
    _require_after(manifest, asked)
    staged = unpack_wal(asked.wal, manifest.first, keys, staging / "wal", programs)
    target = Target(time=asked.at.astimezone(UTC).isoformat(" ") if asked.at else None)
    if asked.leaves is not None:
        target = _of_the_ledger(settings, asked.leaves, manifest, staged, staging, programs)
        shutil.rmtree(staging / CLUSTER)
        unpack_base(asked.base, keys, settings.log_origin, staging, programs)
    release = manifest.release
    with served(staging / CLUSTER, staged, target, settings.database, release, programs) as server:
        there = settings.model_copy(update={"database_url": SecretStr(server.url)})
        newest, reached = _reached(server)
        yield there, manifest.note or newest, reached


def _require_after(manifest: BaseManifest, asked: Asked) -> None:
    """No WAL leads back before a base backup."""
    if asked.at is not None and asked.at.astimezone(UTC) < datetime.strptime(
        manifest.at, "%Y%m%dT%H%M%S.%fZ"
    ).replace(tzinfo=UTC):
        raise BackupRefused("this base backup is younger than the moment: name an older one")
    if asked.leaves is not None and asked.leaves < manifest.leaves:
        raise BackupRefused(
            f"the ledger had {manifest.leaves} leaves when this base backup began: name an older"
            " one"
        )


def _of_the_ledger(
    settings: Settings, leaves: int, manifest: BaseManifest, staged: Staged, staging: Path,
    programs: Programs,
) -> Target:  # fmt: skip
    """The transaction that signed the newest checkpoint over no more leaves: only the restored
    ledger itself knows it, so all is replayed once to ask."""
    with served(
        staging / CLUSTER, staged, Target(), settings.database, manifest.release, programs
    ) as server, psycopg.connect(address(server.url)) as connection:  # fmt: skip
        longest = connection.execute("SELECT max(size) FROM ledger_checkpoint").fetchone()
        row = connection.execute(
            f"{_NEWEST} WHERE size <= %s ORDER BY size DESC LIMIT 1", (leaves,)
        ).fetchone()
    if row is None or longest is None:
        raise BackupRefused(f"no checkpoint over {leaves} leaves or less was signed by then")
    # the newest of all: what was committed behind it is wanted too, where it was not signed yet
    return Target() if row[0] == longest[0] else Target(xid=row[2])


def _reached(server: Served) -> tuple[str, Reached]:
    with psycopg.connect(address(server.url)) as connection:
        row = connection.execute(f"{_NEWEST} ORDER BY size DESC LIMIT 1").fetchone()
        waiting = connection.execute(_WAITING).fetchone()
    size, note = (0, "") if row is None else (row[0], row[1])
    return note, Reached(size, waiting[0] if waiting else 0, server.last)


def _judged(
    there: Settings, promised: str, keys: Keys, signer: Signer, staging: Path,
    kept: Sequence[str], approve: Approve,
) -> tuple[str, str]:  # fmt: skip
    try:
        return judge(there.database, promised, keys, signer, staging, kept, approve)
    except ExportRefused as refused:
        raise BackupRefused(str(refused)) from None
