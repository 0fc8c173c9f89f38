"""Subscribers who may share: one execution and one serialisation for all of them.

A group is a security boundary: its key holds everything on which a payload may depend, the
viewers' rights and the policy's epoch among it, so a wrong key would show one viewer another's
board. What a payload disclosed is recorded for each viewer before the viewer gets it.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import orjson
import strawberry

from api.replies import payload_of, to_json
from api.subscription import Live, Topic
from api.watching import Watch
from api.wire import Payload
from app.tail import Change
from kit.errors import Refusal
from kit.ids import new_id
from kit.work import Actor

Shown = frozenset[tuple[UUID, str]]
View = tuple[Actor, UUID]  # who looks, and the id under which the record knows the view
GroupKey = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """One execution of a group's document: what to send, and what it disclosed."""

    payload: Payload
    content: bytes  # digest of what a person would see change
    shown: Shown
    context: Any


class Reader(Protocol):
    """Reads for live fields; `api/asgi.py` makes it of the running program. All calls block."""

    def topics(self, context: Any, live: Live, arguments: dict[str, Any]) -> tuple[Topic, ...]:
        """What wakes the subscriber. Raises a Refusal where the viewer may see nothing."""

    def opened(
        self, context: Any, live: Live, arguments: dict[str, Any]
    ) -> AbstractContextManager[Any]:
        """The payload's view, while its snapshot is open."""

    def viewer_key(self, actor: Actor, topics: tuple[Topic, ...]) -> GroupKey:
        """Equal for viewers who see alike in these places."""

    def on_view(self, views: list[View], context: Any, shown: Shown, phase: str, how: str) -> None:
        """Make durable that these viewers are shown these fields of these subjects; `how` a view
        ended."""


class Receiver(Protocol):
    """A socket, as its groups see it."""

    def deliver(self, member: "Member", payload: Payload) -> None: ...
    def refuse(self, member: "Member", why: Refusal) -> None: ...
    def fail(self, member: "Member", error: dict[str, Any]) -> None: ...


@dataclass(slots=True, eq=False)
class Member:
    """One subscription of one socket."""

    receiver: Receiver
    id: str
    actor: Actor
    watch: Watch
    context: Callable[[], Any]
    view: UUID = field(default_factory=new_id)
    place: Any = None  # the context of the last reading that told something
    told: Shown = frozenset()  # what the record says this viewer was shown
    seen: bytes = b""  # the content last sent
    gone: bool = False


@dataclass(slots=True, eq=False)
class Group:
    """Members with equal keys, and the last payload, from which a newcomer is served."""

    key: GroupKey
    watch: Watch
    topics: tuple[Topic, ...]
    members: dict[Member, None] = field(default_factory=dict)
    latest: Reading | None = None
    read_at: float = 0.0  # loop time
    busy: bool = False
    again: bool = False
    alarm_at: datetime | None = None  # of the oldest alarm that is in no payload yet

    def woken_by(self, change: Change) -> None:
        """Remember since when an alarm is on its way to these screens."""
        if change.name == "AlarmOpened" and self.alarm_at is None:
            self.alarm_at = change.at

    def behind(self) -> Iterator[Member]:
        """Members who have not got the latest content."""
        if self.latest is not None:
            content = self.latest.content
            yield from [m for m in self.members if m.seen != content]


def take_reading(schema: strawberry.Schema, reader: Reader, watch: Watch, context: Any) -> Reading:
    """Execute once; blocks. Raises what the resolver raises."""
    with reader.opened(context, watch.live, watch.arguments) as view:
        result = watch.execute(schema, view, context)
    told = payload_of(result, context.language, None)
    shown = frozenset(context.disclosures.shown)
    return Reading(Payload(to_json(told)), _content(told, watch.ageless), shown, context)


def _content(told: dict[str, Any], ageless: frozenset[str]) -> bytes:
    """Digest of a payload without what changes with every reading."""
    shown = {
        name: {part: value for part, value in view.items() if part != "version"}
        if isinstance(view, dict)
        else view
        for name, view in (told.get("data") or {}).items()
    }
    text = orjson.dumps([_lasting(shown, ageless), told.get("errors")], default=str)
    return hashlib.blake2b(text, digest_size=16).digest()


def _lasting(value: Any, ageless: frozenset[str]) -> Any:
    if not ageless:
        return value
    if isinstance(value, dict):
        return {k: _lasting(v, ageless) for k, v in value.items() if k not in ageless}
    if isinstance(value, list):
        return [_lasting(item, ageless) for item in value]
    return value
