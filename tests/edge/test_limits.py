"""The weight of documents: what is counted, and that counting stays linear."""

from typing import Any

import pytest
import strawberry
from graphql import DocumentNode, Node, parse, validate

from api.documents import MAX_TRUSTED_TOKENS, Documents, Rejected, digest
from api.limits import FREE, Limits, Scales
from tests.edge.toy import Mutation, Query

SCHEMA = strawberry.Schema(Query, Mutation)._schema


@pytest.fixture
def documents() -> Documents:
    return Documents(SCHEMA)


def reasons(documents: Documents, text: str) -> list[str]:
    try:
        documents.admit(text)
    except Rejected as why:
        return [error.message for error in why.errors]
    return []


def nodes_of(document: DocumentNode) -> int:
    """Selections in the document, as written."""
    waiting: list[Node] = list(document.definitions)
    count = 0
    while waiting:
        node = waiting.pop()
        selected = getattr(node, "selection_set", None)
        if selected:
            waiting.extend(selected.selections)
            count += len(selected.selections)
    return count


def deep(levels: int) -> str:
    return "{ person " + "{ friends(first: 1) " * (levels - 2) + "{ name " + "}" * levels


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (deep(9), "depth: 9 where 8 are allowed"),
        ("{" + " ".join(f"a{n}: hello" for n in range(16)) + "}", "aliases: 16 where 15 are allowed"),
        ("{" + "hello " * 301 + "}", "fields: 301 where 300 are allowed"),
        ("{" + "hello @skip(if: false) " * 11 + "}", "directives: 11 where 10 are allowed"),
        ("{ hello" + " ".join(f" ...f{n}" for n in range(21)) + "}"
         + "".join(f" fragment f{n} on Query {{ hello }}" for n in range(21)),
         "fragments: 21 where 20 are allowed"),
        ("{ people(first: 100) { friends(first: 20) { name } } }", "cost: 2300 where 2000 are allowed"),
        ("{ people(first: 101) { name } }", "`first` of `people` is 1 to 100"),
        ("{ people(first: 0) { name } }", "`first` of `people` is 1 to 100"),
        ("{ people(first: -5) { name } }", "`first` of `people` is 1 to 100"),
        ("{ people(first: 99999999999999999999) { name } }", "`first` of `people` is 1 to 100"),
        ("{ people { name } }", "`people` needs `first`, 1 to 100"),
        ("{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }",
         "fragment `a` contains itself"),
        ("{ __schema { types { name } } }", "introspection is off; read docs/schema.graphql"),
        ('{ __type(name: "Query") { name } }', "introspection is off; read docs/schema.graphql"),
        ("{ " + "hello " * 1000 + "}", "Syntax Error: Document contains more than 1000 tokens."
         " Parsing aborted."),
        ("{ hello } #" + "x" * 16_384, "a document has at most 16384 bytes"),
    ],
)  # fmt: skip
def test_a_document_past_a_limit_is_refused(documents: Documents, text: str, reason: str) -> None:
    assert reason in reasons(documents, text)


@pytest.mark.parametrize(
    "text",
    [
        deep(8),
        "{" + " ".join(f"a{n}: hello" for n in range(15)) + "}",
        "{" + "hello " * 300 + "}",
        "{ people(first: 100) { friends(first: 17) { name } } }",
        "{ __typename person { __typename } }",
        "query ($n: Int!) { people(first: $n) { name } }",
    ],
)
def test_a_document_at_the_limit_is_admitted(documents: Documents, text: str) -> None:
    assert reasons(documents, text) == []


def test_a_variable_first_counts_as_the_most_it_can_be(documents: Documents) -> None:
    text = "query ($n: Int!) { people(first: $n) { friends(first: $n) { name } } }"
    assert reasons(documents, text) == ["cost: 11100 where 2000 are allowed"]


def dag(levels: int, width: int) -> str:
    """Each fragment spreads the next one several times: width to the power of levels fields."""
    parts = ["{ person { ...f0 } }"]
    for level in range(levels):
        spreads = " ".join(
            f"a{level}_{n}: friends(first: 100) {{ ...f{level + 1} }}" for n in range(width)
        )
        parts.append(f"fragment f{level} on Person {{ {spreads} }}")
    return " ".join([*parts, f"fragment f{levels} on Person {{ name }}"])


BOMBS = {
    "fragment dag": dag(19, 4),
    "wide fragment dag": dag(5, 15),
    "alias product": "{ person { " + " ".join(
        f"a{n}: friends(first: 100) {{ b{n}: friends(first: 100) {{ name }} }}" for n in range(40)
    ) + "} }",
    "duplicate fields": "{ person { " + "friends(first: 100) { name } " * 120 + "} }",
    "inline fragments": "{" + "... on Query {" * 150 + "hello" + "}" * 150 + "}",
    "spreads of one fragment": "{ person { " + "...f " * 400 + "} } fragment f on Person { "
    + "name " * 150 + "}",
    "literals": "{ hello(name: [" + "1 " * 900 + "]) }",
    "nested literals": "{ hello(name: " + "[" * 190 + "]" * 190 + ") }",
    "directives": "{ hello " + "@skip(if: false) " * 190 + "}",
}  # fmt: skip


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS.keys())
def test_a_bomb_is_refused_after_looking_at_each_node_once(documents: Documents, bomb: str) -> None:
    assert reasons(documents, bomb)
    document = parse(bomb, max_lexical_tokens=MAX_TRUSTED_TOKENS)
    scales = Scales(document, SCHEMA, FREE)
    scales.verdict()
    assert scales.visits <= nodes_of(document)


def test_a_dag_of_four_to_the_nineteenth_fields_is_weighed_in_its_97_nodes() -> None:
    document = parse(dag(19, 4))
    scales = Scales(document, SCHEMA, Limits(fragments=100))
    messages = [error.message for error in scales.verdict()]
    assert "aliases: more than 10^9 where 15 are allowed" in messages
    assert scales.visits == nodes_of(document) == 155


def test_an_admitted_document_is_validated_once(
    documents: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    validated: list[Any] = []

    def counted(*given: Any, **named: Any) -> Any:
        validated.append(given)
        return validate(*given, **named)

    monkeypatch.setattr("api.documents.validate", counted)
    first = documents.admit("{ hello }")
    assert documents.admit("{ hello }") is first
    assert documents.admit("{ hello  }") is not first
    assert len(validated) == 2


def test_kept_documents_are_bounded_and_the_least_used_goes_first(
    documents: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.documents.KEEP_DOCUMENTS", 2)
    texts = ["{ hello }", "{ a: hello }", "{ b: hello }"]
    kept = documents.admit(texts[0])
    documents.admit(texts[1])
    assert documents.admit(texts[0]) is kept
    documents.admit(texts[2])
    assert documents.admit(texts[0]) is kept
    monkeypatch.setattr("api.documents.KEEP_CHARACTERS", 10)
    documents.admit("{ c: hello }")
    assert documents.admit(texts[0]) is not kept


def test_a_refused_document_is_not_kept(documents: Documents) -> None:
    for _ in range(2):
        assert reasons(documents, "{ helo }") == ["Cannot query field 'helo' on type 'Query'."]
    assert len(documents._free) == 0


def test_a_trusted_document_may_weigh_more_and_a_broken_one_stops_the_start() -> None:
    heavy = "{ people(first: 100) { friends(first: 100) { name } } }"
    documents = Documents(SCHEMA, FREE, {"heavy": heavy})
    assert documents.admit(heavy).trusted
    assert documents.trusted(digest(heavy)) is documents.admit(heavy)
    assert not documents.admit("{ hello }").trusted
    with pytest.raises(ValueError, match="trusted document old: Cannot query field 'gone'"):
        Documents(SCHEMA, FREE, {"old": "{ gone }"})
