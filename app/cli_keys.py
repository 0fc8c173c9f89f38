"""`wardgrid keys`: try every key, and make the next version of one."""

from typing import Annotated

import typer

from app.cli_house import read_settings
from app.cli_options import DataFolder, group, stop

app = group("Keys of the sealed fields, tokens and the ledger.")


@app.command()
def doctor(data: DataFolder) -> None:
    """Try every key on everything that it must open. Changes nothing; ends with 1 if one fails."""
    from audit.doctor import examine
    from kit.db import reading

    _, keys, engine = read_settings(data)
    with reading(engine) as session:
        findings = examine(keys, session)
    engine.dispose()
    for finding in findings:
        typer.echo(f"{finding.what}: {finding.sound} sound, {finding.broken} broken")
    if not all(finding.healthy for finding in findings):
        stop("a key does not open what it must; bring the right key back before anything else")


@app.command()
def add(
    data: DataFolder,
    kind: Annotated[str, typer.Argument(help="kek, blind, mac, ledger, token, answer or backup.")],
) -> None:
    """Make the next version of a key: it writes from the next start on, older ones still read."""
    from audit.keys import KeyKind, KeyTrouble, add_key

    settings, keys, engine = read_settings(data)
    engine.dispose()
    if kind not in set(KeyKind):
        stop(f"{kind} is no kind of key; there are {', '.join(KeyKind)}")
    known = keys.versions(KeyKind(kind))
    try:
        made = add_key(settings.key_folder, KeyKind(kind), known[-1] + 1 if known else 1)
    except KeyTrouble as trouble:
        stop(str(trouble))
    typer.echo(f"made {made.name}; restart the program to use it, and keep a copy elsewhere")
