"""From a device to its row through a real broker: onboarding, rotation, revocation."""

from pathlib import Path

from domain.devices.commands import (
    RegisterDevice,
    RetireDevice,
    RevokeCredential,
    RotateCredential,
)
from domain.devices.model import DeviceKind
from domain.devices.verifiers import new_device_secret
from tests.house import enrol
from tests.mqtt.broker import Broker, needs_mosquitto, until
from tests.mqtt.plant import (
    Device,
    alarms,
    as_rows,
    measured,
    opened,
    parked,
    recently,
    series,
)
from tests.mqtt.ward import Ward

pytestmark = needs_mosquitto
NOT_AUTHORIZED = 0x87


def test_a_device_is_registered_publishes_and_is_heard(
    database_url: str, ward: Ward, broker: Broker, tmp_path: Path
) -> None:
    technician = enrol(database_url, "device-technician")
    entries = series(recently(), 3)
    with opened(database_url, tmp_path, broker) as (app, _door):
        secret = new_device_secret()
        app.pipeline.run(technician, RegisterDevice(
            hospital_id=ward.hospital, ward_id=ward.ward, code="NEW-9", kind=DeviceKind.MONITOR,
            secret=secret.plain, verifier=secret.verifier,
        ))  # fmt: skip
        until(lambda: Device.can_log_in(broker, "NEW-9", secret.plain))
        device = Device(broker, ward, "NEW-9", secret.plain)
        device.say(entries)
        device.said_all()
        until(lambda: len(measured(ward.engine)) == 3)
        device.close()
    assert measured(ward.engine) == as_rows("NEW-9", entries)
    assert parked(ward.engine) == {}


def test_a_new_password_lets_in_and_the_old_one_does_not(
    database_url: str, ward: Ward, broker: Broker, tmp_path: Path
) -> None:
    technician = enrol(database_url, "device-technician")
    fresh = new_device_secret()
    with opened(database_url, tmp_path, broker) as (app, _door):
        until(lambda: Device.can_log_in(broker, "MON-1", ward.secrets["MON-1"]))
        assert not Device.can_log_in(broker, "MON-1", "wrong")
        app.pipeline.run(technician, RotateCredential(
            device_id=ward.devices["MON-1"], secret=fresh.plain, verifier=fresh.verifier
        ))  # fmt: skip
        until(lambda: Device.can_log_in(broker, "MON-1", fresh.plain))
        assert not Device.can_log_in(broker, "MON-1", ward.secrets["MON-1"])
        app.pipeline.run(technician, RetireDevice(device_id=ward.devices["MON-1"]))
        until(lambda: not Device.can_log_in(broker, "MON-1", fresh.plain))
        assert Device.can_log_in(broker, "MON-2", ward.secrets["MON-2"])


def test_publishing_as_another_device_is_refused_by_the_broker_and_alarmed(
    database_url: str, ward: Ward, broker: Broker, tmp_path: Path
) -> None:
    with opened(database_url, tmp_path, broker) as (_app, door):
        device = Device(broker, ward, "MON-1")
        number = device.say({"ts": recently(), "values": {"hr": 80}}, "wardgrid/N/MON-2/readings")
        device.said_all()
        assert device.codes[number] == NOT_AUTHORIZED
        until(lambda: alarms(ward.engine))
        device.close()
        until(lambda: door.counts.denied._value.get() == 1)
    assert alarms(ward.engine) == [("IMPERSONATION", "OPEN", f"device:{ward.devices['MON-1']}")]
    assert measured(ward.engine) == []
    assert parked(ward.engine) == {}


def test_a_message_that_names_another_device_is_parked_and_alarmed(
    database_url: str, ward: Ward, broker: Broker, tmp_path: Path
) -> None:
    entry = {"ts": recently(), "values": {"hr": 80}}
    with opened(database_url, tmp_path, broker):
        device = Device(broker, ward, "MON-1")
        device.say(entry | {"device": "MON-2"})
        device.say(entry | {"device": "MON-1"})
        device.said_all()
        until(lambda: alarms(ward.engine) and measured(ward.engine))
        device.close()
    assert parked(ward.engine) == {"ANOTHER_DEVICE": 1}
    assert alarms(ward.engine) == [("IMPERSONATION", "OPEN", f"device:{ward.devices['MON-1']}")]
    assert measured(ward.engine) == as_rows("MON-1", [entry])


def test_what_a_broker_with_old_files_lets_through_is_parked_and_alarmed(
    database_url: str, ward: Ward, broker: Broker, tmp_path: Path
) -> None:
    technician = enrol(database_url, "device-technician")
    with opened(database_url, tmp_path, broker, keeps_files=False) as (app, _door):
        broker.let_devices_in(ward.engine)  # and from now on nobody keeps the files
        devices = [Device(broker, ward, code) for code in ("MON-1", "MON-2")]
        app.pipeline.run(technician, RevokeCredential(credential_id=ward.credentials["MON-1"]))
        app.pipeline.run(technician, RetireDevice(device_id=ward.devices["MON-2"]))
        until(lambda: app.feed._reached.row > 0)
        for device in devices:
            device.say({"ts": recently(), "values": {"hr": 80}})
            device.said_all()
        until(lambda: len(alarms(ward.engine)) == 2)
        for device in devices:
            device.close()
    assert parked(ward.engine) == {"DEVICE_REVOKED": 1, "DEVICE_RETIRED": 1}
    assert {entity for _, _, entity in alarms(ward.engine)} == {
        f"device:{key}" for key in ward.devices.values()
    }
    assert measured(ward.engine) == []
