"""`wardgrid ledger entries`: what a search of the ledger finds, as a file, in somebody's name."""

import importlib
import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli_house import house
from app.cli_options import DataFolder, Token, actor_of, stop

_Text = Annotated[str | None, typer.Option()]


def entries(
    data: DataFolder,
    token: Token,
    file: Annotated[Path, typer.Argument(help="Where to write; it must not be there yet.")],
    file_format: Annotated[str, typer.Option("--format", help="csv, ndjson or fhir.")] = "csv",
    since: Annotated[str | None, typer.Option(help="ISO 8601 with an offset; included.")] = None,
    until: Annotated[str | None, typer.Option(help="The same; not included.")] = None,
    action: _Text = None,
    outcome: _Text = None,
    purpose: _Text = None,
    actor: Annotated[str | None, typer.Option(help="Id of an account.")] = None,
    hospital: Annotated[str | None, typer.Option(help="Id of a hospital.")] = None,
    ward: Annotated[str | None, typer.Option(help="Id of a ward.")] = None,
    patient: Annotated[str | None, typer.Option(help="Id; takes a --reason.")] = None,
    reason: _Text = None,
) -> None:
    """Write the entries that a search finds. The export is recorded and signed before it begins.

    Wants the access token of somebody who may export, and on SQLite `serve` stopped.
    """
    asked = {
        "format": file_format, "since": since, "until": until, "action": action,
        "outcome": outcome, "purpose": purpose, "actorId": actor, "hospitalId": hospital,
        "wardId": ward, "patientId": patient, "reason": reason,
    }  # fmt: skip
    if file.exists():
        stop(f"{file} is there already; name another file")
    with house(data) as running:
        answer = _answer(running, token, {name: text for name, text in asked.items() if text})
        _write(file, answer)
    typer.echo(f"{dict(answer.headers)['X-Entries']} entries to {file}")


def _answer(running: Any, token: str, asked: dict[str, str]) -> Any:
    from app.drafts import Operation
    from app.exchange import Asked

    # by name: gateways lie above app, and only the program's start may reach up
    gateway = importlib.import_module("gateways.exports").exchange(running)
    answer = gateway.answer(
        Asked(
            actor=actor_of(running, token), method="POST", path=("audit",),
            body=json.dumps(asked).encode(), media_type="application/json",
            operation=Operation("wardgrid ledger entries"),
        )
    )  # fmt: skip
    if answer.status != 200:
        stop(json.loads(answer.body)["errors"][0]["message"])
    return answer


def _write(file: Path, answer: Any) -> None:
    """Whole or not at all; its owner's alone."""
    begun = file.with_name(f"{file.name}.part")
    with os.fdopen(os.open(begun, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(answer.body)
        out.writelines(answer.chunks or ())
        out.flush()
        os.fsync(out.fileno())
    begun.rename(file)
