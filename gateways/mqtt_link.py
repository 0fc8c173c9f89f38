"""The connection to the broker: a session that outlives us, acknowledgements given by hand.

The session is kept by the broker under our client id, so what was not acknowledged comes again
after a crash. Its receive maximum is the back-pressure: the broker holds the rest.
"""

import logging
import ssl
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from platform import node
from typing import Any
from urllib.parse import urlsplit

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from app.settings import Settings
from gateways.mqtt_payload import Arrived

DROPPED = "$SYS/broker/publish/messages/dropped"
FOREVER = 0xFFFFFFFF  # seconds: the broker keeps our session until we come back
LONGEST_WAIT_S = 30
_REFUSED = 0x80

log = logging.getLogger("wardgrid.mqtt")


class Link:
    """`on_message` and `on_change` are called by the network thread: be quick, never raise."""

    def __init__(
        self,
        settings: Settings,
        on_message: Callable[[Arrived], None],
        on_connect: Callable[[], None],
        on_change: Callable[[bool], None],
        on_dropped: Callable[[int], None],
    ) -> None:
        self._settings = settings
        self._on_message = on_message
        self._on_connect = on_connect
        self._on_change = on_change
        self._on_dropped = on_dropped
        self.era = 0
        self.connected = False
        self.last_refusal = ""
        self._client = self._made()

    def start(self) -> None:
        """Begin to connect; goes on trying, ever more slowly, until stopped."""
        parts = urlsplit(self._settings.mqtt_url or "")
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho's
        properties.SessionExpiryInterval = FOREVER
        properties.ReceiveMaximum = self._settings.mqtt_in_flight
        self._client.connect_async(
            parts.hostname or "127.0.0.1", parts.port or _port(parts.scheme), keepalive=30,
            clean_start=False, properties=properties,
        )  # fmt: skip
        self._client.loop_start()

    def stop(self) -> None:
        """Leave; what is not acknowledged stays with the broker."""
        self.connected = False
        self._client.disconnect()
        self._client.loop_stop()

    def acknowledge(self, arrived: Arrived) -> None:
        """Of an older connection nothing is acknowledged: the broker has sent it again."""
        if arrived.qos and arrived.era == self.era:
            self._client.ack(arrived.number, arrived.qos)

    def _made(self) -> paho.Client:
        settings = self._settings
        client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=client_id(settings), protocol=paho.MQTTv5,
            manual_ack=True,
        )  # fmt: skip
        client.reconnect_delay_set(1, LONGEST_WAIT_S)
        if settings.mqtt_username:
            password = settings.mqtt_password
            client.username_pw_set(
                settings.mqtt_username, password.get_secret_value() if password else None
            )
        if urlsplit(settings.mqtt_url or "").scheme == "mqtts":
            client.tls_set_context(_tls(settings))
        client.on_connect = self._connected
        client.on_connect_fail = self._failed
        client.on_disconnect = self._disconnected
        client.on_subscribe = self._subscribed
        client.on_message = self._message
        return client

    def _connected(
        self, client: paho.Client, _data: Any, _flags: Any, code: ReasonCode, _properties: Any
    ) -> None:
        if code.is_failure:
            self._say(str(code))
            return
        self.era += 1
        self._on_connect()
        client.subscribe(
            [
                (_readings(self._settings.mqtt_group), SubscribeOptions(qos=1)),
                (DROPPED, SubscribeOptions(qos=0)),
            ]
        )

    def _subscribed(
        self, _client: paho.Client, _data: Any, _mid: int, codes: list[ReasonCode], _p: Any
    ) -> None:
        if codes and codes[0].value >= _REFUSED:
            self._say(f"subscription: {codes[0]}")
            return
        self.connected, self.last_refusal = True, ""
        self._on_change(True)

    def _failed(self, _client: paho.Client, _data: Any) -> None:
        self._say("nobody answers")

    def _disconnected(
        self, _client: paho.Client, _data: Any, _flags: Any, code: ReasonCode, _properties: Any
    ) -> None:
        if self.connected:
            self.connected = False
            self._on_change(False)
            log.warning("the broker was lost", extra={"reason": str(code).replace(" ", "_")})

    def _message(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = ""  # of nobody
        if topic == DROPPED:
            self._on_dropped(int(message.payload) if message.payload.isdigit() else 0)
            return
        self._on_message(
            Arrived(topic, bytes(message.payload), message.qos, message.mid, self.era, time.time())
        )

    def _say(self, why: str) -> None:
        if why != self.last_refusal:
            self.last_refusal = why
            log.error("the broker does not let us in", extra={"reason": why.replace(" ", "_")})


def client_id(settings: Settings) -> str:
    """The same after every restart, another one for every gateway."""
    if settings.mqtt_client_id:
        return settings.mqtt_client_id
    where = f"{node()}\n{Path(settings.data_folder).resolve()}"
    return f"wardgrid-{sha256(where.encode()).hexdigest()[:12]}"


def _readings(group: str | None) -> str:
    """Alone, a plain subscription: unlike a shared one it outlives a restart of Mosquitto."""
    return "wardgrid/+/+/readings" if group is None else f"$share/{group}/wardgrid/+/+/readings"


def _tls(settings: Settings) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=settings.mqtt_ca)
    if settings.mqtt_client_certificate:
        context.load_cert_chain(settings.mqtt_client_certificate, settings.mqtt_client_key)
    return context


def _port(scheme: str) -> int:
    return 8883 if scheme == "mqtts" else 1883
