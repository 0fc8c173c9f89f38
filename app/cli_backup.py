"""`wardgrid backup`: encrypted copies of the database while the house works, and the rehearsal of
their restore."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any

import typer

from app import cli_wal
from app.cli_house import read_settings
from app.cli_options import DataFolder, group, stop

app = group("Make, list and rehearse backups. The keys are never in them: keep these elsewhere.")
app.command("base")(cli_wal.base)
app.command("wal")(cli_wal.wal)
app.command("wal-fetch")(cli_wal.wal_fetch)

Folder = Annotated[
    Path | None, typer.Option("--folder", help="Of the backups; else as the settings say.")
]
Target = Annotated[
    bool, typer.Option("--target", help="Those in the store far away: backup_target.")
]
MEGABYTE = 1_000_000


@app.command()
def make(data: DataFolder, folder: Folder = None) -> None:
    """Write a backup of this moment, and send it away where a target is set. The house may go on
    meanwhile."""
    from app.backups.container import BackupRefused
    from app.backups.far import far_of, send
    from app.backups.making import make_backup
    from audit.erasures import BadErasures
    from audit.keys import KeyTrouble
    from kit.clock import utc_now

    settings, keys, engine = read_settings(data)
    try:
        made = make_backup(settings, keys, engine, folder or settings.backups, utc_now())
    except (BadErasures, KeyTrouble, OSError) as trouble:
        stop(f"no backup was made: {trouble}")
    finally:
        engine.dispose()
    typer.echo(
        f"made {made.path}: {made.size / MEGABYTE:.1f} MB, {sum(made.manifest.rows.values())} rows,"
        f" ledger of {made.manifest.leaves} leaves"
    )
    if folder is not None:
        return
    try:
        if (far := far_of(settings)) is None:
            return
        send(settings, keys, far, utc_now, enough=lambda: False)
    except (BackupRefused, KeyTrouble, OSError) as trouble:
        stop(f"it stands here only: {trouble}")
    typer.echo(f"sent to {far.store.target.told}")


@app.command("list")
def list_(data: DataFolder, folder: Folder = None, target: Target = False) -> None:
    """The backups that stand in the folder, oldest first, and how long their ledger is."""
    from app.backups.container import BackupRefused
    from app.backups.shelf import standing

    settings, _, engine = read_settings(data)
    engine.dispose()
    for kept in _far_away(settings) if target else standing(folder or settings.backups):
        try:
            leaves = f"{kept.leaves()} leaves"
        except (BackupRefused, OSError) as refused:
            leaves = str(refused)
        size = kept.size / MEGABYTE
        typer.echo(f"{kept.at.isoformat()}  {size:10.1f} MB  {leaves}  {kept.name}")


@app.command()
def drill(
    data: DataFolder,
    folder: Folder = None,
    target: Target = False,
    archive: Annotated[Path | None, typer.Option(help="Another one than the newest.")] = None,
    spare: Annotated[
        str | None, typer.Option(help="Address of an empty PostgreSQL database to fill.")
    ] = None,
    base: Annotated[
        bool, typer.Option("--base", help="The newest base backup, with all its WAL.")
    ] = False,
    run_as: Annotated[
        str | None, typer.Option(help="With --base, as root: whose PostgreSQL shall be.")
    ] = None,
) -> None:
    """Rehearse a restore: everything but taking the place. Ends with 1 if it would fail."""
    if base:
        _replay(data, folder, run_as)
        return
    from app.backups.far import fetched_newest
    from app.backups.making import private_folder
    from app.backups.shelf import standing

    settings, keys, engine = read_settings(data)
    engine.dispose()
    if target:
        with private_folder(settings.data_folder) as staging, plain_target():
            _rehearse(settings, keys, fetched_newest(settings, staging), spare)
        return
    kept = standing(folder or settings.backups)
    chosen = archive or (kept[-1].path if kept else None)
    if chosen is None:
        stop("there is no backup to rehearse with")
    _rehearse(settings, keys, chosen, spare)


def _replay(data: Path, folder: Path | None, run_as: str | None) -> None:
    """Base backup and WAL to their end, on a server for nobody but us."""
    from app.backups.container import BackupRefused
    from app.backups.programs import Programs
    from app.backups.rewind import rehearse
    from app.cli_rewind import chosen, reached_told

    settings, keys, engine = read_settings(data)
    engine.dispose()
    began = perf_counter()
    try:
        asked = chosen(folder or settings.backups, None, None)
        programs = Programs(settings.postgres_programs, run_as)
        reached = rehearse(settings, keys, asked, programs)
    except (BackupRefused, OSError) as refused:
        stop(f"FAIL: {refused}")
    took = perf_counter() - began
    typer.echo(f"PASS: {asked.base.name}: {reached_told(reached, None)}, in {took:.1f} s")


def _rehearse(settings: Any, keys: Any, chosen: Path, spare: str | None) -> None:
    from app.backups.container import BackupRefused
    from app.backups.restoring import check

    began = perf_counter()
    try:
        checked = check(settings, keys, chosen, spare)
    except BackupRefused as refused:
        stop(f"FAIL: {chosen.name}: {refused}")
    took = perf_counter() - began
    typer.echo(f"PASS: {chosen.name}: {checked.leaves} leaves verify, in {took:.1f} s")


def _far_away(settings: Any) -> list[Any]:
    from app.backups.far import far_of

    with plain_target():
        far = far_of(settings)
        if far is None:
            stop("no backup_target is set")
        return list(far.standing())


@contextmanager
def plain_target() -> Iterator[None]:
    """What the store far away refuses, or its absence, ends the program with a sentence."""
    from app.backups.container import BackupRefused
    from app.backups.object_store import TargetAway
    from audit.keys import KeyTrouble

    try:
        yield
    except (BackupRefused, KeyTrouble, TargetAway) as trouble:
        stop(str(trouble))
