"""HL7 v2 data types → plain values: escapes, times, identifiers, names, places."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from domain.inbound.facts import Identifier, Name, Spot
from kit.errors import Invalid

_TIME = re.compile(
    r"(?P<year>\d{4})(?:(?P<month>\d\d)(?:(?P<day>\d\d)(?:(?P<hour>\d\d)(?:(?P<minute>\d\d)"
    r"(?:(?P<second>\d\d)(?:\.(?P<fraction>\d{1,6})\d*)?)?)?)?)?)?(?P<zone>[+-]\d{4})?"
)
_PARTS = ("year", "month", "day", "hour", "minute", "second")
_PLAIN_ESCAPES = {"H": "", "N": "", ".br": "\n", ".sp": "\n", ".ce": "\n"}
NULL = '""'  # the sender says that there is no value

Component = Sequence[str]  # its subcomponents
Repetition = Sequence[Component]


@dataclass(frozen=True, slots=True)
class Marks:
    """A message's own delimiters and the codec of its text."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"
    codec: str = "utf-8"


def plain(text: str, marks: Marks) -> str:
    """One value as a person would read it: unescaped, NFC, no control characters."""
    if marks.escape in text:
        mark = re.escape(marks.escape)
        text = re.sub(f"{mark}([^{mark}]{{0,1000}}){mark}", lambda m: _meant(m[1], marks), text)
    text = unicodedata.normalize("NFC", text)
    text = "".join(letter for letter in text if letter == "\n" or letter.isprintable())
    return "" if text == NULL else text.strip()


def _meant(code: str, marks: Marks) -> str:
    delimiters = {
        "F": marks.field,
        "S": marks.component,
        "R": marks.repetition,
        "T": marks.subcomponent,
        "E": marks.escape,
    }
    if code in delimiters:
        return delimiters[code]
    if code[:1] == "X":
        return _from_hex(code[1:], marks)
    if code[:3] in _PLAIN_ESCAPES or code in _PLAIN_ESCAPES:
        return _PLAIN_ESCAPES.get(code, "\n")
    return f"{marks.escape}{code}{marks.escape}"  # not ours to guess


def _from_hex(digits: str, marks: Marks) -> str:
    try:
        return bytes.fromhex(digits).decode(marks.codec)
    except ValueError:
        return f"{marks.escape}X{digits}{marks.escape}"


def moment(text: str, zone: ZoneInfo, where: str) -> datetime | None:
    """A DTM as aware UTC; without an offset it is in `zone`. None if empty.

    Raises Invalid naming `where`, never the value, if it is no time of the calendar
    or says less than the day.
    """
    if not text:
        return None
    found = _TIME.fullmatch(text.strip())
    if found is None or found["day"] is None:
        raise _no_time(where)
    try:
        year, month, day, hour, minute, second = (int(found[part] or 0) for part in _PARTS)
        micro = int((found["fraction"] or "").ljust(6, "0"))
        where_it_was = _offset(found["zone"]) or zone
        local = datetime(year, month, day, hour, minute, second, micro, tzinfo=where_it_was)
        return local.astimezone(UTC)
    except (ValueError, OverflowError) as odd:
        raise _no_time(where) from odd


def _offset(text: str | None) -> timezone | None:
    if text is None:
        return None
    minutes = int(text[1:3]) * 60 + int(text[3:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


def _no_time(where: str) -> Invalid:
    return Invalid(
        f"{where} is no date or time of the form YYYYMMDD[HHMM[SS[.s]]][+ZZZZ]",
        reason="BAD_TIME",
        field=where,
    )


def day(text: str) -> date | None:
    """A birth date if the sender knows it to the day."""
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return None


def _part(repetition: Repetition, number: int, sub: int = 1) -> str:
    """Component `number`, subcomponent `sub`, both from 1; "" where the message ends earlier."""
    if len(repetition) < number or len(repetition[number - 1]) < sub:
        return ""
    return repetition[number - 1][sub - 1]


def identifier(cx: Repetition) -> Identifier | None:
    """CX: number, assigning authority (its namespace, else its OID), type."""
    value = _part(cx, 1)
    if not value:
        return None
    return Identifier(value, _part(cx, 4) or _part(cx, 4, 2), _part(cx, 5))


def name(xpn: Repetition) -> Name | None:
    """XPN: the family name without its own prefixes, given and middle names together."""
    family, given = _part(xpn, 1), " ".join(filter(None, (_part(xpn, 2), _part(xpn, 3))))
    if not family and not given:
        return None
    return Name(family, given, _part(xpn, 7), _part(xpn, 8))


def spot(pl: Repetition) -> Spot | None:
    """PL: ward ^ room ^ bed ^ facility."""
    found = Spot(*(_part(pl, number) for number in (1, 2, 3, 4)))
    return found if found != Spot() else None
