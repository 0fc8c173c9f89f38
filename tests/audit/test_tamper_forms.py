"""Signed bodies that are not in the one form, and signed breaks in a stream."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.form import ZERO_HASH, Malformed, read
from audit.report import Result
from audit.tree import leaf_hash
from kit.canonical import canonical_json
from tests.audit import second_verifier
from tests.audit.forgery import STREAM, chain, forged, relinked, signed_export, verify_files
from tests.audit.ledgers import LOG, SIGNER

KEYS = [SIGNER.verifier.text]


def line(change: Callable[[bytes], bytes]) -> list[bytes]:
    """A chain whose third body is another, everything else made to fit it."""
    bodies = chain(2)
    bodies.append(change(forged(STREAM, 3, leaf_hash(bodies[1]).hex())[0]))
    bodies.append(forged(STREAM, 4, leaf_hash(bodies[2]).hex())[0])
    return bodies


def put(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    def change(body: bytes) -> bytes:
        assert old in body
        return body.replace(old, new, 1)

    return change


FORMS = {
    "duplicate key": put(b'{"action":', b'{"action":"bed.free","action":'),
    "duplicate key at the end": put(b'"v":1}', b'"v":1,"v":1}'),
    "keys in another order": put(b'"sealed":[],', b""),
    "one member more": put(b'"v":1}', b'"v":1,"w":1}'),
    "one member less": put(b'"purpose":"TREAT",', b""),
    "decomposed letters": put(b'"AdmitPatient"', '"Admit\u0041\u030a"'.encode()),
    "a float": put(b'"version":1}', b'"version":1.0}'),
    "an exponent": put(b'"version":1}', b'"version":1e0}'),
    "minus zero": put(b'["command","AdmitPatient"]', b'["command",-0]'),
    "an integer beyond 2^53": put(b'["command","AdmitPatient"]', b'["command",9007199254740992]'),
    "a leading zero": put(b'"sseq":3', b'"sseq":03'),
    "a blank": put(b'"v":1}', b'"v": 1}'),
    "a byte order mark": lambda body: b"\xef\xbb\xbf" + body,
    "a carriage return": lambda body: body + b"\r",
    "an escape that is not needed": put(b"AdmitPatient", b"\\u0041dmitPatient"),
    "upper case escape": put(b"AdmitPatient", b"Admit\\u001F"),
    "a raw control character": put(b"AdmitPatient", b"Admit\x01"),
    "a lone surrogate": put(b"AdmitPatient", b"Admit\\ud800"),
    "not UTF-8": put(b"AdmitPatient", b"Admit\xff"),
    "true for a number": put(b'"v":1}', b'"v":true}'),
    "another version": put(b'"v":1}', b'"v":2}'),
    "another outcome": put(b'"outcome":"done"', b'"outcome":"fine"'),
    "another log": put(LOG.encode(), b"hospitaI.example/ledger"),
    "upper case hash": lambda body: relinked(body, sprev=json.loads(body)["sprev"].upper()),
    "number 0": lambda body: relinked(body, sseq=0),
    "a negative number": lambda body: relinked(body, sseq=-3),
    "too large": lambda body: relinked(body, purpose="x" * (1 << 20)),
    "empty": lambda body: b"",
    "null": lambda body: b"null",
    "a list": lambda body: b"[" + body + b"]",
    "a value of another kind": put(b'["use",null,"OCCUPIED"]', b'["use",null,["OCCUPIED"]]'),
    "two values instead of three": put(b'["use",null,"OCCUPIED"]', b'["use",null]'),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_signed_body_that_is_not_in_the_one_form_is_found_at_its_leaf(name: str) -> None:
    files = signed_export(line(FORMS[name]))
    report = verify_files(files, KEYS)
    assert (report.result, report.first_bad_index) == (Result.FAIL, 2), report.page()
    assert report.findings[0].code in ("form", "log", "replay")
    assert second_verifier.judge(files, KEYS, [])[0] == "FAIL"


@pytest.mark.parametrize(("sseq", "code"), [(2, "replay"), (5, "gap"), (4, "fork")])
def test_a_signed_break_in_a_stream_is_found(sseq: int, code: str) -> None:
    bodies = [*chain(3), forged(STREAM, sseq, "ef" * 32)[0]]
    files = signed_export(bodies)
    report = verify_files(files, KEYS)
    assert [(finding.code, finding.index) for finding in report.findings] == [(code, 3)]
    assert second_verifier.judge(files, KEYS, [])[0] == "FAIL"


@pytest.mark.parametrize(
    ("before", "result"),
    [
        ([], Result.PASS),
        ([{"hash": 3, "sseq": 3, "stream": STREAM, "sure": True}], Result.PASS),
        ([{"hash": 3, "sseq": 3, "stream": STREAM, "sure": False}], Result.PASS),
        ([{"hash": 2, "sseq": 2, "stream": STREAM, "sure": False}], Result.PASS),
        ([{"hash": 2, "sseq": 2, "stream": STREAM, "sure": True}], Result.FAIL),
        ([{"hash": 2, "sseq": 3, "stream": STREAM, "sure": False}], Result.FAIL),
        ([{"hash": 3, "sseq": 3, "stream": STREAM[::-1], "sure": True}], Result.FAIL),
    ],
)
def test_a_stream_must_take_over_where_the_other_ended(
    before: list[dict[str, Any]], result: Result
) -> None:
    bodies = chain(3)
    heads = [{**head, "hash": leaf_hash(bodies[head["hash"] - 1]).hex()} for head in before]
    new = forged("01a20473-34c9-7269-89db-000000000000", 1, ZERO_HASH)[0]
    files = signed_export([*bodies, relinked(new, before=heads)])
    report = verify_files(files, KEYS)
    assert report.result is result
    assert {finding.code for finding in report.findings} == ({"predecessor"} if result else set())
    assert second_verifier.judge(files, KEYS, [])[0] == result.name


@given(st.binary(max_size=300))
def test_any_bytes_for_a_body_are_judged_without_a_crash(content: bytes) -> None:
    with pytest.raises(Malformed):
        read(content)


@given(st.data())
def test_no_other_bytes_say_what_a_body_says(data: st.DataObject) -> None:
    """Whatever bytes are accepted, JSON reads them as no accepted other bytes."""
    body = bytearray(chain(1)[0])
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(body) - 1))
        body[place : place + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
    changed = bytes(body)
    try:
        read(changed)
    except Malformed:
        return
    assert canonical_json(json.loads(changed)) == changed
