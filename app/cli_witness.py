"""`wardgrid witness`: cosign the checkpoints of other houses' ledgers. Needs no database."""

import os
import secrets
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli_options import group, stop

app = group("Cosign the checkpoints of other houses' ledgers.")

Folder = Annotated[Path, typer.Argument(help="The witness's own folder.")]
_KEY, _LOGS = "witness.key", "logs"


@app.command()
def init(
    folder: Folder,
    name: Annotated[str, typer.Option(help="The witness's name, e.g. office.example/witness.")],
) -> None:
    """Make a witness: its key, readable by you alone, and a list of logs that is empty."""
    from audit.checkpoint import BadNote
    from audit.cosigner import Cosigner

    seed = secrets.token_bytes(32)
    try:
        public = Cosigner(name, seed).public
    except BadNote as odd:
        stop(str(odd))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    try:
        descriptor = os.open(folder / _KEY, flags, 0o600)
    except FileExistsError:
        stop(f"{folder} has a key already; a key is never overwritten")
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{name} {b64encode(seed).decode()}\n")
    (folder / _LOGS).touch(mode=0o600)
    typer.echo(f"key of the witness, for the houses: {public.text}")


@app.command()
def trust(
    folder: Folder, key: Annotated[str, typer.Argument(help="Public key of a ledger.")]
) -> None:
    """Witness one more ledger: the key that its `wardgrid init` printed."""
    from audit.checkpoint import BadNote, Verifier

    try:
        verifier = Verifier.parse(key)
    except BadNote as odd:
        stop(str(odd))
    with (folder / _LOGS).open("a", encoding="utf-8") as logs:
        logs.write(f"{verifier.text}\n")
    typer.echo(f"witnesses {verifier.name}")


@app.command()
def forget(folder: Folder, log: Annotated[str, typer.Argument(help="Name of the ledger.")]) -> None:
    """Begin anew with a ledger that was restored. Ask the two people who stand for it first, and
    keep what they say: from here on this witness no longer knows the lost checkpoints."""
    known = opened(folder).forget(log)
    typer.echo(f"{log}: had {known} leaves here, begins anew; restart the witness")


@app.command()
def serve(
    folder: Folder,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8090,
) -> None:
    """Answer `POST /add-checkpoint` (C2SP tlog-witness) until SIGTERM. TLS belongs in front."""
    import uvicorn

    from app.witness_server import witness_app
    from audit.guard import held_alone

    try:
        with held_alone(folder / "witness"):
            application = witness_app(opened(folder))
            uvicorn.run(application, host=host, port=port, log_level="warning", ws="none")
    except BlockingIOError:
        stop("another process is this witness already")


def opened(folder: Path) -> Any:
    """The witness of a folder. Ends the program where there is none."""
    from audit.checkpoint import Verifier
    from audit.cosigner import Cosigner
    from audit.witness import Witness

    file = folder / _KEY
    if not file.is_file():
        stop(f"{folder} is no witness; make one with: wardgrid witness init {folder} --name …")
    if file.stat().st_mode & 0o077:
        stop(f"{file.name} is open to others; chmod 600 it and make another one")
    name, seed = file.read_text("ascii").split()
    logs: dict[str, list[Verifier]] = {}
    for line in (folder / _LOGS).read_text("utf-8").split():
        verifier = Verifier.parse(line)
        logs.setdefault(verifier.name, []).append(verifier)
    return Witness(folder, Cosigner(name, b64decode(seed)), logs)
