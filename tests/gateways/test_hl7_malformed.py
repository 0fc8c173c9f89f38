"""Whatever arrives is read or refused; it never breaks the reader."""

import logging
import random
from contextlib import suppress
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateways.hl7_messages import event, header
from gateways.hl7_reading import read
from kit.errors import Invalid
from tests.gateways.messages import evn, message, pid, pv1

GOOD = [
    message("ADT^A01", evn(), pid(), pv1(), "PV2|||||||||20260310"),
    message("ADT^A17", evn(), pid("P1"), pv1(), pid("P2"), pv1()),
    message("ADT^A20", evn(), "NPU|W1^R1^B1|U"),
    message("ADT^A40", evn(), pid(), "MRG|P9", charset="GB18030"),
]
SPICE = ["|", "^", "~", "&", "\\", "\r", "\n", "\x00", "MSH", "PID", '""', "é", "李", "-", "2026"]


def survives(body: bytes) -> None:
    with suppress(Invalid):
        got = read(body)
        header(got)
        event(got, ZoneInfo("Asia/Shanghai"))


def spoilt(chance: random.Random) -> bytes:
    letters = list(chance.choice(GOOD))
    for _ in range(chance.randint(1, 8)):
        start = chance.randrange(len(letters))
        end = start + chance.randint(0, 12)
        letters[start:end] = chance.choice(SPICE) * chance.choice((0, 1, 1, 2, 40))
        if not letters:
            return b""
    codec = chance.choice(("utf-8", "gb18030", "utf-16"))
    return "".join(letters).encode(codec)[: chance.choice((9, 60, 200, 4000))]


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=300), st.text(max_size=300).map(lambda t: f"MSH|^~\\&|{t}".encode())
    )
)
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    survives(body)


def test_ten_thousand_spoilt_messages_are_read_or_refused(
    caplog: pytest.LogCaptureFixture,
) -> None:
    chance = random.Random(10_000)
    with caplog.at_level(logging.DEBUG):
        for _ in range(10_000):
            survives(spoilt(chance))
    assert caplog.text == ""  # a library that logs what it cannot read would log patients
