"""`wardgrid init`: a data folder of one's own, with keys that nobody else can read."""

import os
import secrets
from pathlib import Path
from typing import Annotated

import typer

from app.cli_options import checked, group, stop

app = group()

_SETTINGS = """\
# Settings of this installation; WARDGRID_ variables come before them. See app/settings.py.
# The name of this ledger, for ever: it stands in every entry and every signed checkpoint.
log_origin = "{log_origin}"
"""


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="A new or empty folder.")],
    log_origin: Annotated[
        str | None, typer.Option(help="The ledger's name, e.g. beds.example.org/log.")
    ] = None,
) -> None:
    """Make a data folder: keys and settings, readable by you alone."""
    from audit.keys import KeyKind, init_keys, load_keys
    from audit.signer import Signer

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        stop(f"{folder} is not empty; keys are never made over others")
    origin = log_origin or f"wardgrid-{secrets.token_hex(4)}/log"
    checked(folder, log_origin=origin)  # before anything is made
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    init_keys(folder / "keys")
    _write_settings(folder, origin)
    secret = load_keys(folder / "keys").secret(KeyKind.LEDGER)
    typer.echo(f"made {folder}")
    typer.echo(
        f"public key of the ledger, to keep elsewhere: {Signer(origin, secret).verifier.text}"
    )
    typer.echo(f"next: wardgrid migrate --data {folder}")


def _write_settings(folder: Path, log_origin: str) -> None:
    from app.settings import FILE_NAME

    file = folder / FILE_NAME
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as written:
        written.write(_SETTINGS.format(log_origin=log_origin))
