"""`wardgrid rules`: alarm rules as YAML. They are drafted here and published by a second person.

Whoever imports is named by a token, so that the ledger can say who wrote the drafts.
"""

import importlib
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli_house import house
from app.cli_options import DataFolder, Token, actor_of, group, plain_refusals, stop

app = group("Alarm rules as YAML: check, import as drafts, export.")

Hospital = Annotated[str, typer.Option(help="Code of the hospital.")]
File = Annotated[
    Path | None, typer.Argument(help="A YAML file of rules; without one, those of the program.")
]


@app.command()
def check(file: File = None) -> None:
    """Say of each rule whether it would be taken; 1 if one would not."""
    door = _door()
    with plain_refusals():
        found = list(door.check(_body(door, file)))
    for one in found:
        typer.echo(f"{one.code} {'ok' if one.problem is None else _why(one.problem)}")
    if any(one.problem is not None for one in found):
        stop(f"{sum(one.problem is not None for one in found)} of {len(found)} rules are refused")


@app.command("import")
def import_(data: DataFolder, token: Token, hospital: Hospital, file: File = None) -> None:
    """Draft each rule that is new or different. Importing a file twice changes nothing."""
    door = _door()
    with house(data) as running:
        actor = actor_of(running, token)
        found = door.import_rules(running, hospital, _body(door, file), actor=actor)
    for one in found:
        why = "" if one.problem is None else f" {_why(one.problem)}"
        typer.echo(
            f"{one.code} {one.outcome}{'' if one.rule_id is None else f' {one.rule_id}'}{why}"
        )
    if any(one.problem is not None for one in found):
        stop(f"{sum(one.problem is not None for one in found)} of {len(found)} rules are refused")


@app.command()
def export(
    data: DataFolder, token: Token, hospital: Hospital,
    drafts: Annotated[bool, typer.Option(help="Drafts, too.")] = False,
) -> None:  # fmt: skip
    """Write the published rules as YAML."""
    door = _door()
    with house(data) as running:
        actor = actor_of(running, token)
        typer.echo(door.export_rules(running, hospital, actor=actor, drafts=drafts), nl=False)


def _door() -> Any:
    return importlib.import_module("gateways.alarm_rules")


def _body(door: Any, file: Path | None) -> bytes:
    body: bytes = door.default_rules() if file is None else file.read_bytes()
    return body


def _why(problem: Any) -> str:
    return f"{problem.reason} {problem.field or '-'}: {problem.message}"
