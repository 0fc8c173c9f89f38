"""Which class of work an operation is: what may wait, and what may not, when there is too much."""

from typing import Any

from graphql import GraphQLSchema, OperationDefinitionNode, OperationType

from api.documents import Document, root_fields
from api.limits import ONCE
from api.query import ACTION
from api.question import ASKED
from app.objectives import WorkClass

FIRST = "first"  # the argument of every list that goes on


def class_of(
    schema: GraphQLSchema, document: Document, operation: OperationDefinitionNode
) -> WorkClass:
    """Changes and whatever shows alarms are care; a list, a chart or a question to a solver makes
    the whole operation one."""
    if operation.operation is OperationType.MUTATION:
        return WorkClass.CARE
    root = schema.get_root_type(operation.operation)
    fields = root_fields(schema, document, operation)
    if all(str(known.get(ACTION, "")).startswith("alarm.") for _, known in fields):
        return WorkClass.CARE
    known_fields: Any = root.fields if root else {}
    lists = any(
        known.get(ONCE) or known.get(ASKED)
        or (name in known_fields and FIRST in known_fields[name].args)
        for name, known in fields
    )  # fmt: skip
    return WorkClass.LIST if lists else WorkClass.SCREEN
