"""A device that speaks as another becomes an alarm, whoever noticed: we, or the broker.

Mosquitto tells of a denied publication only in its debug log, never under $SYS. The broker's
start script sends that log through grep into `refused.log`, which is read here as it grows.
"""

import logging
import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from uuid import UUID

from app.jobs import PROGRAM
from app.wiring import App
from domain.alarms.commands import RaiseAlarm
from domain.alarms.lifecycle import Cause
from domain.alarms.model import AlarmKind, Severity
from gateways.mqtt_counts import Counts
from gateways.mqtt_directory import Directory, Known
from gateways.mqtt_payload import topic_of
from gateways.mqtt_reading import Part
from kit.errors import Refusal

LOG_NAME = "refused.log"
MARK_NAME = "refused.read"  # how far we have read
LOOK_S = 0.5
AGAIN_S = 60.0  # one alarm a minute for each device is enough: it stays open anyway
MOST_BYTES = 1 << 20  # at one look
LONGEST_LOG = 16 << 20  # then it begins anew
MOST_REMEMBERED = 10_000

_DENIED = re.compile(r"^\d+: Denied PUBLISH from (\S+) \(d\d, q\d, r\d, m\d+, '(.*)', \.\.\. \(")
_TEXTS = {
    "DEVICE_UNKNOWN": ("未登记的设备在发送数据", "a device that is not registered sends data"),
    "DEVICE_RETIRED": ("已停用的设备在发送数据", "a retired device sends data"),
    "DEVICE_REVOKED": (
        "凭据已吊销的设备在发送数据",
        "a device without a valid credential sends data",
    ),
}
_AS_ANOTHER = ("设备冒用其他设备的名义发送数据", "a device sends data as another device")

log = logging.getLogger("wardgrid.mqtt")


class Suspects:
    """Raises alarms in a thread of its own: the flow of readings never waits for them."""

    def __init__(self, app: App, counts: Counts, folder: Path | None) -> None:
        self._app = app
        self._counts = counts
        self._folder = folder
        self._directory = Directory(app)
        self._told: dict[str, float] = {}
        self._found: list[tuple[Known, str]] = []
        self._come = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mqtt-suspects", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._come.set()
        if self._thread.is_alive():
            self._thread.join()
        self._directory.close()

    def suspect(self, part: Part) -> None:
        """A parked message of a device that should not have sent it."""
        known = part.suspect
        if known is not None and len(self._found) < MOST_REMEMBERED:
            self._found.append((known, part.unreadable[0].reason))
            self._come.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._come.wait(LOOK_S)
            self._come.clear()
            try:
                self.look()
            except Exception as fault:  # the watch goes on; a line not read yet is read again
                log.error("a suspicion was not told", extra={"fault": type(fault).__name__})
                self._stop.wait(LOOK_S)

    def look(self) -> None:
        """Tell of everything that was found since the last look."""
        while self._found:
            self._tell(*self._found[0])
            self._found.pop(0)
        for user, _topic in self._denied():
            self._counts.denied.inc()
            name = topic_of(f"wardgrid/{user}/readings")
            known = self._directory.look_up({name})[name] if name else None
            if known is not None:
                self._tell(known, "ANOTHER_DEVICE")
        self._remember()

    def _denied(self) -> Iterator[tuple[str, str]]:
        """User and topic of each line that is new; then the mark moves on."""
        if self._folder is None or not (path := self._folder / LOG_NAME).exists():
            return
        mark = self._folder / MARK_NAME
        begun = int(mark.read_text()) if mark.exists() else 0
        size = path.stat().st_size
        if size == begun:
            return
        with path.open("rb") as file:
            file.seek(begun if begun < size else 0)  # a shorter file has begun anew
            block = file.read(MOST_BYTES)
            end = block.rfind(b"\n") + 1 or (len(block) if len(block) == MOST_BYTES else 0)
            until = file.tell() - len(block) + end
        for line in block[:end].decode(errors="replace").splitlines():
            if found := _DENIED.match(line):
                yield found[1], found[2]
        if until >= LONGEST_LOG and until == path.stat().st_size:
            os.truncate(path, 0)
            until = 0
        mark.write_text(str(until))

    def _tell(self, known: Known, reason: str) -> None:
        entity = f"device:{known.device_id}" if known.device_id else f"hospital:{known.hospital_id}"
        if self._told.get(entity, 0.0) > monotonic():
            return
        zh, en = _TEXTS.get(reason, _AS_ANOTHER)
        try:
            self._app.pipeline.run(PROGRAM, RaiseAlarm(cause=_cause(known, entity, zh, en)))
        except Refusal as why:
            if why.retryable:
                raise
            log.warning("an alarm was refused", extra={"reason": why.reason})
        self._told[entity] = monotonic() + AGAIN_S

    def _remember(self) -> None:
        if len(self._told) > MOST_REMEMBERED:
            now = monotonic()
            self._told = {entity: until for entity, until in self._told.items() if until > now}


def _cause(known: Known, entity: str, zh: str, en: str) -> Cause:
    device: UUID | None = known.device_id
    return Cause(
        kind=AlarmKind.IMPERSONATION, severity=Severity.HIGH, hospital_id=known.hospital_id,
        ward_id=known.ward_id, entity=entity, device_id=device, text_zh=zh, text_en=en,
    )  # fmt: skip
