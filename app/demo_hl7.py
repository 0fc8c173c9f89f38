"""A small batch of invented HL7 v2 messages, as a hospital's own system would send them."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

HEADER = (
    "MSH|^~\\&|PAS|RH|WARDGRID|RH|{when}||ADT^{trigger}|DEMO{number:04d}|P|2.5||||||UNICODE UTF-8"
)
PEOPLE = (("赵^敏", "F"), ("Walker^Lena", "F"), ("孙^伟", "M"), ("Khan^Omar", "M"))


def write_batch(file: Path, ward: str, bed: Sequence[str], now: datetime) -> int:
    """Four arrive, one is admitted to `bed` (room, bed) and goes again; answers how many."""
    messages = list(_messages(ward, bed, now))
    file.write_bytes("\r".join(messages).encode() + b"\r")
    return len(messages)


def _messages(ward: str, bed: Sequence[str], now: datetime) -> Iterator[str]:
    start = now - timedelta(minutes=30)
    for number, (name, sex) in enumerate(PEOPLE, 1):
        yield _message("A04", number, start + timedelta(minutes=number), number, name, sex, ward)
    there = "^".join((ward, *bed))
    yield _message("A01", 5, now - timedelta(minutes=6), 1, *PEOPLE[0], there)
    yield _message("A08", 6, now - timedelta(minutes=5), 2, "Walker^Lena^Maria", "F", ward)
    yield _message("A03", 7, now - timedelta(minutes=4), 3, *PEOPLE[2], ward)


def _message(
    trigger: str, number: int, at: datetime, person: int, name: str, sex: str, place: str
) -> str:
    when = at.strftime("%Y%m%d%H%M%S") + "+0000"
    patient_class = "I" if trigger == "A01" else "E"
    return "\r".join(
        (
            HEADER.format(when=when, trigger=trigger, number=number),
            f"EVN|{trigger}|{when}",
            f"PID|1||HL7DEMO{person:04d}^^^PAS^MR||{name}||19500{person}1{person}|{sex}",
            f"PV1|1|{patient_class}|{place}||||||||||||||||V{person:04d}",
        )
    )
