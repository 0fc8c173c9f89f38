"""What the commands of the command line share: the data folder, the settings, plain failures."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from kit.errors import Refusal

DataFolder = Annotated[
    Path, typer.Option("--data", envvar="WARDGRID_DATA_FOLDER", help="The data folder.")
]

Token = Annotated[
    str,
    typer.Option(
        envvar="WARDGRID_TOKEN",
        show_envvar=True,
        help="Access token of a person, or token of a service.",
    ),
]


def group(summary: str | None = None) -> typer.Typer:
    """A group of commands as this program shows them; with a summary it keeps its subcommands."""
    made = typer.Typer(add_completion=False, rich_markup_mode=None, help=summary)
    if summary:
        made.callback()(_several)
    return made


def settings_of(data_folder: Path, **given: Any) -> Any:
    """The settings of an installation; ends the program with a plain sentence if they are wrong."""
    from app.settings import UnsafeSettings

    if not data_folder.is_dir():
        stop(f"{data_folder} is no data folder; make one with: wardgrid init {data_folder}")
    settings = checked(data_folder, **given)
    try:
        settings.require_safe()
    except UnsafeSettings as problem:
        stop(str(problem))
    return settings


def checked(data_folder: Path, **given: Any) -> Any:
    """The settings, well formed; whether they are safe is not asked."""
    from pydantic import ValidationError

    from app.settings import load

    try:
        return load(data_folder, **given)
    except ValidationError as problem:
        for error in problem.errors(include_input=False, include_url=False):
            typer.echo(f"{'.'.join(map(str, error['loc']))}: {error['msg']}", err=True)
        stop("the settings are not usable")


def actor_of(running: Any, token: str) -> Any:
    """Whoever holds the token; ends the program if nobody does."""
    from authz.tokens import NotAuthentic

    try:
        return running.gate.admit(token).actor
    except NotAuthentic:
        stop("the token is not valid; an administrator makes one for a service account")


@contextmanager
def plain_refusals() -> Iterator[None]:
    """Say a refusal as one sentence and end with 1."""
    try:
        yield
    except Refusal as refusal:
        stop(f"{refusal.reason}: {refusal.message}")


def _several() -> None:
    """Having a callback, a group with one command keeps that command's name."""


def stop(sentence: str, code: int = 1) -> NoReturn:
    """End the program with a sentence for the person at the terminal."""
    typer.echo(sentence, err=True)
    raise typer.Exit(code)
