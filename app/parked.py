"""Waiting messages read again for the screens: by the gateway of their door, found by name."""

import importlib
from typing import Any
from uuid import UUID

from app.wiring import App
from kit.command import Command
from kit.work import Actor


def attempt(app: App, message_id: UUID, actor: Actor) -> Command[Any]:
    """What a waiting message asks for. Reading its text is recorded. Raises any Refusal."""
    gateway = importlib.import_module("gateways.parked")
    found: Command[Any] = gateway.attempt(app, message_id, actor=actor)
    return found
