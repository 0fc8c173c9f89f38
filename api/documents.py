"""Documents that may be executed: parsed, weighed and validated once, then kept.

Trusted documents are files of `api/operations`, known by the SHA-256 of their bytes. They are
compiled when the program starts and never leave; free-form ones stay while there is room.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Any

from graphql import (
    DocumentNode,
    ExecutableDefinitionNode,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    parse,
    strip_ignored_characters,
    validate,
)
from graphql.validation import specified_rules
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from api.limits import (
    FREE,
    MAX_DOCUMENT_BYTES,
    MAX_TOKENS,
    OVER_LIMIT,
    TRUSTED,
    Limits,
    metadata,
    over_limit,
)

RULES = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)
KEEP_DOCUMENTS = 512
KEEP_CHARACTERS = 1 << 20  # of source text; the parsed form takes some thirty times as much
MAX_COMMENTS = 200
MAX_ERRORS = 10
MAX_TRUSTED_TOKENS = 4000


class Rejected(Exception):
    """A document that must not be executed, and why."""

    def __init__(self, *errors: GraphQLError) -> None:
        super().__init__(errors[0].message)
        self.errors = list(errors)

    @classmethod
    def because(cls, code: str, message: str) -> "Rejected":
        return cls(GraphQLError(message, extensions={"code": code}))


@dataclass(frozen=True, slots=True)
class Document:
    """A document that keeps every rule. `digest` is the SHA-256 of its text, in hex."""

    digest: str
    node: DocumentNode
    trusted: bool

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """The operation to run. Raises Rejected where the name does not say which."""
        found = [
            definition
            for definition in self.node.definitions
            if isinstance(definition, OperationDefinitionNode)
            and (name is None or (definition.name and definition.name.value == name))
        ]
        if len(found) == 1:
            return found[0]
        raise Rejected.because(
            "OPERATION_NOT_FOUND", "operationName must name one operation of the document"
        )


class Documents:
    """Admits documents for one schema. Safe to use from several threads."""

    def __init__(
        self,
        schema: GraphQLSchema,
        limits: Limits = FREE,
        trusted: Mapping[str, str] | None = None,
    ) -> None:
        """`trusted` maps names to texts. Raises ValueError naming a text that is not valid."""
        self._schema = schema
        self._limits = limits
        self._lock = Lock()
        self._free: OrderedDict[str, Document] = OrderedDict()
        self._lengths: dict[str, int] = {}
        self._trusted = {
            digest(text): self._compiled(name, text) for name, text in (trusted or {}).items()
        }
        self._stripped = {
            digest(_stripped(text)): self._trusted[digest(text)]
            for text in (trusted or {}).values()
        }
        self._laid_out: dict[str, Document] = {}

    def trusted(self, key: str) -> Document:
        """The allow-listed document of that SHA-256, with or without `sha256:`."""
        known = self._trusted.get(key.removeprefix("sha256:").lower())
        if known is None:
            raise Rejected.because("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
        return known

    def known(self, text: str) -> Document | None:
        """The document of a text that was admitted before; nothing is parsed for it."""
        key = digest(text)
        with self._lock:
            return self._trusted.get(key) or self._free.get(key) or self._laid_out.get(text)

    def listed(self, text: str) -> Document:
        """The allow-listed document of a text, however the client's library laid it out."""
        found = self._trusted.get(digest(text)) or self._laid_out.get(text)
        if found is None:
            found = self._stripped.get(digest(_stripped(text)))
            if found is None:
                raise Rejected.because(
                    "TRUSTED_ONLY", "this account may only run the allow-listed operations"
                )
            if len(self._laid_out) < KEEP_DOCUMENTS:
                self._laid_out[text] = found
        return found

    def admit(self, text: str) -> Document:
        """The document of a text. Raises Rejected with every reason."""
        key = digest(text)
        with self._lock:
            known = self._trusted.get(key) or self._free.get(key)
            if known is not None:
                if not known.trusted:
                    self._free.move_to_end(key)
                return known
        document = Document(key, self._checked(text, self._limits, MAX_TOKENS), trusted=False)
        self._keep(document, len(text))
        return document

    def _compiled(self, name: str, text: str) -> Document:
        try:
            node = self._checked(text, TRUSTED, MAX_TRUSTED_TOKENS)
        except Rejected as why:
            reasons = "; ".join(error.message for error in why.errors)
            raise ValueError(f"trusted document {name}: {reasons}") from why
        return Document(digest(text), node, trusted=True)

    def _checked(self, text: str, limits: Limits, tokens: int) -> DocumentNode:
        node = _parsed(text, tokens)
        errors = over_limit(node, self._schema, limits)
        errors = errors or validate(
            self._schema, node, RULES, max_errors=MAX_ERRORS, hide_suggestions=True
        )
        if errors:
            raise Rejected(*errors)
        # Without the chain of tokens a kept document takes a fifth of the memory.
        return parse(text, no_location=True)

    def _keep(self, document: Document, characters: int) -> None:
        with self._lock:
            self._free[document.digest] = document
            self._lengths[document.digest] = characters
            while len(self._free) > KEEP_DOCUMENTS or sum(self._lengths.values()) > KEEP_CHARACTERS:
                oldest, _ = self._free.popitem(last=False)
                del self._lengths[oldest]


def digest(text: str) -> str:
    """What a document is known by."""
    return sha256(text.encode()).hexdigest()


def trusted_in(folder: Path) -> dict[str, str]:
    """The texts of a folder's *.graphql files, by file name."""
    return {path.name: path.read_text("utf-8") for path in sorted(folder.glob("*.graphql"))}


def root_fields(
    schema: GraphQLSchema, document: Document, operation: OperationDefinitionNode
) -> list[tuple[str, dict[Any, Any]]]:
    """Names and metadata of an operation's first-level fields, fragments spread in place."""
    root = schema.get_root_type(operation.operation)
    fragments = {
        definition.name.value: definition
        for definition in document.node.definitions
        if isinstance(definition, ExecutableDefinitionNode)
        and not isinstance(definition, OperationDefinitionNode)
        and definition.name
    }
    found: list[tuple[str, dict[Any, Any]]] = []
    waiting: list[Any] = list(operation.selection_set.selections)
    met: set[str] = set()
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, FieldNode):
            known = root.fields.get(node.name.value) if root else None
            found.append((node.name.value, metadata(known) if known else {}))
        elif hasattr(node, "type_condition"):
            waiting.extend(node.selection_set.selections)
        elif node.name.value not in met:
            met.add(node.name.value)
            waiting.extend(fragments[node.name.value].selection_set.selections)
    return found


def _stripped(text: str) -> str:
    """The text without what GraphQL ignores: spaces, commas, comments."""
    if len(text) > MAX_DOCUMENT_BYTES:
        return text
    try:
        return strip_ignored_characters(text)
    except GraphQLError:
        return text


def _parsed(text: str, tokens: int) -> DocumentNode:
    if len(text.encode()) > MAX_DOCUMENT_BYTES:
        raise Rejected.because(OVER_LIMIT, f"a document has at most {MAX_DOCUMENT_BYTES} bytes")
    try:
        return parse(text, max_lexical_tokens=tokens, max_comments=MAX_COMMENTS)
    except GraphQLError as error:
        raise Rejected(error) from None
