"""Timers with a memory or a key of their own, beside the plain ones of app/timers.py."""

from app.review_tail import ReviewTimer
from app.rotation.turning import RotationTimer
from app.timers import Timer
from audit.keys import Keys
from audit.seal import FieldVault
from domain.alarms.timing import RuleTimer
from domain.forecasts.timers import ForecastTimer


def own_timers(keys: Keys, vault: FieldVault) -> tuple[Timer, ...]:
    """One of each for a process."""
    return RuleTimer(), ForecastTimer(), ReviewTimer(vault), RotationTimer(keys)
