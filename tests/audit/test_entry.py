"""Bodies: fixed bytes and hashes, and what may not stand in one."""

from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.entry import (
    HIDDEN,
    Change,
    Draft,
    OperationRef,
    ResourceRef,
    SealedRef,
    body_of,
    parse_body,
)
from audit.form import ZERO_HASH, Head, Link, Malformed, read
from audit.tree import leaf_hash
from kit.canonical import canonical_json, parse_canonical
from tests.audit.ledgers import LOG, draft, some_id

STREAM = "01a20473-34c9-7269-89db-c1a1b29660ad"
FIRST = Link(LOG, STREAM, 1, ZERO_HASH, ())

MINIMAL = (
    b'{"action":"bed.read","actor":{"id":"00000000-0000-7000-8000-000000000001","role":"",'
    b'"session":null},"at":"2026-01-05T12:00:00.000000Z","before":[],"change":[],"fields":[],'
    b'"log":"hospital.example/ledger","notes":[],"op":{"document":"","name":"","request":""},'
    b'"outcome":"done","policy":{"decision":"allow","revision":"","rule":""},"purpose":"",'
    b'"resource":null,"scope":"*","sealed":[],'
    b'"sprev":"0000000000000000000000000000000000000000000000000000000000000000","sseq":1,'
    b'"stream":"01a20473-34c9-7269-89db-c1a1b29660ad","subjects":[],"v":1}'
)
FULL = (
    '{"action":"bed.admit","actor":{"id":"00000000-0000-7000-8000-000000000001",'
    '"role":"bed-manager","session":"00000000-0000-7000-8000-000000000002"},'
    '"at":"2026-01-05T12:00:00.000123Z","before":[{"hash":"' + "ee" * 32 + '","sseq":4,'
    '"stream":"01a20473-34c9-7269-89db-000000000000","sure":false}],'
    '"change":[{"fields":[["code",null,"Über\\n\\"7\\" \\u0001"],["note",null,{"hidden":true}],'
    '["phone",{"sealed":["k1","' + "aa" * 32 + '"]},null],["use","A",-5]],'
    '"id":"00000000-0000-7000-8000-0000000003e8","op":"update","table":"stay","version":2}],'
    '"fields":["patient.name","patient.phone"],"log":"hospital.example/ledger",'
    '"notes":[["command","AdmitPatient"],["count",9007199254740991]],'
    '"op":{"document":"' + "ab" * 32 + '","name":"AdmitPatient","request":"unreadable"},'
    '"outcome":"conflict","policy":{"decision":"deny","revision":"' + "cd" * 32 + '",'
    '"rule":"bed-manager:bed.admit"},"purpose":"TREAT",'
    '"resource":{"id":"00000000-0000-7000-8000-0000000003e8","type":"stay","version":null},'
    '"scope":"00000000-0000-7000-8000-000000000003/00000000-0000-7000-8000-000000000004",'
    '"sealed":[{"id":"a1","key":"k1","sha256":"' + "bb" * 32 + '"}],"sprev":"' + "ef" * 32 + '",'
    '"sseq":7,"stream":"01a20473-34c9-7269-89db-c1a1b29660ad",'
    '"subjects":["00000000-0000-7000-8000-000000000006","00000000-0000-7000-8000-000000000009"],'
    '"v":1}'
).encode()


def minimal() -> Draft:
    at = datetime(2026, 1, 5, 12, tzinfo=UTC)
    return Draft(at=at, actor_id=some_id(1), action="bed.read", outcome="done", scope="*")


def test_the_bytes_of_the_smallest_body_never_change() -> None:
    body = body_of(minimal(), FIRST)
    assert body == MINIMAL
    assert (
        leaf_hash(body).hex() == "2ca0d29919f3f6bdaf9f48fa8e90d12367d17efe4e8d9e54297839264289d09e"
    )
    assert sha256(b"\x00" + body).digest() == leaf_hash(body)
    assert read(body) == FIRST


def test_the_bytes_of_a_full_body_never_change() -> None:
    full = draft(
        at=datetime(2026, 1, 5, 12, 0, 0, 123, tzinfo=UTC),
        outcome="conflict",
        subjects=(some_id(9), some_id(6), some_id(9)),
        fields=("patient.phone", "patient.name", "patient.phone"),
        operation=OperationRef("AdmitPatient", "ab" * 32, "<script>"),
        resource=ResourceRef("stay", str(some_id(1000))),
        policy=replace(draft().policy, decision="deny"),
        notes={"count": 2**53 - 1, "command": "AdmitPatient"},
        sealed=(("a1", SealedRef("k1", "bb" * 32)),),
        changes=(
            Change(
                "stay",
                str(some_id(1000)),
                2,
                "update",
                {
                    "use": ("A", -5),
                    "code": (None, 'U\u0308ber\n"7" \x01'),
                    "note": (None, HIDDEN),
                    "phone": (SealedRef("k1", "aa" * 32), None),
                },
            ),
        ),
    )
    head = Head("01a20473-34c9-7269-89db-000000000000", 4, "ee" * 32, sure=False)
    link = Link(LOG, STREAM, 7, "ef" * 32, (head,))
    body = body_of(full, link)
    assert body == FULL
    assert (
        leaf_hash(body).hex() == "2edb327dc058e1b78941fa39582cc8edcb7cfcb578ec5e0ee96e10b505a83a25"
    )
    assert read(body) == link
    assert parse_body(body)["notes"] == [["command", "AdmitPatient"], ["count", 2**53 - 1]]


@pytest.mark.parametrize(
    "given",
    [
        {"action": "Bed\n"},
        {"action": "x" * 161},
        {"role": "张"},
        {"purpose": '"'},
        {"outcome": "fine"},
        {"scope": "ward 7"},
        {"fields": ("patient name!",)},
        {"notes": {"Reason": "x"}},
        {"notes": {"n": 1.5}},
        {"notes": {"n": 2**53}},
        {"notes": {"n": b"x"}},
        {"resource": ResourceRef("stay", "Müller")},
        {"changes": (Change("stay", "1", 1, "merge", {}),)},
        {"changes": (Change("Stay", "1", 1, "insert", {}),)},
        {"changes": (Change("stay", "1", 1, "insert", {"a": (None, 0.5)}),)},  # type: ignore[dict-item]  # no float
        {"changes": (Change("stay", "1", 1, "insert", {"a": (None, "x" * (1 << 20))}),)},
        {"at": datetime(2026, 1, 5, 12)},  # noqa: DTZ001 - it has no zone
    ],
)
def test_a_draft_that_says_what_a_body_may_not_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        body_of(draft(**given), FIRST)


def test_what_the_sender_chose_cannot_fail_the_operation_or_smuggle_text() -> None:
    odd = OperationRef("<b>Müller</b>", "x" * 10_000, "a\nb")
    assert parse_body(body_of(draft(operation=odd), FIRST))["op"] == {
        "name": "unreadable",
        "document": "unreadable",
        "request": "unreadable",
    }


TEXTS = st.text(max_size=30).filter(lambda text: text.isprintable() or text.isascii())
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**53) + 1, 2**53 - 1), TEXTS, st.just(HIDDEN)
)
NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,10}", fullmatch=True)


@given(
    st.dictionaries(NAMES, st.tuples(VALUES, VALUES), max_size=5),
    st.dictionaries(NAMES, st.one_of(TEXTS, st.integers(-(2**53) + 1, 2**53 - 1)), max_size=4),
    st.lists(st.uuids(version=4), max_size=4),
)
def test_every_body_is_canonical_and_is_read_back(
    fields: dict[str, Any], notes: dict[str, int | str], subjects: list[UUID]
) -> None:
    change = Change("stay", str(some_id(8)), 1, "insert", fields)
    body = body_of(draft(changes=(change,), notes=notes, subjects=tuple(subjects)), FIRST)
    assert canonical_json(parse_canonical(body)) == body
    assert read(body) == FIRST
    entry = parse_body(body)
    assert [name for name, *_ in entry["change"][0]["fields"]] == sorted(fields)
    assert entry["subjects"] == sorted({str(subject) for subject in subjects})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"at":"2026-01-05', b'"at":"2026-13-05'),
        (b'"scope":"*"', b'"scope":"ward"'),
        (b'"action":"bed.read"', b'"action":"bed,read"'),
        (b'"fields":[]', b'"fields":["b","a"]'),
        (b'"subjects":[]', b'"subjects":["Mia"]'),
        (b'"stream":"01a2', b'"stream":"01A2'),
        (b'"notes":[]', b'"notes":[["b",1],["a",1]]'),
        (b'"notes":[]', b'"notes":[["a",1],["a",1]]'),
        (b'"session":null', b'"session":"x"'),
    ],
)
def test_words_that_are_not_an_entry_s_are_refused_by_the_strict_reading(
    old: bytes, new: bytes
) -> None:
    body = MINIMAL.replace(old, new)
    assert body != MINIMAL
    read(body)  # the form alone would do
    with pytest.raises(Malformed):
        parse_body(body)
