"""ORU^R01 → one observation for each OBX: what, how much, when, by which device, in which bed.

Nothing is looked up here. An OBX that is no usable number comes with the reason why.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from domain.inbound.facts import Spot
from gateways.hl7_patients import spot
from gateways.hl7_reading import OBSERVED, Message, Segment, decode, lines_of, read
from gateways.hl7_values import moment
from kit.errors import Invalid, Refusal

# HL7 table 0085, OBX-11. Preliminary and unverified values are what monitors send.
WITH_VALUE = ("", "F", "C", "P", "R", "A", "B", "V")
WITHOUT_VALUE = ("X", "I", "N", "O", "S", "U")
WITHDRAWN = ("W", "D")
# All that is kept of a segment that waits: no name, no visit number, no order number.
KEPT = {"PV1": (3,), "OBR": (1, 7), "OBX": (1, 2, 3, 4, 5, 6, 11, 14, 18), "PRT": (1, 10)}
NUMBERS = ("NM", "SN", "ST", "")  # a text is taken where it is a plain number


@dataclass(frozen=True, slots=True)
class Observation:
    """One OBX. `problem` says why it cannot be used; `lines` are its segments as written."""

    names: tuple[str, ...]  # what OBX-3 calls it: code, alternate code, text
    value: float | None
    unit: str | None
    at: datetime | None
    devices: tuple[str, ...]  # identifiers of the device, as OBX-18 or PRT-10 gives them
    spot: Spot | None
    lines: tuple[str, ...]
    problem: Refusal | None = None


@dataclass(slots=True)
class _Around:
    """What stands above an OBX and holds for it."""

    msh: str = ""
    pv1: str = ""
    obr: str = ""
    spot: Spot | None = None
    at: datetime | None = None
    problem: Refusal | None = None
    devices: tuple[str, ...] = ()


def observations(body: bytes, zone: ZoneInfo, fallback: str | None = None) -> list[Observation]:
    """Every OBX with a value, in order. Raises Invalid as `read` does, or NO_OBSERVATIONS."""
    message = read(body, fallback, OBSERVED)
    lines = lines_of(decode(body, fallback)[0].lstrip("\ufeff"), OBSERVED)
    told = list(_observed(message, lines, zone))
    if not told and message.first("OBX") is None:
        raise Invalid("the message holds no OBX segment", reason="NO_OBSERVATIONS", field="OBX")
    return told


def _observed(message: Message, lines: list[str], zone: ZoneInfo) -> Iterator[Observation]:
    around, current = _Around(), None
    for segment, written in zip(message.segments, lines, strict=True):
        line = _bare(written, message.marks.field)
        if segment.name == "PRT":
            current = _of_device(around, current, segment, line)
            continue
        if current is not None:
            yield current
        current = None
        if segment.name == "OBX":
            current = _one(around, segment, line, zone)
        else:
            _look_around(around, segment, line, zone)
    if current is not None:
        yield current


def _look_around(around: _Around, segment: Segment, line: str, zone: ZoneInfo) -> None:
    if segment.name == "MSH":
        around.msh = line
    elif segment.name == "PV1":
        around.pv1, around.spot = line, spot(segment, 3)
    else:  # OBR: a new group
        around.obr, around.devices = line, ()
        around.at, around.problem = _moment(segment.text(7), zone, "OBR-7")


def _of_device(
    around: _Around, current: Observation | None, prt: Segment, line: str
) -> Observation | None:
    """PRT-10 names the device of the OBX before it, or of the whole group."""
    named = _identifiers(prt, 10)
    if current is None:
        around.devices += named
        around.obr = "\r".join(filter(None, (around.obr, line)))
        return None
    return replace(current, devices=current.devices or named, lines=(*current.lines, line))


def _one(around: _Around, obx: Segment, line: str, zone: ZoneInfo) -> Observation | None:
    status, value = obx.text(11).upper(), None
    at, problem = _moment(obx.text(14), zone, "OBX-14")
    if at is None:
        at, problem = around.at, problem or around.problem
    if status in WITHOUT_VALUE or not any(obx.repetitions(5)):
        return None
    if status in WITHDRAWN:
        problem = Invalid("the sender takes this value back: correct it by hand",
                          reason="RESULT_WITHDRAWN", field="OBX-11")  # fmt: skip
    elif status not in WITH_VALUE:
        problem = Invalid("the result status is none of table 0085",
                          reason="RESULT_STATUS_UNKNOWN", field="OBX-11")  # fmt: skip
    else:
        value = _number(obx)
        problem = problem or (_no_number() if value is None else None)
    above = tuple(filter(None, (around.msh, around.pv1, around.obr)))
    return Observation(
        names=_names(obx), value=value, unit=obx.text(6) or obx.text(6, 2) or None, at=at,
        devices=_identifiers(obx, 18) or around.devices, spot=around.spot,
        lines=(*above, line), problem=problem,
    )  # fmt: skip


def _bare(line: str, mark: str) -> str:
    """The segment with the fields of KEPT only; a header as it is."""
    name, *fields = line.split(mark)
    if name not in KEPT:
        return line
    kept = (one if at in KEPT[name] else "" for at, one in enumerate(fields, 1))
    return mark.join((name, *kept)).rstrip(mark)


def _number(obx: Segment) -> float | None:
    """NM, or SN without a comparator: "> 300" is no measured value."""
    kind = obx.text(2)
    if kind not in NUMBERS:
        return None
    comparator, text = ("", obx.text(5)) if kind != "SN" else (obx.text(5), obx.text(5, 2))
    try:
        value = float(text)
    except ValueError:
        return None
    plain = comparator in ("", "=") and len(obx.repetitions(5)) == 1
    return value if plain and math.isfinite(value) else None


def _no_number() -> Invalid:
    return Invalid("the value is no number", reason="VALUE_NOT_NUMERIC", field="OBX-5")


def _names(obx: Segment) -> tuple[str, ...]:
    """CWE: code and text, alternate code and text."""
    found = (obx.text(3, part) for part in (1, 4, 2, 5))
    return tuple(dict.fromkeys(name for name in found if name))


def _identifiers(segment: Segment, number: int) -> tuple[str, ...]:
    """EI, repeating: the identifier itself and its universal one."""
    found = (
        part[0]
        for one in segment.repetitions(number)
        for index, part in enumerate(one)
        if index in (0, 2) and part[0]
    )
    return tuple(dict.fromkeys(found))


def _moment(text: str, zone: ZoneInfo, where: str) -> tuple[datetime | None, Refusal | None]:
    try:
        return moment(text, zone, where), None
    except Invalid as why:
        return None, why
