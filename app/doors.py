"""The doors that the running program opens beside GraphQL, each only where the settings name it.

Gateways lie above app, so they are found by name; each module offers `door(app)`.
"""

import importlib
from typing import TYPE_CHECKING, Protocol

from app.exchange import Exchange

if TYPE_CHECKING:
    from app.wiring import App

GATEWAYS: tuple[str, ...] = (
    "gateways.mqtt",
    "gateways.mllp",
    "gateways.hl7_out",
    "gateways.notices_out",
    "gateways.dead_man",
    "gateways.daily_note",
)

EXCHANGES: tuple[str, ...] = ("gateways.fhir", "gateways.exports")


class Door(Protocol):
    """Lets messages in or out, in threads of its own."""

    def start(self) -> None:
        """Return once it answers."""

    def stop(self) -> None:
        """Finish what was accepted; return when nothing of it runs any more."""


def doors(app: "App") -> tuple[Door, ...]:
    """Those that the settings ask for."""
    asked = (importlib.import_module(name).door(app) for name in GATEWAYS)
    return tuple(door for door in asked if door is not None)


def exchanges(app: "App") -> tuple[Exchange, ...]:
    """The ways in over HTTP, for the web server to mount."""
    return tuple(importlib.import_module(name).exchange(app) for name in EXCHANGES)
