"""`wardgrid demo`: an invented city on a screen within seconds, or the main job checked."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from app.cli_options import group

app = group()


@app.command()
def demo(
    check: Annotated[
        bool, typer.Option("--check", help="Run the main job headless and print a summary.")
    ] = False,
    port: Annotated[int, typer.Option(help="Port to listen on; 0 for any.")] = 8080,
    speed: Annotated[float, typer.Option(help="Changes on the wards per second.")] = 2.0,
    seed: Annotated[int, typer.Option(help="Another seed, another city.")] = 1,
    hospitals: Annotated[int, typer.Option(help="1 to 4 hospitals of ten wards.")] = 4,
) -> None:
    """Run a simulated city on a temporary database until Ctrl-C."""
    with tempfile.TemporaryDirectory(prefix="wardgrid-demo-") as folder:
        if check:
            from app.demo_check import check_main_job

            raise typer.Exit(check_main_job(Path(folder), seed))
        from app.demo_run import run_demo

        run_demo(Path(folder), port=port, speed=speed, seed=seed, hospitals=hospitals)
