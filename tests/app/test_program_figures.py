"""What the program says of itself: sampled for the objectives, reported to the rules, shown."""

from pathlib import Path
from typing import Any

import anyio
import pytest

from api.context import Context
from api.schema import build_schema
from app.objectives import Source
from app.service_levels import LEAST
from app.wiring import App
from kit.work import Actor
from tests.house import enrol, house, sign

STATUS = """{ serviceStatus { state objectives { name limit measured good burn value met }
  circuits { outward failing open } } }"""


def ask(app: App, actor: Actor) -> Any:
    async def run() -> Any:
        return await build_schema().execute(STATUS, context_value=Context(app, actor))

    return anyio.run(run)


def test_who_looks_after_the_service_sees_its_figures_and_others_a_word(
    sqlite_url: str, tmp_path: Path
) -> None:
    administrator = enrol(sqlite_url, "system-administrator")
    supervisor = enrol(sqlite_url, "house-supervisor")
    nurse = enrol(sqlite_url, "nurse")
    with house(sqlite_url, tmp_path) as app:
        sign(app)
        app.jobs.round()  # samples
        levels = app.metrics.levels
        shown = ask(app, administrator).data["serviceStatus"]
        by_name = {one["name"]: one for one in shown["objectives"]}
        assert shown["state"] == "GOOD"
        assert {"outward": "HL7", "failing": 0, "open": 0} in shown["circuits"]
        assert (by_name["ledger_lag"]["measured"], by_name["ledger_lag"]["good"]) == (1, 1)
        assert (by_name["backup_age"]["measured"], by_name["backup_age"]["good"]) == (1, 0)
        for _ in range(LEAST):
            levels.note(Source.ALARM, 30.0)
        strained = ask(app, supervisor)
        assert strained.data == {
            "serviceStatus": {"state": "STRAINED", "objectives": None, "circuits": None}
        }
        refused = ask(app, nurse)
        assert refused.data is None
        assert [error.original_error.code for error in refused.errors] == ["DENIED"]


@pytest.mark.parametrize("figure", ["burn_alarm_latency", "burn_availability"])
def test_a_burning_budget_is_a_figure_of_the_program(
    sqlite_url: str, tmp_path: Path, figure: str
) -> None:
    with house(sqlite_url, tmp_path) as app:
        source = Source.ALARM if figure == "burn_alarm_latency" else Source.ANSWERS
        told = next(timer for timer in app.jobs._timers if type(timer).__name__ == "ProgramFigures")
        assert told.figures[figure]() == 0  # type: ignore[attr-defined]  # found by its name
        for _ in range(LEAST):
            app.metrics.levels.note(source, 99.0)
        assert told.figures[figure]() > 1  # type: ignore[attr-defined]  # found by its name
