"""`wardgrid restore --base`: a PostgreSQL cluster of any moment, by two people."""

from datetime import datetime
from pathlib import Path
from typing import Any

import typer

from app.cli_options import settings_of, stop
from app.cli_people import epoch_told, kept_note, two_people


def rewind_to(
    data: Path, base: Path, cluster: Path, run_as: str | None, *, at: datetime | None,
    leaves: int | None, kept: list[Path], erasures: list[Path],
) -> None:  # fmt: skip
    """Prove the key, ask the two people, restore and erase again; or end with the reason."""
    from app.backups.approvers import approved_by
    from app.backups.container import BackupRefused, require_key
    from app.backups.programs import Programs
    from app.backups.rewind import rewind
    from app.cli_house import house
    from app.key_settings import keys_of
    from audit.keys import KeyTrouble
    from kit.clock import utc_now

    settings = settings_of(data)
    replayed: list[int] = []

    def erase_again(there: Any) -> None:
        """Start the house once: it erases whom the past brought back, before it serves anybody."""
        with house(data, database_url=there.database_url) as app:
            replayed.append(app.erasing.replayed)

    try:
        keys = keys_of(settings)
        asked = chosen(base, at, leaves)
        header = require_key(asked.base, keys)
        typer.echo(f"{asked.base.name}: made {header.at}; key proved")
        people = two_people()
        done = rewind(
            settings, keys, asked, cluster.absolute(), Programs(settings.postgres_programs, run_as),
            approve=lambda engine: approved_by(engine, keys, utc_now, *people),
            kept=[kept_note(path) for path in kept], at=utc_now(), erasures=erasures,
            then=erase_again,
        )  # fmt: skip
    except (BackupRefused, KeyTrouble, OSError) as refused:
        stop(f"nothing was restored: {refused}")
    typer.echo(reached_told(done.reached, leaves))
    typer.echo(
        f"the ledger verifies, its new epoch is {epoch_told(done.checkpoint.size, done.lost)}"
    )
    erasures_told(done.erased, replayed[0])
    typer.echo(f"next: start PostgreSQL on {cluster}, then wardgrid serve --data {data}")


def chosen(base: Path, at: datetime | None, leaves: int | None) -> Any:
    """A base backup, or the newest of a folder of backups that is old enough; and its WAL. Raises
    BackupRefused."""
    from app.backups.cluster_copy import FOLDER, named, standing
    from app.backups.container import BackupRefused
    from app.backups.rewind import Asked
    from app.backups.shelf import newest_of
    from app.backups.wal import FOLDER as WAL

    if at is not None and leaves is not None:
        raise BackupRefused("give a moment or a number of leaves, not both")
    if base.is_dir():
        found = newest_of(standing(base / FOLDER), before=at, leaves=leaves)
        if found is None:
            raise BackupRefused(f"there is no such base backup in {base / FOLDER}")
        return Asked(found.path, base / WAL, at, leaves)
    if named(base) is None:
        raise BackupRefused(f"{base.name} is no name of a base backup")
    return Asked(base, base.parent.parent / WAL, at, leaves)


def reached_told(reached: Any, leaves: int | None) -> str:
    """Where it ended, and what differs from what was asked."""
    told = f"the last transaction was committed at {reached.moment or 'an unknown moment'};"
    told += f" {reached.leaves} leaves are signed"
    if leaves is not None and reached.leaves != leaves:
        told += f", {leaves} were asked: no checkpoint lies between"
    if reached.waiting:
        told += f"; {reached.waiting} entries were committed and not signed yet, they follow"
    return told


def erasures_told(listed: int | None, replayed: int) -> None:
    """Whom the past brought back, and whether they are gone again."""
    if listed is None:
        typer.echo(
            "WARNING: no list of erasures was found. Whoever was erased after this backup is back:"
            " serve nobody before you have looked for ledger.erasures of the lost machine or of its"
            " backups, or for a newer export, and restored again with --erasures.",
            err=True,
        )
    else:
        typer.echo(f"{listed} erasures are on the list, {replayed} of them were done again")
