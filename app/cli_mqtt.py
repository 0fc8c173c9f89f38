"""`wardgrid mqtt`: the files of a Mosquitto broker, made and kept up to date."""

import importlib
import secrets
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli_options import DataFolder, group, settings_of, stop

app = group("Set up a Mosquitto broker that knows the devices.")

_LEAST_PASSWORD = 16
Folder = Annotated[Path, typer.Argument(help="Folder of the broker's files.")]


@app.command()
def broker(
    data: DataFolder,
    folder: Folder,
    port: Annotated[int, typer.Option(help="For devices.")] = 8883,
    gateway_port: Annotated[int, typer.Option(help="For this program, on this machine.")] = 1884,
    certificate: Annotated[Path | None, typer.Option(help="The broker's, for TLS.")] = None,
    key: Annotated[Path | None, typer.Option(help="Of the certificate.")] = None,
    device_ca: Annotated[
        Path | None, typer.Option(help="Who signs the certificates of devices.")
    ] = None,
    certificate_port: Annotated[int, typer.Option(help="For devices with certificates.")] = 8884,
) -> None:
    """Write configuration, rights, passwords and a start script. Without TLS: this machine only."""
    files = importlib.import_module("gateways.mqtt_broker")  # gateways lie above app
    if (certificate is None) != (key is None) or (device_ca and certificate is None):
        stop("give --certificate and --key together; --device-ca needs both")
    settings = settings_of(data)
    listeners = files.Listeners(
        port=port, gateway_port=gateway_port, certificate=_whole(certificate), key=_whole(key),
        device_ca=_whole(device_ca), certificate_port=certificate_port,
    )  # fmt: skip
    password = settings.mqtt_password
    known = password.get_secret_value() if password else secrets.token_urlsafe(24)
    if len(known) < _LEAST_PASSWORD:
        stop(f"mqtt_password is shorter than {_LEAST_PASSWORD} characters")
    files.write_broker(folder, listeners, known)
    _sync(settings, folder)
    typer.echo(f"made {folder}; start the broker with {folder / files.RUN}")
    if password is None:
        typer.echo(f"for {data / 'wardgrid.toml'}; the password is shown this once:")
        typer.echo(f'mqtt_url = "mqtt://127.0.0.1:{gateway_port}"')
        typer.echo(f'mqtt_username = "{files.GATEWAY}"')
        typer.echo(f'mqtt_password = "{known}"')
        typer.echo(f'mqtt_broker_folder = "{folder.resolve()}"')


@app.command()
def sync(
    data: DataFolder,
    folder: Folder,
    pid_file: Annotated[
        Path | None, typer.Option(help="Of the broker; mosquitto.pid in the folder if not given.")
    ] = None,
) -> None:
    """Write rights and passwords anew and tell the broker. A running program does this itself."""
    files = importlib.import_module("gateways.mqtt_broker")
    changed = _sync(settings_of(data), folder)
    told = changed and files.signal_broker(pid_file or folder / files.PID)
    typer.echo(f"{'changed' if changed else 'unchanged'}{', the broker was told' if told else ''}")


def _sync(settings: Any, folder: Path) -> bool:
    from kit.db import open_engine, reading

    files = importlib.import_module("gateways.mqtt_broker")
    if not (folder / files.CONF).exists():
        stop(f"{folder} has no broker's files; make them with: wardgrid mqtt broker {folder}")
    engine = open_engine(settings.database)
    try:
        with reading(engine) as session:
            changed: bool = files.sync(session, folder)
    finally:
        engine.dispose()
    return changed


def _whole(path: Path | None) -> Path | None:
    return path.resolve() if path else None
