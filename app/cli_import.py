"""`wardgrid import`: messages and files of stays become the same commands as on the screens.

Whoever imports is named by a token of a service account, so that the ledger can say who it was.
"""

import importlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli_house import house
from app.cli_ingest import tell
from app.cli_options import DataFolder, Token, actor_of, group

app = group("Read HL7 messages or files of ward stays.")

Hospital = Annotated[str, typer.Option(help="Code of the hospital.")]
Places = Annotated[bool, typer.Option("--create-places", help="Add wards and beds not here yet.")]
Clean = Annotated[bool, typer.Option(help="Believe that a bed was cleaned before its next use.")]


@app.command()
def hl7(
    data: DataFolder,
    token: Token,
    hospital: Hospital,
    paths: Annotated[list[Path], typer.Argument(help="Files or folders of HL7 v2 messages.")],
    create_places: Places = False,
    infer_cleaning: Clean = False,
    encoding: Annotated[
        str | None, typer.Option(help="Of messages that name no character set.")
    ] = None,
) -> None:
    """Take in admission, transfer and discharge messages. Taking them in twice changes nothing."""
    with _doors(data, token, "hl7_adt") as (running, actor, door):
        tell(
            door.import_hl7(
                running, paths, hospital, actor=actor, create_places=create_places,
                infer_cleaning=infer_cleaning, fallback_encoding=encoding, progress=_progress(),
            )
        )  # fmt: skip


@app.command()
def stays(
    data: DataFolder,
    token: Token,
    file: Annotated[Path, typer.Argument(help="A CSV file of ward stays.")],
    mapping: Annotated[Path, typer.Option(help="Which column means what.")],
    hospital: Annotated[str | None, typer.Option(help="Code of the hospital.")] = None,
    create_places: Places = False,
    grow_beds: Annotated[bool, typer.Option(help="Add a bed where none was free.")] = False,
) -> None:
    """Take in a file of ward stays, in the order in which they began."""
    with _doors(data, token, "stay_import") as (running, actor, door):
        tell(
            door.import_stays(
                running, file, mapping, hospital, actor=actor, create_places=create_places,
                grow_beds=grow_beds, progress=_progress(),
            )
        )  # fmt: skip


@app.command()
def devices(
    data: DataFolder,
    token: Token,
    hospital: Hospital,
    file: Annotated[Path, typer.Argument(help="A CSV file of devices.")],
    mapping: Annotated[Path, typer.Option(help="Which column means what.")],
) -> None:
    """Register the devices of a list, or change them as it says. Twice changes nothing."""
    with _doors(data, token, "device_lists") as (running, actor, door):
        _tell_all(door.import_devices(running, file, mapping, hospital, actor=actor))


@app.command()
def mdib(
    data: DataFolder,
    token: Token,
    hospital: Hospital,
    file: Annotated[Path, typer.Argument(help="An IEEE 11073-10207 description (MDIB).")],
    device: Annotated[str, typer.Option(help="Code of the device that it describes.")],
    system: Annotated[
        str | None, typer.Option(help="Handle of one system, if it describes several.")
    ] = None,
) -> None:
    """Name a device's metrics and units as its own description does."""
    with _doors(data, token, "mdib") as (running, actor, door):
        _tell_all(
            door.import_mdib(running, file, hospital, device, actor=actor, system=system)
        )  # fmt: skip


@app.command()
def readings(
    data: DataFolder,
    token: Token,
    hospital: Hospital,
    file: Annotated[Path, typer.Argument(help="A CSV file of readings.")],
    mapping: Annotated[Path, typer.Option(help="Which column means what.")],
) -> None:
    """Store readings of the past. Rows that cannot be used are parked. Twice changes nothing."""
    with _doors(data, token, "readings_file") as (running, actor, door):
        _tell_all(door.import_readings(running, file, mapping, hospital, actor=actor))


@contextmanager
def _doors(data: Path, token: str, gateway: str) -> Iterator[tuple[Any, Any, Any]]:
    """The program, whoever holds the token, and the module of the gateway.

    By name: gateways lie above app, and only the program's start may reach up.
    """
    with house(data) as running:
        yield running, actor_of(running, token), importlib.import_module(f"gateways.{gateway}")


def _tell_all(summary: Any) -> None:
    """One line of JSON: the counts, and each row or metric that was left out, with its reason."""
    typer.echo(json.dumps(asdict(summary), ensure_ascii=False, sort_keys=True))


def _progress() -> Callable[[Any], None]:
    def show(summary: Any) -> None:
        typer.echo(f"{summary.total} read, {summary.applied} applied", err=True)

    return show
