"""What one subscriber asks to see: the live field, its arguments, and the key it can share.

Two subscribers share one execution only if document, operation, variables and rights are the
same. `after` stands outside: a payload shows the whole state, so it answers every cursor.
"""

from dataclasses import dataclass
from typing import Any, cast

import orjson
import strawberry
from graphql import (
    ExecutionResult,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    NonNullTypeNode,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    execute,
    get_argument_values,
    get_variable_values,
    visit,
)
from graphql.language import Visitor
from strawberry.types.arguments import convert_arguments

from api.documents import Document, Rejected
from api.limits import metadata
from api.subscription import LIVE, Live

RESUME = "after"
ALWAYS_NEW = frozenset({"asOf", "cursor"})  # differ in every reading; that alone is no news
MAX_COERCION_ERRORS = 10


@dataclass(frozen=True, slots=True, eq=False)
class Watch:
    """An executable subscription. `key` is equal where document and variables are."""

    document: Document
    operation_name: str | None
    name: str
    variables: dict[str, Any]
    live: Live
    arguments: dict[str, Any]
    key: tuple[str, str, bytes]
    ageless: frozenset[str]  # response keys that are never compared

    def execute(self, schema: strawberry.Schema, view: Any, context: Any) -> ExecutionResult:
        """Run the document over a payload's view. Nothing below it may be asynchronous."""
        result = execute(
            schema._schema,
            self.document.node,
            root_value=view,
            context_value=context,
            variable_values=self.variables,
            operation_name=self.operation_name,
            executor_class=schema.execution_context_class,
            is_awaitable=cast("Any", _never),
            is_async_iterable=cast("Any", _never),
            hide_suggestions=True,
            operation_extensions=None,
        )
        if not isinstance(result, ExecutionResult):
            raise TypeError("a live payload has an asynchronous field")
        return result


def watch_of(
    schema: strawberry.Schema, document: Document, name: str | None, variables: dict[str, Any]
) -> Watch:
    """What the request watches. Raises Rejected where it is not one good subscription."""
    operation = document.operation(name)
    if operation.operation is not OperationType.SUBSCRIPTION:
        raise Rejected.because("USE_HTTP", "queries and mutations are served over HTTP")
    node = _root_field(document, operation)
    root = schema._schema.subscription_type
    known = root.fields[node.name.value] if root else None
    live = metadata(known).get(LIVE) if known else None
    if known is None or live is None:
        raise Rejected.because("NOT_LIVE", "this field cannot be watched")
    given = _without_resume(operation, node, variables)
    values = get_variable_values(
        schema._schema,
        operation.variable_definitions or (),
        given,
        max_errors=MAX_COERCION_ERRORS,
        hide_suggestions=True,
    )
    if isinstance(values, list):
        raise Rejected(*values)
    try:
        raw = get_argument_values(known, node, values)
    except GraphQLError as error:
        raise Rejected(error) from None
    definition = known.extensions["strawberry-definition"]
    arguments = convert_arguments(
        raw,
        definition.arguments,
        scalar_registry=schema.schema_converter.scalar_registry,
        config=schema.config,
    )
    operation_name = operation.name.value if operation.name else ""
    key = (document.digest, operation_name, orjson.dumps(given, option=orjson.OPT_SORT_KEYS))
    return Watch(document, name, operation_name, given, live, arguments, key, _ageless(document))


def _root_field(document: Document, operation: OperationDefinitionNode) -> FieldNode:
    """The one field; validation has made sure that there is one."""
    fragments: dict[str, Any] = {
        definition.name.value: definition
        for definition in document.node.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }
    selections: list[Any] = list(operation.selection_set.selections)
    while not isinstance(selections[0], FieldNode):
        first = selections[0]
        inner = fragments[first.name.value] if isinstance(first, FragmentSpreadNode) else first
        selections = list(inner.selection_set.selections)
    found: FieldNode = selections[0]
    return found


def _without_resume(
    operation: OperationDefinitionNode, node: FieldNode, variables: dict[str, Any]
) -> dict[str, Any]:
    given = {d.variable.name.value: d for d in operation.variable_definitions or ()}
    kept = {name: value for name, value in variables.items() if name in given}
    for argument in node.arguments or ():
        if argument.name.value == RESUME and isinstance(argument.value, VariableNode):
            name = argument.value.name.value
            kept.pop(name, None)
            if isinstance(given[name].type, NonNullTypeNode):
                kept[name] = ""
    return kept


def _ageless(document: Document) -> frozenset[str]:
    """Response keys under which nothing stands but what is always new."""
    found: set[str] = set()
    taken: set[str] = set()

    class Keys(Visitor):
        def enter_field(self, field: FieldNode, *_: Any) -> None:
            shown = field.alias.value if field.alias else field.name.value
            (found if field.name.value in ALWAYS_NEW else taken).add(shown)

    visit(document.node, Keys())
    return frozenset(found - taken)


def _never(_value: Any) -> Any:
    return False
