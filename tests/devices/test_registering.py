"""Devices are registered, proved, calibrated and told what they measure."""

import hashlib
import shutil
import subprocess
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from domain.devices.commands import (
    IssueDevicePassword,
    NameDeviceMetric,
    RecordCalibration,
    RegisterDevice,
    RetireDevice,
    RevokeCredential,
    RotateCredential,
    TrustCertificate,
    UpdateDevice,
)
from domain.devices.model import Device, DeviceCredential, DeviceKind
from domain.devices.verifiers import PREFIX, fits, is_verifier, new_device_secret, verifier_of
from kit.errors import Conflict, Invalid, Retry
from tests.devices.conftest import Make, MakeWithPassword
from tests.domain_world import DAY, HOUR, MINUTE, World

FINGERPRINT = hashlib.sha256(b"a certificate").hexdigest()


def test_a_code_that_is_no_name_at_a_broker_is_refused(world: World) -> None:
    for code in ("", "a/b", "a+b", "#", "a b", "..", "ß", "a" * 65, "a\n"):
        register = RegisterDevice(
            hospital_id=world.hospital.id, code=code, kind=DeviceKind.PUMP
        )  # fmt: skip
        world.refused(register, Invalid, "DEVICE_CODE")


def test_a_code_is_used_once_even_after_its_device_was_retired(world: World, make: Make) -> None:
    device = make("Pump_1.left-2")
    assert (device.registered_at, device.silent_after_s, device.lost_factor) == (world.now, 60, 10)
    world.run(RetireDevice(device_id=device.id))
    again = RegisterDevice(hospital_id=world.hospital.id, code=device.code, kind=DeviceKind.PUMP)
    world.refused(again, Conflict, "CODE_TAKEN")


def test_odd_numbers_and_texts_are_refused_by_field(world: World, make: Make) -> None:
    device = make()
    for field, odd in (
        ("silentAfterS", {"silent_after_s": 4}),
        ("silentAfterS", {"silent_after_s": 604_801}),
        ("lostFactor", {"lost_factor": 0}),
        ("model", {"model": "x" * 121}),
        ("serialNumber", {"serial_number": "a\tb"}),
    ):
        refused = world.refused(UpdateDevice(device_id=device.id, **odd), Invalid, "INVALID")
        assert refused.field == field


def test_what_is_left_out_stays(world: World, make: Make) -> None:
    device = make(model="Acme 1", serial_number="7")
    after = world.run(
        UpdateDevice(device_id=device.id, model="Acme 2", silent_after_s=120, version=1)
    )
    assert (after.model, after.serial, after.silent_after_s, after.version) == (
        "Acme 2",
        "7",
        120,
        2,
    )
    world.refused(UpdateDevice(device_id=device.id, version=1), Retry, "STALE_VERSION")


def test_a_gateway_speaks_for_others_and_none_for_it(world: World, make: Make) -> None:
    gateway, plain = make("gw", kind=DeviceKind.GATEWAY), make("plain")
    behind = make("behind", gateway_id=gateway.id)
    assert behind.gateway_id == gateway.id
    for odd in (plain.id, behind.id):
        refused = world.refused(
            UpdateDevice(device_id=plain.id, gateway_id=odd), Invalid, "NOT_A_GATEWAY"
        )
        assert refused.blocking == odd
    for change in (
        RetireDevice(device_id=gateway.id),
        UpdateDevice(device_id=gateway.id, kind=DeviceKind.MONITOR),
    ):
        assert world.refused(change, Conflict, "GATEWAY_IN_USE").blocking == behind.id
    world.run(RetireDevice(device_id=behind.id))
    world.run(RetireDevice(device_id=gateway.id))


def test_a_verifier_is_pbkdf2_of_the_secret_and_nothing_else_fits() -> None:
    secret = new_device_secret()
    _, seven, rounds, salt, made = secret.verifier.split("$")
    assert (seven, len(b64decode(salt)), len(b64decode(made))) == ("7", 12, 64)
    assert b64decode(made) == hashlib.pbkdf2_hmac(
        "sha512", secret.plain.encode(), b64decode(salt), int(rounds)
    )
    assert fits(secret.plain, secret.verifier)
    assert not fits(secret.plain + "x", secret.verifier)
    assert not fits(secret.plain, secret.plain)
    assert secret.plain.startswith(PREFIX)
    assert secret.plain not in repr(secret)
    assert new_device_secret().plain != secret.plain
    assert not is_verifier("$6$c2FsdA==$aGFzaA==")


def test_mosquitto_s_own_tool_makes_the_verifier_that_we_make(tmp_path: Path) -> None:
    tool = shutil.which("mosquitto_passwd")
    if tool is None:
        pytest.skip("mosquitto_passwd is not installed")
    kept = tmp_path / "passwords"
    secret = new_device_secret().plain
    subprocess.run([tool, "-b", "-c", str(kept), "mon-1", secret], check=True, timeout=30,
                   capture_output=True)  # fmt: skip
    name, _, verifier = kept.read_text().strip().partition(":")
    _, seven, rounds, salt, _hash = verifier.split("$")
    assert (name, seven) == ("mon-1", "7")
    assert verifier_of(secret, b64decode(salt), int(rounds)) == verifier
    assert fits(secret, verifier)


def test_a_secret_is_answered_once_and_kept_nowhere(
    world: World, with_password: MakeWithPassword
) -> None:
    device, plain = with_password()
    rows = repr(world.rows())
    assert plain not in rows
    kept = world.sql("SELECT verifier FROM device_credential")
    assert len(kept) == 1
    assert fits(plain, kept[0][0])
    secret = new_device_secret()
    issue = IssueDevicePassword(
        device_id=device.id, secret=secret.plain, verifier=secret.verifier
    )  # fmt: skip
    for text in (repr(issue), repr(issue.payload())):
        assert secret.plain not in text
        assert secret.verifier not in text
    assert world.refused(issue, Conflict, "PASSWORD_IN_FORCE").allowed == (
        "rotateDeviceCredential",
    )


def test_rotation_ends_the_old_password_at_once(
    world: World, with_password: MakeWithPassword
) -> None:
    device, old = with_password()
    world.tick()
    fresh = new_device_secret()
    rotate = RotateCredential(
        device_id=device.id, secret=fresh.plain, verifier=fresh.verifier
    )  # fmt: skip
    done = world.run(rotate)
    assert done.secret == fresh.plain
    assert [event.name for event in world.events] == ["DeviceCredentialChanged"]
    in_force = world.sql("SELECT verifier FROM device_credential WHERE revoked_at IS NULL")
    assert in_force == [(fresh.verifier,)]
    assert not fits(old, fresh.verifier)
    revoked = world.run(RevokeCredential(credential_id=done.credential.id))
    assert revoked.revoked_at == world.now
    world.refused(rotate, Conflict, "NO_PASSWORD")
    world.tick()
    again = world.run(RevokeCredential(credential_id=done.credential.id))
    assert (again.revoked_at, world.events) == (revoked.revoked_at, [])


def test_a_verifier_of_another_form_is_refused(world: World, make: Make) -> None:
    issue = IssueDevicePassword(device_id=make().id, secret="s", verifier="plain text")
    assert world.refused(issue, Invalid, "INVALID").field == "verifier"


def test_a_certificate_belongs_to_one_device(world: World, make: Make) -> None:
    device, other = make("one"), make("two")
    spelled = ":".join(FINGERPRINT[at : at + 2] for at in range(0, 64, 2)).upper()
    trusted = world.run(TrustCertificate(device_id=device.id, fingerprint=spelled))
    assert trusted.verifier == FINGERPRINT
    second = TrustCertificate(device_id=other.id, fingerprint=FINGERPRINT)
    refused = world.refused(second, Conflict, "CERTIFICATE_TAKEN")
    assert refused.blocking == device.id
    odd = TrustCertificate(device_id=other.id, fingerprint="abc")
    world.refused(odd, Invalid, "INVALID")
    world.run(RevokeCredential(credential_id=trusted.id))
    assert world.get(DeviceCredential, trusted.id).revoked_at == world.now
    world.run(second)


def test_calibrations_are_told_in_order(world: World, make: Make) -> None:
    device = make()
    at, due = world.now - HOUR, world.now + 90 * DAY
    done = world.run(RecordCalibration(device_id=device.id, at=at, due_at=due))
    assert (done.calibrated_at, done.calibration_due_at) == (at, due)
    for odd, reason in (
        (RecordCalibration(device_id=device.id, due_at=world.now), "INVALID"),
        (RecordCalibration(device_id=device.id, at=at - MINUTE, due_at=due), "BEFORE_LAST_CHANGE"),
        (RecordCalibration(device_id=device.id, at=due, due_at=due + DAY), "FUTURE"),
    ):
        world.refused(odd, Invalid, reason)


def test_the_last_word_about_a_metric_counts(world: World, make: Make) -> None:
    device = make()
    first = world.run(
        NameDeviceMetric(device_id=device.id, alias="0x1.HR", metric="hr", unit="bpm", low=20)
    )
    second = world.run(NameDeviceMetric(device_id=device.id, alias="0x1.HR", metric="spo2"))
    assert (second.id, second.metric, second.unit, second.low) == (first.id, "spo2", None, None)
    odd_ones: tuple[tuple[str, dict[str, Any]], ...] = (
        ("alias", {"alias": " x"}),
        ("metric", {"metric": "Heart rate"}),
        ("unit", {"unit": "x" * 33}),
        ("low", {"low": 2.0, "high": 1.0}),
        ("low", {"low": float("nan")}),
    )
    for field, odd in odd_ones:  # fmt: skip
        named = {"alias": "HR", "metric": "hr", **odd}
        refused = world.refused(
            NameDeviceMetric(device_id=device.id, **named), Invalid, "INVALID"
        )  # fmt: skip
        assert refused.field == field
    assert world.get(Device, device.id).version == 1
