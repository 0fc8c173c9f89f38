"""The form of an entry's bytes: which bytes are an entry, and that no other bytes say the same.

The grammar below is the format (docs/ledger-format.md); it needs no database and no secret.
Numbers are integers below 2^53, keys come sorted and once, strings are NFC. What has free names
(changed fields, notes) is a list of lists, so that no key is left to chance.
"""

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from kit.canonical import parse_canonical

VERSION = 1
MAX_BODY = 1 << 20  # bytes
ZERO_HASH = "0" * 64  # what the first entry of a stream has before it
OUTCOMES = ("done", "denied", "conflict", "fault")

_HEX64 = r"[0-9a-f]{64}+"
_COUNT = r"[1-9][0-9]{0,14}+"
_INTEGER = (  # up to 2^53 - 1
    r"(?:0|-?(?:[1-9][0-9]{0,14}(?![0-9])|[1-8][0-9]{15}|900[0-6][0-9]{12}|90070[0-9]{11}|90071[0-8][0-9]{10}"
    r"|900719[0-8][0-9]{9}|9007199[01][0-9]{8}|90071992[0-4][0-9]{7}|900719925[0-3][0-9]{6}|9007199254[0-6][0-9]{5}"
    r"|90071992547[0-3][0-9]{4}|9007199254740[0-8][0-9]{2}|90071992547409[0-8][0-9]"
    r"|900719925474099[01]))"
)
HASH = re.compile(_HEX64)
_PLAIN = rb'"[^"]*+"'  # where there is no backslash, no control character and only ASCII
_ESCAPED = rb'"(?:[^"\\]|\\.)*+"'  # after the canonical check

_PLAIN_BYTES = bytes(range(32, 127)).replace(b"\\", b"") + b"\n"
_ODD = b"\x00"  # stands for every byte that needs the slower reading
_MARK_ODD = bytes(byte if byte in _PLAIN_BYTES else 0 for byte in range(256))


Groups = tuple[bytes, bytes, bytes, bytes, bytes]  # before, log, sprev, sseq, stream


class Malformed(ValueError):
    """The bytes are not an entry. The message names the problem, never the content."""


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of a stream that somebody vouches for; `sure` if nothing can follow it."""

    stream: str
    sseq: int
    hash: str
    sure: bool


@dataclass(frozen=True, slots=True)
class Link:
    """Where an entry stands: its log, its stream, its number there and what came before."""

    log: str
    stream: str
    sseq: int
    sprev: str
    before: tuple[Head, ...]


def _groups(found: re.Match[bytes]) -> Groups:
    groups: Groups = found.groups(b"")  # type: ignore[assignment] # there are five
    return groups


def _listed(item: str) -> str:
    return rf"\[(?:{item}(?:,{item})*+)?+\]"


def _grammar(string: bytes) -> bytes:
    s, n = string.decode(), _INTEGER
    head = rf'\{{"hash":"{_HEX64}","sseq":{_COUNT},"stream":{s},"sure":(?:true|false)\}}'
    value = rf'(?:{s}|null|true|false|{n}|\{{"hidden":true\}}|\{{"sealed":\[{s},"{_HEX64}"\]\}})'
    field = rf'\["[a-z][a-z0-9_]{{0,63}}+",{value},{value}\]'
    change = (
        rf'\{{"fields":{_listed(field)},"id":{s},'
        rf'"op":"(?:insert|update|delete)","table":{s},"version":(?:{_COUNT}|null)\}}'
    )
    note = rf'\["[a-z][a-z0-9_]{{0,63}}+",(?:{s}|{n})\]'
    sealed = rf'\{{"id":{s},"key":{s},"sha256":"{_HEX64}"\}}'
    members = (
        rf'"action":{s}',
        rf'"actor":\{{"id":{s},"role":{s},"session":(?:{s}|null)\}}',
        rf'"at":{s}',
        rf'"before":(?P<before>{_listed(head)})',
        rf'"change":{_listed(change)}',
        rf'"fields":{_listed(s)}',
        rf'"log":(?P<log>{s})',
        rf'"notes":{_listed(note)}',
        rf'"op":\{{"document":{s},"name":{s},"request":{s}\}}',
        rf'"outcome":"(?:{"|".join(OUTCOMES)})"',
        rf'"policy":\{{"decision":"(?:allow|deny)","revision":{s},"rule":{s}\}}',
        rf'"purpose":{s}',
        rf'"resource":(?:\{{"id":{s},"type":{s},"version":(?:{_COUNT}|null)\}}|null)',
        rf'"scope":{s}',
        rf'"sealed":{_listed(sealed)}',
        rf'"sprev":"(?P<sprev>{_HEX64})"',
        rf'"sseq":(?P<sseq>{_COUNT})',
        rf'"stream":(?P<stream>{s})',
        rf'"subjects":{_listed(s)}',
        rf'"v":{VERSION}',
    )
    return rf"\{{{','.join(members)}\}}".encode()


_FAST = re.compile(_grammar(_PLAIN))
_FULL = re.compile(_grammar(_ESCAPED), re.DOTALL)
_LINES = re.compile(rb"^" + _grammar(_PLAIN) + rb"\n", re.MULTILINE)
_EVIDENCE = re.compile(
    rb'\{"evidence":\{"entry":'
    + _COUNT.encode()
    + rb',"faults":\[("[a-z]++"(?:,"[a-z]++")*+)\],"length":[0-9]{1,15},"sha256":"'
    + _HEX64.encode()
    + rb'"\},"log":"([A-Za-z0-9._~/:@-]{1,128}+)","v":1\}'
)


def read(body: bytes) -> Link:
    """The entry's place. Raises Malformed unless the bytes are exactly an entry's."""
    if len(body) > MAX_BODY:
        raise Malformed("larger than an entry may be")
    if _ODD not in body.translate(_MARK_ODD) and b"\n" not in body:
        found = _FAST.fullmatch(body)
        if found:
            return link_of(_groups(found))
        raise Malformed("not in the form of an entry")
    return _read_escaped(body)


def read_many(content: bytes, lines: Sequence[bytes]) -> list[Groups] | None:
    """The groups of every line, or None unless all are plain entries: then ask `read` of each.

    `lines` are those of `content`, which ends each with a newline.
    """
    if _ODD in content.translate(_MARK_ODD) or max(map(len, lines), default=0) > MAX_BODY:
        return None
    found: list[Groups] = _LINES.findall(content)
    # a string that ran over the end of a line would leave fewer matches than lines
    return found if len(found) == len(lines) else None


def link_of(groups: Groups) -> Link:
    before, log, sprev, sseq, stream = groups
    heads = () if before == b"[]" else tuple(Head(**head) for head in json.loads(before))
    return Link(_text(log), _text(stream), int(sseq), sprev.decode(), heads)


def _text(string: bytes) -> str:
    if b"\\" in string:
        return str(json.loads(string))
    return string[1:-1].decode()  # the grammar let nothing else be in it


def read_evidence(body: bytes) -> tuple[str, tuple[str, ...]]:
    """The log and the faults that a piece of evidence names. Raises Malformed."""
    found = _EVIDENCE.fullmatch(body)
    if not found:
        raise Malformed("not in the form of evidence")
    faults = tuple(word.strip('"') for word in found[1].decode().split(","))
    return found[2].decode(), faults


def _read_escaped(body: bytes) -> Link:
    try:
        text = body.decode()
        parse_canonical(body)
    except (ValueError, RecursionError):
        raise Malformed("not canonical JSON") from None
    found = _FULL.fullmatch(body)
    if not found or not unicodedata.is_normalized("NFC", text):
        raise Malformed("not in the form of an entry")
    return link_of(_groups(found))
