"""How heavy a document may be, measured in one linear walk before anything else looks at it.

Fields, aliases and cost are counted as they will be executed, that is with every fragment
spread in place. Each fragment is weighed once and its weight reused, so that the numbers of
a fragment DAG multiply while the work does not (the usual rules walk the product).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_leaf_type,
)

MAX_TOKENS = 1000
MAX_DOCUMENT_BYTES = 16 * 1024
OVER_LIMIT = "OVER_LIMIT"

ONCE = "once"  # field metadata: at most once in a document (log-in, refresh, break-glass)
AT_MOST = "at_most"  # field metadata: the longest that a list without pages gets
UNKNOWN_LIST = 10  # objects in a list of which nothing is said
OBJECT = 10  # an object costs 1, a plain value a tenth: both are paid for in the executor


@dataclass(frozen=True, slots=True)
class Limits:
    """`cost` is in objects: a list costs its `first` times what one item costs."""

    depth: int = 8
    aliases: int = 15
    fields: int = 300
    directives: int = 10
    fragments: int = 20
    cost: int = 2000
    first: int = 100
    introspection: bool = False


FREE = Limits()
TRUSTED = Limits(depth=12, aliases=60, fields=900, directives=40, fragments=40, cost=20_000)


@dataclass(slots=True)
class Weight:
    """What a selection comes to when it is executed. `cost` is in tenths of an object."""

    fields: int = 0
    aliases: int = 0
    depth: int = 0
    cost: int = 0
    once: dict[str, int] = field(default_factory=dict)

    def add(self, other: "Weight") -> None:
        self.fields += other.fields
        self.aliases += other.aliases
        self.depth = max(self.depth, other.depth)
        self.cost += other.cost
        for name, count in other.once.items():
            self.once[name] = self.once.get(name, 0) + count


def over_limit(document: DocumentNode, schema: GraphQLSchema, limits: Limits) -> list[GraphQLError]:
    """Every limit that the document breaks; none for a document that may go on."""
    return Scales(document, schema, limits).verdict()


class Scales:
    """One weighing. `visits` counts the nodes looked at, never more than the document has."""

    def __init__(self, document: DocumentNode, schema: GraphQLSchema, limits: Limits) -> None:
        self.visits = 0
        self._schema = schema
        self._limits = limits
        self._directives = 0
        self._problems: dict[str, GraphQLError] = {}
        self._known: dict[str, Weight | None] = {}
        self._operations = list(_of_kind(document, OperationDefinitionNode))
        self._fragments = {f.name.value: f for f in _of_kind(document, FragmentDefinitionNode)}
        self._count = len(list(_of_kind(document, FragmentDefinitionNode)))

    def verdict(self) -> list[GraphQLError]:
        """Weigh all operations together; they share the document's allowance."""
        self._compare("fragments", self._count, self._limits.fragments)
        if not self._problems:
            self._judge(self._whole())
        return list(self._problems.values())

    def _whole(self) -> Weight:
        total = Weight()
        for operation in self._operations:
            self._directives += len(operation.directives or ())
            root = self._schema.get_root_type(operation.operation)
            total.add(self._selections(operation.selection_set, root, 0))
        return total

    def _judge(self, total: Weight) -> None:
        limits = self._limits
        self._compare("depth", total.depth, limits.depth)
        self._compare("aliases", total.aliases, limits.aliases)
        self._compare("fields", total.fields, limits.fields)
        self._compare("directives", self._directives, limits.directives)
        self._compare("cost", -(-total.cost // OBJECT), limits.cost)
        for name, count in total.once.items():
            if count > 1:
                self._problem(f"once {name}", f"`{name}` may stand once in a document")

    def _selections(self, node: SelectionSetNode, parent: Any, level: int) -> Weight:
        total = Weight()
        if level > 2 * self._limits.depth + 2:  # inline fragments nest too
            self._problem("depth", "the document is nested too deeply")
            return total
        for selection in node.selections:
            self.visits += 1
            self._directives += len(selection.directives or ())
            if isinstance(selection, FieldNode):
                total.add(self._field(selection, parent, level))
            elif isinstance(selection, FragmentSpreadNode):
                total.add(self._spread(selection.name.value))
            elif isinstance(selection, InlineFragmentNode):
                on = selection.type_condition
                inner = self._schema.get_type(on.name.value) if on else parent
                total.add(self._selections(selection.selection_set, inner, level + 1))
        return total

    def _spread(self, name: str) -> Weight:
        """A fragment's weight, worked out the first time that it is met."""
        fragment = self._fragments.get(name)
        if fragment is None:
            return Weight()  # the specification's own rule names it
        if name not in self._known:
            self._known[name] = None
            on = self._schema.get_type(fragment.type_condition.name.value)
            self._directives += len(fragment.directives or ())
            self._known[name] = self._selections(fragment.selection_set, on, 0)
        known = self._known[name]
        if known is None:
            self._problem("cycle", f"fragment `{name}` contains itself")
            return Weight()
        return known

    def _field(self, node: FieldNode, parent: Any, level: int) -> Weight:
        name = node.name.value
        if name in ("__schema", "__type"):
            return self._introspection()
        known = parent.fields.get(name) if _has_fields(parent) else None
        inner = Weight()
        if node.selection_set:
            kind = get_named_type(known.type) if known else None
            inner = self._selections(node.selection_set, kind, level + 1)
        once = dict(inner.once)
        if known and metadata(known).get(ONCE):
            once[name] = once.get(name, 0) + 1
        return Weight(
            inner.fields + 1,
            inner.aliases + (node.alias is not None),
            inner.depth + 1,
            self._cost(node, known, parent, inner.cost),
            once,
        )

    def _cost(self, node: FieldNode, known: GraphQLField | None, parent: Any, inner: int) -> int:
        if known is None or is_leaf_type(get_named_type(known.type)):
            return 1 + inner
        items = self._length(known, parent)
        if "first" not in known.args:
            return items * (OBJECT + inner)
        page = self._page(node)
        return page * (OBJECT + inner) if _is_list(known) else OBJECT + page * inner

    def _page(self, node: FieldNode) -> int:
        """The value of `first`; a variable counts as the most it can be."""
        most = self._limits.first
        given = next((a.value for a in node.arguments or () if a.name.value == "first"), None)
        if given is None:
            self._problem("first", f"`{node.name.value}` needs `first`, 1 to {most}")
        if isinstance(given, IntValueNode) and len(given.value) < len(str(most)) + 2:
            if 1 <= int(given.value) <= most:
                return int(given.value)
            self._problem("first", f"`first` of `{node.name.value}` is 1 to {most}")
        elif isinstance(given, IntValueNode):
            self._problem("first", f"`first` of `{node.name.value}` is 1 to {most}")
        return most

    @staticmethod
    def _length(known: GraphQLField, parent: Any) -> int:
        if not _is_list(known):
            return 1
        if parent.name.endswith("Connection"):
            return 1  # the connection's `first` multiplies it already
        length: int = metadata(known).get(AT_MOST, UNKNOWN_LIST)
        return length

    def _introspection(self) -> Weight:
        if not self._limits.introspection:
            self._problem("introspection", "introspection is off; read docs/schema.graphql")
        return Weight(fields=1)

    def _compare(self, limit: str, found: int, most: int) -> None:
        if found > most:
            shown = str(found) if found < 10**9 else "more than 10^9"
            self._problem(limit, f"{limit}: {shown} where {most} are allowed")

    def _problem(self, limit: str, message: str) -> None:
        coded = {"code": OVER_LIMIT, "limit": limit.split()[0]}
        self._problems.setdefault(limit, GraphQLError(message, extensions=coded))


def metadata(known: GraphQLField) -> dict[Any, Any]:
    """What the schema's author wrote beside a field."""
    definition = known.extensions.get("strawberry-definition")
    return getattr(definition, "metadata", None) or {}


def _is_list(known: GraphQLField) -> bool:
    kind = known.type.of_type if isinstance(known.type, GraphQLNonNull) else known.type
    return isinstance(kind, GraphQLList)


def _has_fields(parent: Any) -> bool:
    return isinstance(parent, GraphQLObjectType | GraphQLInterfaceType)


def _of_kind(document: DocumentNode, kind: type[Any]) -> Iterator[Any]:
    nodes: Iterable[Node] = document.definitions
    return (node for node in nodes if isinstance(node, kind))
