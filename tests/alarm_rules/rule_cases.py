"""Rules in their plain form, as tests write them."""

from typing import Any

TEXT = {"zh": "{metric} 异常 {place}", "en": "{metric} abnormal at {place}"}


def spo2_low(**more: Any) -> dict[str, Any]:
    """The rule of the manual: below 90 % for two minutes, well again from 92 % for five."""
    return {
        "id": "spo2-low", "metric": "spo2", "kind": "threshold", "op": "<", "threshold": 90,
        "clear": 92, "for": "PT2M", "minSamples": 2, "maxGap": "PT10M", "clearFor": "PT5M",
        "severity": "high", "text": TEXT, **more,
    }  # fmt: skip


def at_once(**more: Any) -> dict[str, Any]:
    """Heart rate above 120: no delays."""
    return {"id": "hr-high", "metric": "hr", "kind": "threshold", "op": ">", "threshold": 120,
            "severity": "medium", "text": TEXT, **more}  # fmt: skip
