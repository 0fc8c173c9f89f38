"""What rules of the kind FORECAST may name: which forecast, which quantile, against what."""

from dataclasses import dataclass

from domain.forecasts.forecast import LEVELS
from domain.forecasts.words import ForecastMeasure

PATIENTS, DEVICES = "{patients}", "{devices}"  # UCUM


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A measure that is forecast, its unit and its name for people."""

    measure: ForecastMeasure
    unit: str
    name_zh: str
    name_en: str


FORESEEN: dict[str, Foreseen] = {
    "census": Foreseen(ForecastMeasure.CENSUS, PATIENTS, "预测在院人数", "Forecast census"),
    "arrivals": Foreseen(ForecastMeasure.ARRIVALS, PATIENTS, "预测到达人数", "Forecast arrivals"),
    "admissions": Foreseen(ForecastMeasure.ADMISSIONS, PATIENTS, "预测入院人数",
                           "Forecast admissions"),
    "discharges": Foreseen(ForecastMeasure.DISCHARGES, PATIENTS, "预测出院人数",
                           "Forecast discharges"),
    "device_use": Foreseen(ForecastMeasure.DEVICE_USE, DEVICES, "预测设备使用数",
                           "Forecast device use"),
}  # fmt: skip
QUANTILES = {f"p{level:g}": level for level in LEVELS}  # p2.5, p10, p50, p90, p97.5
NUMBER, STAFFED, LICENSED = "number", "staffed_beds", "licensed_beds"
AGAINST = (NUMBER, STAFFED, LICENSED)
DAY_S, LONGEST_S = 86_400, 14 * 86_400
