"""A forecast in the demonstration: asked for, made, and read as a screen would."""

import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

PATIENCE_S = 60
ASK = """mutation Ask($hospital: UUID!, $ward: UUID!, $key: String!) {
  requestForecast(hospitalId: $hospital, wardId: $ward, measure: CENSUS, horizon: 7,
                  idempotencyKey: $key) { __typename ... on Problem { reason } }
}"""
LOOK = """query Look($ward: UUID!) {
  forecast(wardId: $ward, measure: CENSUS) {
    model windowSteps stale source backtest { mase seasonalNaiveMase covered80 }
    points { expected { low80 median high80 } }
  }
}"""


class NotForecast(Exception):
    """The sentence says what went wrong."""


def forecast_lives(
    ask: Callable[[str, dict[str, Any]], dict[str, Any]], hospital: str, ward: str
) -> dict[str, Any]:
    """What the forecast of a ward's census says. Raises NotForecast."""
    asked = ask(ASK, {"hospital": hospital, "ward": ward, "key": str(uuid4())})["requestForecast"]
    # the program may have begun with it by itself
    if asked["__typename"] == "Problem" and asked["reason"] != "FORECAST_UNDER_WAY":
        raise NotForecast(f"a forecast was refused: {asked['reason']}")
    deadline = time.monotonic() + PATIENCE_S
    while (found := ask(LOOK, {"ward": ward})["forecast"]) is None:
        if time.monotonic() > deadline:
            raise NotForecast("the forecast was not made in time")
        time.sleep(0.1)
    first = found["points"][0]["expected"]
    if not first["low80"] <= first["median"] <= first["high80"]:
        raise NotForecast("the quantiles of the forecast are out of order")
    return {
        "model": found["model"], "days_of_history": found["windowSteps"],
        "days_ahead": len(found["points"]), "stale": found["stale"], "source": found["source"],
        "tonight": first, "backtest": found["backtest"],
    }  # fmt: skip
