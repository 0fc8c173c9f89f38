"""What a viewer may see of a row, field by field, and what was shown.

A view's fields carry a class of data. The schema's default resolver asks the row's `Sight`
before it hands a value out: a class that the viewer does not hold in the row's place answers
null and is noted as denied, and so does what the patient keeps from this viewer; a sealed value
opens here and nowhere else, so the disclosure is recorded even where a resolver's author forgot
that there is such a thing.
"""

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeVar
from uuid import UUID

import strawberry
from strawberry.types import get_object_definition

from app.withholding import Withheld
from authz.classes import RECORDED, DataClass, seeing
from kit.sealed import Erased, Sealed, SealedPlace, Vault
from kit.work import Scope

CLASS = "class"

T = TypeVar("T")


@dataclass(slots=True)
class Disclosures:
    """What one operation showed: (subject, field) pairs, where, and what it hid."""

    shown: set[tuple[UUID, str]] = field(default_factory=set)
    scopes: set[Scope] = field(default_factory=set)
    denied: set[str] = field(default_factory=set)
    withheld: set[UUID] = field(default_factory=set)  # subjects, by what they have said
    cared_for: set[UUID] = field(default_factory=set)  # shown regardless, for care or break-glass

    def counts(self) -> dict[str, int | str]:
        """For the entry: how many fields and people were hidden, how many shown regardless."""
        told = {"denied": len(self.denied), "withheld": len(self.withheld),
                "directives_passed": len(self.cared_for)}  # fmt: skip
        return {name: count for name, count in told.items() if count}


@dataclass(slots=True)
class Sight:
    """The classes that a viewer holds in one place, and where to note what was shown."""

    scope: Scope
    classes: frozenset[str]
    disclosures: Disclosures
    vault: Vault
    withheld: Withheld | None = None
    cares: bool = False  # so much that the patient's directives do not stand in the way

    def keeps(self, kind: str, subject: UUID | None) -> bool:
        """True where the person has said that this reader is not to see it."""
        held = self.withheld
        if held is None or kind not in held.kinds or subject not in held.subjects:
            return False
        (self.disclosures.cared_for if self.cares else self.disclosures.withheld).add(subject)
        return not self.cares


@dataclass(frozen=True, slots=True)
class Closed:
    """A sealed value on its way to a view; `shape` turns the opened text into what is shown."""

    sealed: Sealed
    place: SealedPlace
    shape: Any = None


def closed(sealed: Sealed | None, place: SealedPlace) -> Any:
    """A sealed value for a view's field, opened when somebody who may see it asks."""
    return Closed(sealed, place) if sealed else None


@strawberry.type
class View:
    """Base of every output type that shows a row."""

    sight: strawberry.Private[Sight]
    subject: strawberry.Private[UUID | None] = None


def shows(kind: DataClass, description: str | None = None) -> Any:
    """Declare a view's field and its class of data."""
    return strawberry.field(metadata={CLASS: kind}, description=description)


def classified(kind: DataClass) -> Any:
    """Class decorator, above `@strawberry.type`: fields without a class of their own get `kind`."""

    def decorate(view: type[T]) -> type[T]:
        for field_ in get_object_definition(view, strict=True).fields:
            if field_.base_resolver is None and CLASS not in field_.metadata:
                field_.metadata = MappingProxyType({**field_.metadata, CLASS: kind})
            _name_permission(field_)
        return view

    return decorate


def _name_permission(field_: Any) -> None:
    """Let the field's documentation say which right it takes to see it."""
    kind = field_.metadata.get(CLASS)
    if kind is not None and kind is not DataClass.GENERAL:
        field_.description = f"{field_.description or ''} Needs `{seeing(kind)}`.".strip()


def look(source: Any, name: str) -> Any:
    """The schema's default resolver."""
    if not isinstance(source, View):
        return source.get(name) if isinstance(source, dict) else getattr(source, name)
    kind, label = _fields_of(type(source))[name]
    sight = source.sight
    if kind not in sight.classes:
        sight.disclosures.denied.add(label)
        return None
    value = getattr(source, name)
    if value is None:
        return None
    sealed = isinstance(value, Closed)
    if sight.keeps(kind, value.place.subject if sealed else source.subject):
        return None
    if sealed:
        return _open(value, sight, label)
    if kind in RECORDED and source.subject is not None:
        sight.disclosures.shown.add((source.subject, label))
        sight.disclosures.scopes.add(sight.scope)
    return value


def _open(value: Closed, sight: Sight, label: str) -> Any:
    try:
        text = sight.vault.open(value.sealed, value.place)
    except Erased:
        return None  # and `Patient.erasedAt` says since when
    sight.disclosures.shown.add((value.place.subject, label))
    sight.disclosures.scopes.add(sight.scope)
    return value.shape(text) if value.shape else text


_known: dict[type, dict[str, tuple[str, str]]] = {}


def _fields_of(view: type) -> dict[str, tuple[str, str]]:
    """Per attribute: its class and its name in the schema, `Type.field`."""
    fields = _known.get(view)
    if fields is None:
        definition = get_object_definition(view, strict=True)
        fields = _known[view] = {
            f.python_name: (f.metadata[CLASS], f"{definition.name}.{f.name}")
            for f in definition.fields
            if CLASS in f.metadata
        }
    return fields
