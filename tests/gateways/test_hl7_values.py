"""Escapes, times, identifiers, names and places of HL7 v2."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from domain.inbound.facts import Identifier, Name, Spot
from gateways.hl7_values import Marks, day, identifier, moment, name, plain, spot
from kit.errors import Invalid

SHANGHAI = ZoneInfo("Asia/Shanghai")
MARKS = Marks()


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (r"a\F\b\S\c\R\d\T\e\E\f", "a|b^c~d&e\\f"),
        (r"line\.br\line", "line\nline"),
        (r"\H\bold\N\ ", "bold"),
        (r"\XE69D8E\ ", "李"),
        (r"\XZZ\ ", r"\XZZ\ ".strip()),
        (r"\.sp999999999\x", "x"),
        (r"\Zours\ ", r"\Zours\ ".strip()),
        ("half an escape \\", "half an escape \\"),
        ('""', ""),
        ("a\x00b\u202ec\x07", "abc"),
        ("e\u0301", "é"),
    ],
)
def test_a_value_reads_as_a_person_would_read_it(text: str, meant: str) -> None:
    assert plain(text, MARKS) == meant


def test_hexadecimal_bytes_are_in_the_character_set_of_the_message() -> None:
    assert plain(r"\XC0EE\ ", Marks(codec="gb18030")) == "李"


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("20260301080000+0800", datetime(2026, 3, 1, tzinfo=UTC)),
        ("20260301080000-0330", datetime(2026, 3, 1, 11, 30, tzinfo=UTC)),
        ("20260301080000", datetime(2026, 3, 1, tzinfo=UTC)),
        ("202603010800", datetime(2026, 3, 1, tzinfo=UTC)),
        ("20260301", datetime(2026, 2, 28, 16, tzinfo=UTC)),
        ("20260301080000.4+0800", datetime(2026, 3, 1, 0, 0, 0, 400_000, tzinfo=UTC)),
        ("20260301080000.1234567", datetime(2026, 3, 1, 0, 0, 0, 123_456, tzinfo=UTC)),
    ],
)
def test_a_time_without_an_offset_is_in_the_hospitals_zone(text: str, at: datetime) -> None:
    assert moment(text, SHANGHAI, "EVN-6") == at


def test_an_empty_time_is_no_time() -> None:
    assert moment("", SHANGHAI, "EVN-6") is None


@pytest.mark.parametrize(
    "text", ["2026", "202603", "20261301", "20260230", "2026030125", "yesterday", "20260301+99999"]
)
def test_a_faulty_time_names_its_field_and_not_its_value(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        moment(text, SHANGHAI, "EVN-6")
    assert (refused.value.reason, refused.value.field) == ("BAD_TIME", "EVN-6")
    assert text not in refused.value.message


def test_a_birth_date_is_kept_only_if_known_to_the_day() -> None:
    assert day("198808181126+0215") == date(1988, 8, 18)
    assert [day("1988"), day("19881399"), day("")] == [None, None, None]


def test_an_identifier_keeps_its_authority_and_type() -> None:
    full = (("P1",), ("5",), ("M11",), ("GH", "2.16.1", "ISO"), ("MR",))
    assert identifier(full) == Identifier("P1", "GH", "MR")
    assert identifier((("P1",), ("",), ("",), ("", "2.16.1", "ISO"))) == Identifier("P1", "2.16.1")
    assert identifier((("",), ("5",))) is None


def test_a_name_leaves_out_the_prefix_of_the_family_name() -> None:
    spoken = (("van Beek", "van", "Beek"), ("Anna",), ("M",), ("",), ("",), ("",), ("L",), ("A",))
    assert name(spoken) == Name("van Beek", "Anna M", "L", "A")
    assert name((("",), ("",))) is None


def test_a_name_in_han_characters_is_known_without_its_code() -> None:
    assert Name("李", "娜").ideographic
    assert Name("Li", "Na", script="I").ideographic
    assert not Name("Li", "Na").ideographic


def test_a_place_has_ward_room_bed_and_facility() -> None:
    assert spot((("W1", "9.8"), ("R1",), ("B1",), ("GH",))) == Spot("W1", "R1", "B1", "GH")
    assert spot((("W1",),)) == Spot("W1")
    assert spot((("",), ("",), ("",))) is None
