"""The plain form of a rule: what is stored and exported; reading it again gives the same rule."""

from typing import Any

from domain.alarms.rule_body import RuleBody, duration_of
from domain.alarms.rule_checks import KEYS
from domain.alarms.rule_phase import SECOND
from domain.alarms.steps import Step

_AS_IS = {
    "op": "op", "threshold": "threshold", "clear": "clear", "low": "low", "high": "high",
    "clearLow": "clear_low", "clearHigh": "clear_high", "sigmas": "sigmas", "method": "method",
    "warmUp": "warm_up", "drift": "drift", "decision": "decision", "floor": "floor",
    "tolerance": "tolerance", "scale": "scale", "part": "part", "per": "per",
    "quantile": "quantile", "against": "against",
}  # fmt: skip
_SPANS = {"window": "window", "every": "every", "halfLife": "half_life", "horizon": "horizon"}


def plain_of(body: RuleBody) -> dict[str, Any]:
    """With every field that the kind has, defaults written out, limits in the canonical unit."""
    needed, optional = KEYS[body.kind]
    found: dict[str, Any] = {
        "id": body.code,
        "metric": body.metric,
        "kind": body.kind.value.lower(),
        "unit": body.unit,
        "severity": body.severity.value.lower(),
        "text": {"zh": body.text_zh, "en": body.text_en},
        "notify": list(body.notify),
    }
    if body.device_kind:
        found["scope"] = {"deviceKind": body.device_kind.lower()}
    for key in sorted(needed | optional):
        if key in _AS_IS and getattr(body, _AS_IS[key]) is not None:
            found[key] = getattr(body, _AS_IS[key])
        elif key in _SPANS:
            found[key] = _span(getattr(body, _SPANS[key]))
    return {**found, **_delays(body), **_handling(body)}


def _delays(body: RuleBody) -> dict[str, Any]:
    delays = body.delays
    found: dict[str, Any] = {"for": _span(delays.on), "minSamples": delays.min_samples,
                             "clearFor": _span(delays.off)}  # fmt: skip
    if delays.max_gap:
        found["maxGap"] = _span(delays.max_gap)
    return found


def _handling(body: RuleBody) -> dict[str, Any]:
    depends = "none" if body.when_offline else "device-offline"
    found: dict[str, Any] = {
        "suppress": {"maintenance": not body.in_maintenance, "dependsOn": depends}
    }
    if body.escalation:
        found["escalate"] = [_step(step) for step in body.escalation]
    if body.realarm_s is not None:
        found["reAlarm"] = duration_of(body.realarm_s)
    if body.ack_timeout_s is not None:
        found["ackTimeout"] = duration_of(body.ack_timeout_s)
    return found


def _step(step: Step) -> dict[str, Any]:
    found = {"after": duration_of(step.after_s), "unacked": step.unacked, "to": step.to}
    return {**found, "severity": step.severity.value.lower()} if step.severity else found


def _span(microseconds: int) -> str:
    return duration_of(microseconds // SECOND)
