"""`wardgrid serve`: the program under uvicorn, until SIGTERM; then it drains and ends with 0."""

from typing import Annotated, Any

import typer

from app.cli_house import refuse_a_second_program
from app.cli_options import DataFolder, group, settings_of, stop
from app.parts import EVERY, Part

app = group()


@app.command()
def serve(
    data: DataFolder,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 for any.")] = None,
    only: Annotated[
        list[Part] | None,
        typer.Option("--only", help="This part alone, on PostgreSQL; may be given again."),
    ] = None,
) -> None:
    """Serve GraphQL, the live feed and the screens until SIGTERM."""
    given = {"host": host, "port": port}
    settings = settings_of(
        data, **{name: value for name, value in given.items() if value is not None}
    )
    run(settings, frozenset(only or EVERY))


def run(settings: Any, parts: frozenset[Part] = EVERY) -> None:
    """Serve until a signal; every accepted change is on disk before this returns."""
    import importlib

    from app import migrate
    from app.logs import configure
    from app.server import serve_until_signal
    from audit.keys import KeyTrouble
    from kit.db import open_engine

    configure(settings.log_level)
    if parts != EVERY and settings.database.startswith("sqlite"):
        stop("a SQLite file has one process: --only needs PostgreSQL (docs/postgres.md)")
    refuse_a_second_program(settings)
    engine = open_engine(settings.database)
    found, needed = migrate.revision_of(engine), migrate.newest_revision()
    engine.dispose()
    if found != needed:
        stop(f"the database is at {found}, this release needs {needed}; run: wardgrid migrate")
    # by name: api lies above app, and only the program's start may reach up
    create_app = importlib.import_module("api.program").create_app
    try:
        application = create_app(settings, parts)
    except KeyTrouble as trouble:
        stop(str(trouble))
    serve_until_signal(application, settings)
