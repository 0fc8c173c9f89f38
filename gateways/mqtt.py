"""The MQTT door: readings of devices in, through any broker of MQTT 5; tested with Mosquitto.

Any number of programs may share the load: they subscribe as one group, each under its own
client id. docs/mqtt.md tells how to connect a device.
"""

from app.doors import Door
from app.wiring import App


def door(app: App) -> Door | None:
    """The door, where the settings name a broker. Needs the extra `mqtt`."""
    if app.settings.mqtt_url is None:
        return None
    from gateways.mqtt_door import MqttDoor  # the client library is an extra

    return MqttDoor(app)
