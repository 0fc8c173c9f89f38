"""GET of FHIR: one resource, or a page of a search, cut to what the account may see."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from sqlmodel import Session

from app.exchange import Answered, Asked
from app.purposes import require_purpose
from app.wiring import App
from app.withholding import Withheld, cares, withheld_from
from authz.classes import DataClass
from domain.places.model import Hospital
from gateways.fhir_answers import answered, searchset
from gateways.fhir_check import Issue, NotFhir
from kit.db import reading
from kit.work import Scope

PAGE = 50
MOST = 100
_ANY = frozenset({"_count", "_page", "_id", "_format"})

Resource = dict[str, Any]


class HasId(Protocol):
    """A row, or what was read of one."""

    @property
    def id(self) -> object: ...


RowT = TypeVar("RowT", bound=HasId)


@dataclass(slots=True)
class Looking:
    """One read: the session, the scopes of the action, what was asked, and what was shown."""

    app: App
    session: Session
    asked: Asked
    hospital: Hospital
    action: str
    scopes: Sequence[Scope]
    wanted: dict[str, str] = field(default_factory=dict)
    subjects: set[UUID] = field(default_factory=set)
    fields: set[str] = field(default_factory=set)
    _kept: Withheld | None = None
    _asked_directives: bool = False

    def sees(self, kind: DataClass, scope: Scope, subject: UUID | None = None) -> bool:
        """True where the account may see this class of data there."""
        decisions, actor = self.app.decisions, self.asked.actor
        if self._withheld(kind, scope, subject):
            return False
        if kind in decisions.classes(actor, scope):
            return True
        if subject is None or kind not in decisions.assigned_classes(actor, scope):
            return False
        return subject in self.app.assigned_subjects(self.session, actor.id)

    def _withheld(self, kind: DataClass, scope: Scope, subject: UUID | None) -> bool:
        """True where the person has said that this account is not to see it."""
        decisions, actor = self.app.decisions, self.asked.actor
        if not self._asked_directives:
            self._asked_directives = True
            self._kept = withheld_from(decisions, self.session, actor, self.app.clock())
        kept = self._kept
        if kept is None or kind not in kept.kinds or subject not in kept.subjects:
            return False
        treats = subject in self.app.assigned_subjects(self.session, actor.id)
        return not cares(decisions, actor, scope, treats=treats, opened=False)

    def reached(self, scope: Scope) -> bool:
        """True where the action may be done there."""
        return any(one.covers(scope) for one in self.scopes)

    def shown(self, subject: UUID, name: str) -> None:
        """Note a disclosure; it is on record before the answer leaves."""
        self.subjects.add(subject)
        self.fields.add(name)

    @property
    def count(self) -> int:
        """How many a page has."""
        text = self.wanted.get("_count", str(PAGE))
        if not (text.isascii() and text.isdecimal() and len(text) < 6):
            raise NotFhir(Issue("value", "_count", f"a number from 1 to {MOST}"))
        return max(1, min(int(text), MOST))

    def key(self, name: str, kind: str = "") -> UUID | None:
        """An id, or a reference to one, that was searched for."""
        text = self.wanted.get(name)
        return None if text is None else as_id(text.removeprefix(f"{kind}/"), name)


@dataclass(frozen=True, slots=True)
class Page:
    """Resources and where the next page begins."""

    resources: list[Resource]
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """How a resource type is read: which right it takes and what may be searched by."""

    action: str
    parameters: frozenset[str]
    page: Callable[[Looking], Page]


def look(app: App, asked: Asked, hospital: Hospital, kind: str, source: Source) -> Answered:
    """Answer a GET. What was shown of people is recorded before it leaves."""
    one = asked.path[2] if len(asked.path) == 3 else None
    wanted = {"_id": one, "_count": "1"} if one else _wanted(asked, source)
    require_purpose(app, asked.actor, source.action, asked.operation)
    with reading(app.read_engine, (hospital.id,)) as session:
        looking = Looking(app, session, asked, hospital, source.action,
                          _scopes(app, asked, source.action, hospital), wanted)  # fmt: skip
        page = source.page(looking)
    _record(looking)
    if one is None:
        return answered(200, _bundle(asked, kind, wanted, page))
    if not page.resources:
        raise NotFhir(Issue("not-found", "", f"no {kind} {one} that you may see"), status=404)
    return answered(200, page.resources[0], _version(page.resources[0]))


def as_id(text: str, name: str) -> UUID:
    """Our ids are UUIDs. Raises NotFhir."""
    try:
        return UUID(text)
    except ValueError:
        raise NotFhir(Issue("value", name, "is no id of this server")) from None


def paged(rows: Sequence[RowT], count: int, shape: Callable[[RowT], Resource | None]) -> Page:
    """A page of rows of which one more than `count` was read; `shape` may leave a row out."""
    page = rows[:count]
    after = str(page[-1].id) if len(rows) > count else None
    return Page([told for row in page if (told := shape(row)) is not None], after)


def _wanted(asked: Asked, source: Source) -> dict[str, str]:
    wanted: dict[str, str] = {}
    for name, value in asked.query:
        if name not in source.parameters and name not in _ANY:
            known = ", ".join(sorted(source.parameters | _ANY))
            raise NotFhir(Issue("not-supported", name, f"search by {known}"))
        if name in wanted:
            raise NotFhir(Issue("not-supported", name, "give it once"))
        wanted[name] = value
    return wanted


def _scopes(app: App, asked: Asked, action: str, hospital: Hospital) -> list[Scope]:
    """Where the account holds the action inside this hospital. Raises Denied if nowhere."""
    held = app.decisions.scopes(asked.actor, action)
    here = [
        hospital.scope if one.hospital is None else one
        for one in held
        if one.hospital in (None, hospital.id)
    ]
    if not here:
        app.decisions.require(asked.actor, action, hospital.scope)
    return here


def _record(looking: Looking) -> None:
    if not looking.fields:
        return
    app, asked = looking.app, looking.asked
    app.pipeline.record(app.drafts.read(
        app.clock(), asked.actor, looking.action, looking.hospital.scope, asked.operation,
        looking.subjects, looking.fields, {"door": "FHIR"},
    ))  # fmt: skip


def _bundle(asked: Asked, kind: str, wanted: dict[str, str], page: Page) -> Resource:
    base = "/".join(("/fhir", *asked.path[:1], kind))
    return searchset(
        page.resources,
        _link(base, wanted.items()),
        _link(base, {**wanted, "_page": page.after}.items()) if page.after else None,
    )


def _link(base: str, query: Iterable[tuple[str, str]]) -> str:
    text = urlencode(sorted(query))
    return f"{base}?{text}" if text else base


def _version(resource: Resource) -> dict[str, str]:
    version = resource.get("meta", {}).get("versionId")
    return {"ETag": f'W/"{version}"'} if version else {}
