"""What the ledger says: one entry per operation, as exact canonical bytes.

A draft is what the house knows; its body is what is hashed, stored and exported. A body holds
ids, codes, counts and times. It never holds names, national numbers or free text.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from typing import Any
from uuid import UUID

import orjson

from audit.form import MAX_BODY, OUTCOMES, VERSION, Head, Link, Malformed, read
from kit.canonical import MAX_INTEGER
from kit.clock import parse_time, time_text

Value = None | bool | int | str
_CODE = re.compile(r"[A-Za-z0-9_.:/*@ -]{0,160}", re.ASCII)
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_SCOPE = re.compile(r"\*|[0-9a-f-]{36}(?:/[0-9a-f-]{36})?", re.ASCII)
_DECISIONS = ("allow", "deny")
_OPS = ("insert", "update", "delete")


@dataclass(frozen=True, slots=True)
class SealedRef:
    """An encrypted value: whose key seals it, and which bytes it is."""

    key: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Hidden:
    """A text that was set; the ledger says that it changed and never what it says."""


HIDDEN = Hidden()
Recorded = Value | SealedRef | Hidden


@dataclass(frozen=True, slots=True)
class Change:
    """One row that a command inserted, updated or deleted: field → (old, new)."""

    table: str
    id: str
    version: int | None
    op: str
    fields: Mapping[str, tuple[Recorded, Recorded]]


@dataclass(frozen=True, slots=True)
class OperationRef:
    """The request: its name, the SHA-256 of its document, its id. Any of them may be empty."""

    name: str = ""
    document: str = ""
    request: str = ""


@dataclass(frozen=True, slots=True)
class ResourceRef:
    type: str
    id: str
    version: int | None = None


@dataclass(frozen=True, slots=True)
class PolicyRef:
    """The policy that decided: the hash of its rules, the rule, allow or deny."""

    revision: str = ""
    rule: str = ""
    decision: str = "allow"


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry before it has its place in a stream."""

    at: datetime
    actor_id: UUID
    action: str
    outcome: str
    scope: str
    role: str = ""
    session: UUID | None = None
    purpose: str = ""
    operation: OperationRef = OperationRef()
    resource: ResourceRef | None = None
    subjects: tuple[UUID, ...] = ()
    fields: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    notes: Mapping[str, int | str] = field(default_factory=dict)
    policy: PolicyRef = PolicyRef()
    sealed: tuple[tuple[str, SealedRef], ...] = ()


def body_of(draft: Draft, link: Link) -> bytes:
    """The canonical bytes. Raises ValueError where a draft says what a body may not."""
    # the bytes of kit.canonical.canonical_json, four times as fast: only the values that _plain
    # checks could differ, and a test holds the two together
    body = orjson.dumps(_members(draft, link), option=orjson.OPT_SORT_KEYS)
    if len(body) > MAX_BODY:
        raise ValueError("an entry has at most 1 MiB; split the command")
    return body


def _members(draft: Draft, link: Link) -> dict[str, object]:
    return {
        "v": VERSION,
        "log": link.log,
        "stream": link.stream,
        "sseq": link.sseq,
        "sprev": link.sprev,
        "before": [_head(head) for head in link.before],
        "at": time_text(draft.at),
        "actor": {
            "id": str(draft.actor_id),
            "role": _code(draft.role),
            "session": None if draft.session is None else str(draft.session),
        },
        "action": _code(draft.action),
        "outcome": _one_of(draft.outcome, OUTCOMES),
        "purpose": _code(draft.purpose),
        "scope": _scope(draft.scope),
        "op": _operation(draft.operation),
        "resource": _resource(draft.resource),
        "subjects": sorted({str(subject) for subject in draft.subjects}),
        "fields": sorted({_code(name) for name in draft.fields}),
        "change": [_change(change) for change in draft.changes],
        "notes": [[_name(key), _plain(draft.notes[key])] for key in sorted(draft.notes)],
        "policy": {
            "revision": _code(draft.policy.revision),
            "rule": _code(draft.policy.rule),
            "decision": _one_of(draft.policy.decision, _DECISIONS),
        },
        "sealed": [{"id": key, "key": ref.key, "sha256": ref.sha256} for key, ref in draft.sealed],
    }


def parse_body(body: bytes) -> dict[str, Any]:
    """The members of a body. Raises Malformed unless form and words are an entry's."""
    read(body)
    entry: dict[str, Any] = orjson.loads(body)
    try:
        _check_words(entry)
    except (ValueError, AttributeError):
        raise Malformed("a member of the entry is not what it must be") from None
    return entry


def _check_words(entry: dict[str, Any]) -> None:
    actor, op, policy = entry["actor"], entry["op"], entry["policy"]
    _uuid(actor["id"])
    _uuid(entry["stream"])
    if actor["session"] is not None:
        _uuid(actor["session"])
    parse_time(entry["at"])
    _scope(entry["scope"])
    words = (entry["action"], actor["role"], entry["purpose"], *op.values(), *policy.values())
    for word in (*words, *entry["fields"]):
        _code(word)
    for subject in entry["subjects"]:
        _uuid(subject)
    named = ([name for name, *_ in rows] for rows in _named(entry))
    for listed in (entry["subjects"], entry["fields"], *named):
        if any(left >= right for left, right in pairwise(listed)):
            raise ValueError("a set is sorted and names everything once")


def _named(entry: dict[str, Any]) -> list[list[list[Any]]]:
    return [entry["notes"], *(change["fields"] for change in entry["change"])]


def _head(head: Head) -> dict[str, object]:
    return {"stream": head.stream, "sseq": head.sseq, "hash": head.hash, "sure": head.sure}


def _operation(operation: OperationRef) -> dict[str, object]:
    # the sender chooses these: an odd one must not fail the operation
    return {
        "name": _code_or_mark(operation.name),
        "document": _code_or_mark(operation.document),
        "request": _code_or_mark(operation.request),
    }


def _resource(resource: ResourceRef | None) -> dict[str, object] | None:
    if resource is None:
        return None
    return {"type": _code(resource.type), "id": _id(resource.id), "version": resource.version}


def _change(change: Change) -> dict[str, object]:
    return {
        "table": _name(change.table),
        "id": _id(change.id),
        "version": change.version,
        "op": _one_of(change.op, _OPS),
        "fields": [
            [_name(key), _recorded(change.fields[key][0]), _recorded(change.fields[key][1])]
            for key in sorted(change.fields)
        ],
    }


def _recorded(value: Recorded) -> object:
    if isinstance(value, SealedRef):
        return {"sealed": [value.key, value.sha256]}
    return {"hidden": True} if isinstance(value, Hidden) else _plain(value)


def _plain(value: Value) -> Value:
    """Raises ValueError for what has no canonical form."""
    if isinstance(value, str):
        return value if value.isascii() else unicodedata.normalize("NFC", value)
    if value is None or isinstance(value, bool):
        return value
    if not isinstance(value, int) or abs(value) > MAX_INTEGER:
        raise ValueError("a value is null, true, false, a text or an integer below 2^53")
    return int(value)


@lru_cache(maxsize=4096)  # the same few words in every entry
def _code(text: str) -> str:
    if not _CODE.fullmatch(text):
        raise ValueError("a code is at most 160 letters, digits, blanks or _ . : / * @ -")
    return text


@lru_cache(maxsize=4096)
def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError("a name is lower case letters, digits and _, at most 64")
    return text


def _id(text: str) -> str:
    if not _CODE.fullmatch(text):
        raise ValueError("an id is written like a code")
    return text


@lru_cache(maxsize=4096)
def _scope(text: str) -> str:
    if not _SCOPE.fullmatch(text):
        raise ValueError("a scope is *, a hospital, or a hospital/ward")
    return text


def _code_or_mark(text: str) -> str:
    return text if _CODE.fullmatch(text) else "unreadable"


def _one_of(word: str, words: tuple[str, ...]) -> str:
    if word not in words:
        raise ValueError(f"not one of {', '.join(words)}")
    return word


def _uuid(text: str) -> None:
    if str(UUID(text)) != text:
        raise ValueError("not the one form of an id")
