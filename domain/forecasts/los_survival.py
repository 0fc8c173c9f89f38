"""The engine for a ward's census: who is in bed, how long such stays last, who will come.

Census ahead = Σ over patients in bed of their survival (hazard by elapsed hours × hour of the
week, or by their expected discharge date) + expected arrivals × their survival. It is then moved
by half of its own recent mean error at the same number of steps ahead. The errors that remained at
past origins are the interval (split conformal): a simulation of the same model would know nothing
of what the model does not know, and covers too little.
"""

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from domain.forecasts.arrays import Floats, Ints
from domain.forecasts.conformal import quantile_rows
from domain.forecasts.forecast import LEVELS, Forecast, Window, require_horizon
from domain.forecasts.holidays import NO_HOLIDAYS, Holidays
from domain.forecasts.los_hazard import HOURS, learnt
from domain.forecasts.los_projection import arrivals_by_hour, expected_census
from domain.forecasts.los_ward import Ward, WardStay, ward_at
from domain.forecasts.series import Step
from kit.errors import Invalid

__all__ = ["MODEL", "WardStay", "forecast_census"]
MODEL = "los-survival"
LONGEST_DAYS = 56
WEEKS_NEEDED = 3
ORIGINS = 140
STRIDE_H = {Step.DAY: 24, Step.HOUR: 23}  # 23 and 168 share no factor: every hour has its turn
FEEDBACK = 0.5
FEEDBACK_HALF_LIFE_DAYS = 10.0


def forecast_census(
    stays: Sequence[WardStay],
    *,
    as_of: datetime,
    step: Step,
    horizon: int,
    zone: str = "UTC",
    holidays: Holidays = NO_HOLIDAYS,
    arrivals: Forecast | None = None,
) -> Forecast:
    """The number in bed at `as_of` + 1 … `horizon` steps, from the ward's present and past stays.

    Give all stays of the last year, ended and not; what happened after `as_of` is not looked at.
    `arrivals` is a forecast of who will come, per step from `as_of`; without one it is made of the
    stays. Raises Invalid for a ward with less than three weeks of stays, and for faulty stays.
    """
    require_horizon(step, horizon)
    hours_each = 24 if step is Step.DAY else 1
    if horizon * hours_each > LONGEST_DAYS * 24:
        raise Invalid(f"a census is forecast for at most {LONGEST_DAYS} days",
                      reason="FORECAST_HORIZON", field="horizon")  # fmt: skip
    ward = ward_at(stays, as_of, zone, holidays, horizon * hours_each)
    if ward.begin > -WEEKS_NEEDED * HOURS:
        raise Invalid(f"the ward's stays go back less than {WEEKS_NEEDED} weeks",
                      reason="SERIES_TOO_SHORT", field="stays")  # fmt: skip
    origins = _origins(ward, step)
    coming = arrivals_by_hour(ward, origins, horizon * hours_each)
    if arrivals is not None:
        coming[-1] = _as_told(coming[-1], arrivals, as_of, step, horizon)
    hazard = learnt(ward)
    raw = expected_census(ward, hazard, origins, coming, hours_each)
    errors = _errors(ward, origins, raw, hours_each)
    shift = _feedback(errors, origins, hours_each)
    rows = quantile_rows(raw[-1] + shift[-1], (errors - shift)[:-1], LEVELS)
    return _forecast(as_of, step, raw[-1] + shift[-1], rows, ward)


def _origins(ward: Ward, step: Step) -> Ints:
    """Past moments and, last, now; at least two weeks of stays before the first."""
    count = min(ORIGINS, (-ward.begin - 2 * HOURS) // STRIDE_H[step])
    return -STRIDE_H[step] * np.arange(count, -1, -1, dtype=np.int64)


def _errors(ward: Ward, origins: Ints, raw: Floats, hours_each: int) -> Floats:
    """Census − expected [origin, step]; NaN where it lies ahead."""
    moment = origins[:, None] + hours_each * np.arange(1, raw.shape[1] + 1)[None, :]
    census = ward.census(np.minimum(moment, 0).ravel()).reshape(moment.shape)
    return np.where(moment <= 0, census - raw, np.nan)


def _feedback(errors: Floats, origins: Ints, hours_each: int) -> Floats:
    """Half of the recent mean error at the same step ahead, of what was known at each origin."""
    fade = 0.5 ** ((origins[1] - origins[0]) / 24 / FEEDBACK_HALF_LIFE_DAYS)
    shift = np.zeros_like(errors)
    for step in range(errors.shape[1]):
        # The error of an origin is known once its moment has come.
        wait = -(-(step + 1) * hours_each // int(origins[1] - origins[0]))
        total = weight = 0.0
        for place in range(wait, len(origins)):
            total, weight = total * fade + errors[place - wait, step], weight * fade + 1
            shift[place, step] = FEEDBACK * total / (weight + 1)
    return shift


def _as_told(
    usual: Floats, arrivals: Forecast, as_of: datetime, step: Step, horizon: int
) -> Floats:  # fmt: skip
    """The told arrivals by hour; those of a day come at the hours at which people usually come."""
    if arrivals.step is not step or arrivals.horizon < horizon:
        raise Invalid(f"arrivals are needed for each of {horizon} steps of a {step.lower()}",
                      reason="ARRIVALS_HORIZON", field="arrivals")  # fmt: skip
    told = np.array(arrivals.mean[:horizon])
    by_step = usual.reshape(horizon, -1)
    total = by_step.sum(axis=1, keepdims=True)
    shape = np.where(total > 0, by_step / np.maximum(total, 1e-12), 1 / by_step.shape[1])
    found: Floats = (told[:, None] * shape).ravel()
    return found


def _forecast(
    as_of: datetime, step: Step, point: Floats, rows: Sequence[Floats], ward: Ward
) -> Forecast:  # fmt: skip
    def counts(row: Floats) -> tuple[float, ...]:
        return tuple(np.maximum(row, 0.0).tolist())

    begin = -ward.begin // (24 if step is Step.DAY else 1)
    return Forecast(
        model=MODEL, as_of=as_of, first=as_of + step.length, step=step, mean=counts(point),
        quantiles={level: counts(row) for level, row in zip(LEVELS, rows, strict=True)},
        window=Window(as_of - begin * step.length, as_of, begin),
    )  # fmt: skip
