"""`wardgrid migrate`: the schema's revision, up and down."""

from typing import Annotated

import typer

from app.cli_options import DataFolder, group, settings_of

app = group()


@app.command()
def migrate(
    data: DataFolder,
    down: Annotated[bool, typer.Option("--down", help="Undo the last step instead.")] = False,
    to: Annotated[str, typer.Option(help="A revision other than the newest.")] = "head",
) -> None:
    """Bring the database to the newest revision. Take a backup first."""
    from app import migrate as steps
    from kit.db import open_engine

    settings = settings_of(data)
    if down:
        steps.downgrade(settings.database)
    else:
        steps.upgrade(settings.database, to)
    engine = open_engine(settings.database)
    typer.echo(f"revision {steps.revision_of(engine)}, newest {steps.newest_revision()}")
    engine.dispose()
