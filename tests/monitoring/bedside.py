"""A monitor that says its values again and again, and a screen that outlives the program."""

import threading
import time
from contextlib import suppress
from typing import Any, Self, cast

from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.edge.screen import Screen
from tests.monitoring.plant import Person, Plant
from tests.mqtt.broker import Broker
from tests.mqtt.plant import Device

EVERY_S = 0.2
PATIENCE_S = 40
LIVE = (
    "subscription ($ward: UUID!, $after: String) { alarms(wardId: $ward, after: $after) { cursor"
    " alarms { id kind state severity level value metric placeCode ackedBy text { en } } } }"
)


class Monitor:
    """Publishes `values` five times a second while it speaks. Use as a context manager."""

    def __init__(self, broker: Broker, code: str, password: str, **values: float) -> None:
        self.values: dict[str, float] = values
        self._device = Device(broker, cast(Any, None), code, password)
        self._speaks, self._over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._talk)

    def speak(self, **values: float) -> None:
        self.values = values or self.values
        self._speaks.set()

    def fall_silent(self) -> None:
        self._speaks.clear()

    def say(self, body: bytes) -> None:
        """Something else, once."""
        self._device.say(body)

    def _talk(self) -> None:
        while not self._over.wait(EVERY_S):
            if self._speaks.is_set():
                self._device.say({"ts": time.time(), "values": self.values})

    def __enter__(self) -> Self:
        self._speaks.set()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._device.close()


class Watcher:
    """A screen with the alarms of the ward: cut off, it comes back with its cursor."""

    def __init__(self, plant: Plant, who: Person) -> None:
        self._plant, self._who = plant, who
        self._cursor: str | None = None
        self._screen: Screen | None = None
        self.connections = 0

    def alarm(self, state: str, **shown: Any) -> dict[str, Any]:
        """Wait until an alarm is there in that state, showing that."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            for one in self.next():
                if all(one[name] == value for name, value in {**shown, "state": state}.items()):
                    return one
        raise AssertionError(f"no alarm is {state} with {shown}")

    def none(self) -> None:
        """Wait until no alarm is unresolved."""
        while self.next():
            continue

    def next(self) -> list[dict[str, Any]]:
        """The alarms of the next payload."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                message = self._connected().receive(timeout_s=PATIENCE_S)
            except TimeoutError:
                raise AssertionError("nothing is shown any more") from None
            except (ConnectionClosed, OSError):
                assert time.monotonic() < deadline, "the screen is cut off again and again"
                self.leave()
                continue
            assert message["type"] == "next", message
            assert "errors" not in message["payload"], message
            event = message["payload"]["data"]["alarms"]
            self._cursor = event["cursor"]
            alarms: list[dict[str, Any]] = event["alarms"]
            return alarms

    def leave(self) -> None:
        if self._screen is not None:
            self._screen.leave()
            self._screen = None

    def _connected(self) -> Screen:
        deadline = time.monotonic() + PATIENCE_S
        while self._screen is None:
            assert time.monotonic() < deadline, "the program takes no screen"
            with suppress(ConnectionClosed, InvalidHandshake, OSError):
                self._screen = self._open()
        return self._screen

    def _open(self) -> Screen:
        screen = Screen(self._plant.served.port, user=None)
        screen.send(type="connection_init", payload={"authorization": f"Bearer {self._who.token}"})
        assert screen.receive() == {"type": "connection_ack"}
        variables = {"ward": str(self._plant.ward), "after": self._cursor}
        screen.send(type="subscribe", id="1", payload={"query": LIVE, "variables": variables})
        self.connections += 1
        return screen
