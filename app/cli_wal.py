"""`wardgrid backup base`, `wal` and `wal-fetch`: any moment of a PostgreSQL cluster.

The last two are run by PostgreSQL for every segment, so each imports only what it needs.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli_options import DataFolder, stop

DAMAGED = 200  # above 125 a server that recovers stops; below, it takes the archive as ended
MEGABYTE = 1_000_000
Shelf = Annotated[
    Path | None, typer.Option("--folder", help="Of the backups; else as the settings say.")
]
KeyFolder = Annotated[
    Path | None, typer.Option("--keys", help="A folder with the backup key; else the settings'.")
]
Data = Annotated[
    Path | None, typer.Option("--data", envvar="WARDGRID_DATA_FOLDER", help="The data folder.")
]


def base(data: DataFolder, folder: Shelf = None) -> None:
    """Take a base backup of the whole PostgreSQL cluster with pg_basebackup; remove what is older
    than cluster_backup_days, with its WAL."""
    from app.backups.cluster_copy import make_base, tidy
    from app.backups.container import BackupRefused
    from app.backups.programs import Programs
    from app.cli_house import read_settings
    from audit.erasures import BadErasures
    from audit.keys import KeyTrouble
    from kit.clock import utc_now

    settings, keys, engine = read_settings(data)
    engine.dispose()
    if settings.database.startswith("sqlite"):
        stop("a base backup is PostgreSQL's: on SQLite use wardgrid backup make")
    programs = Programs(settings.postgres_programs)
    where = folder or settings.backups
    try:
        made, manifest = make_base(settings, keys, programs, where, utc_now())
        gone = tidy(where, utc_now(), settings.cluster_backup_days)
    except (BadErasures, BackupRefused, KeyTrouble, OSError) as trouble:
        stop(f"no base backup was made: {trouble}")
    typer.echo(
        f"made {made.path}: {made.size / MEGABYTE:.1f} MB of {manifest.size / MEGABYTE:.1f} MB,"
        f" ledger of {manifest.leaves} leaves, WAL from {made.first} on; {gone} older files removed"
    )


def wal(
    file: Annotated[Path, typer.Argument(help="The segment: %p of archive_command.")],
    folder: Shelf = None,
    keys: KeyFolder = None,
    data: Data = None,
) -> None:
    """Seal a WAL segment and keep it: PostgreSQL's archive_command. Anything but 0 makes the
    server keep it and ask again.

    Give --folder and --keys, or --data of a house whose settings say both.
    """
    from app.backups.container import BackupRefused
    from app.backups.wal import FOLDER, archive
    from audit.keys import KeyTrouble

    shelf, held = _place(folder, keys, data)
    at = datetime.fromtimestamp(file.stat().st_mtime, UTC) if file.is_file() else None
    if at is None:
        stop(f"{file} is not there")
    try:
        archive(file, shelf / FOLDER, held, at)
    except (BackupRefused, KeyTrouble, OSError) as trouble:
        stop(f"{file.name} was not archived: {trouble}")


def wal_fetch(
    name: Annotated[str, typer.Argument(help="Which one: %f of restore_command.")],
    into: Annotated[Path, typer.Argument(help="Where to: %p of restore_command.")],
    folder: Shelf = None,
    keys: KeyFolder = None,
    data: Data = None,
) -> None:
    """Bring a WAL segment back: PostgreSQL's restore_command. 1 where the archive ends; 200, which
    stops the server, where it is damaged or has a gap."""
    from app.backups.container import BackupRefused
    from app.backups.wal import FOLDER, NoSuchWal, fetch
    from audit.keys import KeyTrouble

    shelf, held = _place(folder, keys, data)
    try:
        fetch(name, shelf / FOLDER, held, into)
    except NoSuchWal as absent:
        stop(str(absent))
    except (BackupRefused, KeyTrouble, OSError) as trouble:
        stop(f"{name} cannot be restored: {trouble}", DAMAGED)


def _place(folder: Path | None, keys: Path | None, data: Path | None) -> tuple[Path, Any]:
    """The folder of backups, and the keys; settings are read only where they must say one."""
    from audit.keys import KeyTrouble, load_backup_keys

    try:
        if folder is not None and keys is not None:
            return folder, load_backup_keys(keys)
    except KeyTrouble as trouble:
        stop(str(trouble), DAMAGED)
    if data is None:
        stop("give --folder and --keys, or --data", DAMAGED)
    from app.cli_house import read_settings

    settings, held, engine = read_settings(data)
    engine.dispose()
    return folder or settings.backups, held
