"""UCUM units in which devices measure, how they spell them, and conversion between them.

Factors are exact by definition (SI brochure 2019; UCUM 2.1 for mmHg, cmH2O and the rest).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from kit.errors import Invalid

UNKNOWN = "UNIT_UNKNOWN"
MISMATCH = "UNIT_MISMATCH"


@dataclass(frozen=True, slots=True)
class Unit:
    """`value × factor + offset` is the value in the base unit of the dimension."""

    dimension: str
    factor: float
    offset: float = 0.0


# Base units: K, Pa, m3/s, g/m3, mol/m3, 1/s, 1, kg, m3, s, m, V, W, A, m3/Pa
_TABLE: Mapping[str, Mapping[str, float]] = MappingProxyType({
    "pressure": {
        "Pa": 1.0, "hPa": 100.0, "kPa": 1e3, "MPa": 1e6, "mbar": 100.0, "bar": 1e5,
        "mm[Hg]": 133.322387415, "m[Hg]": 133322.387415, "cm[H2O]": 98.0665, "mm[H2O]": 9.80665,
        "m[H2O]": 9806.65, "[psi]": 6894.757293168361, "atm": 101325.0,
    },
    "flow": {
        "m3/s": 1.0, "L/s": 1e-3, "mL/s": 1e-6, "L/min": 1e-3 / 60, "mL/min": 1e-6 / 60,
        "L/h": 1e-3 / 3600, "mL/h": 1e-6 / 3600, "m3/h": 1.0 / 3600, "uL/min": 1e-9 / 60,
        "mL/d": 1e-6 / 86400, "L/d": 1e-3 / 86400,
    },
    "concentration by mass": {
        "g/m3": 1.0, "g/L": 1e3, "mg/dL": 10.0, "g/dL": 1e4, "mg/L": 1.0, "ug/mL": 1.0,
        "ug/L": 1e-3, "ng/mL": 1e-3, "mg/mL": 1e3, "ug/dL": 1e-2, "mg/m3": 1e-3, "ng/L": 1e-6,
        "kg/m3": 1e3,
    },
    "concentration by amount": {
        "mol/m3": 1.0, "mol/L": 1e3, "mmol/L": 1.0, "umol/L": 1e-3, "nmol/L": 1e-6,
    },
    "rate": {"/s": 1.0, "/min": 1 / 60, "/h": 1 / 3600, "/d": 1 / 86400, "Hz": 1.0},
    "share": {"1": 1.0, "%": 1e-2, "[ppth]": 1e-3, "[ppm]": 1e-6, "[ppb]": 1e-9},
    "mass": {
        "kg": 1.0, "g": 1e-3, "mg": 1e-6, "ug": 1e-9, "t": 1e3, "[lb_av]": 0.45359237,
        "[oz_av]": 0.028349523125,
    },
    "volume": {"m3": 1.0, "L": 1e-3, "dL": 1e-4, "cL": 1e-5, "mL": 1e-6, "uL": 1e-9},
    "time": {
        "s": 1.0, "ms": 1e-3, "us": 1e-6, "min": 60.0, "h": 3600.0, "d": 86400.0, "wk": 604800.0,
    },
    "length": {"m": 1.0, "dm": 0.1, "cm": 1e-2, "mm": 1e-3, "[in_i]": 0.0254, "[ft_i]": 0.3048},
    "voltage": {"V": 1.0, "mV": 1e-3, "uV": 1e-6},
    "power": {"W": 1.0, "mW": 1e-3, "kW": 1e3},
    "current": {"A": 1.0, "mA": 1e-3},
    "compliance": {"m3/Pa": 1.0, "mL/cm[H2O]": 1e-6 / 98.0665, "L/cm[H2O]": 1e-3 / 98.0665,
                   "mL/mbar": 1e-8, "mL/hPa": 1e-8, "L/kPa": 1e-6},
})  # fmt: skip
_TEMPERATURES = {
    "K": Unit("temperature", 1.0),
    "Cel": Unit("temperature", 1.0, 273.15),
    "[degF]": Unit("temperature", 5 / 9, 459.67 * 5 / 9),
}
UNITS: Mapping[str, Unit] = MappingProxyType({
    **_TEMPERATURES,
    **{code: Unit(dimension, factor)
       for dimension, units in _TABLE.items() for code, factor in units.items()},
})  # fmt: skip

# Folded spelling → UCUM. "?C" is a degree sign that an old character set lost.
_SPELLINGS: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "/min": ("bpm", "beats/min", "insp/min", "breaths/min", "br/min", "1/min", "min-1", "/minute",
             "rpm", "resp/min", "{beats}/min", "{breaths}/min", "beats per minute", "次/分",
             "次/min", "min^-1", "brpm", "mdc_dim_beat_per_min", "mdc_dim_resp_per_min",
             "{heart beats}/min", "264864", "264928"),
    "Cel": ("c", "°c", "℃", "?c", "deg. c", "deg c", "degc", "degrees c", "celsius", "mdc_dim_degc",
            "268192", "º c", "ºc", "° c"),
    "[degF]": ("f", "°f", "℉", "?f", "deg. f", "deg f", "degf", "degrees f", "fahrenheit",
               "mdc_dim_fahr", "266560", "ºf", "° f"),
    "K": ("kelvin", "mdc_dim_kelvin"),
    "mm[Hg]": ("mmhg", "torr", "mm hg", "毫米汞柱", "mdc_dim_mmhg", "266016"),
    "kPa": ("kpa", "千帕", "mdc_dim_kilo_pascal", "265987"),
    "cm[H2O]": ("cmh2o", "cm h2o", "cmh20", "mdc_dim_cm_h2o", "266048"),
    "mm[H2O]": ("mmh2o",), "[psi]": ("psi", "psig"), "MPa": ("megapascal", "兆帕"),
    "hPa": ("hectopascal", "mdc_dim_hecto_pascal"), "mbar": ("millibar", "mdc_dim_mbar"),
    "%": ("pct", "percent", "vol%", "vol.-%", "% sat", "%sat", "mdc_dim_percent", "262688",
          "% rh", "%rh", "百分比"),
    "1": ("{ratio}", "ratio", "fraction", "mdc_dim_dimless", "262656", "{score}", "score",
          "{bool}"),
    "[ppm]": ("ppm",), "[ppb]": ("ppb",),
    "mL": ("ml", "cc", "cm3", "毫升", "mdc_dim_milli_l", "263762"),
    "L": ("l", "liter", "litre", "升", "mdc_dim_l"),
    "L/min": ("lpm", "l/m", "升/分", "mdc_dim_l_per_min", "slpm"),
    "mL/h": ("ml/hr", "cc/h", "cc/hr", "毫升/时", "mdc_dim_milli_l_per_hr", "265266"),
    "L/h": ("l/hr",), "/h": ("/hr", "1/h"), "/s": ("1/s",), "/d": ("1/d", "/day"),
    "mg/dL": ("mg/100ml", "mdc_dim_milli_g_per_dl", "264274"),
    "mmol/L": ("mm/l", "mdc_dim_milli_mole_per_l", "266866"),
    "ug/mL": ("µg/ml", "mcg/ml"), "ug/L": ("µg/l", "mcg/l"), "umol/L": ("µmol/l",),
    "g/dL": ("gm/dl",), "ug": ("µg", "mcg"), "uL": ("µl",), "us": ("µs",), "uV": ("µv",),
    "kg": ("kgs", "kilogram", "千克", "公斤", "mdc_dim_kilo_g", "263875"),
    "[lb_av]": ("lb", "lbs", "pound"), "[oz_av]": ("oz",), "g": ("gm", "gram", "克", "mdc_dim_g"),
    "s": ("sec", "second", "seconds", "秒", "mdc_dim_sec"), "ms": ("msec", "mdc_dim_milli_sec"),
    "min": ("minute", "minutes", "分"), "h": ("hr", "hour", "hours", "小时"), "d": ("day", "天"),
    "[in_i]": ("in", "inch"), "[ft_i]": ("ft",), "cm": ("厘米",), "m": ("meter", "metre"),
    "mV": ("mdc_dim_milli_volt",), "mL/cm[H2O]": ("ml/cmh2o",), "mL/mbar": ("ml/millibar",),
})  # fmt: skip
# Case tells these from other units (MW, mPa, and all of one letter): taken as written, not folded.
_ONLY_AS_WRITTEN = frozenset({"MPa", "mW", "Pa"})


def unit_named(text: str) -> str:
    """The UCUM code of a unit as a device spells it. Raises Invalid UNIT_UNKNOWN."""
    code = text if text in UNITS else _folded_spellings().get(" ".join(text.casefold().split()))
    if code is None:
        raise Invalid("no unit is spelled like this: register the unit for the device",
                      reason=UNKNOWN, field="unit")  # fmt: skip
    return code


def convert(value: float, from_unit: str, to_unit: str, molar_mass: float | None = None) -> float:
    """The value in another unit, both given as devices spell them.

    `molar_mass` (g/mol) lets a concentration by mass become one by amount, and back.
    Raises Invalid UNIT_UNKNOWN or UNIT_MISMATCH.
    """
    factor, offset = conversion(from_unit, to_unit, molar_mass)
    return scaled(value, factor, offset)


def scaled(value: float, factor: float, offset: float) -> float:
    """`value × factor + offset` to twelve digits: what binary fractions add is no measurement."""
    return float(f"{value * factor + offset:.12g}")


@lru_cache(maxsize=1024)
def conversion(
    from_unit: str, to_unit: str, molar_mass: float | None = None
) -> tuple[float, float]:
    """(factor, offset) of the conversion. Raises like `convert`."""
    source, target = unit_named(from_unit), unit_named(to_unit)
    if source == target:
        return 1.0, 0.0
    one, other = UNITS[source], UNITS[target]
    scale = _between(one.dimension, other.dimension, molar_mass)
    return one.factor * scale / other.factor, (one.offset - other.offset) / other.factor


def _between(one: str, other: str, molar_mass: float | None) -> float:
    if one == other:
        return 1.0
    kinds = ("concentration by mass", "concentration by amount")
    if molar_mass and (one, other) == kinds:
        return 1 / molar_mass
    if molar_mass and (other, one) == kinds:
        return molar_mass
    raise Invalid(f"{one} cannot become {other}: the unit is not one of this metric",
                  reason=MISMATCH, field="unit")  # fmt: skip


@lru_cache(maxsize=1)
def _folded_spellings() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for code, spellings in _SPELLINGS.items():
        found.update(dict.fromkeys(spellings, code))
    for code in UNITS:
        if len(code) > 1 and code not in _ONLY_AS_WRITTEN:
            found.setdefault(code.casefold(), code)
    return found
