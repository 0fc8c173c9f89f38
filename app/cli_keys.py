"""`wardgrid keys`: try every key, and make the next version of one."""

from typing import Annotated, Any
from uuid import UUID

import typer

from app.cli_house import house, read_settings
from app.cli_options import DataFolder, group, stop
from app.cli_people import two_people
from kit.work import Actor

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


@app.command()
def rotate(
    data: DataFolder,
    kind: Annotated[str, typer.Argument(help="kek, blind or subject.")],
) -> None:
    """Begin a rotation: two key custodians log in. It runs while the house serves.

    While it serves from SQLite, use the screen or `requestKeyRotation` instead.
    """
    from app.backups.approvers import approved_by
    from app.backups.container import BackupRefused
    from domain.keys.commands import ApproveKeyRotation, RequestKeyRotation
    from domain.keys.model import RotationKind
    from kit.clock import utc_now

    if kind.upper() not in set(RotationKind):
        stop(f"{kind} does not rotate this way; {', '.join(RotationKind).lower()} do")
    with house(data) as running:
        _require_newer(running, RotationKind(kind.upper()))
        actions = (RequestKeyRotation.action, ApproveKeyRotation.action)
        try:
            people = approved_by(running.engine, running.keys, utc_now, *two_people(),
                                 actions=actions)  # fmt: skip
        except BackupRefused as refused:
            stop(f"nothing was begun: {refused}")
        first, second = (Actor(UUID(key), purpose="HSYSADMIN") for key in people)
        asked = running.pipeline.run(first, RequestKeyRotation(kind=RotationKind(kind.upper())))
        running.pipeline.run(second, ApproveKeyRotation(rotation_id=asked.result.id))
    typer.echo(f"rotation {asked.result.id} begins with the next `wardgrid serve`; see how far it"
               " is with: wardgrid keys rotations")  # fmt: skip


def _require_newer(running: Any, kind: Any) -> None:
    """A blind key that is not newer than the one in force would move nothing."""
    from audit.blind_turn import BlindTurn
    from audit.keys import KeyKind
    from domain.keys.model import RotationKind
    from kit.db import reading

    if kind is RotationKind.BLIND:
        with reading(running.engine) as session:
            turn = session.get_one(BlindTurn, 1)
            if turn.asks >= running.keys.newest(KeyKind.BLIND):
                stop("there is no newer blind key; make one first: wardgrid keys add blind")


@app.command()
def rotations(data: DataFolder) -> None:
    """How far each rotation is, the newest first."""
    from app.rotation.stages import stages
    from domain.keys.queries import rotations as known
    from kit.db import reading
    from kit.work import NETWORK

    _, _, engine = read_settings(data)
    try:
        with reading(engine) as session:
            for row in known(session, [NETWORK], limit=20):
                way = stages(row.kind)
                step = "" if row.stage >= len(way) else f", {way[row.stage].name}"
                typer.echo(
                    f"{row.id} {row.kind} {row.state}: step {min(row.stage + 1, len(way))} of"
                    f" {len(way)}{step}; {row.moved} moved, {row.damaged} damaged"
                    + (f"; goes on at {row.due_at:%H:%M:%S} UTC" if step and row.due_at else "")
                )
    finally:
        engine.dispose()
