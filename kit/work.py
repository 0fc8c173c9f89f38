"""What a command may touch while it runs: one transaction, one instant, the events to publish."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from sqlalchemy import bindparam
from sqlalchemy.orm.util import identity_key
from sqlmodel import Session, SQLModel, select
from sqlmodel.sql.expression import SelectOfScalar

from kit.errors import Conflict, NotFound
from kit.sealed import Erased, Sealed, SealedPlace, Vault

if TYPE_CHECKING:
    from kit.command import Command

RowT = TypeVar("RowT", bound=SQLModel)
T = TypeVar("T")


@dataclass(frozen=True, slots=True, order=True)
class Scope:
    """A place in the organisation: the network (no ids), a hospital, or a ward of it."""

    hospital: UUID | None = None
    ward: UUID | None = None

    @property
    def path(self) -> str:
        if self.hospital is None:
            return "*"
        return str(self.hospital) if self.ward is None else f"{self.hospital}/{self.ward}"

    @classmethod
    def parse(cls, path: str) -> "Scope":
        """The inverse of `path`."""
        if path == "*":
            return NETWORK
        hospital, _, ward = path.partition("/")
        return cls(UUID(hospital), UUID(ward) if ward else None)

    def covers(self, other: "Scope") -> bool:
        """True where everything in `other` lies inside this place."""
        if self.hospital is None:
            return True
        return self.hospital == other.hospital and self.ward in (None, other.ward)

    def upward(self) -> tuple["Scope", ...]:
        """This place and the places around it, narrowest first."""
        if self.hospital is None:
            return (self,)
        around = (Scope(self.hospital), NETWORK)
        return around if self.ward is None else (self, *around)


NETWORK = Scope()


class ActorKind(StrEnum):
    PERSON = "PERSON"
    SERVICE = "SERVICE"
    SCREEN = "SCREEN"
    SYSTEM = "SYSTEM"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. Roles come from the policy, never from here."""

    id: UUID
    kind: ActorKind = ActorKind.PERSON
    session: UUID | None = None
    purpose: str = "TREAT"  # kit/purpose.py; ETREAT is what entries under break-glass say
    purpose_stated: bool = False  # by the caller, and not only assumed


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, named in the past tense, with ids only."""

    name: str
    scope: Scope
    ids: dict[str, str]


@dataclass(slots=True)
class Work:
    """One open transaction. A command reads through `session` and writes through `add`."""

    session: Session
    now: datetime
    actor: Actor
    vault: Vault
    perform_part: Callable[["Work", "Command[Any]"], Any]
    events: list[Event] = field(default_factory=list)
    subjects: set[UUID] = field(default_factory=set)  # whose data were opened or touched
    opened: set[tuple[UUID, str]] = field(default_factory=set)  # (subject, table.column)
    notes: dict[str, int | str] = field(default_factory=dict)
    reaches: Callable[[Scope], bool] = lambda _scope: True  # whether the actor may know of a place
    got: list[tuple[str, UUID]] = field(default_factory=list)  # what was looked up, in order
    _kept: list[SQLModel] = field(default_factory=list)  # the session itself keeps rows weakly

    def get(self, model: type[RowT], key: UUID) -> RowT:
        """The row. Raises NotFound for an unknown one and one of a foreign hospital alike."""
        kind = model.__name__.lower()
        self.got.append((kind, key))
        row = self._loaded(model, key)
        hospital = getattr(row, "hospital_id", None) or getattr(
            getattr(row, "scope", None), "hospital", None
        )
        if row is None or (hospital is not None and not self.reaches(Scope(hospital))):
            raise NotFound.of(kind, key)
        return row

    def _loaded(self, model: type[RowT], key: UUID) -> RowT | None:
        """The row by its key, read once: the session finds it again as long as it is kept."""
        row: RowT | None = self.session.identity_map.get(identity_key(model, key))
        if row is None:
            row = self.session.exec(_by_key(model), params={"key": key}).one_or_none()
            if row is not None:
                self._kept.append(row)
        return row

    def add(self, row: RowT) -> RowT:
        """Put a new row into the transaction."""
        self.session.add(row)
        return row

    def perform(self, command: "Command[T]") -> T:
        """Do another command as a part of this one: same transaction, its own policy check."""
        result: T = self.perform_part(self, command)
        return result

    def emit(self, name: str, scope: Scope, **ids: object) -> None:
        """Publish after the commit: an event's name and ids, never personal data."""
        self.events.append(Event(name, scope, {key: str(value) for key, value in ids.items()}))

    def note(self, **facts: int | str) -> None:
        """Codes and counts for the ledger entry; never free text or personal data."""
        self.notes.update(facts)

    def seal(self, text: str, place: SealedPlace) -> Sealed:
        self.subjects.add(place.subject)
        try:
            return self.vault.seal(text, place)
        except Erased:
            raise _erased() from None

    def open(self, sealed: Sealed, place: SealedPlace) -> str:
        """Decrypt; the ledger entry of this command names the subject and the field."""
        self.subjects.add(place.subject)
        self.opened.add((place.subject, f"{place.table}.{place.column}"))
        try:
            return self.vault.open(sealed, place)
        except Erased:
            raise _erased() from None


def _erased() -> Conflict:
    return Conflict("this person was erased; nothing is kept of who it was", reason="ERASED")


@cache
def _by_key(model: type[RowT]) -> SelectOfScalar[RowT]:
    """Built once for each model: `Session.get` builds it anew for every row."""
    (key,) = model.__table__.primary_key  # type: ignore[attr-defined]  # of every mapped class
    return select(model).where(key == bindparam("key"))
