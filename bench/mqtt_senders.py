"""`python -m bench.mqtt_senders PLAN`: monitors that publish, each over its own connection.

PLAN: port, secrets by code, messages (per device), entries (per message, five values each, 100 ms
apart), ago_s (how long ago the first was measured) and per_second (messages of all devices
together; 0: as fast as the broker takes them).
"""

import json
import sys
import threading
import time
from typing import Any

import orjson
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

IN_FLIGHT = 100
VALUES = {"hr": 80, "spo2": 97, "rr": 16, "nibp_sys": 120, "temp": 36.8}


class Monitor:
    """One device: at most IN_FLIGHT of its messages are not acknowledged."""

    def __init__(self, code: str, secret: str, port: int) -> None:
        self.code = code
        self._room = threading.Semaphore(IN_FLIGHT)
        self._in = threading.Event()
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=code, protocol=paho.MQTTv5
        )
        self._client.username_pw_set(f"N/{code}", secret)
        self._client.max_inflight_messages_set(IN_FLIGHT)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = self._connected
        self._client.on_publish = lambda *_: self._room.release()
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def wait(self) -> None:
        self._in.wait(20)

    def say(self, body: bytes) -> None:
        self._room.acquire()
        self._client.publish(f"wardgrid/N/{self.code}/readings", body, qos=1)

    def close(self) -> None:
        for _ in range(IN_FLIGHT):
            self._room.acquire()
        self._client.disconnect()
        self._client.loop_stop()

    def _connected(self, _client: Any, _data: Any, _flags: Any, code: Any, _p: Any) -> None:
        if not code.is_failure:
            self._in.set()


def main(plan: dict[str, Any]) -> None:
    monitors = [Monitor(code, secret, plan["port"]) for code, secret in plan["secrets"].items()]
    for monitor in monitors:
        monitor.wait()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    begin = round((time.time() - plan["ago_s"]) * 1000)
    entries = int(plan["entries"])
    pause = 1 / plan["per_second"] if plan["per_second"] else 0.0
    due = time.monotonic()
    for number in range(int(plan["messages"])):
        first = begin + number * entries * 100
        values = {name: value + number % 3 for name, value in VALUES.items()}
        body = orjson.dumps(
            [{"ts": first + 100 * place, "values": values} for place in range(entries)]
        )
        for monitor in monitors:
            if pause:
                due += pause
                time.sleep(max(0.0, due - time.monotonic()))
            monitor.say(body)
    for monitor in monitors:
        monitor.close()
    sys.stdout.write("done\n")


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
