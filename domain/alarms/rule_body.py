"""What a rule says, as values: read from the plain form that YAML, GraphQL and rows share.

The plain form is a mapping with the keys of docs/alarm-rules.md: `id`, `kind`, `metric`, `op`,
`threshold`, `for` …; durations as ISO 8601 (`PT2M`), numbers in the metric's canonical unit.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.alarms.model import Severity
from domain.alarms.rule_model import RuleKind
from domain.alarms.rule_phase import SECOND, Delays
from domain.alarms.steps import Step
from kit.canonical import canonical_json

_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", re.ASCII)
AT_ONCE = Delays()
_UNITS = (("D", 86_400), ("H", 3_600), ("M", 60), ("S", 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleBody:
    """A checked rule. Durations in microseconds, limits in the canonical unit of the metric."""

    code: str
    kind: RuleKind
    metric: str
    severity: Severity
    text_zh: str
    text_en: str
    device_kind: str | None = None
    unit: str = "1"
    op: str = ">"
    threshold: float = 0.0
    clear: float | None = None
    low: float = 0.0
    high: float = 0.0
    clear_low: float | None = None
    clear_high: float | None = None
    window: int = 0
    sigmas: float = 0.0
    method: str = "mad"
    half_life: int = 0
    warm_up: int = 0
    drift: float = 0.5
    decision: float = 0.0
    floor: float = 1e-9
    tolerance: float = 0.0
    scale: int = 1
    part: str = "total"
    per: str = "hospital"
    quantile: str = "p90"
    horizon: int = 0
    against: str = "number"
    every: int = 0
    delays: Delays = AT_ONCE
    notify: tuple[str, ...] = ("in-app",)
    escalation: tuple[Step, ...] = ()
    in_maintenance: bool = False  # alarms of devices that are being maintained too
    when_offline: bool = False  # a delay goes on while the device is silent
    realarm_s: int | None = None
    ack_timeout_s: int | None = None

    @property
    def side(self) -> str:
        """Which way it is bad: rules of two sides do not replace each other."""
        if self.kind in (RuleKind.THRESHOLD, RuleKind.RATE, RuleKind.SCORE, RuleKind.MEASURE):
            return f"{self.kind}{self.op[0]}{self.part}"
        if self.kind is RuleKind.FORECAST:
            return f"{self.kind}{self.op[0]}{self.quantile}{self.against}"
        return str(self.kind)


def seconds_of(duration: str) -> int | None:
    """The seconds of an ISO 8601 duration of days, hours, minutes and seconds; None if it is none.

    Months and years have no fixed length and are not taken.
    """
    found = _DURATION.fullmatch(duration)
    if found is None or not any(found.groups()):
        return None
    return sum(int(n) * scale for n, (_, scale) in zip(found.groups(), _UNITS, strict=True) if n)


def duration_of(seconds: int) -> str:
    """The inverse of `seconds_of`, with the largest units first."""
    if seconds == 0:
        return "PT0S"
    days, rest = divmod(seconds, 86_400)
    parts = []
    for letter, scale in _UNITS[1:]:
        count, rest = divmod(rest, scale)
        parts.append(f"{count}{letter}" if count else "")
    time = "".join(parts)
    return f"P{f'{days}D' if days else ''}{f'T{time}' if time else ''}"


def microseconds_of(duration: str) -> int:
    """Of a duration that has been checked."""
    return (seconds_of(duration) or 0) * SECOND


def hash_of(plain: Mapping[str, Any]) -> str:
    """SHA-256 of the plain form, by which two versions are told apart."""
    return hashlib.sha256(canonical_json(_whole(plain))).hexdigest()


def _whole(value: Any) -> Any:
    """Numbers as text: the ledger's canonical form knows no fractions."""
    if isinstance(value, Mapping):
        return {str(key): _whole(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_whole(one) for one in value]
    return repr(float(value)) if isinstance(value, float) else value
