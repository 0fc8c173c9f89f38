"""`wardgrid keys`: try every key, and make the next version of one."""

from typing import Annotated, Any

import typer

from app.cli_house import read_settings
from app.cli_options import DataFolder, group, stop

_ONE_FOR_EVER = {
    "ledger": "nobody could check the next checkpoint with the public key that they hold",
}
app = group("Keys of the sealed fields, tokens and the ledger.")


@app.command()
def doctor(
    data: DataFolder,
    full: Annotated[
        bool, typer.Option("--full", help="Every field and entry, not the newest of each.")
    ] = False,
) -> None:
    """Try every key on everything that it must open. Changes nothing.

    Ends with 0 where all is well, 1 where a key is missing or something damaged, 2 where the key
    service does not answer.
    """
    from audit.doctor import not_needed
    from audit.kek import KekAway

    settings, keys, engine = read_settings(data)
    try:
        findings = _examined(settings, keys, engine, full)
    except KekAway as away:
        typer.echo(f"the doctor cannot look: {away.message}", err=True)
        raise typer.Exit(2) from None
    finally:
        engine.dispose()
    for finding in findings:
        typer.echo(f"{finding.what}: {finding.sound} sound, {finding.broken} broken")
        for broken in finding.ids:
            typer.echo(f"  {broken}")
        if finding.remedy:
            typer.echo(f"  -> {finding.remedy}")
    for name in not_needed(keys, findings):
        typer.echo(f"{name}: no longer needed here; backups made before may still need it")
    if not all(finding.healthy for finding in findings):
        stop("a key does not open what it must; bring the right key back before anything else")


def _examined(settings: Any, keys: Any, engine: Any, full: bool) -> list[Any]:
    from app.backups.shelf import standing
    from app.rotation.doctor import (
        examine_backups,
        examine_brought_back,
        examine_fields,
        examine_indexes,
    )
    from audit.doctor import examine, examine_ledger
    from kit.db import reading

    with reading(engine) as session:
        return [
            *examine(keys, session),
            *examine_ledger(keys, session, settings.log_origin, full=full),
            *examine_fields(keys, session, full=full),
            *examine_indexes(keys, session, full=full),
            *examine_brought_back(session),
            *examine_backups(keys, standing(settings.backups)),
        ]


@app.command()
def add(
    data: DataFolder,
    kind: Annotated[str, typer.Argument(help="kek, blind, mac, token, answer or backup.")],
) -> None:
    """Make the next version of a key: it writes from the next start on, older ones still read."""
    from audit.keys import KeyKind, KeyTrouble, add_key

    settings, keys, engine = read_settings(data)
    engine.dispose()
    if kind not in set(KeyKind):
        stop(f"{kind} is no kind of key; there are {', '.join(KeyKind)}")
    if why := _ONE_FOR_EVER.get(kind):
        stop(f"a second {kind} key is not in this version: {why}")
    known = keys.versions(KeyKind(kind))
    try:
        made = add_key(settings.key_folder, KeyKind(kind), known[-1] + 1 if known else 1)
    except KeyTrouble as trouble:
        stop(str(trouble))
    typer.echo(f"made {made.name}; restart the program to use it, and keep a copy elsewhere")
