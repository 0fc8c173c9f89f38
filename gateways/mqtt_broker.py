"""The files by which a Mosquitto broker knows our devices: who may log in, and who may say what.

`mosquitto.conf` and the start script are written once, by hand of a person; `passwords` and `acl`
follow the devices. A device's user name is <hospital code>/<device code>, by password or as the
common name of its certificate, and so its topic is wardgrid/<user name>/readings.
"""

import os
import secrets
import signal
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from getpass import getuser
from pathlib import Path

from sqlmodel import Session, col, select

from domain.devices.model import (
    CredentialKind,
    Device,
    DeviceCredential,
    DeviceState,
    Protocol,
)
from domain.devices.verifiers import SALT_BYTES, verifier_of
from domain.places.model import Hospital

CONF, PASSWORDS, ACL, PID, RUN = "mosquitto.conf", "passwords", "acl", "mosquitto.pid", "run-broker"
GATEWAY = "gateway"  # the user name of the program itself; it has no slash, so no device has it
MODE = 0o600  # the broker runs as the user whose folder it is


@dataclass(frozen=True, slots=True, kw_only=True)
class Listeners:
    """Where the broker listens. Without a certificate only this machine can reach it."""

    port: int = 8883
    gateway_port: int = 1884
    # Devices come from outside, over TLS only.
    host: str = "0.0.0.0"  # noqa: S104  # nosec B104
    certificate: Path | None = None
    key: Path | None = None
    device_ca: Path | None = None  # who signs the devices' certificates
    certificate_port: int = 8884


@dataclass(frozen=True, slots=True)
class Login:
    """A device that may log in."""

    user: str
    verifier: str | None  # None: it shows a certificate


def write_broker(folder: Path, listeners: Listeners, gateway_password: str) -> None:
    """Write everything that does not follow the devices; then `sync` writes the rest."""
    folder.mkdir(mode=0o700, exist_ok=True)
    _replace(folder / CONF, _conf(folder.resolve(), listeners))
    _replace(folder / RUN, _RUN.format(folder=folder.resolve()), 0o700)
    verifier = verifier_of(gateway_password, os.urandom(SALT_BYTES))
    _replace(folder / PASSWORDS, f"{GATEWAY}:{verifier}\n")
    if not (folder / ACL).exists():
        _replace(folder / ACL, _GATEWAY_RIGHTS)


def sync(session: Session, folder: Path) -> bool:
    """Write who may log in and what they may say; True if a file changed."""
    known = list(logins(session))
    own = [line for line in _lines(folder / PASSWORDS) if "/" not in line.partition(":")[0]]
    by_password = [f"{one.user}:{one.verifier}" for one in known if one.verifier]
    passwords = "".join(f"{line}\n" for line in (*own, *by_password))
    acl = _GATEWAY_RIGHTS + "".join(map(_rights, dict.fromkeys(one.user for one in known)))
    changed = [
        _replace(folder / name, text)
        for name, text in ((ACL, acl), (PASSWORDS, passwords))
        if _text(folder / name) != text
    ]
    return bool(changed)


def signal_broker(pid_file: Path) -> bool:
    """Tell the broker to read its files again; False where none runs."""
    with suppress(OSError, ValueError):
        os.kill(int(pid_file.read_text()), signal.SIGHUP)
        return True
    return False


def logins(session: Session) -> Iterator[Login]:
    """Every credential in force of a device that is not retired, in the order of user names."""
    rows = session.exec(
        select(Hospital.code, Device.code, DeviceCredential.kind, DeviceCredential.verifier)
        .join(Device, col(Device.hospital_id) == Hospital.id)
        .join(DeviceCredential, col(DeviceCredential.device_id) == Device.id)
        .where(
            col(DeviceCredential.revoked_at).is_(None),
            Device.state != DeviceState.RETIRED,
            Device.protocol == Protocol.MQTT,
        )
        .order_by(Hospital.code, Device.code, col(DeviceCredential.kind))
    )
    for hospital, device, kind, verifier in rows:
        by_password = kind == CredentialKind.PASSWORD
        yield Login(f"{hospital}/{device}", verifier if by_password else None)


def _rights(user: str) -> str:
    own = f"wardgrid/{user}"
    return f"\nuser {user}\ntopic write {own}/readings\ntopic read {own}/commands\n"


_GATEWAY_RIGHTS = f"""\
# Written by wardgrid; changes by hand are lost. Whoever is not named may do nothing.
user {GATEWAY}
topic read wardgrid/+/+/readings
topic write wardgrid/+/+/commands
topic read $SYS/#
"""

_CONF = """\
# Written by `wardgrid mqtt broker`. Start it with ./run-broker, or include it in your own.
user {user}
allow_anonymous false
password_file {folder}/passwords
acl_file {folder}/acl
pid_file {folder}/mosquitto.pid

# A device's whole packet, topic included. Longer ones are refused, and the device hears of it.
max_packet_size 65536
# How many messages a gateway may hold is said by the gateway itself.
max_inflight_messages 10000
# What waits for a gateway that is away: nothing is dropped before these are full.
max_queued_messages 0
max_queued_bytes 2147483648
persistence true
persistence_location {folder}/
autosave_interval 10

# Denied publications are told in the debug log only; run-broker keeps those lines.
log_dest stderr
log_type error
log_type warning
log_type notice
log_type debug
log_timestamp true
set_tcp_nodelay true
sys_interval 10

# For the program itself.
listener {gateway_port} 127.0.0.1
"""

_DEVICES = """
# For devices with a password. The client id is the user name: nobody can take over another's
# session, and the log names who was denied.
listener {port} {host}
use_username_as_clientid true
"""

_CERTIFIED = """
# For devices with a certificate: its common name is the user name.
listener {port} {host}
require_certificate true
use_identity_as_username true
use_username_as_clientid true
cafile {ca}
"""

_RUN = """\
#!/bin/sh
umask 077
# Written by `wardgrid mqtt broker`. The log in full would be long: what matters is kept.
# Devices are let in once a gateway listens: it writes their passwords again. Before that, what
# they say would be acknowledged and dropped (Mosquitto forgets shared subscriptions at a restart).
grep -v '^[^:]*/' '{folder}/passwords' > '{folder}/passwords.closed'
mv '{folder}/passwords.closed' '{folder}/passwords'
# Ends when the broker has ended: it writes down first what waits for somebody.
mosquitto -c '{folder}/mosquitto.conf' 2>&1 \\
  | grep --line-buffered -E 'Denied PUBLISH|rror|[Ww]arning' >> '{folder}/refused.log' &
trap 'kill -TERM "$(cat "{folder}/mosquitto.pid")"' TERM INT
until wait; do :; done
"""


def _conf(folder: Path, listeners: Listeners) -> str:
    secured = ""
    if listeners.certificate:
        secured = (
            f"certfile {listeners.certificate}\nkeyfile {listeners.key}\ntls_version tlsv1.2\n"
        )
    host = listeners.host if secured else "127.0.0.1"
    text = _CONF.format(folder=folder, user=getuser(), gateway_port=listeners.gateway_port)
    text += _DEVICES.format(port=listeners.port, host=host) + secured
    if listeners.device_ca and secured:
        text += _CERTIFIED.format(
            port=listeners.certificate_port, host=host, ca=listeners.device_ca
        )
        text += secured
    return text


def _replace(path: Path, text: str, mode: int = MODE) -> bool:
    """Whole or not at all: the broker may read it at any moment."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        os.fchmod(file.fileno(), mode)
    fresh.replace(path)
    return True


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def _lines(path: Path) -> list[str]:
    return _text(path).splitlines()
