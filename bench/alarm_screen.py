"""`python -m bench.alarm_screen PLAN`: patients whose heart races, and the screen that shows it.

Both in this process, so that one clock measures from the publication of a reading to the frame
that has its alarm. Prints the latencies in milliseconds as a JSON list.
"""

import json
import sys
import threading
import time
from contextlib import ExitStack
from typing import Any
from uuid import UUID

from websockets.sync.client import connect
from websockets.typing import Subprotocol

from bench.mqtt_senders import Monitor

ALARMS = """subscription Alarms($hospital: UUID!) {
  alarms(hospitalId: $hospital) { alarms { deviceId } }
}"""
RACING, CALM = 180, 80
APART_S = 0.25


class Screen:
    """Knows which devices have an alarm now."""

    def __init__(self, port: int, token: str, hospital: str) -> None:
        self._open = ExitStack()  # until this process ends
        self._socket = self._open.enter_context(connect(
            f"ws://127.0.0.1:{port}/graphql", subprotocols=[Subprotocol("graphql-transport-ws")]
        ))  # fmt: skip
        self._say({"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}})
        self._next("connection_ack")
        self._say({"type": "subscribe", "id": "1",
                   "payload": {"query": ALARMS, "variables": {"hospital": hospital}}})  # fmt: skip
        self._shown: set[str] = set()
        self._changed = threading.Condition()
        self._take(self._next("next"))
        threading.Thread(target=self._listen, daemon=True).start()

    def wait_for(self, device: str, shown: bool, seconds: float = 20.0) -> None:
        """Until the device has an alarm on the screen, or has none any more."""
        with self._changed:
            if not self._changed.wait_for(lambda: (device in self._shown) is shown, seconds):
                raise SystemExit(f"not on the screen within {seconds} s")

    def _listen(self) -> None:
        for text in self._socket:
            self._take(json.loads(text))

    def _take(self, frame: dict[str, Any]) -> None:
        if frame["type"] != "next":
            return
        alarms = frame["payload"]["data"]["alarms"]["alarms"]
        with self._changed:
            self._shown = {str(UUID(one["deviceId"])) for one in alarms if one["deviceId"]}
            self._changed.notify_all()

    def _next(self, kind: str) -> dict[str, Any]:
        frame: dict[str, Any] = json.loads(self._socket.recv(timeout=20))
        if frame["type"] != kind:
            raise SystemExit(f"{frame} instead of {kind}")
        return frame

    def _say(self, frame: dict[str, Any]) -> None:
        self._socket.send(json.dumps(frame))


def main(plan: dict[str, Any]) -> None:
    screen = Screen(plan["http_port"], plan["token"], plan["hospital"])
    patients = [(Monitor(code, plan["secrets"][code], plan["port"]), plan["devices"][code])
                for code in plan["patients"]]  # fmt: skip
    late: list[float] = []
    begun = time.monotonic()
    threads = [
        threading.Thread(
            target=_live, args=(screen, monitor, device, late, begun + plan["seconds"])
        )
        for monitor, device in patients
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.stdout.write(json.dumps(late) + "\n")


def _live(screen: Screen, monitor: Monitor, device: str, late: list[float], until: float) -> None:
    monitor.wait()
    while time.monotonic() < until:
        said = _say(monitor, RACING)
        screen.wait_for(device, shown=True)
        late.append(round((time.monotonic() - said) * 1000, 1))
        time.sleep(APART_S)
        _say(monitor, CALM)
        screen.wait_for(device, shown=False)
        time.sleep(APART_S)
    monitor.close()


def _say(monitor: Monitor, rate: int) -> float:
    body = json.dumps({"ts": round(time.time() * 1000), "values": {"hr": rate}}).encode()
    said = time.monotonic()
    monitor.say(body)
    return said


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
