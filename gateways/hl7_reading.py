"""Bytes of one HL7 v2 message → segments of plain values, or a refusal that says why not.

python-hl7 splits; only the segments that are used are given to it, because a hostile
megabyte of delimiters would cost it seconds and hundreds of megabytes.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import hl7

from gateways.hl7_values import Marks, Repetition, plain
from kit.errors import Invalid

MESSAGE_LIMIT = 1024 * 1024  # bytes
DELIMITER_LIMIT = 10_000  # in the segments that are used
USED = ("MSH", "EVN", "PID", "PV1", "PV2", "MRG", "NPU")
OBSERVED = ("MSH", "PV1", "OBR", "OBX", "PRT")  # of an ORU
CODECS = {
    "ASCII": "ascii",
    "8859/1": "latin-1",
    "ISO-8859-1": "latin-1",
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",
    "UTF8": "utf-8",
    "GB 18030-2000": "gb18030",
    "GB18030": "gb18030",
    "GBK": "gb18030",
    "GB2312": "gb18030",
}
# the field separator, then four or five other delimiters; python-hl7 takes fewer wrongly
_HEADER = re.compile(r"MSH([!-/:-@\[-`{-~])((?:(?!\1)[!-/:-@\[-`{-~]){4,5})\1")


@dataclass(frozen=True, slots=True)
class Segment:
    name: str
    fields: tuple[tuple[Repetition, ...], ...]

    def repetitions(self, number: int) -> tuple[Repetition, ...]:
        """Field `number`, from 1 as in the standard; empty where the segment ends earlier."""
        return self.fields[number] if number < len(self.fields) else ()

    def text(self, number: int, component: int = 1) -> str:
        """One component of the first repetition of a field."""
        for repetition in self.repetitions(number):
            return repetition[component - 1][0] if len(repetition) >= component else ""
        return ""


@dataclass(frozen=True, slots=True)
class Message:
    marks: Marks
    segments: tuple[Segment, ...]

    def first(self, name: str) -> Segment | None:
        return next(self.all(name), None)

    def all(self, name: str) -> Iterator[Segment]:
        return (segment for segment in self.segments if segment.name == name)


def lines_of(text: str, used: Collection[str] = USED) -> list[str]:
    """The segments that are used, as written."""
    return [line.strip() for line in re.split(r"[\r\n]+", text) if line[:3] in used]


def read(body: bytes, fallback: str | None = None, used: Collection[str] = USED) -> Message:
    """Split a message. `fallback` is the codec of a sender that declares none and is not UTF-8.

    Raises Invalid with reason TOO_LARGE, NOT_HL7, BAD_ENCODING or TOO_MANY_FIELDS.
    """
    if len(body) > MESSAGE_LIMIT:
        raise Invalid(f"the message is larger than {MESSAGE_LIMIT} bytes", reason="TOO_LARGE")
    text, codec = decode(body, fallback)
    lines = lines_of(text, used)
    header = _HEADER.match(lines[0]) if lines else None
    if header is None or len(set(header[1] + header[2])) != 1 + len(header[2]):
        raise Invalid(
            "the text does not begin with an MSH segment and its delimiters", reason="NOT_HL7"
        )
    joined, delimiters = "\r".join(lines), header[1] + header[2]
    if sum(joined.count(mark) for mark in delimiters) > DELIMITER_LIMIT:
        raise Invalid(f"more than {DELIMITER_LIMIT} delimiters", reason="TOO_MANY_FIELDS")
    return _split(joined, codec)


def decode(body: bytes, fallback: str | None = None) -> tuple[str, str]:
    """The text and its codec: as MSH-18 declares, else UTF-8, else `fallback`.

    The header is read under each codec, because a Chinese facility name in GB 18030
    may hold the byte of a delimiter.
    """
    first_line = re.split(rb"[\r\n]", body.removeprefix(b"\xef\xbb\xbf"), maxsplit=1)[0]
    declared = {
        codec: CODECS.get(word) for codec, word in _declarations(first_line) if word
    }  # what the header says, as read under each codec
    agreeing = [codec for codec, said in declared.items() if said == codec]
    undeclared = ["utf-8", fallback] if fallback else ["utf-8"]
    for codec in agreeing if declared else undeclared:
        try:
            return body.decode("utf-8-sig" if codec == "utf-8" else codec), codec
        except UnicodeDecodeError:
            continue
    raise Invalid(
        "the bytes are not text in the declared character set (MSH-18)",
        reason="BAD_ENCODING",
        field="MSH-18",
        allowed=tuple(CODECS),
    )


def _declarations(header: bytes) -> Iterator[tuple[str, str]]:
    for codec in ("ascii", "utf-8", "gb18030", "latin-1"):
        try:
            text = header.decode(codec)
        except UnicodeDecodeError:
            continue
        fields = text.split(text[3:4] or "|")
        word = fields[17] if len(fields) > 17 else ""
        yield codec, re.split(r"[~^\\]", word.strip())[0].upper()


def _split(text: str, codec: str) -> Message:
    message = hl7.parse(text)
    repetition, component, subcomponent = message.separators[2:5]
    field = message.separators[1]
    marks = Marks(field, component, repetition, message.esc, subcomponent, codec)
    return Message(marks, tuple(Segment(str(found[0]), _fields(found, marks)) for found in message))


def _fields(segment: Any, marks: Marks) -> tuple[tuple[Repetition, ...], ...]:
    if str(segment[0]) == "MSH":  # MSH-1 and MSH-2 are the delimiters themselves
        return ((), (), (), *(_repetitions(field, marks) for field in segment[3:]))
    return tuple(_repetitions(field, marks) for field in segment)


def _repetitions(field: Any, marks: Marks) -> tuple[Repetition, ...]:
    return tuple(_components(item, marks) for item in field if str(item))


def _components(repetition: Any, marks: Marks) -> Repetition:
    if isinstance(repetition, str):
        return ((plain(repetition, marks),),)
    return tuple(
        (plain(part, marks),)
        if isinstance(part, str)
        else tuple(plain(str(sub), marks) for sub in part)
        for part in repetition
    )
