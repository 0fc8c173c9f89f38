"""Start-up refuses a schema in which anything is unclassified.

Every Query and Subscription field names an action, every Mutation field carries a command whose
union holds `Problem`, every other output field has a class of data; a field that may be hidden
from someone who sees its object must be able to answer null.
"""

from collections.abc import Iterator

import strawberry
from strawberry.types import get_object_definition
from strawberry.types.base import StrawberryObjectDefinition, StrawberryOptional
from strawberry.types.union import StrawberryUnion

from api.mutation import COMMAND
from api.problems import Problem
from api.query import ACTION
from api.sight import CLASS, View
from authz.classes import DataClass
from kit.command import Command

ROOTS = ("Query", "Mutation", "Subscription")
# Implied by the action of a read: a role with the action but not the class gets an error.
IMPLIED = frozenset(
    {
        DataClass.GENERAL,
        DataClass.BED,
        DataClass.CAPACITY,
        DataClass.DEVICE,
        DataClass.ALARM,
        DataClass.ACCOUNTS,
        DataClass.AUDIT,
    }
)


class Unclassified(RuntimeError):
    """Names every field that nobody said who may see."""


def refuse_unclassified(schema: strawberry.Schema, actions: frozenset[str]) -> None:
    """Raise Unclassified unless every field has its action or class. `actions`: the policy's."""
    faults = [*_roots(schema, actions), *_outputs(schema)]
    if faults:
        raise Unclassified("; ".join(sorted(faults)))


def object_types(schema: strawberry.Schema) -> dict[str, StrawberryObjectDefinition]:
    """The schema's own object types by name, roots included."""
    return {
        name: concrete.definition
        for name, concrete in schema.schema_converter.type_map.items()
        if isinstance(concrete.definition, StrawberryObjectDefinition)
        and not concrete.definition.is_input
        and not concrete.definition.is_interface
    }


def _roots(schema: strawberry.Schema, actions: frozenset[str]) -> Iterator[str]:
    types = object_types(schema)
    for root in ROOTS:
        for field in types[root].fields if root in types else ():
            if root == "Mutation":
                command = field.metadata.get(COMMAND, object)
                if not (isinstance(command, type) and issubclass(command, Command)):
                    yield f"Mutation.{field.name} carries no command"
                elif command.action not in actions:
                    yield f"{command.__name__}: no role may {command.action}"
                if not _can_refuse(field.type):
                    yield f"Mutation.{field.name} cannot answer with a Problem"
            elif field.metadata.get(ACTION) not in actions:
                yield f"{root}.{field.name} names no action of the policy"


def _can_refuse(kind: object) -> bool:
    return isinstance(kind, StrawberryUnion) and Problem in kind.types


def _outputs(schema: strawberry.Schema) -> Iterator[str]:
    for name, definition in object_types(schema).items():
        if name in ROOTS:
            continue
        for field in definition.fields:
            kind = field.metadata.get(CLASS)
            if not isinstance(kind, DataClass) and field.metadata.get(ACTION) not in (None, ""):
                continue  # a nested read with an action of its own
            if not isinstance(kind, DataClass):
                yield f"{name}.{field.name} has no class of data"
            elif _may_be_hidden(definition, kind) and not isinstance(
                field.type, StrawberryOptional
            ):
                yield f"{name}.{field.name} ({kind.name}) must be able to answer null"


def _may_be_hidden(definition: StrawberryObjectDefinition, kind: DataClass) -> bool:
    return issubclass(definition.origin, View) and kind not in IMPLIED


def view_class(view: type, name: str) -> DataClass | None:
    """The class of one field of a view, by its Python name."""
    fields = get_object_definition(view, strict=True).fields
    found = next((field for field in fields if field.python_name == name), None)
    kind = found.metadata.get(CLASS) if found else None
    return kind if isinstance(kind, DataClass) else None
