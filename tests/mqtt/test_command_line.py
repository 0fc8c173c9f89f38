"""`wardgrid mqtt`: the broker's files from the command line; devices with certificates."""

import ipaddress
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from typer.testing import CliRunner

from app.cli_mqtt import app
from domain.devices.commands import RegisterDevice, TrustCertificate
from domain.devices.model import DeviceKind
from gateways.mqtt_broker import ACL, PASSWORDS
from kit.clock import utc_now
from kit.db import open_engine
from tests.mqtt.broker import Broker, needs_mosquitto, until
from tests.mqtt.plant import alarms, opened
from tests.mqtt.process import publish_with_certificate
from tests.mqtt.ward import Ward, world_with_devices

GIVEN = {"WARDGRID_PROFILE": "development"}


def test_the_password_of_the_program_is_shown_once_and_files_follow_the_devices(
    sqlite_url: str, tmp_path: Path
) -> None:
    engine = open_engine(sqlite_url, guarded=False)
    ward = world_with_devices(engine, ("MON-1",))
    env = GIVEN | {"WARDGRID_DATABASE_URL": sqlite_url}
    folder, runner = tmp_path / "broker", CliRunner()
    made = runner.invoke(
        app, ["broker", str(folder), "--data", str(tmp_path), "--port", "28999"], env=env
    )
    assert made.exit_code == 0, made.output
    assert 'mqtt_username = "gateway"' in made.output
    assert "listener 28999 127.0.0.1" in (folder / "mosquitto.conf").read_text()
    password = made.output.split('mqtt_password = "')[1].split('"')[0]
    assert password not in (folder / PASSWORDS).read_text()
    same = runner.invoke(app, ["sync", str(folder), "--data", str(tmp_path)], env=env)
    assert same.output == "unchanged\n"
    ward.register("MON-2")
    more = runner.invoke(app, ["sync", str(folder), "--data", str(tmp_path)], env=env)
    assert more.output == "changed\n"  # no broker runs, so nobody was told
    assert "N/MON-2" in (folder / ACL).read_text()
    engine.dispose()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["broker", "{new}", "--certificate", "x.pem"], "give --certificate and --key together"),
        (["sync", "{new}"], "has no broker's files"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_written(
    arguments: list[str], sentence: str, sqlite_url: str, tmp_path: Path
) -> None:
    new = tmp_path / "broker"
    env = GIVEN | {"WARDGRID_DATABASE_URL": sqlite_url}
    asked = [part.format(new=new) for part in arguments]
    done = CliRunner().invoke(app, [*asked, "--data", str(tmp_path)], env=env)
    assert done.exit_code == 1
    assert sentence in done.output
    assert not new.exists()


@needs_mosquitto
def test_a_certificate_is_an_identity_and_cannot_speak_as_another(
    sqlite_url: str, tmp_path: Path
) -> None:
    engine = open_engine(sqlite_url, guarded=False)
    ward = world_with_devices(engine, ("MON-1",))
    fingerprint = certificates(tmp_path, "N/CERT-1")
    device = register_certified(ward, "CERT-1", fingerprint)
    broker = Broker(
        tmp_path / "broker", certificate=tmp_path / "broker.pem", key=tmp_path / "broker.key",
        device_ca=tmp_path / "ca.pem", host="127.0.0.1",
    )  # fmt: skip
    broker.start()
    try:
        with opened(sqlite_url, tmp_path, broker) as (_app, door):
            until(lambda: "N/CERT-1" in (broker.folder / ACL).read_text())
            port = broker.certificate_port
            until(lambda: publish_with_certificate(tmp_path, port, "N/CERT-1") == "")
            until(lambda: door.counts.acknowledged._value.get() > 0)
            assert "Not authorized" in publish_with_certificate(tmp_path, port, "N/MON-1")
            until(lambda: alarms(engine))
    finally:
        broker.stop()
    assert alarms(engine) == [("IMPERSONATION", "OPEN", f"device:{device}")]
    engine.dispose()


def register_certified(ward: Ward, code: str, fingerprint: str) -> object:
    device = ward.world.run(RegisterDevice(
        hospital_id=ward.hospital, ward_id=ward.ward, code=code, kind=DeviceKind.MONITOR
    )).device  # fmt: skip
    ward.world.run(TrustCertificate(device_id=device.id, fingerprint=fingerprint))
    return device.id


def certificates(folder: Path, user: str) -> str:
    """ca.pem, and key and certificate of the broker and of a device; the device's fingerprint."""
    authority = ec.generate_private_key(ec.SECP256R1())
    issuer = named("an authority of a test")
    written(folder / "ca.pem", signed(issuer, issuer, authority, authority, ca=True))
    prints = {}
    for file, name in (("broker", "127.0.0.1"), ("device", user)):
        key = ec.generate_private_key(ec.SECP256R1())
        made = signed(named(name), issuer, key, authority)
        written(folder / f"{file}.pem", made)
        (folder / f"{file}.key").write_bytes(key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ))  # fmt: skip
        prints[file] = made.fingerprint(hashes.SHA256()).hex()
    return prints["device"]


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def signed(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey,
    by: ec.EllipticCurvePrivateKey, *, ca: bool = False,
) -> x509.Certificate:  # fmt: skip
    here = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    day, now = timedelta(days=1), utc_now()
    return (
        x509.CertificateBuilder()
        .subject_name(subject).issuer_name(issuer).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - day).not_valid_after(now + day)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([here]), critical=False)
        .sign(by, hashes.SHA256())
    )  # fmt: skip


def written(path: Path, certificate: x509.Certificate) -> None:
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
