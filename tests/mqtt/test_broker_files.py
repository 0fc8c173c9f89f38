"""The broker's files follow the devices; a real Mosquitto obeys them."""

import stat
import subprocess
from pathlib import Path

import pytest

from domain.devices.commands import RetireDevice, RevokeCredential, RotateCredential
from domain.devices.verifiers import fits, new_device_secret
from gateways.mqtt_broker import ACL, PASSWORDS, PID, Listeners, signal_broker, sync, write_broker
from kit.db import reading
from tests.mqtt.broker import GATEWAY_PASSWORD, Broker, needs_mosquitto, until
from tests.mqtt.ward import Ward, world_with_devices


@pytest.fixture
def ward(bare_engine: object) -> Ward:
    return world_with_devices(bare_engine)


def synced(ward: Ward, folder: Path) -> bool:
    with reading(ward.engine) as session:
        return sync(session, folder)


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


def test_each_device_may_write_its_own_topic_and_nothing_else(ward: Ward, tmp_path: Path) -> None:
    folder = tmp_path / "broker"
    write_broker(folder, Listeners(), GATEWAY_PASSWORD)
    assert synced(ward, folder)
    acl = (folder / ACL).read_text()
    assert "user N/MON-1\ntopic write wardgrid/N/MON-1/readings\n" in acl
    assert "user N/MON-2\n" in acl
    assert "pattern" not in acl
    users = [line.partition(":")[0] for line in lines(folder / PASSWORDS)]
    assert users == ["gateway", "N/MON-1", "N/MON-2"]
    assert not synced(ward, folder)  # nothing new: nothing written, nobody told


def test_passwords_are_kept_as_verifiers_for_the_owner_only(ward: Ward, tmp_path: Path) -> None:
    folder = tmp_path / "broker"
    write_broker(folder, Listeners(), GATEWAY_PASSWORD)
    synced(ward, folder)
    kept = dict(line.split(":", 1) for line in lines(folder / PASSWORDS))
    assert fits(GATEWAY_PASSWORD, kept["gateway"])
    assert fits(ward.secrets["MON-1"], kept["N/MON-1"])
    assert ward.secrets["MON-1"] not in (folder / PASSWORDS).read_text()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for name in (ACL, PASSWORDS):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600


def test_revoked_retired_and_rotated_credentials_leave_the_files(
    ward: Ward, tmp_path: Path
) -> None:
    folder = tmp_path / "broker"
    write_broker(folder, Listeners(), GATEWAY_PASSWORD)
    fresh = new_device_secret()
    ward.world.run(RotateCredential(
        device_id=ward.devices["MON-2"], secret=fresh.plain, verifier=fresh.verifier
    ))  # fmt: skip
    ward.world.run(RevokeCredential(credential_id=ward.credentials["MON-1"]))
    assert synced(ward, folder)
    kept = dict(line.split(":", 1) for line in lines(folder / PASSWORDS))
    assert sorted(kept) == ["N/MON-2", "gateway"]
    assert fits(fresh.plain, kept["N/MON-2"])
    assert not fits(ward.secrets["MON-2"], kept["N/MON-2"])
    assert "MON-1" not in (folder / ACL).read_text()
    ward.world.run(RetireDevice(device_id=ward.devices["MON-2"]))
    assert synced(ward, folder)
    assert "MON-2" not in (folder / ACL).read_text() + (folder / PASSWORDS).read_text()


def test_without_a_certificate_only_this_machine_is_listened_to(tmp_path: Path) -> None:
    write_broker(tmp_path / "open", Listeners(port=21001), GATEWAY_PASSWORD)
    conf = (tmp_path / "open/mosquitto.conf").read_text()
    assert "listener 21001 127.0.0.1\n" in conf
    assert "0.0.0.0" not in conf
    given = Listeners(port=21001, certificate=Path("/c.pem"), key=Path("/k.pem"),
                      device_ca=Path("/ca.pem"))  # fmt: skip
    write_broker(tmp_path / "tls", given, GATEWAY_PASSWORD)
    conf = (tmp_path / "tls/mosquitto.conf").read_text()
    assert "listener 21001 0.0.0.0\nuse_username_as_clientid true\ncertfile /c.pem\n" in conf
    assert "require_certificate true\nuse_identity_as_username true\n" in conf


def test_nobody_is_told_where_no_broker_runs(tmp_path: Path) -> None:
    assert not signal_broker(tmp_path / PID)
    (tmp_path / PID).write_text("no number")
    assert not signal_broker(tmp_path / PID)


@needs_mosquitto
def test_a_real_broker_lets_in_by_these_files_and_follows_them(ward: Ward, tmp_path: Path) -> None:
    broker = Broker(tmp_path / "broker")
    synced(ward, broker.folder)
    broker.start()
    try:
        assert publishes(broker, ward, "MON-1") == 5  # nobody listens yet
        assert synced(ward, broker.folder)
        assert signal_broker(broker.folder / PID)
        until(lambda: publishes(broker, ward, "MON-1") == 0)
        assert publishes(broker, ward, "MON-1", password="wrong") == 5
        assert publishes(broker, ward, "nobody", password="x") == 5
        ward.world.run(RevokeCredential(credential_id=ward.credentials["MON-1"]))
        assert synced(ward, broker.folder)
        assert signal_broker(broker.folder / PID)
        until(lambda: publishes(broker, ward, "MON-1") == 5)
        assert publishes(broker, ward, "MON-2") == 0
    finally:
        broker.stop()


def publishes(broker: Broker, ward: Ward, device: str, password: str = "") -> int:
    """What mosquitto_pub ends with: 0, or 5 where the broker refuses the log-in."""
    done = subprocess.run(
        ["mosquitto_pub", "-h", "127.0.0.1", "-p", str(broker.port), "-u", f"N/{device}", "-P",
         password or ward.secrets[device], "-q", "1", "-t", f"wardgrid/N/{device}/readings",
         "-m", "{}"],
        check=False, capture_output=True,
    )  # fmt: skip
    return done.returncode
