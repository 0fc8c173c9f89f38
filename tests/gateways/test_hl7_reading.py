"""Bytes of one message → segments, or a refusal with its reason."""

import pytest

from gateways.hl7_reading import DELIMITER_LIMIT, MESSAGE_LIMIT, Message, read
from kit.errors import Invalid
from tests.gateways.messages import message, pid, pv1


def family(read_message: Message) -> str:
    segment = read_message.first("PID")
    assert segment is not None
    return segment.text(5)


@pytest.mark.parametrize(
    ("charset", "codec"),
    [
        ("UNICODE UTF-8", "utf-8"),
        ("UTF-8", "utf-8"),
        ("GB 18030-2000", "gb18030"),
        ("GB18030", "gb18030"),
        ("", "utf-8"),
        ("GB18030~UNICODE UTF-8", "gb18030"),
    ],
)
def test_text_is_in_the_character_set_that_msh_18_declares(charset: str, codec: str) -> None:
    text = message("ADT^A01", pid(name="李^娜"), charset=charset)
    got = read(text.encode(codec))
    assert (family(got), got.marks.codec) == ("李", codec)


def test_latin_1_is_read_as_declared() -> None:
    text = message("ADT^A01", pid(name="Müller^Jo"), charset="8859/1")
    assert family(read(text.encode("latin-1"))) == "Müller"


def test_a_delimiter_byte_inside_a_chinese_character_splits_nothing() -> None:
    name = "鵿"  # its second byte is the field separator
    assert b"|" in name.encode("gb18030")
    text = message("ADT^A01", pid(name=f"{name}^娜"), charset="GB18030").replace(
        "|GH|", f"|{name}|", 1
    )
    got = read(text.encode("gb18030"))
    assert family(got) == name
    head = got.first("MSH")
    assert head is not None
    assert (head.text(4), head.text(9, 2)) == (name, "A01")


def test_a_byte_order_mark_is_no_part_of_the_message() -> None:
    assert family(read(b"\xef\xbb\xbf" + message("ADT^A01", pid()).encode())) == "LI"


def test_an_undeclared_foreign_text_needs_a_fallback() -> None:
    body = message("ADT^A01", pid(name="李^娜")).encode("gb18030")
    with pytest.raises(Invalid) as refused:
        read(body)
    assert refused.value.reason == "BAD_ENCODING"
    assert family(read(body, fallback="gb18030")) == "李"


@pytest.mark.parametrize("charset", ["UNICODE UTF-16", "ISO IR87", "EBCDIC"])
def test_an_unknown_character_set_is_refused(charset: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(message("ADT^A01", pid(), charset=charset).encode())
    assert (refused.value.reason, refused.value.field) == ("BAD_ENCODING", "MSH-18")


def test_fields_components_and_repetitions_are_counted_as_in_the_standard() -> None:
    body = message("ADT^A01^ADT_A01", "PID|1||A^^^X~B^^^Y&1.2&ISO", pv1()).encode()
    got = read(body)
    head, segment = got.first("MSH"), got.first("PID")
    assert head is not None
    assert segment is not None
    assert (head.text(9), head.text(9, 2), head.text(10)) == ("ADT", "A01", "C1")
    assert segment.repetitions(3) == (
        (("A",), ("",), ("",), ("X",)),
        (("B",), ("",), ("",), ("Y", "1.2", "ISO")),
    )
    assert (segment.repetitions(99), segment.text(99), segment.text(3, 99)) == ((), "", "")


def test_a_sender_chooses_its_own_delimiters() -> None:
    got = read(b"MSH#*!@%#HIS#GH###2026##ADT*A01#1\rPID#1##P1****MR")
    head, segment = got.first("MSH"), got.first("PID")
    assert head is not None
    assert segment is not None
    assert (head.text(9, 2), segment.text(3), segment.text(3, 5)) == ("A01", "P1", "MR")


@pytest.mark.parametrize(
    "body",
    [b"", b"MSH", b"MSH|", b"MSH|^", b"MSH||||", b"MSHxxxx", b"MSH|^^^^|^^", b"PID|1", b"\r\r"],
)
def test_what_is_no_message_is_refused(body: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        read(body)
    assert refused.value.reason == "NOT_HL7"


def test_a_message_of_more_than_a_mebibyte_is_refused() -> None:
    whole = message("ADT^A01", "NTE|1|").encode()
    read(whole.ljust(MESSAGE_LIMIT, b"x"))
    with pytest.raises(Invalid) as refused:
        read(whole.ljust(MESSAGE_LIMIT + 1, b"x"))
    assert refused.value.reason == "TOO_LARGE"


def test_a_flood_of_delimiters_is_refused_before_it_is_split() -> None:
    with pytest.raises(Invalid) as refused:
        read(message("ADT^A01", "PID" + "|" * DELIMITER_LIMIT).encode())
    assert refused.value.reason == "TOO_MANY_FIELDS"
    read(message("ADT^A01", "OBX" + "|" * DELIMITER_LIMIT).encode())  # not used, not split
