"""`wardgrid migrate`: the schema's revision, up and down."""

from typing import Annotated

import typer

from app.cli_house import refuse_a_second_program
from app.cli_options import DataFolder, group, settings_of, stop

app = group()


@app.command()
def migrate(
    data: DataFolder,
    down: Annotated[bool, typer.Option("--down", help="Undo the last step instead.")] = False,
    to: Annotated[str, typer.Option(help="A revision other than the newest.")] = "head",
    program: Annotated[str | None, typer.Option(help="PostgreSQL: the role that serves.")] = None,
    auditor: Annotated[
        str | None, typer.Option(help="PostgreSQL: the role that reads the ledger alone.")
    ] = None,
    sequencer: Annotated[
        str | None, typer.Option(help="PostgreSQL: the role that signs, if it is another.")
    ] = None,
) -> None:
    """Bring the database to the newest revision. Take a backup first.

    On PostgreSQL as the owner, naming the roles: new tables have no grants of their own.
    """
    from app import migrate as steps
    from kit.db import WrongEncoding, open_engine

    settings = settings_of(data)
    refuse_a_second_program(settings)
    try:
        _tell(settings.database, None if down else to)
        if down:
            steps.downgrade(settings.database)
        else:
            steps.upgrade(settings.database, to)
    except WrongEncoding as wrong:
        stop(str(wrong))
    if program or auditor:
        _grant(settings.database, program, auditor, sequencer)
    engine = open_engine(settings.database)
    typer.echo(f"revision {steps.revision_of(engine)}, newest {steps.newest_revision()}")
    engine.dispose()


def _tell(url: str, to: str | None) -> None:
    """Say before anything is done what the program may not run beside; on the error channel."""
    from app import migrate as steps

    if not url.startswith("postgresql"):
        return  # no other process has the file open: that was asked
    if to is None:
        typer.echo("a step down is not online: no process may run meanwhile", err=True)
        return
    for step in steps.steps_ahead(url, to):
        word = "online" if step.online else "NOT ONLINE, stop every process first"
        typer.echo(f"{step.revision} ({step.what}): {word}", err=True)


def _grant(url: str, program: str | None, auditor: str | None, sequencer: str | None) -> None:
    from app.database_roles import grant
    from kit.db import open_engine

    if program is None or auditor is None or not url.startswith("postgresql"):
        stop("--program and --auditor belong together, and to PostgreSQL")
    engine = open_engine(url, guarded=False)
    with engine.begin() as connection:
        grant(connection, program, auditor, sequencer)
    engine.dispose()
