"""Part of `wardgrid demo --check`: a monitor falls silent, and the alarm lives its whole life."""

import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from app.demo_devices import Monitors

ALARMS = """query Alarms($hospital: UUID!) {
  alarms(first: 100, hospitalId: $hospital, states: [OPEN, ACKED, RESOLVED]) {
    nodes { id kind state level severity deviceId }
  }
}"""
TAKE_NOTE = """mutation TakeNote($id: UUID!, $key: String!) {
  acknowledgeAlarm(alarmId: $id, idempotencyKey: $key) { __typename ... on Alarm { state } }
}"""
HEARD = """query Heard($hospital: UUID!) {
  devices(first: 100, hospitalId: $hospital) { nodes { device { id } lastSeenAt } }
}"""
LONGEST_S = 30.0

Ask = Callable[[str, dict[str, Any]], dict[str, Any]]


class NotInTime(Exception):
    """The alarm did not come to this state."""


def silence_lives(ask: Ask, hospital: str, monitors: Monitors) -> dict[str, Any]:
    """Raised, escalated, acknowledged, resolved: how many seconds each took. Raises NotInTime."""
    monitor = monitors.all[0]
    _wait_until_heard(ask, hospital, str(monitor.device_id))
    begun = time.monotonic()
    took: dict[str, float] = {}

    def wait_for(what: str, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        deadline = time.monotonic() + LONGEST_S
        while time.monotonic() < deadline:
            for alarm in ask(ALARMS, {"hospital": hospital})["alarms"]["nodes"]:
                ours = alarm["kind"] == "NO_DATA" and alarm["deviceId"] == str(monitor.device_id)
                if ours and fits(alarm):
                    took[what] = round(time.monotonic() - begun, 1)
                    return dict(alarm)
            time.sleep(0.2)
        raise NotInTime(f"the alarm of the silent monitor was not {what}")

    monitor.silent = True
    alarm = wait_for("raised", lambda one: one["state"] == "OPEN")
    wait_for("escalated", lambda one: one["level"] > 0)
    ask(TAKE_NOTE, {"id": alarm["id"], "key": str(uuid4())})
    wait_for("acknowledged", lambda one: one["state"] == "ACKED")
    monitor.silent = False
    wait_for("resolved", lambda one: one["state"] == "RESOLVED")
    return took


def _wait_until_heard(ask: Ask, hospital: str, device: str) -> None:
    """What was never heard of cannot fall silent."""
    deadline = time.monotonic() + LONGEST_S
    while time.monotonic() < deadline:
        found = ask(HEARD, {"hospital": hospital})["devices"]["nodes"]
        if any(one["device"]["id"] == device and one["lastSeenAt"] for one in found):
            return
        time.sleep(0.2)
    raise NotInTime("the monitors were not heard of")
