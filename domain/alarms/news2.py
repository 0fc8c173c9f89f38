"""NEWS2: the early-warning score of a patient from seven observations.

Source: Royal College of Physicians, National Early Warning Score (NEWS) 2, London 2017, chart 1.
For people from 16 years, not in pregnancy.
"""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass

from kit.errors import Invalid

# per parameter: the upper end of each band, and the points of the bands from low to high
_BANDS: dict[str, tuple[tuple[float, ...], tuple[int, ...]]] = {
    "rr": ((8, 11, 20, 24), (3, 1, 0, 2, 3)),
    "spo2": ((91, 93, 95), (3, 2, 1, 0)),
    "systolic": ((90, 100, 110, 219), (3, 2, 1, 0, 3)),
    "hr": ((40, 50, 90, 110, 130), (3, 1, 0, 1, 2, 3)),
    "temp": ((35.0, 36.0, 38.0, 39.0), (3, 1, 0, 1, 2)),
}
_SCALE_2_LOW: tuple[tuple[float, ...], tuple[int, ...]] = ((83, 85, 87), (3, 2, 1, 0))
_SCALE_2_ON_OXYGEN: tuple[tuple[float, ...], tuple[int, ...]] = ((92, 94, 96), (0, 1, 2, 3))
_EDGES: dict[str, tuple[float, ...]] = {
    **{name: edges for name, (edges, _) in _BANDS.items()},
    "spo2": (83, 85, 87, 91, 92, 93, 94, 95, 96),
    "oxygen": (0,),
    "consciousness": (0,),
}
PARAMETERS = ("rr", "spo2", "oxygen", "systolic", "hr", "consciousness", "temp")
# which metrics tell a parameter, the preferred one first
SOURCES: dict[str, tuple[str, ...]] = {
    "rr": ("rr",),
    "spo2": ("spo2",),
    "oxygen": ("on_oxygen", "fio2"),
    "systolic": ("nibp_sys", "abp_sys"),
    "hr": ("hr",),
    "consciousness": ("consciousness",),
    "temp": ("temp",),
}
PARAMETER_OF = {metric: name for name, metrics in SOURCES.items() for metric in metrics}
AIR_PERCENT = 21.5  # of oxygen in what is breathed; more is given oxygen


@dataclass(frozen=True, slots=True)
class Score:
    """`total` 0 to 20, higher is worse; `highest` is the most that one parameter gives, 0 to 3."""

    total: int
    highest: int


def news2(values: Mapping[str, float], *, scale: int = 1) -> Score:
    """The score of the seven parameters.

    Rates per minute, saturation in %, pressure in mmHg, temperature in °C; `oxygen` 0 on air, else
    on oxygen; `consciousness` 0 alert, else confused or worse (CVPU). Scale 2 of the saturation is
    for people with a prescribed target of 88 to 92 %.
    Raises Invalid if a parameter is missing: a gap must not score as healthy.
    """
    missing = [name for name in PARAMETERS if name not in values]
    if missing:
        raise Invalid(f"no score without {', '.join(missing)}", reason="SCORE_INCOMPLETE",
                      field=missing[0], allowed=PARAMETERS)  # fmt: skip
    points = [points_of(name, values[name]) for name in PARAMETERS]
    if scale == 2:
        points[PARAMETERS.index("spo2")] = _scale_2(values["spo2"], values["oxygen"])
    return Score(sum(points), max(points))


def points_of(name: str, value: float) -> int:
    """The points of one parameter; the saturation on scale 1."""
    if name == "oxygen":
        return 2 if value else 0
    if name == "consciousness":
        return 3 if value else 0
    return _points(_BANDS[name], as_charted(name, value))


def band_of(name: str, value: float) -> int:
    """Two values of one band score alike, on either scale and on oxygen or not."""
    return bisect_left(_EDGES[name], as_charted(name, value))


def as_charted(name: str, value: float) -> float:
    """As a nurse writes it: whole numbers, temperature with one decimal, halves upwards."""
    if name == "temp":
        return int(value * 10 + 0.5) / 10
    return int(value + 0.5)


def as_parameter(metric: str, value: float) -> float:
    """The value of a metric as its parameter: a share of oxygen says whether oxygen is given."""
    return float(value > AIR_PERCENT) if metric == "fio2" else value


def _scale_2(saturation: float, oxygen: float) -> int:
    charted = as_charted("spo2", saturation)
    if charted >= 93:
        return _points(_SCALE_2_ON_OXYGEN, charted) if oxygen else 0
    return _points(_SCALE_2_LOW, charted)


def _points(bands: tuple[tuple[float, ...], tuple[int, ...]], value: float) -> int:
    return bands[1][bisect_left(bands[0], value)]
