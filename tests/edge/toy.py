"""A toy house behind the real doors: one ward's board, a few people, a policy to turn."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import strawberry

from api.documents import Documents
from api.door import ANYONE, Asking, Door, Visitor
from api.groups import Shown, View
from api.limits import FREE, ONCE, Limits
from api.live import LiveDoor
from api.sight import Disclosures
from api.subscription import Live, Topic, subscription
from app.cursors import Position
from app.metrics import Metrics
from app.tail import Change
from kit.clock import utc_now
from kit.errors import Denied, Invalid, NotFound
from kit.work import Actor, Scope

HOSPITAL = UUID(int=1)
WARDS = (UUID(int=11), UUID(int=12))
SECRET = "Zhang Wei 13800138000"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@strawberry.type
class Bed:
    code: str
    patient: str | None


@strawberry.type
class Board:
    as_of: datetime
    beds: list[Bed]


@strawberry.type
class BoardChange:
    cursor: str
    version: int
    board: Board


@strawberry.type
class Person:
    name: str

    @strawberry.field
    def friends(self, first: int) -> list["Person"]:
        return [Person(name=f"{self.name}.{number}") for number in range(first)]


@strawberry.type
class Query:
    @strawberry.field
    async def hello(self, name: str = "world") -> str:
        return f"hello {name}"

    @strawberry.field
    def person(self) -> Person:
        return Person(name="Li")

    @strawberry.field
    def people(self, first: int) -> list[Person]:
        return [Person(name=str(number)) for number in range(first)]

    @strawberry.field
    def sealed(self, info: strawberry.Info) -> str:
        info.context.disclosures.shown.add((UUID(int=7), "Person.name"))
        return "shown"

    @strawberry.field
    def broken(self) -> str | None:
        raise RuntimeError(f"could not read {SECRET}")

    @strawberry.field
    def foreign(self) -> str | None:
        raise NotFound.of("bed", UUID(int=5))


@strawberry.type
class Mutation:
    @strawberry.mutation(  # type: ignore[untyped-decorator]  # noqa: TID251 - a toy
        metadata={ANYONE: True, ONCE: True}
    )
    def login(self, name: str) -> str:
        return f"token-of-{name}"

    @strawberry.mutation  # noqa: TID251 - a toy
    def admit(self) -> str:
        return "admitted"


def _topics(reader: "ToyHouse", ward: UUID, **_: Any) -> tuple[Topic, ...]:
    if ward not in reader.visible:
        raise NotFound.of("ward", ward)
    return (Topic(Scope(HOSPITAL, ward)),)


@strawberry.type
class Subscription:
    @subscription("board.read", topics=_topics)
    def board_changed(self, reader: Any, ward: UUID, after: str | None = None) -> BoardChange:
        """The board of a ward, whole."""
        return cast("BoardChange", reader.board(ward))

    @subscription("board.read", topics=_topics, latest_wins=False)
    def every_change(self, reader: Any, ward: UUID) -> BoardChange:
        """The same, but none may be skipped."""
        return cast("BoardChange", reader.board(ward))


@dataclass
class ToyContext:
    actor: Actor | None
    language: str
    house: "ToyHouse"
    asking: Asking
    disclosures: Disclosures = field(default_factory=Disclosures)
    pending: bool = False

    async def seal_reads(self) -> None:
        if self.house.ledger_down:
            raise OSError(f"no space left for {SECRET}")
        self.house.sealed.extend(self.disclosures.shown)


class ToyFeed:
    """Tells its listener what a test says has changed."""

    def __init__(self) -> None:
        self.listeners: list[Callable[[Sequence[Change]], None]] = []

    def listen(self, listener: Callable[[Sequence[Change]], None]) -> Callable[[], None]:
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)

    def change(self, ward: UUID, name: str = "BedOccupied") -> None:
        change = Change(Position(0, 1), Scope(HOSPITAL, ward), name, {}, NOON)
        for listener in self.listeners:
            listener([change])


class ToyHouse:
    """State that a test changes from its own thread; also the `Reader` of live fields."""

    def __init__(self) -> None:
        self.feed = ToyFeed()
        self.epoch = 1
        self.reset()

    def reset(self) -> None:
        """As new, but with a policy of its own: no group of an earlier test lives on."""
        self.epoch += 1
        self.beds: dict[UUID, dict[str, str | None]] = {
            ward: {"01": None, "02": None} for ward in WARDS
        }
        self.visible = set(WARDS)
        self.rights: dict[int, str] = {}  # by actor number; else "nurse"
        self.now = NOON
        self.ended: set[UUID] = set()
        self.views: list[tuple[list[int], str, int]] = []
        self.endings: list[str] = []
        self.sealed: list[tuple[UUID, str]] = []
        self.reads = 0
        self.cursor = 0
        self.broken = False
        self.padding = 0  # characters added to each board
        self.ledger_down = False
        self.slow = threading.Event()
        self.slow.set()

    def occupy(self, ward: UUID, code: str, patient: str | None) -> None:
        self.beds[ward][code] = patient
        self.feed.change(ward)

    def board(self, ward: UUID) -> BoardChange:
        self.reads += 1
        self.cursor += 1
        self.slow.wait(10)
        if self.broken:
            raise RuntimeError(f"bad row of {SECRET}")
        beds = [Bed(code=code, patient=who) for code, who in self.beds[ward].items()]
        if self.padding:
            beds.append(Bed(code="x" * self.padding, patient=str(self.cursor)))
        return BoardChange(cursor=str(self.cursor), version=self.cursor,
                           board=Board(as_of=utc_now(), beds=beds))  # fmt: skip

    def topics(self, context: ToyContext, live: Live, arguments: dict[str, Any]) -> Any:
        if context.actor and self.rights.get(context.actor.id.int) == "nobody":
            raise Denied("no longer")
        return live.topics(reader=self, **arguments)

    @contextmanager
    def opened(self, context: ToyContext, live: Live, arguments: dict[str, Any]) -> Iterator[Any]:
        view = live.resolve(None, reader=self, **arguments)
        for patient in self.beds[arguments["ward"]].values():
            if patient:
                context.disclosures.shown.add((UUID(int=len(patient)), "Bed.patient"))
        yield view

    def viewer_key(self, actor: Actor, topics: Any) -> tuple[object, ...]:
        return (self.rights.get(actor.id.int, "nurse"),)

    def on_view(
        self, views: list[View], context: Any, shown: Shown, phase: str, how: str = ""
    ) -> None:
        self.views.append((sorted(viewer.id.int for viewer, _ in views), phase, len(shown)))
        self.endings += [how] if how else []

    def authenticate(self, token: str) -> Visitor:
        number = token.removeprefix("user-")
        if not number.isdecimal():
            raise Invalid("no such token")
        return Visitor(Actor(UUID(int=int(number))), self.now + timedelta(minutes=10))

    def door(self, *, development: bool = False, trusted: dict[str, str] | None = None) -> Door:
        schema = strawberry.Schema(Query, Mutation, Subscription)
        limits = Limits(introspection=True) if development else FREE
        return Door(
            schema=schema,
            documents=Documents(schema._schema, limits, trusted),
            authenticate=self.authenticate,
            free_form=lambda actor: actor.id.int < 900,  # the others are screens
            context=lambda asking: ToyContext(asking.actor, asking.language, self, asking),
            ended=lambda actors: [actor for actor in actors if actor.id in self.ended],
            clock=lambda: self.now,
            metrics=Metrics(),
            development=development,
        )

    def live(self, door: Door, **options: Any) -> LiveDoor:
        feed: Any = self.feed
        self._live = LiveDoor(door, self, feed, lambda: self.epoch, **options)
        return self._live

    def connected(self, user: int) -> bool:
        """Whether that user has a socket."""
        sockets = list(self._live._sockets)
        return any(s.visitor is not None and s.visitor.actor.id.int == user for s in sockets)
