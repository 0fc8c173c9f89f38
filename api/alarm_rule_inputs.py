"""An alarm rule as GraphQL takes it: the fields of its plain form, each left out where unused."""

from typing import Any

import strawberry

import api.alarm_views  # noqa: F401 - makes Severity an enum of the schema
from domain.alarms.model import Severity
from domain.alarms.rule_model import RuleKind
from domain.devices.model import DeviceKind

strawberry.enum(RuleKind, name="AlarmRuleKind")


@strawberry.input
class RuleTextInput:
    """What people read. Placeholders: {metric}, {threshold}, {unit}, {place}; no markup."""

    zh: str
    en: str


@strawberry.input
class RuleStepInput:
    """Tell `to` (`role:charge-nurse`, `list:on-call`) this long after the opening, e.g. PT5M.

    `unacked`: only while nobody has acknowledged. `severity` raises the alarm's.
    """

    after: str
    to: str
    unacked: bool = False
    severity: Severity | None = None


@strawberry.input
class AlarmRuleInput:
    """Durations are ISO 8601 (`PT2M`). Limits are in `unit`, else in the metric's own.

    `for` is the on-delay, `clearFor` the off-delay, a hole longer than `maxGap` breaks both.
    """

    id: str
    kind: RuleKind
    severity: Severity
    text: RuleTextInput
    metric: str | None = None
    device_kind: DeviceKind | None = None
    unit: str | None = None
    op: str | None = None
    threshold: float | None = None
    clear: float | None = None
    low: float | None = None
    high: float | None = None
    clear_low: float | None = None
    clear_high: float | None = None
    window: str | None = None
    every: str | None = None
    sigmas: float | None = None
    method: str | None = None
    floor: float | None = None
    half_life: str | None = None
    warm_up: int | None = None
    drift: float | None = None
    decision: float | None = None
    tolerance: float | None = None
    scale: int | None = None
    part: str | None = None
    per: str | None = None
    quantile: str | None = None
    horizon: str | None = None
    against: str | None = None
    for_: str | None = strawberry.field(name="for", default=None)
    min_samples: int | None = None
    max_gap: str | None = None
    clear_for: str | None = None
    re_alarm: str | None = None
    ack_timeout: str | None = None
    in_maintenance: bool = False
    when_offline: bool = False
    notify: list[str] | None = None
    escalate: list[RuleStepInput] | None = None

    def plain(self) -> dict[str, Any]:
        """The plain form, as YAML has it."""
        given = {_KEYS.get(name, name): getattr(self, name) for name in _AS_IS}
        found = {key: value for key, value in given.items() if value is not None}
        found |= {"kind": self.kind.value, "severity": self.severity.value}
        found["text"] = {"zh": self.text.zh, "en": self.text.en}
        if self.device_kind is not None:
            found["scope"] = {"deviceKind": self.device_kind.value}
        if self.in_maintenance or self.when_offline:
            depends = "none" if self.when_offline else "device-offline"
            found["suppress"] = {"maintenance": not self.in_maintenance, "dependsOn": depends}
        if self.escalate is not None:
            found["escalate"] = [_step(step) for step in self.escalate]
        return found


_KEYS = {
    "clear_low": "clearLow", "clear_high": "clearHigh", "half_life": "halfLife",
    "warm_up": "warmUp", "for_": "for", "min_samples": "minSamples", "max_gap": "maxGap",
    "clear_for": "clearFor", "re_alarm": "reAlarm", "ack_timeout": "ackTimeout",
}  # fmt: skip
_AS_IS = (
    "id", "metric", "unit", "op", "threshold", "clear", "low", "high", "window", "every", "sigmas",
    "method", "floor", "drift", "decision", "tolerance", "scale", "part", "per",
    "quantile", "horizon", "against", "notify", *_KEYS,
)  # fmt: skip


def _step(step: RuleStepInput) -> dict[str, Any]:
    found: dict[str, Any] = {"after": step.after, "to": step.to, "unacked": step.unacked}
    return {**found, "severity": step.severity.value} if step.severity else found
