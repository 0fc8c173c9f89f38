"""What forecasts are about."""

from enum import StrEnum


class ForecastMeasure(StrEnum):
    """What is counted; docs/forecasts.md says how."""

    CENSUS = "CENSUS"  # patients in bed when a step ends
    ARRIVALS = "ARRIVALS"  # who comes to the hospital; into the ward, from another ward too
    ADMISSIONS = "ADMISSIONS"  # first beds of encounters
    DISCHARGES = "DISCHARGES"  # departures of patients who left or died
    DEVICE_USE = "DEVICE_USE"  # devices attached to a bed when a step ends
