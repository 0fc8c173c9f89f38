"""The measure FORECAST_COVERAGE: how many outcomes fell into the 80 % interval.

It registers itself with the measures, which cannot know of forecasts: those count with them.
"""

from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from domain.forecasts.model import ForecastScore, StoredForecast
from domain.measures.formulas import MeasureName
from domain.measures.interval import Lack, computed
from domain.measures.period import Period, Sums


def forecast_coverage(period: Period) -> Sums:
    """Of the forecasts that began in the interval, as far as they have come true.

    Those of a hospital count its wards' as well.
    """
    asked: Any = (
        sa.select(sa.func.sum(col(ForecastScore.inside_80)), sa.func.sum(col(ForecastScore.steps)))
        .join(StoredForecast, col(StoredForecast.id) == col(ForecastScore.forecast_id))
        .where(period.place.has(ForecastScore), period.inside(col(StoredForecast.as_of)))
    )
    inside, steps = period.session.connection().execute(asked).one()
    return Sums(float(inside or 0), float(steps or 0), int(steps or 0))


computed(MeasureName.FORECAST_COVERAGE, forecast_coverage, Lack.NO_FORECASTS)
