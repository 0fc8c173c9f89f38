"""Units: every factor against exact arithmetic of its own, every spelling, and no guessing."""

from fractions import Fraction as F

import pytest

from domain.readings.metrics import catalogue, metric_named
from domain.readings.recipes import Own, recipe
from domain.readings.units import UNITS, conversion, convert, unit_named
from kit.errors import Invalid

# value, unit → value, unit: from the definitions (SI brochure, NIST SP 811), by hand.
KNOWN = [
    (98.6, "[degF]", 37.0, "Cel"),
    (32, "[degF]", 0.0, "Cel"),
    (37, "Cel", 310.15, "K"),
    (-40, "Cel", -40.0, "[degF]"),
    (120, "mm[Hg]", 15.9986864898, "kPa"),
    (5, "cm[H2O]", 4.903325, "mbar"),
    (1, "atm", 759.999891726, "mm[Hg]"),
    (1, "[psi]", 6.89475729317, "kPa"),
    (100, "mg/dL", 1.0, "g/L"),
    (250, "ug/dL", 2.5, "mg/L"),
    (6, "L/min", 360.0, "L/h"),
    (100, "mL/h", 1.66666666667, "mL/min"),
    (60, "/min", 1.0, "Hz"),
    (1, "%", 10000.0, "[ppm]"),
    (150, "[lb_av]", 68.0388555, "kg"),
    (6, "[ft_i]", 182.88, "cm"),
    (1.5, "h", 90.0, "min"),
    (0.5, "mV", 500.0, "uV"),
    (50, "mL/cm[H2O]", 50.9858106489, "mL/mbar"),
]
# Exact factors to the base units, written down apart from the code.
EXACT = {
    "mm[Hg]": F(133322387415, 10**9), "cm[H2O]": F(980665, 10**4), "mbar": F(100), "hPa": F(100),
    "kPa": F(1000), "bar": F(10**5), "atm": F(101325), "[psi]": F("4.4482216152605") / F("0.0254") ** 2,
    "L/min": F(1, 60000), "mL/h": F(1, 10**6 * 3600), "mL/min": F(1, 10**6 * 60),
    "L/h": F(1, 3600000), "m3/h": F(1, 3600), "mg/dL": F(10), "g/dL": F(10**4), "ug/L": F(1, 1000),
    "/min": F(1, 60), "/h": F(1, 3600), "[lb_av]": F("0.45359237"), "[oz_av]": F("0.45359237") / 16,
    "[in_i]": F("0.0254"), "[ft_i]": F("0.3048"), "[ppm]": F(1, 10**6), "%": F(1, 100),
    "mmol/L": F(1), "umol/L": F(1, 1000), "d": F(86400), "wk": F(604800),
    "mL/cm[H2O]": F(1, 10**6) / F("98.0665"),
}  # fmt: skip


@pytest.mark.parametrize(("value", "one", "wanted", "other"), KNOWN)
def test_known_conversions_are_exact_to_ten_digits(
    value: float, one: str, wanted: float, other: str
) -> None:
    assert convert(value, one, other) == pytest.approx(wanted, rel=1e-10, abs=1e-12)


def test_the_design_s_figures_come_out_as_they_are_written() -> None:
    assert convert(98.6, "Deg. F", "Cel") == 37.0
    assert round(convert(120, "mmHg", "kPa"), 4) == 15.9987
    assert round(convert(5, "cmH2O", "mbar"), 4) == 4.9033
    assert convert(100, "mg/dL", "g/L") == 1.0


@pytest.mark.parametrize(("code", "factor"), EXACT.items())
def test_factors_are_the_defined_ones(code: str, factor: F) -> None:
    assert UNITS[code].factor == pytest.approx(float(factor), rel=1e-15)


@pytest.mark.parametrize("code", sorted(UNITS))
def test_every_unit_goes_to_every_other_of_its_kind_and_back(code: str) -> None:
    kind = UNITS[code].dimension
    for other in (one for one in UNITS if UNITS[one].dimension == kind):
        there = convert(37.25, code, other)
        assert convert(there, other, code) == pytest.approx(37.25, rel=1e-9)
    assert convert(3.5, code, code) == 3.5


@pytest.mark.parametrize(
    ("spelt", "code"),
    [("bpm", "/min"), ("BPM", "/min"), ("insp/min", "/min"), ("breaths/min", "/min"),
     ("Deg. F", "[degF]"), ("?F", "[degF]"), ("°F", "[degF]"), ("Deg. C", "Cel"), ("?C", "Cel"),
     ("℃", "Cel"), ("torr", "mm[Hg]"), ("mmHg", "mm[Hg]"), ("MMHG", "mm[Hg]"), ("cmH2O", "cm[H2O]"),
     ("%", "%"), ("mL", "mL"), ("ML", "mL"), ("L/min", "L/min"), ("l/min", "L/min"),
     ("MDC_DIM_BEAT_PER_MIN", "/min"), ("mmol/l", "mmol/L"), ("次/分", "/min")],
)  # fmt: skip
def test_units_are_known_as_devices_spell_them(spelt: str, code: str) -> None:
    assert unit_named(spelt) == code


@pytest.mark.parametrize("spelt", ["furlong", "", "mw", "PA", "mpa", "x/min", "S", "ml/B", "M"])
def test_an_unknown_unit_is_never_guessed(spelt: str) -> None:
    with pytest.raises(Invalid) as told:
        unit_named(spelt)
    assert told.value.reason == "UNIT_UNKNOWN"


def test_units_of_another_kind_are_refused() -> None:
    for one, other in (("mmHg", "%"), ("Cel", "/min"), ("mg/dL", "mmol/L"), ("mL", "mL/h")):
        with pytest.raises(Invalid) as told:
            conversion(one, other)
        assert told.value.reason == "UNIT_MISMATCH"


def test_a_concentration_by_mass_becomes_one_by_amount_where_the_substance_is_known() -> None:
    glucose = metric_named("glucose")
    assert convert(180.156, "mg/dL", "mmol/L", glucose.molar_mass) == 10.0
    assert convert(10, "mmol/L", "mg/dL", glucose.molar_mass) == 180.156


def test_the_catalogue_says_what_it_must() -> None:
    for metric in catalogue().values():
        assert metric.unit in UNITS, metric.code
        limits = metric.limits
        told = [limits.low, limits.soft_low, limits.soft_high, limits.high]
        assert (given := [one for one in told if one is not None]) == sorted(given), metric.code
    hard = {code: catalogue()[code].limits for code in ("hr", "spo2", "rr", "nibp_sys", "temp")}
    assert {code: (one.low, one.high) for code, one in hard.items()} == {
        "hr": (20, 260), "spo2": (40, 100), "rr": (2, 80), "nibp_sys": (30, 300), "temp": (25, 45),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "code"),
    [("8867-4", "hr"), ("MDC_PULS_OXIM_SAT_O2", "spo2"), ("150456", "spo2"), ("Heart Rate", "hr"),
     ("NIBP systolic", "nibp_sys"), ("Arterial BP mean", "abp_mean"), ("FiO2 set", "fio2"),
     ("Tidal volume (obs)", "tidal_volume"), ("心率", "hr"), ("heart_rate", "hr")],
)  # fmt: skip
def test_metrics_are_known_by_code_standard_and_usual_name(name: str, code: str) -> None:
    assert metric_named(name).code == code


def test_a_device_s_own_name_comes_first_and_an_unknown_one_is_refused() -> None:
    assert metric_named("HR", {"HR": "rr"}).code == "rr"
    with pytest.raises(Invalid) as told:
        metric_named("zeal")
    assert told.value.reason == "METRIC_UNKNOWN"


def test_limits_are_of_the_kind_of_device_unless_the_hospital_has_its_own() -> None:
    assert recipe("rr", "/min", "VENTILATOR").high == 150
    assert recipe("rr", "/min", "MONITOR").high == 80
    own = Own("rr", None, 10, 30)
    assert (recipe("x", "/min", "MONITOR", own).own_low, own.high) == (10, 30)
