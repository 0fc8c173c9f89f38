"""A device's own description (IEEE 11073-10207 MDIB) → what it calls our metrics, and in what unit.

A metric or unit that we do not know is reported with its code; nothing is guessed.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from uuid import UUID
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from app.wiring import App
from domain.devices.commands import NameDeviceMetric
from domain.devices.queries import device_by_code, metrics_of
from domain.readings.metrics import Metric, metric_named
from domain.readings.units import convert, unit_named
from gateways.intake import hospital_of
from kit.db import reading
from kit.errors import Invalid, NotFound, Refusal
from kit.work import Actor

MAX_BYTES = 16 * 1024 * 1024
_PM = "{http://standards.ieee.org/downloads/11073/11073-10207-2017/participant}"
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
# ISO/IEEE 11073-10101 by its old and its new name; it is meant where none is named.
_MDC = (None, "urn:oid:1.2.840.10004.1.1.1.0.0.1", "urn:oid:1.3.111.2.11073.10101.1")
_MEASURED = ("Msrmt", "Clc", "Unspec")


@dataclass(frozen=True, slots=True)
class Described:
    """One metric as the device describes it; codes are of ISO/IEEE 11073-10101."""

    handle: str
    kind: str
    category: str
    codes: tuple[str, ...]
    name: str
    unit_codes: tuple[str, ...]
    unit_name: str
    low: float | None = None  # technical range, in the device's unit
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Unusable:
    """A metric that is left out, and why."""

    handle: str
    reason: str
    code: str
    name: str
    unit: str


@dataclass(slots=True)
class MdibSummary:
    """What became of a description. `total` = named + unchanged + unusable."""

    total: int = 0
    named: int = 0
    unchanged: int = 0
    unusable: list[Unusable] = field(default_factory=list)


def import_mdib(
    app: App, file: Path, hospital_code: str, device_code: str, *, actor: Actor,
    system: str | None = None,
) -> MdibSummary:  # fmt: skip
    """Name a device's metrics as its description does. Doing so twice changes nothing.

    `system` is the handle of one medical device system where the file describes several.
    Raises NotFound or Invalid before anything is changed.
    """
    described = _of_system(read_mdib(_bytes(file)), system)
    hospital = hospital_of(app, hospital_code)
    with reading(app.read_engine) as session:
        device = device_by_code(session, hospital.id, device_code)
        if device is None:
            raise NotFound.of("device", device_code)
        device_id = device.id
        before = {
            alias: (row.metric, row.unit, row.low, row.high)
            for alias, row in metrics_of(session, (device_id,))[device_id].items()
        }
    summary, taken = MdibSummary(), dict[str, str]()
    for one in described:
        summary.total += 1
        try:
            command = command_for(one, device_id, taken)
            said = (command.metric, command.unit, command.low, command.high)
            if before.get(command.alias) == said:
                summary.unchanged += 1
            else:
                app.pipeline.run(actor, command)
                summary.named += 1
        except Refusal as why:
            summary.unusable.append(_unusable(one, why))
    return summary


def read_mdib(text: bytes) -> dict[str, list[Described]]:
    """The metrics of each medical device system, by its handle. Raises Invalid NOT_AN_MDIB."""
    if len(text) > MAX_BYTES:
        raise Invalid("the description is longer than 16 MB", reason="NOT_AN_MDIB", field="file")
    try:
        root: Element = fromstring(text, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as odd:
        raise Invalid("the file is no plain XML", reason="NOT_AN_MDIB", field="file") from odd
    found = {
        system.get("Handle", ""): [_described(one) for one in system.iter(f"{_PM}Metric")]
        for system in root.iter(f"{_PM}Mds")
    }
    if not found:
        raise Invalid("the file describes no medical device system", reason="NOT_AN_MDIB",
                      field="file")  # fmt: skip
    return found


def command_for(one: Described, device_id: UUID, taken: dict[str, str]) -> NameDeviceMetric:
    """The command that names this metric. Raises Invalid; `taken`: handles by metric so far."""
    if one.kind != "NumericMetricDescriptor":
        raise Invalid("waves and words are not stored", reason="NOT_A_NUMBER")
    if one.category not in _MEASURED:
        raise Invalid("this is set and not measured", reason="NOT_MEASURED")
    metric = _metric(one)
    unit = _unit(one)
    ends = [
        None if end is None else round(convert(end, unit, metric.unit, metric.molar_mass), 6)
        for end in (one.low, one.high)
    ]
    convert(1.0, unit, metric.unit, metric.molar_mass)
    if taken.setdefault(metric.code, one.handle) != one.handle:
        raise Invalid(f"{taken[metric.code]} is the same metric", reason="METRIC_TWICE")
    low, high = ends
    return NameDeviceMetric(
        device_id=device_id, alias=one.handle, metric=metric.code, unit=unit, low=low, high=high
    )


def _metric(one: Described) -> Metric:
    for code in one.codes:
        try:
            return metric_named(code)
        except Invalid:
            continue
    raise Invalid("no metric of ours has this code", reason="METRIC_UNKNOWN", field="metric")


def _unit(one: Described) -> str:
    """By code, else as it is spelled; a code and a spelling that differ are refused."""
    known = {unit for text in one.unit_codes if (unit := _maybe_unit(text))}
    spelled = _maybe_unit(one.unit_name)
    if not known and spelled is None:
        raise Invalid("no unit of ours has this code", reason="UNIT_UNKNOWN", field="unit")
    both = known | ({spelled} if spelled else set())
    if len(both) > 1:
        raise Invalid("the unit's code and its name differ", reason="UNIT_MISMATCH", field="unit")
    return both.pop()


def _maybe_unit(text: str) -> str | None:
    try:
        return unit_named(text) if text else None
    except Invalid:
        return None


def _described(metric: Element) -> Described:
    kind, unit = metric.find(f"{_PM}Type"), metric.find(f"{_PM}Unit")
    ranges = metric.findall(f"{_PM}TechnicalRange")
    lows, highs = (
        [end for one in ranges if (end := _number(one.get(name))) is not None]
        for name in ("Lower", "Upper")
    )
    return Described(
        handle=metric.get("Handle", ""),
        kind=metric.get(_TYPE, "").rpartition(":")[2],
        category=metric.get("MetricCategory", ""),
        codes=_codes(kind),
        name=_text(kind),
        unit_codes=_codes(unit),
        unit_name=_text(unit),
        low=min(lows, default=None),
        high=max(highs, default=None),
    )


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if isfinite(number) else None


def _codes(coded: Element | None) -> tuple[str, ...]:
    """The codes of 11073-10101 by which a thing goes: its own and its translations."""

    def of(one: Element) -> Iterator[str]:
        if one.get("CodingSystem") in _MDC:
            yield from filter(None, (one.get("Code"), one.get("SymbolicCodeName")))

    if coded is None:
        return ()
    return tuple(code for one in (coded, *coded.findall(f"{_PM}Translation")) for code in of(one))


def _text(coded: Element | None) -> str:
    name = None if coded is None else coded.find(f"{_PM}ConceptDescription")
    return ((name.text if name is not None else "") or "").strip()[:120]


def _of_system(found: dict[str, list[Described]], system: str | None) -> list[Described]:
    if system is None and len(found) == 1:
        return next(iter(found.values()))
    if system not in found:
        raise Invalid("say which medical device system is the device", field="system",
                      allowed=tuple(sorted(found)))  # fmt: skip
    return found[system]


def _unusable(one: Described, why: Refusal) -> Unusable:
    code = one.codes[0] if one.codes else ""
    unit = one.unit_codes[0] if one.unit_codes else one.unit_name
    return Unusable(one.handle, why.reason, code, one.name, unit)


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as odd:
        raise NotFound(f"there is no file {file.name}", field="file") from odd
