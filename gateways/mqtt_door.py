"""The parts of the MQTT door, put together, and the thread that keeps the broker's files."""

import logging
import threading
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from app.tail import Change
from app.wiring import App
from gateways.mqtt_broker import PID, signal_broker, sync
from gateways.mqtt_counts import Counts
from gateways.mqtt_directory import matters
from gateways.mqtt_flow import Flow
from gateways.mqtt_link import Link
from gateways.mqtt_payload import Arrived
from gateways.mqtt_suspects import Suspects
from kit.db import reading

SYNC_S = 60.0  # at the latest, should a hint have been lost

log = logging.getLogger("wardgrid.mqtt")


class MqttDoor:
    """Connects, stores, acknowledges; tells the broker who the devices are."""

    def __init__(self, app: App) -> None:
        self.counts = Counts(app.metrics.registry)
        folder = app.settings.mqtt_broker_folder
        self._suspects = Suspects(app, self.counts, folder)
        self._link = Link(app.settings, self._take, self._begun_anew, self._changed, self._dropped)
        self._keeper = BrokerKeeper(app, folder, self._link) if folder else None
        self._flow = Flow(app, self.counts, self._link.acknowledge, self._suspects.suspect)
        self._lost = 0

    @property
    def connected(self) -> bool:
        """Whether readings can come in now."""
        return self._link.connected

    def start(self) -> None:
        if self._keeper:
            self._keeper.start()
        self._suspects.start()
        self._flow.start()
        self._link.start()

    def stop(self) -> None:
        """The link last: the batch under way is still acknowledged."""
        self._flow.stop()
        self._link.stop()
        self._suspects.stop()
        if self._keeper:
            self._keeper.stop()

    def _take(self, arrived: Arrived) -> None:
        self._flow.take(arrived)

    def _begun_anew(self) -> None:
        self._flow.forget()

    def _changed(self, connected: bool) -> None:
        self.counts.connected.set(connected)
        if connected and self._keeper:
            self._keeper.wake()

    def _dropped(self, messages: int) -> None:
        """The broker ran out of room for what waits: only it knows that something is lost."""
        if messages > self._lost:
            log.error("the broker dropped messages", extra={"count": messages - self._lost})
        self._lost = messages
        self.counts.lost_by_broker.set(messages)


class BrokerKeeper:
    """Rewrites the broker's files as soon as a device or credential changes.

    Only while we listen: a device that is let in before speaks to nobody.
    """

    def __init__(self, app: App, folder: Path, link: Link) -> None:
        self._app = app
        self._link = link
        self._folder = folder
        self._changed = threading.Event()
        self._stop = threading.Event()
        self._end = app.feed.listen(self._heard)
        self._thread = threading.Thread(target=self._run, name="mqtt-broker", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._end()
        self._stop.set()
        self._changed.set()
        if self._thread.is_alive():
            self._thread.join()

    def wake(self) -> None:
        """Look now: we have just begun to listen."""
        self._changed.set()

    def _heard(self, changes: Sequence[Change]) -> None:
        if any(matters(change.name) for change in changes):
            self._changed.set()

    def _run(self) -> None:
        while True:
            self._changed.wait(SYNC_S)
            self._changed.clear()
            if self._stop.is_set():
                return
            if not self._link.connected:
                continue
            try:
                self._sync()
            except (SQLAlchemyError, OSError) as fault:
                log.error("the broker's files are old", extra={"fault": type(fault).__name__})
                self._stop.wait(1.0)
                self._changed.set()

    def _sync(self) -> None:
        with reading(self._app.read_engine) as session:
            changed = sync(session, self._folder)
        if changed:
            signal_broker(self._folder / PID)
