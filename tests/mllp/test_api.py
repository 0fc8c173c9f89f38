"""Waiting messages in GraphQL: listed without texts, opened on record, retried, discarded."""

from typing import Any

import anyio
import pytest

from api.context import Context
from api.schema import build_schema
from kit.ids import new_id
from kit.work import Actor, ActorKind
from tests.house import enrol
from tests.inbound.test_admissions import admit
from tests.inbound.world import World
from tests.mllp.test_observations import HR, SPO2, monitor, obx, oru, readings
from tests.mllp.test_observations import technician as technician
from tests.mllp.wire import Doorway

SCHEMA = build_schema()
LIST = """query($hospital: UUID!, $door: InboundDoor) { parkedMessages(
  hospitalId: $hospital, first: 10, door: $door) {
  nodes { id door kind state reason reasonField spot peer attempts version } } }"""
OPEN = """mutation($id: UUID!, $key: String!) { openParked(messageId: $id, idempotencyKey: $key) {
  ... on InboundText { body } ... on Problem { reason } } }"""
RETRY = """mutation($id: UUID!, $key: String!) { retryParked(messageId: $id, idempotencyKey: $key) {
  ... on InboundMessage { state effects attempts } ... on Problem { reason } } }"""
DISCARD = """mutation($id: UUID!, $key: String!) { discardParked(
  messageId: $id, idempotencyKey: $key) {
  ... on InboundMessage { state waitsFor: reason } ... on Problem { reason } } }"""


@pytest.fixture
def manager(world: World) -> Actor:
    url = world.app.engine.url.render_as_string(hide_password=False)
    held = enrol(url, "bed-manager")
    world.app.decisions.reload()
    return Actor(held.id, ActorKind.SERVICE, session=new_id())


def ask(world: World, actor: Actor, document: str, **variables: Any) -> Any:
    async def asked() -> Any:
        return await SCHEMA.execute(
            document, variable_values=variables, context_value=Context(world.app, actor)
        )

    done = anyio.run(asked)
    assert done.errors is None, done.errors
    (answer,) = done.data.values()
    return answer


def waiting(world: World, actor: Actor, **more: Any) -> list[dict[str, Any]]:
    found = ask(world, actor, LIST, hospital=str(world.hospital.id), **more)
    nodes: list[dict[str, Any]] = found["nodes"]
    return nodes


def test_a_message_is_listed_opened_and_retried_once_its_ward_is_there(
    world: World, manager: Actor
) -> None:
    world.send(admit())
    (listed,) = waiting(world, manager, door="HL7")
    assert waiting(world, manager, door="MQTT") == []
    key = listed.pop("id")
    assert listed == {
        "door": "HL7", "kind": "ADT^A01", "state": "PARKED", "reason": "WARD_UNKNOWN",
        "reasonField": "PV1-3", "spot": "W1/R1/B1", "peer": None, "attempts": 1, "version": 1,
    }  # fmt: skip
    assert ask(world, manager, OPEN, id=key, key="open") == {"body": admit()}
    assert ask(world, manager, RETRY, id=key, key="early") == {"reason": "WARD_UNKNOWN"}
    assert [one["attempts"] for one in waiting(world, manager)] == [1]
    world.ward("W1", ["B1"])
    done = ask(world, manager, RETRY, id=key, key="late")
    assert (done["state"], done["attempts"]) == ("APPLIED", 2)
    assert ask(world, manager, RETRY, id=key, key="late") == done
    assert (waiting(world, manager), world.beds()) == ([], ["W1/B1"])
    assert ask(world, manager, RETRY, id=key, key="again") == {"reason": "NOT_WAITING"}


def test_a_discarded_message_waits_no_more(world: World, manager: Actor) -> None:
    world.send(admit())
    (listed,) = waiting(world, manager)
    done = ask(world, manager, DISCARD, id=listed["id"], key="1")
    assert done == {"state": "DISCARDED", "waitsFor": None}
    assert waiting(world, manager) == []


def test_parked_readings_are_retried_like_everything_else(
    doorway: Doorway, manager: Actor, technician: Actor
) -> None:
    world = doorway.world
    world.ward("W1", ["B1"])
    with doorway.sender() as sender:
        sender.send(oru(obx(HR, "82"), obx(SPO2, "97", "%")))
    (listed,) = waiting(world, manager)
    assert (listed["kind"], listed["reason"]) == ("READINGS", "DEVICE_UNKNOWN")
    assert ask(world, manager, RETRY, id=listed["id"], key="1") == {"reason": "DEVICE_UNKNOWN"}
    monitor(world, technician)
    done = ask(world, manager, RETRY, id=listed["id"], key="2")
    assert (done["state"], done["effects"]) == ("APPLIED", ["StoreReadings"])
    assert [(one[1], one[2]) for one in readings(world)] == [("hr", 82.0), ("spo2", 97.0)]


def test_whoever_may_not_look_after_messages_sees_none(world: World) -> None:
    world.send(admit())
    url = world.app.engine.url.render_as_string(hide_password=False)
    nurse = Actor(enrol(url, "nurse").id, ActorKind.SERVICE, session=new_id())
    world.app.decisions.reload()
    assert waiting(world, nurse) == []
    (message,) = world.messages()
    for document in (OPEN, RETRY, DISCARD):
        assert ask(world, nurse, document, id=str(message.id), key="1") == {"reason": "NO_RIGHT"}
    assert world.again(message) == message
