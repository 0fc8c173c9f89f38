"""`wardgrid ingest`: what waits at the doors, the peers of the HL7 door, a sender for trials.

Whoever decides about a message is named by a token, so that the ledger can say who it was.
"""

import asyncio
import importlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from app.cli_house import house, read_settings
from app.cli_options import DataFolder, Token, actor_of, group, stop

app = group("Messages that wait, systems that send, systems that are told.")
parked = group("Look after messages that could not be applied, from every door.")
outbound = group("Look after messages that another system refused.")
peers = group("The systems named in hl7_peers.toml.")
app.add_typer(parked, name="parked")
app.add_typer(outbound, name="outbound")
app.add_typer(peers, name="peers")

Hospital = Annotated[str, typer.Option(help="Code of the hospital.")]
Reason = Annotated[str | None, typer.Option(help="Only those parked for this reason.")]
DoorName = Annotated[str | None, typer.Option(help="Only those of HL7, STAYS, MQTT, FHIR or FILE.")]


@parked.command("list")
def list_parked(
    data: DataFolder, token: Token, hospital: Hospital, reason: Reason = None,
    door: DoorName = None,
) -> None:  # fmt: skip
    """List what waits, oldest first: id, door, state, kind and reason."""
    with _gateway(data, token, "parked") as (running, actor, found):
        after = None
        while page := found.list_parked(running, hospital, actor=actor, reason=reason, after=after):
            for one in page:
                if door is None or one.door.value == door.upper():
                    typer.echo(f"{one.id} {one.door} {one.state} {one.kind or '-'} {one.reason}")
            after = page[-1].id


@parked.command()
def show(data: DataFolder, token: Token, message: UUID) -> None:
    """Show the text of a message. The reading is recorded."""
    with _gateway(data, token, "parked") as (running, actor, found):
        typer.echo(found.read_parked(running, message, actor=actor))


@parked.command()
def correct(
    data: DataFolder, token: Token, message: UUID,
    file: Annotated[Path, typer.Argument(help="File with the right text.")],
) -> None:  # fmt: skip
    """Replace the text of a message; `retry` applies it."""
    with _gateway(data, token, "parked") as (running, actor, found):
        found.correct(running, message, file.read_bytes().decode(), actor=actor)
        typer.echo(f"{message} corrected")


@parked.command()
def place(
    data: DataFolder, token: Token, hospital: Hospital,
    theirs: Annotated[str, typer.Option(help="The sender's ward^room^bed, or ward.")],
    ours: Annotated[str, typer.Option(help="Our ward^bed, or ward.")],
) -> None:  # fmt: skip
    """Say which of our places the sender means."""
    with _gateway(data, token, "parked") as (running, actor, found):
        found.name_spot(running, hospital, theirs.split("^"), ours.split("^"), actor=actor)
        typer.echo(f"{theirs} is {ours}")


@parked.command()
def retry(
    data: DataFolder, token: Token, hospital: Hospital,
    messages: Annotated[list[UUID] | None, typer.Argument(help="Those; else all.")] = None,
    reason: Reason = None,
    infer_cleaning: Annotated[
        bool, typer.Option(help="Believe that a bed was cleaned before its next use.")
    ] = False,
) -> None:  # fmt: skip
    """Try waiting messages again, in the order in which their events happened."""
    with _gateway(data, token, "parked") as (running, actor, found):
        tell(
            found.retry(
                running, hospital, messages or None, actor=actor, reason=reason,
                infer_cleaning=infer_cleaning,
            )
        )  # fmt: skip


@parked.command("discard")
def discard_parked(data: DataFolder, token: Token, message: UUID) -> None:
    """Decide that a message shall have no effect."""
    with _gateway(data, token, "parked") as (running, actor, found):
        found.discard(running, message, actor=actor)
        typer.echo(f"{message} discarded")


@outbound.command("list")
def list_outbound(data: DataFolder, token: Token, hospital: Hospital) -> None:
    """List what other systems refused: id, peer, trigger and reason."""
    with _gateway(data, token, "hl7_out_parked") as (running, actor, found):
        for one in found.list_refused(running, hospital, actor=actor):
            typer.echo(f"{one.id} {one.peer} {one.trigger} {one.reason}")


@outbound.command()
def resend(data: DataFolder, token: Token, message: UUID) -> None:
    """Send a refused message again, before whatever waits behind it."""
    with _gateway(data, token, "hl7_out_parked") as (running, actor, found):
        found.resend(running, message, actor=actor)
        typer.echo(f"{message} waits again")


@outbound.command("discard")
def discard_outbound(data: DataFolder, token: Token, message: UUID) -> None:
    """Decide that the other system need not hear of it."""
    with _gateway(data, token, "hl7_out_parked") as (running, actor, found):
        found.discard(running, message, actor=actor)
        typer.echo(f"{message} discarded")


@peers.command()
def check(data: DataFolder) -> None:
    """Read the file and say of each peer what would stand in its way. Ends with 1 if anything."""
    settings, _keys, engine = read_settings(data)
    checking = importlib.import_module("gateways.mllp_check")
    try:
        lines, good = checking.check(settings.mllp_peers_file, engine)
    except ValueError as unusable:
        stop(str(unusable))
    finally:
        engine.dispose()
    for line in lines:
        typer.echo(line)
    if not good:
        raise typer.Exit(1)


@app.command()
def send(
    file: Annotated[Path, typer.Argument(help="HL7 messages, one after the other.")],
    host: str,
    port: int,
    ca: Annotated[Path | None, typer.Option(help="Who signed the listener's certificate.")] = None,
    certificate: Annotated[Path | None, typer.Option(help="Ours, if it asks for one.")] = None,
    key: Annotated[Path | None, typer.Option(help="Of our certificate.")] = None,
) -> None:
    """Send messages over MLLP and show each answer. Ends with 1 if one was not accepted."""
    sending = importlib.import_module("gateways.mllp_check")
    accepted = True
    try:
        for control, code, reason in asyncio.run(
            sending.send(file, host, port, ca, certificate, key)
        ):
            typer.echo(" ".join(filter(None, (control, code, reason))))
            accepted = accepted and code in ("AA", "CA")
    except sending.NoAnswer:
        stop(f"no answer from {host} port {port}: is it open, and is this machine a peer?")
    if not accepted:
        raise typer.Exit(1)


@contextmanager
def _gateway(data: Path, token: str, name: str) -> Iterator[tuple[Any, Any, Any]]:
    """The program, whoever holds the token, and the module of the gateway.

    By name: gateways lie above app, and only the program's start may reach up.
    """
    with house(data) as running:
        yield running, actor_of(running, token), importlib.import_module(f"gateways.{name}")


def tell(summary: Any) -> None:
    """One line of JSON; the counts add up to the total."""
    facts = {
        name: getattr(summary, name)
        for name in ("total", "applied", "duplicate", "parked", "rejected", "caught_up")
    }
    facts["reasons"], facts["remarks"] = dict(summary.reasons), dict(summary.remarks)
    typer.echo(json.dumps(facts, sort_keys=True))
