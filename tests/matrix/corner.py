"""A city under test: the program, who seeds it, and the ids of what is in each ward."""

from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

from app.wiring import App
from kit.command import Command
from kit.work import Actor, ActorKind, Scope
from tests.house import enrol

T = TypeVar("T")
PROGRAM = Actor(UUID(int=1), ActorKind.SYSTEM)


@dataclass
class Corner:
    """One ward and the ids of what is in it, by the name that arguments give them."""

    scope: Scope
    ids: dict[str, UUID] = field(default_factory=dict)


@dataclass
class City:
    """`corners` by hospital and ward code, e.g. `EAST/A`; `people` as they are asked for."""

    app: App
    url: str
    seeder: Actor
    corners: dict[str, Corner] = field(default_factory=dict)

    def do(self, command: Command[T], actor: Actor | None = None) -> T:
        return self.app.pipeline.run(actor or self.seeder, command).result

    def enrol(self, *roles: str, scope: Scope) -> Actor:
        actor = enrol(self.url, *roles, scope=scope)
        self.app.decisions.reload()
        return actor
