"""PID, PV1 and PV2 → person and visit."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from domain.inbound.facts import Identifier, Person, Spot, Visit
from gateways import hl7_values
from gateways.hl7_reading import Segment
from gateways.hl7_values import day, identifier, moment, name
from kit.errors import Invalid

ADDRESS_PARTS = 6  # XAD: street, other, city, province, post code, country; then codes


def person(pid: Segment) -> Person:
    """Raises Invalid with reason NO_IDENTIFIER if PID-3 (and old PID-2) is empty."""
    numbers = tuple(filter(None, map(identifier, (*pid.repetitions(3),)))) or tuple(
        filter(None, map(identifier, pid.repetitions(2)))
    )
    if not numbers:
        raise Invalid("PID-3 holds no patient identifier", reason="NO_IDENTIFIER", field="PID-3")
    return Person(
        numbers,
        names=tuple(filter(None, map(name, pid.repetitions(5)))),
        born=day(pid.text(7)),
        sex=pid.text(8).upper(),
        address=_parts(pid, 11, range(ADDRESS_PARTS)),
        phone=_phone(pid, 13) or _phone(pid, 14),
        account=_first_identifier(pid, 18),
    )


def visit(pv1: Segment, pv2: Segment | None, zone: ZoneInfo) -> Visit:
    """Raises Invalid with reason BAD_TIME where a time that is used is none."""
    return Visit(
        number=_first_identifier(pv1, 19),
        patient_class=pv1.text(2).upper(),
        at=spot(pv1, 3),
        was_at=spot(pv1, 6),
        pending=spot(pv1, 42),
        temporary=spot(pv1, 11),
        disposition=pv1.text(36),
        admitted_at=moment(pv1.text(44), zone, "PV1-44"),
        left_at=moment(pv1.text(45), zone, "PV1-45"),
        expected_admission=moment(pv2.text(8), zone, "PV2-8") if pv2 else None,
        expected_discharge=moment(pv2.text(9), zone, "PV2-9") if pv2 else None,
    )


def spot(segment: Segment, number: int) -> Spot | None:
    """A place in a field of type PL."""
    for repetition in segment.repetitions(number):
        return hl7_values.spot(repetition)
    return None


def _first_identifier(segment: Segment, number: int) -> Identifier | None:
    for repetition in segment.repetitions(number):
        return identifier(repetition)
    return None


def _parts(segment: Segment, number: int, wanted: Sequence[int]) -> str:
    for repetition in segment.repetitions(number):
        found = (repetition[index][0] for index in wanted if index < len(repetition))
        return ", ".join(part for part in found if part)
    return ""


def _phone(segment: Segment, number: int) -> str:
    """XTN: as one text (XTN-1 or XTN-12), else country, area and local number."""
    whole = segment.text(number) or segment.text(number, 12)
    return whole or "-".join(filter(None, (segment.text(number, n) for n in (5, 6, 7))))
