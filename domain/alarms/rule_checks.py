"""Reads the plain form of a rule, and refuses what is wrong with the name of the field."""

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from domain.alarms.model import Severity
from domain.alarms.rule_body import RuleBody, seconds_of
from domain.alarms.rule_limits import read_limits
from domain.alarms.rule_model import RuleKind
from domain.alarms.rule_phase import SECOND, Delays
from domain.alarms.rule_texts import check_text
from domain.alarms.rule_values import one_word, require_known, whole, yes_or_no
from domain.alarms.steps import Step
from domain.devices.model import DeviceKind
from kit.errors import Invalid

CHANNELS = ("in-app", "email", "webhook", "wecom", "dingtalk", "feishu")
_CODE = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}", re.ASCII)
_TO = re.compile(r"(role|list):[a-z0-9][a-z0-9._-]{0,63}", re.ASCII)
_STEPS, _DAY_S = 8, 86_400
COMMON = frozenset({"id", "kind", "metric", "scope", "unit", "severity", "text", "for",
                    "minSamples", "maxGap", "clearFor", "escalate", "notify", "suppress",
                    "reAlarm", "ackTimeout"})  # fmt: skip
# per kind: what it needs beside the common, and what it may have
KEYS: dict[RuleKind, tuple[frozenset[str], frozenset[str]]] = {
    RuleKind.THRESHOLD: (frozenset({"op", "threshold"}), frozenset({"clear"})),
    RuleKind.RANGE: (frozenset({"low", "high"}), frozenset({"clearLow", "clearHigh"})),
    RuleKind.RATE: (frozenset({"op", "threshold", "window"}), frozenset({"clear", "every"})),
    RuleKind.DEVIATION: (
        frozenset({"sigmas"}),
        frozenset({"method", "clear", "floor", "halfLife", "warmUp", "every"}),
    ),
    RuleKind.CUSUM: (
        frozenset({"decision"}),
        frozenset({"drift", "clear", "floor", "warmUp", "every"}),
    ),
    RuleKind.FLATLINE: (frozenset({"for"}), frozenset({"tolerance", "every"})),
    RuleKind.ABSENCE: (frozenset(), frozenset()),
    RuleKind.SCORE: (frozenset({"op", "threshold"}), frozenset({"clear", "scale", "part"})),
    RuleKind.MEASURE: (frozenset({"op", "threshold"}), frozenset({"clear", "per"})),
    RuleKind.FORECAST: (
        frozenset({"op", "threshold"}),
        frozenset({"clear", "per", "quantile", "horizon", "against"}),
    ),
}


def read_rule(plain: Mapping[str, Any]) -> RuleBody:
    """The rule of a plain form. Raises Invalid that names the field, e.g. `escalate.1.after`."""
    kind = one_word(plain, "kind", RuleKind)
    needed, optional = KEYS[kind]
    require_known(plain, COMMON | needed | optional, needed | {"id", "severity", "text"})
    limits = read_limits(kind, plain)
    return RuleBody(
        **limits,
        code=_code(plain),
        kind=kind,
        severity=one_word(plain, "severity", Severity),
        device_kind=_device_kind(plain),
        delays=_delays(plain),
        text_zh=check_text(_part(plain, "text", {"zh", "en"}).get("zh"), "text.zh"),
        text_en=check_text(_part(plain, "text", {"zh", "en"}).get("en"), "text.en"),
        notify=_notify(plain),
        escalation=_escalation(plain),
        realarm_s=seconds(plain, "reAlarm", 60, 7 * _DAY_S),
        ack_timeout_s=seconds(plain, "ackTimeout", 60, 7 * _DAY_S),
        **_suppressed(plain),
    )


def seconds(
    plain: Mapping[str, Any], key: str, low: int, high: int, field: str | None = None
) -> int | None:
    """A duration in seconds; None where it is not given. Raises Invalid."""
    given = plain.get(key)
    if given is None:
        return None
    found = seconds_of(given) if isinstance(given, str) else None
    if found is None or not low <= found <= high:
        raise Invalid(f"give a duration like PT2M, of {low} to {high} seconds",
                      reason="RULE_DURATION", field=field or key)  # fmt: skip
    return found


def _code(plain: Mapping[str, Any]) -> str:
    code = plain["id"]
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        raise Invalid("an id has 1 to 64 of a-z, 0-9, dot, dash, underscore",
                      reason="RULE_CODE", field="id")  # fmt: skip
    return code


def _device_kind(plain: Mapping[str, Any]) -> str | None:
    scope = _part(plain, "scope", {"deviceKind"})
    if scope.get("deviceKind") is None:
        return None
    return str(one_word(scope, "deviceKind", DeviceKind, "scope.deviceKind"))


def _delays(plain: Mapping[str, Any]) -> Delays:
    samples = whole(plain, "minSamples", 1, 1_000) or 1
    on = seconds(plain, "for", 0, 31 * _DAY_S) or 0
    off = seconds(plain, "clearFor", 0, 31 * _DAY_S) or 0
    gap = seconds(plain, "maxGap", 1, 31 * _DAY_S) or 0
    return Delays(on * SECOND, off * SECOND, samples, gap * SECOND)


def _notify(plain: Mapping[str, Any]) -> tuple[str, ...]:
    given = plain.get("notify", ["in-app"])
    if not isinstance(given, list) or not given or len(set(map(str, given))) != len(given):
        raise Invalid("list each channel once", reason="RULE_VALUE", field="notify",
                      allowed=CHANNELS)  # fmt: skip
    for number, one in enumerate(given):
        if one not in CHANNELS:
            raise Invalid("no such channel", reason="RULE_VALUE", field=f"notify.{number}",
                          allowed=CHANNELS)  # fmt: skip
    return tuple(given)


def _escalation(plain: Mapping[str, Any]) -> tuple[Step, ...]:
    given = plain.get("escalate", [])
    if not isinstance(given, list) or len(given) > _STEPS:
        raise Invalid(f"give a list of at most {_STEPS} steps", reason="RULE_VALUE",
                      field="escalate")  # fmt: skip
    steps = tuple(_step(one, f"escalate.{number}") for number, one in enumerate(given))
    for number, (one, next_) in enumerate(pairwise(steps), 1):
        if next_.after_s <= one.after_s:
            raise Invalid("each step comes later than the one before", reason="RULE_STEPS",
                          field=f"escalate.{number}.after")  # fmt: skip
    return steps


def _step(plain: object, field: str) -> Step:
    if not isinstance(plain, Mapping):
        raise Invalid("a step has after and to", reason="RULE_VALUE", field=field)
    require_known(plain, frozenset({"after", "unacked", "to", "severity"}), {"after", "to"}, field)
    to = plain["to"]
    if not isinstance(to, str) or not _TO.fullmatch(to):
        raise Invalid("a step goes to a role or a list", reason="RULE_TO", field=f"{field}.to",
                      allowed=("role:charge-nurse", "list:on-call"))  # fmt: skip
    worse = plain.get("severity") is not None
    return Step(
        seconds(plain, "after", 1, 7 * _DAY_S, f"{field}.after") or 0,
        yes_or_no(plain, "unacked", f"{field}.unacked"),
        to,
        one_word(plain, "severity", Severity, f"{field}.severity") if worse else None,
    )


def _suppressed(plain: Mapping[str, Any]) -> dict[str, Any]:
    given = _part(plain, "suppress", {"maintenance", "dependsOn"})
    if given.get("dependsOn") not in (None, "device-offline", "none"):
        raise Invalid("no such dependency", reason="RULE_VALUE", field="suppress.dependsOn",
                      allowed=("device-offline", "none"))  # fmt: skip
    quiet = yes_or_no(given, "maintenance", "suppress.maintenance", otherwise=True)
    return {"in_maintenance": not quiet, "when_offline": given.get("dependsOn") == "none"}


def _part(plain: Mapping[str, Any], key: str, known: set[str]) -> Mapping[str, Any]:
    given = plain.get(key)
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise Invalid(f"{key} has parts", reason="RULE_VALUE", field=key,
                      allowed=tuple(sorted(known)))  # fmt: skip
    require_known(given, frozenset(known), set(), key)
    return given
