"""`wardgrid restore`: a backup to a new place, by two people."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli_options import DataFolder, group, settings_of, stop
from app.cli_people import epoch_told, kept_note, two_people
from app.cli_rewind import erasures_told, rewind_to

app = group()


@app.command()
def restore(
    data: DataFolder,
    archive: Annotated[Path | None, typer.Argument(help="The backup.")] = None,
    folder: Annotated[Path | None, typer.Option(help="Take one of this folder.")] = None,
    target: Annotated[
        bool, typer.Option("--target", help="Take one of the store far away: backup_target.")
    ] = False,
    before: Annotated[
        datetime | None, typer.Option(help="The newest that is not younger (UTC).")
    ] = None,
    leaves: Annotated[
        int | None, typer.Option(help="The newest whose ledger is not longer.")
    ] = None,
    base: Annotated[
        Path | None,
        typer.Option(help="PostgreSQL: a base backup, or the folder of backups; replays its WAL."),
    ] = None,
    at: Annotated[
        datetime | None, typer.Option(help="With --base: the moment (UTC); else --leaves or all.")
    ] = None,
    cluster: Annotated[
        Path | None, typer.Option(help="With --base: the new data directory of PostgreSQL.")
    ] = None,
    run_as: Annotated[
        str | None, typer.Option(help="With --base, as root: whose PostgreSQL shall be.")
    ] = None,
    kept: Annotated[
        list[Path] | None,
        typer.Option(help="A checkpoint that was kept elsewhere, or the lost ledger.guard."),
    ] = None,
    erasures: Annotated[
        list[Path] | None,
        typer.Option(help="A kept ledger.erasures, or a newer export of the ledger."),
    ] = None,
) -> None:
    """Restore into a data folder that has its keys and settings, and no database yet.

    Two people log in with what the backup knows of them. The ledger begins a new epoch that names
    them and what is lost: give the newest checkpoint that anybody kept.
    """
    if base is not None:
        if cluster is None or archive or folder or target or before:
            stop("--base needs --cluster, and takes --at or --leaves, and none of the others")
        rewind_to(data, base, cluster, run_as, at=_moment(at), leaves=leaves, kept=kept or [],
                  erasures=erasures or [])  # fmt: skip
        return
    settings = settings_of(data)
    wanted = _moment(before), leaves
    if target and (archive or folder):
        stop("name a backup, or a folder with --folder, or --target")
    with _fetched(settings, *wanted) if target else nullcontext() as fetched:
        chosen = fetched or _chosen(archive, folder, *wanted)
        done = _put_back(settings, chosen, kept or [], erasures or [])
    typer.echo(
        f"restored {sum(done.manifest.rows.values())} rows; the ledger verifies, its new epoch is"
        f" {epoch_told(done.checkpoint.size, done.lost)}"
    )
    _erase_again(data, done.erased)
    typer.echo(f"next: wardgrid serve --data {data}")


def _erase_again(data: Path, listed: int | None) -> None:
    """Start the house once: it erases whom the backup brought back, before anybody is served."""
    from app.cli_house import house

    with house(data) as app:
        replayed = app.erasing.replayed
    erasures_told(listed, replayed)


def _put_back(settings: Any, chosen: Path, kept: list[Path], erasures: list[Path]) -> Any:
    """Prove the key, ask the two people, restore; or end the program with the reason."""
    from app.backups.approvers import approved_by
    from app.backups.container import BackupRefused, require_key
    from app.backups.restoring import require_empty, restore
    from app.key_settings import keys_of
    from audit.keys import KeyTrouble
    from kit.clock import utc_now

    try:
        require_empty(settings)
        keys = keys_of(settings)
        header = require_key(chosen, keys)
        typer.echo(f"{chosen.name}: made {header.at}, ledger of {header.leaves} leaves; key proved")
        people = two_people()
        return restore(
            settings, keys, chosen,
            approve=lambda engine: approved_by(engine, keys, utc_now, *people),
            kept=[kept_note(path) for path in kept], at=utc_now(), erasures=erasures,
        )  # fmt: skip
    except (BackupRefused, KeyTrouble) as refused:
        stop(f"nothing was restored: {refused}")


def _moment(before: datetime | None) -> datetime | None:
    return before.replace(tzinfo=UTC) if before is not None and before.tzinfo is None else before


@contextmanager
def _fetched(settings: Any, before: datetime | None, leaves: int | None) -> Iterator[Path]:
    """From the store far away, for as long as it is needed."""
    from app.backups.container import BackupRefused
    from app.backups.far import fetched_newest
    from app.backups.making import private_folder
    from app.backups.restoring import require_empty
    from app.cli_backup import plain_target

    with private_folder(settings.data_folder) as staging:
        try:
            require_empty(settings)  # before much is fetched for nothing
        except BackupRefused as refused:
            stop(f"nothing was restored: {refused}")
        with plain_target():
            found = fetched_newest(settings, staging, before=before, leaves=leaves)
        yield found


def _chosen(
    archive: Path | None, folder: Path | None, before: datetime | None, leaves: int | None
) -> Path:
    from app.backups.shelf import newest_of, standing

    if archive is not None and folder is None and before is None and leaves is None:
        return archive
    if folder is None or archive is not None:
        stop("name a backup, or a folder with --folder, or --target")
    found = newest_of(standing(folder), before=before, leaves=leaves)
    if found is None:
        stop("there is no such backup in the folder")
    return found.path
