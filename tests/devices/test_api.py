"""Devices in GraphQL: the secret once and nowhere else, places cut, equipment counted."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from sqlalchemy import MetaData

from api.context import Context
from api.schema import build_schema
from domain.devices.verifiers import fits
from kit.db import open_engine
from kit.ids import new_id
from kit.work import Actor, ActorKind, Scope
from tests.house import house
from tests.matrix.city import fill
from tests.matrix.corner import City

SCHEMA = build_schema()


@pytest.fixture
def city(database_url: str, tmp_path: Path) -> Iterator[City]:
    with house(database_url, tmp_path) as app:
        yield fill(app, database_url, ["EAST"])


def someone(city: City, role: str, scope: Scope) -> Actor:
    held = city.enrol(role, scope=scope)
    return Actor(held.id, ActorKind.SERVICE, session=new_id())


def ask(city: City, actor: Actor, document: str, **variables: Any) -> Any:
    async def asked() -> Any:
        return await SCHEMA.execute(
            document, variable_values=variables, context_value=Context(city.app, actor)
        )

    done = anyio.run(asked)
    assert done.errors is None, done.errors
    (answer,) = done.data.values()
    return answer


REGISTER = """mutation($hospital: UUID!, $ward: UUID!, $key: String!) { registerDevice(
  hospitalId: $hospital, wardId: $ward, code: "mon-9", kind: MONITOR, idempotencyKey: $key) {
  ... on RegisteredDevice { device { id code state } credentialId password }
  ... on Problem { reason } } }"""
ROTATE = """mutation($device: UUID!, $key: String!) { rotateDeviceCredential(
  deviceId: $device, idempotencyKey: $key) {
  ... on DevicePassword { password } ... on Problem { reason } } }"""
DEVICE = """query($id: UUID!) { device(id: $id) {
  now { device { code state } bedCode roomCode calibrationOverdue lastSeenAt }
  credentials { kind fingerprint revokedAt } metrics { alias metric } attachments { bedId } } }"""


def test_a_password_is_shown_once_and_kept_nowhere(city: City) -> None:
    corner = city.corners["EAST/A"]
    technician = someone(city, "device-technician", Scope(corner.ids["hospital"]))
    made = ask(city, technician, REGISTER, hospital=str(corner.ids["hospital"]),
               ward=str(corner.ids["ward"]), key="once")  # fmt: skip
    assert (made["device"]["code"], made["device"]["state"]) == ("mon-9", "REGISTERED")
    device = made["device"]["id"]
    again = ask(city, technician, REGISTER, hospital=str(corner.ids["hospital"]),
                ward=str(corner.ids["ward"]), key="once")  # fmt: skip
    assert again == made  # the same send is answered alike, from an encrypted answer
    fresh = ask(city, technician, ROTATE, device=device, key="twice")["password"]
    assert fresh != made["password"]
    shown = ask(city, technician, DEVICE, id=device)
    assert [one["kind"] for one in shown["credentials"]] == ["PASSWORD", "PASSWORD"]
    assert [one["revokedAt"] is None for one in shown["credentials"]] == [False, True]

    kept = everything(city)
    mine = device.replace("-", "")
    verifiers = [
        row["verifier"]
        for row in sorted(kept["device_credential"], key=lambda row: str(row["id"]))
        if str(row["device_id"]).replace("-", "") == mine
    ]
    assert [fits(fresh, one) for one in verifiers] == [False, True]
    assert [fits(made["password"], one) for one in verifiers] == [True, False]
    whole = repr(kept)
    assert fresh not in whole
    assert made["password"] not in whole
    assert all(whole.count(one) == 1 for one in verifiers)  # and the ledger does not repeat them


def everything(city: City) -> dict[str, list[dict[str, Any]]]:
    """Every table as it is, the ledger and kept answers included."""
    engine, found = open_engine(city.url, guarded=False), MetaData()
    found.reflect(engine)
    with engine.connect() as connection:
        rows = {
            table.name: [
                dict(zip(table.columns.keys(), map(_plain, row), strict=True))
                for row in connection.execute(table.select())
            ]
            for table in found.sorted_tables
        }
    engine.dispose()
    return rows


def _plain(value: Any) -> Any:
    return bytes(value).decode("latin-1") if isinstance(value, bytes | memoryview) else value


USE = """query($hospital: UUID, $ward: UUID) { equipmentUse(hospitalId: $hospital, wardId: $ward) {
  kind total inUse free maintenance lost calibrationOverdue source } }"""
ATTACH = """mutation($device: UUID!, $bed: UUID!, $move: Boolean!, $key: String!) {
  attachDevice(deviceId: $device, bedId: $bed, move: $move, idempotencyKey: $key) {
  ... on DeviceAttachment { bedId wardId } ... on Problem { reason code } } }"""
MAINTAIN = """mutation($device: UUID!, $key: String!) {
  beginDeviceMaintenance(deviceId: $device, idempotencyKey: $key) {
  ... on Device { state } ... on Problem { reason } } }"""
LIST = """query($ward: UUID) { devices(first: 10, wardId: $ward) {
  nodes { device { code } attachment { wardId } bedCode } } }"""


def test_equipment_is_counted_by_what_is_in_use(city: City) -> None:
    corner, other = city.corners["EAST/A"], city.corners["EAST/B"]
    hospital = Scope(corner.ids["hospital"])
    technician = someone(city, "device-technician", hospital)

    def use(**place: str) -> dict[str, tuple[int, ...]]:
        rows = ask(city, technician, USE, **place)
        assert {row["source"] for row in rows} == {"LIVE"}
        names = ("total", "inUse", "free", "maintenance", "lost", "calibrationOverdue")
        return {row["kind"]: tuple(row[name] for name in names) for row in rows}

    here, ward = {"hospital": str(hospital.hospital)}, {"ward": str(corner.ids["ward"])}
    assert use(**here) == {"GATEWAY": (2, 0, 2, 0, 0, 0), "MONITOR": (2, 2, 0, 0, 0, 0)}
    assert use(**ward) == {"GATEWAY": (1, 0, 1, 0, 0, 0), "MONITOR": (1, 1, 0, 0, 0, 0)}
    ask(city, technician, MAINTAIN, device=str(corner.ids["gateway"]), key="m")
    moved = ask(city, technician, ATTACH, device=str(corner.ids["device"]), move=True,
                bed=str(other.ids["bed"]), key="a")  # fmt: skip
    assert moved == {"bedId": str(other.ids["bed"]), "wardId": str(other.ids["ward"])}
    assert use(**here) == {"GATEWAY": (2, 0, 1, 1, 0, 0), "MONITOR": (2, 1, 1, 0, 0, 0)}
    assert use(**ward) == {"GATEWAY": (1, 0, 0, 1, 0, 0)}


def test_a_ward_sees_what_is_at_home_or_attached_in_it(city: City) -> None:
    corner, other = city.corners["EAST/A"], city.corners["EAST/B"]
    nurse = someone(city, "charge-nurse", corner.scope)
    visitor, mine = other.ids["device"], corner.ids["device"]

    def codes() -> list[str]:
        return sorted(
            row["device"]["code"].split("-")[0] for row in ask(city, nurse, LIST)["nodes"]
        )

    assert codes() == ["gateway", "monitor"]
    foreign = {"device": str(visitor), "bed": str(corner.ids["bed"])}
    taken = ask(city, nurse, ATTACH, **foreign, move=True, key="1")
    assert taken["code"] in ("DENIED", "NOT_FOUND")  # it is attached where she has no right
    technician = someone(city, "device-technician", Scope(corner.ids["hospital"]))
    moved = ask(city, technician, ATTACH, **foreign, move=True, key="2")
    assert moved["wardId"] == str(corner.ids["ward"])
    assert codes() == ["gateway", "monitor", "monitor"]
    found = ask(city, nurse, DEVICE, id=str(visitor))
    assert (found["now"]["bedCode"], found["now"]["roomCode"]) == ("bed", "1")
    assert ask(city, nurse, DEVICE, id=str(mine))["metrics"] == [{"alias": "HR", "metric": "hr"}]
