"""`wardgrid backup`: encrypted copies of the database while the house works, and the rehearsal of
their restore."""

from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer

from app.cli_house import read_settings
from app.cli_options import DataFolder, group, stop

app = group("Make, list and rehearse backups. The keys are never in them: keep these elsewhere.")

Folder = Annotated[
    Path | None, typer.Option("--folder", help="Of the backups; else as the settings say.")
]
MEGABYTE = 1_000_000


@app.command()
def make(data: DataFolder, folder: Folder = None) -> None:
    """Write a backup of this moment. The house may go on meanwhile."""
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


@app.command("list")
def list_(data: DataFolder, folder: Folder = None) -> None:
    """The backups that stand in the folder, oldest first, and how long their ledger is."""
    from app.backups.container import BackupRefused, read_header
    from app.backups.shelf import standing

    settings, _, engine = read_settings(data)
    engine.dispose()
    for kept in standing(folder or settings.backups):
        with kept.path.open("rb") as file:
            try:
                leaves = f"{read_header(file).leaves} leaves"
            except BackupRefused as refused:
                leaves = str(refused)
        size = kept.path.stat().st_size / MEGABYTE
        typer.echo(f"{kept.at.isoformat()}  {size:10.1f} MB  {leaves}  {kept.path.name}")


@app.command()
def drill(
    data: DataFolder,
    folder: Folder = None,
    archive: Annotated[Path | None, typer.Option(help="Another one than the newest.")] = None,
    spare: Annotated[
        str | None, typer.Option(help="Address of an empty PostgreSQL database to fill.")
    ] = None,
) -> None:
    """Rehearse a restore: everything but taking the place. Ends with 1 if it would fail."""
    from app.backups.container import BackupRefused
    from app.backups.restoring import check
    from app.backups.shelf import standing

    settings, keys, engine = read_settings(data)
    engine.dispose()
    kept = standing(folder or settings.backups)
    chosen = archive or (kept[-1].path if kept else None)
    if chosen is None:
        stop("there is no backup to rehearse with")
    began = perf_counter()
    try:
        checked = check(settings, keys, chosen, spare)
    except BackupRefused as refused:
        stop(f"FAIL: {chosen.name}: {refused}")
    took = perf_counter() - began
    typer.echo(f"PASS: {chosen.name}: {checked.leaves} leaves verify, in {took:.1f} s")
