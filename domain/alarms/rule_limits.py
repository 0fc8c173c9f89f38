"""The limits of a rule in the canonical unit of what it judges, and that they make sense."""

from collections.abc import Mapping
from typing import Any

from domain.alarms.rule_body import seconds_of
from domain.alarms.rule_forecasts import (
    AGAINST,
    DAY_S,
    FORESEEN,
    LONGEST_S,
    NUMBER,
    QUANTILES,
)
from domain.alarms.rule_measures import MEASURES
from domain.alarms.rule_model import RuleKind
from domain.alarms.rule_phase import MINUTE, SECOND
from domain.alarms.rule_values import choice, number, whole
from domain.readings.metrics import metric_named
from domain.readings.units import conversion, scaled
from kit.errors import Invalid

OPERATORS = ("<", "<=", ">", ">=")
NEWS2, RECORD, SILENCE = "news2", "record", "silence"
# kinds that judge no metric of the catalogue, and what they judge
_OWN: dict[RuleKind, tuple[str, ...]] = {
    RuleKind.SCORE: (NEWS2,),
    RuleKind.ABSENCE: (SILENCE,),
    RuleKind.MEASURE: tuple(MEASURES),
    RuleKind.FORECAST: tuple(FORESEEN),
}
_HIGHEST_SCORE = 20
_HOUR = 3_600
Found = dict[str, Any]


def read_limits(kind: RuleKind, plain: Mapping[str, Any]) -> Found:
    """`metric`, `unit` and the limits as RuleBody names them. Raises Invalid."""
    metric, unit = _judged(kind, plain)
    factor, offset = _conversion(plain, unit)
    found = {"metric": metric, "unit": unit, **_READ[kind](plain, factor, offset)}
    if kind is RuleKind.SCORE and not 0 <= found["threshold"] <= _HIGHEST_SCORE:
        raise Invalid("a score is 0 to 20", reason="RULE_NUMBER", field="threshold")
    return found


def _judged(kind: RuleKind, plain: Mapping[str, Any]) -> tuple[str, str]:
    given = plain.get("metric")
    own = _OWN.get(kind)
    if own is not None:
        name = own[0] if given is None and len(own) == 1 else given
        if name not in own:
            raise Invalid("a rule of this kind judges something else", reason="METRIC_UNKNOWN",
                          field="metric", allowed=own)  # fmt: skip
        known = FORESEEN.get(name) if kind is RuleKind.FORECAST else MEASURES.get(name)
        return str(name), known.unit if known is not None else "1"
    if kind is RuleKind.FLATLINE and given == RECORD:
        return RECORD, "1"
    if not isinstance(given, str):
        raise Invalid("say which metric", reason="RULE_FIELD_MISSING", field="metric")
    metric = metric_named(given)
    return metric.code, metric.unit


def _conversion(plain: Mapping[str, Any], unit: str) -> tuple[float, float]:
    given = plain.get("unit")
    if given is None or given == unit:
        return 1.0, 0.0
    if not isinstance(given, str):
        raise Invalid("a unit is a text", reason="RULE_VALUE", field="unit")
    metric = plain.get("metric")
    own = metric in MEASURES or metric in FORESEEN
    mass = None if own else metric_named(str(metric)).molar_mass
    return conversion(given, unit, mass)


def _limit(
    plain: Mapping[str, Any], key: str, factor: float, offset: float, needed: bool = False
) -> float | None:
    value = number(plain, key)
    if value is None and needed:
        raise Invalid("this field is needed", reason="RULE_FIELD_MISSING", field=key)
    return None if value is None else scaled(value, factor, offset)


def _one_sided(plain: Mapping[str, Any], factor: float, offset: float) -> Found:
    op = plain["op"]
    if op not in OPERATORS:
        raise Invalid("no such operator", reason="RULE_OPERATOR", field="op", allowed=OPERATORS)
    threshold = _limit(plain, "threshold", factor, offset, needed=True) or 0.0
    clear = _limit(plain, "clear", factor, offset)
    wrong = clear is not None and (clear < threshold if op[0] == "<" else clear > threshold)
    if wrong:
        raise Invalid("the clear limit lies on the good side of the threshold",
                      reason="RULE_CLEAR", field="clear")  # fmt: skip
    return {"op": op, "threshold": threshold, "clear": clear}


def _range(plain: Mapping[str, Any], factor: float, offset: float) -> Found:
    low = _limit(plain, "low", factor, offset, needed=True) or 0.0
    high = _limit(plain, "high", factor, offset, needed=True) or 0.0
    if low >= high:
        raise Invalid("low is below high", reason="RULE_CLEAR", field="high")
    inner_low = _limit(plain, "clearLow", factor, offset)
    inner_high = _limit(plain, "clearHigh", factor, offset)
    if inner_low is not None and not low <= inner_low < high:
        raise Invalid("clearLow lies inside of the range", reason="RULE_CLEAR", field="clearLow")
    if inner_high is not None and not (inner_low or low) <= inner_high <= high:
        raise Invalid("clearHigh lies inside of the range", reason="RULE_CLEAR", field="clearHigh")
    return {"low": low, "high": high, "clear_low": inner_low, "clear_high": inner_high}


def _rate(plain: Mapping[str, Any], factor: float, _offset: float) -> Found:
    found = _one_sided(plain, factor, 0.0)  # a change: where the scale begins does not matter
    window = _span(plain, "window", 1, 24 * _HOUR) or MINUTE
    return {**found, "window": window, **_every(plain, 0)}


def _deviation(plain: Mapping[str, Any], factor: float, _offset: float) -> Found:
    found: Found = {
        "sigmas": number(plain, "sigmas", low=1, high=100),
        "clear": number(plain, "clear", low=0, high=100),
        "method": choice(plain, "method", ("mad", "ewma")),
        "floor": _floor(plain, factor),
        "half_life": _span(plain, "halfLife", 60, 31 * 24 * _HOUR) or _HOUR * SECOND,
        "warm_up": whole(plain, "warmUp", 5, 10_000) or 30,
    }
    if found["clear"] is not None and found["clear"] > found["sigmas"]:
        raise Invalid("the clear limit is not above sigmas", reason="RULE_CLEAR", field="clear")
    return {**found, **_every(plain, MINUTE if found["method"] == "ewma" else 0)}


def _cusum(plain: Mapping[str, Any], factor: float, _offset: float) -> Found:
    decision = number(plain, "decision", low=1, high=1_000)
    clear = number(plain, "clear", low=0, high=1_000)
    if clear is not None and decision is not None and clear > decision:
        raise Invalid("the clear limit is not above decision", reason="RULE_CLEAR", field="clear")
    drift = number(plain, "drift", low=0.1, high=10)
    return {"decision": decision, "clear": clear, "drift": 0.5 if drift is None else drift,
            "floor": _floor(plain, factor), "warm_up": whole(plain, "warmUp", 5, 10_000) or 100,
            **_every(plain, MINUTE)}  # fmt: skip


def _flatline(plain: Mapping[str, Any], factor: float, _offset: float) -> Found:
    tolerance = number(plain, "tolerance", low=0)
    return {"tolerance": (tolerance or 0.0) * abs(factor), **_every(plain, MINUTE)}


def _absence(plain: Mapping[str, Any], _factor: float, _offset: float) -> Found:
    return {}


def _score(plain: Mapping[str, Any], factor: float, offset: float) -> Found:
    part = choice(plain, "part", ("total", "single"))
    return {**_one_sided(plain, factor, offset), "scale": whole(plain, "scale", 1, 2) or 1,
            "part": part}  # fmt: skip


def _measure(plain: Mapping[str, Any], factor: float, offset: float) -> Found:
    per = choice(plain, "per", ("hospital", "ward"))
    return {**_one_sided(plain, factor, offset), "per": per}


def _forecast(plain: Mapping[str, Any], factor: float, offset: float) -> Found:
    """Against beds the threshold is how many more than those are foreseen; it may be below 0."""
    against = choice(plain, "against", AGAINST)
    if against != NUMBER and plain.get("metric") not in (None, "census"):
        raise Invalid("only a census is held against beds", reason="RULE_VALUE", field="against",
                      allowed=(NUMBER,))  # fmt: skip
    levels = ("p90", *(one for one in QUANTILES if one != "p90"))
    return {
        **_measure(plain, factor, offset), "against": against,
        "quantile": choice(plain, "quantile", levels),
        "horizon": _span(plain, "horizon", _HOUR, LONGEST_S) or DAY_S * SECOND,
    }  # fmt: skip


def _floor(plain: Mapping[str, Any], factor: float) -> float:
    given = number(plain, "floor", low=0)
    return max((given or 0.0) * abs(factor), 1e-9)


def _every(plain: Mapping[str, Any], otherwise: int) -> Found:
    found = _span(plain, "every", 0, 24 * _HOUR)
    return {"every": otherwise if found is None else found}


def _span(plain: Mapping[str, Any], key: str, low: int, high: int) -> int | None:
    given = plain.get(key)
    if given is None:
        return None
    found = seconds_of(given) if isinstance(given, str) else None
    if found is None or not low <= found <= high:
        raise Invalid(f"give a duration like PT2M, of {low} to {high} seconds",
                      reason="RULE_DURATION", field=key)  # fmt: skip
    return found * SECOND


_READ: dict[RuleKind, Any] = {
    RuleKind.THRESHOLD: _one_sided,
    RuleKind.RANGE: _range,
    RuleKind.RATE: _rate,
    RuleKind.DEVIATION: _deviation,
    RuleKind.CUSUM: _cusum,
    RuleKind.FLATLINE: _flatline,
    RuleKind.ABSENCE: _absence,
    RuleKind.SCORE: _score,
    RuleKind.MEASURE: _measure,
    RuleKind.FORECAST: _forecast,
}
